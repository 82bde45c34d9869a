//! The names of all settings, read from the manual, and the one that somebody may have meant.

use std::{collections::BTreeMap, sync::LazyLock};

/// The manual: `config/default.toml` with a line of meaning for each setting.
pub(super) const MANUAL: &str = include_str!("../../config/default.toml");

/// Settings whose values no message may repeat.
const SECRET: [&str; 6] = [
    "database.url",
    "database.migrate_url",
    "database.read_url",
    "mail.smtp_url",
    "sms.token",
    "secrets.encryption_key",
];

/// Below this a name is no longer a likely slip of another.
const LIKELY: f64 = 0.6;

/// Every setting with its line of the manual.
static MEANINGS: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let (mut meanings, mut section, mut meaning) = (BTreeMap::new(), "", Vec::new());
    for line in MANUAL.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
        } else if let Some(text) = line.strip_prefix("# ") {
            meaning.push(text);
        } else if let Some((key, _)) = line.trim_start_matches('#').split_once(" = ") {
            meanings.insert(format!("{section}.{key}"), meaning.join(" "));
        }
        if !line.starts_with("# ") {
            meaning.clear();
        }
    }
    meanings
});

/// The names of all settings, such as `server.listen`, in alphabetical order.
pub fn all() -> impl Iterator<Item = &'static str> {
    MEANINGS.keys().map(String::as_str)
}

/// What the manual says of a setting; empty for an unknown one.
pub fn meaning(name: &str) -> &'static str {
    MEANINGS.get(name).map_or("", String::as_str)
}

/// Whether there is a setting of this name.
pub(super) fn is_known(name: &str) -> bool {
    MEANINGS.contains_key(name)
}

/// Whether the value of this setting must not be repeated.
pub(super) fn is_secret(name: &str) -> bool {
    SECRET.contains(&name)
}

/// The variable that sets a setting.
pub(super) fn variable(name: &str) -> String {
    format!("{}{}", super::PREFIX, name.replace('.', "__").to_uppercase())
}

/// The setting that an unknown name most likely means.
pub(super) fn nearest(unknown: &str) -> Option<&'static str> {
    let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    let likeness = |name: &str| {
        let whole = strsim::normalized_damerau_levenshtein(unknown, name);
        if last(unknown) == last(name) { whole.max(LIKELY) + 0.1 } else { whole }
    };
    let likely = all().map(|name| (likeness(name), name)).max_by(|(a, _), (b, _)| a.total_cmp(b));
    likely.filter(|(likeness, _)| *likeness >= LIKELY).map(|(_, name)| name)
}
