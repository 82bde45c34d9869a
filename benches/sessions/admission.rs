//! What the server does for each call with a key before it begins: look the key up, spend a unit of its quota.

use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use playhouse::{
    app::App,
    auth::{credentials::Lookup, key_text},
    limits::Subject,
    outside::Outside,
    server::Duties,
    workers::Workers,
};

use crate::support::{process, stage::Stage, window::median};

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(1);

pub(crate) struct Admission {
    /// CPU microseconds of one.
    pub(crate) microseconds: Option<f64>,
    /// Transactions that a whole app made while it did a thousand, its start and its work behind the calls included.
    pub(crate) transactions_per_thousand: f64,
}

/// Measures on the calling thread, in this process; the app's own work happens on others.
pub(crate) async fn measure(stage: &Stage) -> anyhow::Result<Admission> {
    let transactions = async || {
        let sql = "select xact_commit from pg_stat_database where datname = current_database()";
        stage.number(sql).await
    };
    let before = transactions().await?;
    let app = App::build(stage.config.clone(), &stage.url, Outside::default())?;
    let workers = Workers::start(&app, Duties { api: true, workers: false }).await;
    admit(&app, stage).await?;
    let (mut rounds, mut all) = (Vec::new(), 0_u64);
    for _ in 0..ROUNDS {
        let (began, cpu, mut count) = (Instant::now(), process::cpu_of_this_thread(), 0_u32);
        while began.elapsed() < ROUND {
            for _ in 0..100 {
                admit(&app, stage).await?;
            }
            count += 100;
        }
        let spent = process::cpu_of_this_thread().zip(cpu).map(|(after, before)| after - before);
        rounds.push(spent.map(|spent| spent.as_secs_f64() * 1e6 / f64::from(count)));
        all += u64::from(count);
    }
    workers.stop().await;
    app.close().await;
    let made = transactions().await? - before;
    let known: Option<Vec<f64>> = rounds.into_iter().collect();
    Ok(Admission { microseconds: known.map(median), transactions_per_thousand: made as f64 * 1000.0 / all as f64 })
}

/// As a call with a key is admitted.
async fn admit(app: &App, stage: &Stage) -> anyhow::Result<()> {
    let text = stage.tenant.key.expose();
    ensure!(key_text::is_org_key(text), "no key");
    let Lookup::Known(key) = app.org_keys.lookup(&key_text::hash(text)).await? else { bail!("an unknown key") };
    ensure!(key.holds(app.clock.now()), "a key that does not hold");
    let spent = app.quotas.spend(Subject::OrgKey(key.id), key.quota()).await;
    ensure!(spent.is_ok(), "an exhausted key");
    Ok(())
}
