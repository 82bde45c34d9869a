//! The result, for people.

use std::io::Write;

use super::window::{Measured, median};

/// Writes a line; a reader who has gone away is no reason to fail.
pub(crate) fn line(text: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// The head of a table of figures.
pub(crate) fn head() {
    row("", "value", "floor", "ratio", "goal", "");
}

/// A figure with its goal, and whether it was reached.
pub(crate) fn figure(name: &str, value: Option<f64>, unit: &str, below: f64) {
    let Some(value) = value else { return row(name, "unknown", "", "", &format!("< {below} {unit}"), "") };
    row(name, &format!("{value:.2} {unit}"), "", "", &format!("< {below} {unit}"), met(value < below));
}

/// A rate with its floor, both from rounds that belong together, and the ratio's goal.
pub(crate) fn ratio(name: &str, rounds: &[(Measured, Measured)], at_least: f64) {
    compare(name, rounds, Some(at_least));
}

/// The same, with or without a goal.
pub(crate) fn compare(name: &str, rounds: &[(Measured, Measured)], at_least: Option<f64>) {
    let ratios = || rounds.iter().map(|(floor, server)| server.rate / floor.rate);
    let ratio = median(ratios());
    row(
        name,
        &format!("{:.0} /s", median(rounds.iter().map(|(_, server)| server.rate))),
        &format!("{:.0} /s", median(rounds.iter().map(|(floor, _)| floor.rate))),
        &format!("{ratio:.3} ({:.3} … {:.3})", ratios().fold(f64::MAX, f64::min), ratios().fold(0.0, f64::max)),
        &at_least.map_or(String::new(), |goal| format!("≥ {goal}")),
        at_least.map_or("", |goal| met(ratio >= goal)),
    );
}

/// What calls cost in CPU microseconds, floor and server, and their ratio: what the rates' ratio would be on a machine
/// where nothing but the CPU is waited for, where there are disks that sync faster or networks that answer sooner.
pub(crate) fn cost(name: &str, rounds: &[(Measured, Measured)]) {
    let totals = [
        cost_of(&format!("{name}, pgbench"), rounds.iter().map(|(floor, _)| floor)),
        cost_of(&format!("{name}, server"), rounds.iter().map(|(_, server)| server)),
    ];
    if let [Some(floor), Some(server)] = totals {
        note(&format!("{name}, ratio by CPU alone"), format_args!("{:.3}", floor / server));
    }
}

/// What calls of one kind cost in CPU microseconds, of whoever is known; all together when all are.
pub(crate) fn cost_of<'a>(name: &str, measured: impl Iterator<Item = &'a Measured> + Clone) -> Option<f64> {
    let part = |of: fn(&Measured) -> Option<f64>| -> Option<f64> {
        measured.clone().map(of).collect::<Option<Vec<f64>>>().filter(|known| !known.is_empty()).map(median)
    };
    let parts = [
        ("server", part(|one| one.server)),
        ("Postgres", part(|one| one.postgres)),
        ("client", part(|one| one.client)),
    ];
    let known = parts.iter().filter_map(|(who, cost)| cost.map(|cost| format!("{who} {cost:.0}")));
    note(name, known.collect::<Vec<_>>().join("   "));
    parts[1].1?;
    Some(parts.iter().filter_map(|(_, cost)| *cost).sum())
}

/// Something to know, without a goal.
pub(crate) fn note(name: &str, value: impl std::fmt::Display) {
    line(format_args!("{name:<40}{value}"));
}

fn met(is: bool) -> &'static str {
    if is { "met" } else { "NOT MET" }
}

fn row(name: &str, value: &str, floor: &str, ratio: &str, goal: &str, met: &str) {
    line(format_args!("{name:<40}{value:>14}{floor:>14}   {ratio:<24}{goal:<12}{met}"));
}
