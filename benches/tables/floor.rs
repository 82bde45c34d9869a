//! The floor: pgbench runs the statements that the server makes, over connections with the server's own role and
//! settings. Each connection speaks for one tenant, which it is told once, as by a server that had a connection for
//! each; both walls stand, and telling costs nothing.

use std::fmt::Write;

use playhouse::tables::sql::Statement;

use super::{
    hall::{DEALT, DEALT_FROM, PLAYER_HEAD, PROPERTIES, PROPERTY_HEAD},
    question::Question,
};
use crate::support::{
    pgbench::{self, Pgbench},
    stage::Stage,
    window::Measured,
};

/// Measures a question.
pub(crate) async fn measure(
    question: Question,
    stage: &Stage,
    pgbench: &Pgbench,
    seconds: u64,
) -> anyhow::Result<Measured> {
    let statements = question.statements()?;
    let mut script = format!(
        "\\if :told\n\\else\nselect set_config('app.property_id', \
         '{PROPERTY_HEAD}' || lpad(to_hex(:client_id::integer), 2, '0'), false) as tenant \\gset\n\\set told 1\n\\endif\n"
    );
    let mut variables = vec![("told".to_owned(), "0".to_owned()), ("i".to_owned(), "0".to_owned())];
    match question {
        Question::One => {
            writeln!(script, "\\set n {DEALT_FROM} + :client_id + {PROPERTIES} * random(0, {})", DEALT - 1)?
        }
        Question::Create => writeln!(script, "\\set i :i + 1")?,
        _ => {}
    }
    for (number, Statement { text, params }) in statements.iter().enumerate() {
        let mut arguments = vec![":tenant".to_owned()];
        for (place, value) in params.iter().enumerate().skip(1) {
            arguments.push(match (question, place, value) {
                (Question::One, 1, _) => format!("('{PLAYER_HEAD}' || lpad(to_hex(:n::integer), 12, '0'))"),
                (Question::Create, 1, _) => "('F-' || :client_id::integer * 10000000 + :i::integer)".to_owned(),
                (_, _, None) => "null".to_owned(),
                (_, _, Some(value)) => {
                    let name = format!("p{number}_{place}");
                    variables.push((name.clone(), value.clone()));
                    format!(":{name}")
                }
            });
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        writeln!(script, "{};", pgbench::fill(text, &arguments))?;
    }
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (&**name, &**value)).collect();
    Ok(pgbench.run_script(&stage.folder, &script, &variables, seconds).await?.0)
}
