//! Files and variables laid over one another, each value with the place that it came from.

use std::collections::BTreeMap;

use anyhow::{anyhow, bail};
use config::{ConfigBuilder, ConfigError, File, FileFormat, Source, Value, ValueKind, builder::DefaultState};

use super::{Sections, names};

/// What has been laid so far; later layers win.
#[derive(Default)]
pub(super) struct Layers {
    builder: ConfigBuilder<DefaultState>,
    given: BTreeMap<String, Given>,
    unknown: Vec<String>,
}

struct Given {
    origin: String,
    text: String,
}

impl Layers {
    /// Lays a file; its name is for messages only.
    pub(super) fn file(&mut self, origin: &str, text: &str) -> anyhow::Result<()> {
        let source = File::from_str(text, FileFormat::Toml);
        let table = source.collect().map_err(|error| {
            // Only where and why: the lines in between repeat the file, which may hold a password.
            let text = error.to_string();
            let (place, reason) = (text.lines().next().unwrap_or_default(), text.lines().last().unwrap_or_default());
            anyhow!("{origin} cannot be read: {place}: {reason}")
        })?;
        self.note_table(origin, "", table);
        self.builder = std::mem::take(&mut self.builder).add_source(source);
        Ok(())
    }

    fn note_table(&mut self, origin: &str, section: &str, table: impl IntoIterator<Item = (String, Value)>) {
        for (key, value) in table {
            let name = if section.is_empty() { key } else { format!("{section}.{key}") };
            match value.kind {
                ValueKind::Table(table) if !names::is_known(&name) => self.note_table(origin, &name, table),
                _ => self.note(&name, origin, value.to_string()),
            }
        }
    }

    /// Lays the value of one variable.
    pub(super) fn variable(&mut self, name: &str, variable: &str, value: String) -> anyhow::Result<()> {
        self.note(name, variable, value.clone());
        if names::is_known(name) {
            self.builder = std::mem::take(&mut self.builder).set_override(name, value)?;
        }
        Ok(())
    }

    fn note(&mut self, name: &str, origin: &str, text: String) {
        if names::is_known(name) {
            self.given.insert(name.to_owned(), Given { origin: origin.to_owned(), text });
            return;
        }
        let mut sentence = format!("unknown setting `{name}` (from {origin})");
        if names::all().any(|known| known.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'))) {
            sentence += "; that is a section and takes no value of its own";
        } else if let Some(meant) = names::nearest(name) {
            sentence += &format!("; did you mean `{meant}`?");
            if origin.starts_with(super::PREFIX) {
                sentence += &format!(" Its variable is {}.", names::variable(meant));
            }
        } else {
            sentence += "; config/default.toml lists every setting";
        }
        self.unknown.push(sentence);
    }

    /// The settings; refuses unknown names, all at once, and the first value that does not fit.
    pub(super) fn read(self) -> anyhow::Result<Sections> {
        if !self.unknown.is_empty() {
            bail!("{}", self.unknown.join("\n"));
        }
        let sections = self.builder.build().and_then(|merged| merged.try_deserialize::<Sections>());
        sections.map_err(|error| anyhow::Error::msg(sentence(&error, &self.given)))
    }
}

/// Which setting does not fit, what came, why that is wrong and what is allowed.
fn sentence(error: &ConfigError, given: &BTreeMap<String, Given>) -> String {
    let (path, reason) = match error {
        ConfigError::At { error, key: Some(key), .. } => (key.as_str(), Some(error.to_string())),
        ConfigError::Type { key: Some(key), .. } => (key.as_str(), None),
        _ => ("", None),
    };
    let name = path.split('[').next().unwrap_or_default();
    let Some(Given { origin, text }) = given.get(name) else {
        // The values stay out: without the name nobody knows whether one of them is a secret.
        return format!("the settings do not fit together near `{name}`");
    };
    let came = if names::is_secret(name) { String::new() } else { format!(" as `{text}`") };
    let wrong = match reason {
        Some(reason) if !names::is_secret(name) || reason.starts_with("it ") => format!(": {reason}"),
        _ => String::new(),
    };
    format!("setting `{name}` came from {origin}{came}, which does not fit{wrong}. Allowed: {}", names::meaning(name))
}
