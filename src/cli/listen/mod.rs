//! `playhouse listen`: a property's events, sent to a program on this machine as a webhook would send them.

mod forward;
mod log;
mod pause;
mod place;

use std::io::Write;

use anyhow::bail;
use clap::Args;
use tokio::time::sleep;
use uuid::Uuid;

use self::{
    forward::Forward,
    log::{Log, Trouble},
    pause::Pause,
    place::Place,
};
use super::out;
use crate::{config::Config, secret::Secret, webhooks::SigningKey};

/// Send a property's events to a program on this machine, signed, as they come.
///
/// For developing a receiver of webhooks that the server could not reach. What arrives is what a webhook would bring,
/// byte by byte. An event that nobody takes is sent again until somebody does; one that is answered, with whatever
/// status, is not.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  playhouse listen --forward-to http://localhost:3000/hooks --key pk_… --events 'player.*,campaign.completed'")]
pub(super) struct Listen {
    /// Where to send them, such as http://localhost:3000/hooks.
    #[arg(long, value_name = "URL")]
    forward_to: String,
    /// A key of the property, pk_…, that may read events. Each look for events, one a second, costs a call of its limit.
    #[arg(long, value_name = "KEY", value_parser = |text: &str| Ok::<_, String>(Secret::new(text)))]
    key: Secret,
    /// The server whose events to send; without it the one of the settings, http://127.0.0.1:8080 unless they say otherwise.
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// Which events: names such as player.updated, player.* for all of a kind, separated by commas.
    #[arg(long, value_name = "TYPES", value_delimiter = ',', default_value = "*")]
    events: Vec<String>,
    /// The secret that signs them, whsec_…; without it a new one.
    #[arg(long, value_name = "SECRET", value_parser = secret)]
    secret: Option<SigningKey>,
    /// Begin behind this event; without it with what happens from now on.
    #[arg(long, value_name = "EVENT-ID")]
    after: Option<Uuid>,
}

fn secret(text: &str) -> Result<SigningKey, &'static str> {
    SigningKey::parse(text).ok_or("a secret is whsec_ and the base64 of 24 to 64 bytes")
}

impl Listen {
    pub(super) async fn run(self, config: Config) -> anyhow::Result<()> {
        let log = Log::new(&self.server.unwrap_or_else(|| config.base_url()), self.key)?;
        let secret = self.secret.unwrap_or_else(SigningKey::generate);
        let forward = Forward::new(&self.forward_to, &secret, config.webhooks).await?;
        // First, because whoever reads the secret expects that what happens from then on arrives.
        let (mut place, away) = match self.after {
            Some(event) => (Some(Place::behind(event)), None),
            None => match log.end().await {
                Ok(place) => (Some(place), None),
                Err(Trouble::Lasting(sentence)) => bail!(sentence),
                Err(Trouble::Passing(sentence, _)) => (None, Some(sentence)),
            },
        };
        out(format_args!("Events of {} go to {}", log.server(), self.forward_to))?;
        out(format_args!("They are signed with {}\n", secret.text().expose()))?;
        if let Some(sentence) = away {
            tell(sentence);
        }
        tokio::select! {
            outcome = listen(&log, &forward, &self.events, &mut place) => outcome,
            _ = tokio::signal::ctrl_c() => Ok(()),
        }?;
        if let Some(last) = place.and_then(|place| place.last()) {
            tell(format_args!("stopped; --after {last} goes on from here"));
        }
        Ok(())
    }
}

/// Reads and sends until the key does not hold any more.
async fn listen(log: &Log, forward: &Forward, types: &[String], place: &mut Option<Place>) -> anyhow::Result<()> {
    let mut pause = None;
    loop {
        match round(log, forward, types, place).await {
            Ok(()) => {
                if pause.take().is_some() {
                    tell(format_args!("{} answers again", log.server()));
                }
                sleep(log::INTERVAL).await;
            }
            Err(Trouble::Lasting(sentence)) => bail!(sentence),
            Err(Trouble::Passing(sentence, wait)) => {
                let longer = pause.get_or_insert_with(Pause::default).next();
                let wait = wait.map_or(longer, |wait| wait.max(log::INTERVAL));
                tell(format_args!("{sentence}; again in {} s", wait.as_secs()));
                sleep(wait).await;
            }
        }
    }
}

/// Sends everything that is new.
async fn round(log: &Log, forward: &Forward, types: &[String], place: &mut Option<Place>) -> Result<(), Trouble> {
    let place = match place {
        Some(place) => place,
        None => place.insert(log.end().await?),
    };
    let mut behind = place.settled();
    loop {
        let page = log.page(behind).await?;
        let Some(last) = page.last() else { return Ok(()) };
        behind = last.id;
        for event in page {
            if place.is_new(event.id) {
                if wanted(types, &event.name) {
                    forward.send(&event).await;
                }
                place.pass(event.id);
            }
        }
    }
}

/// Whether a list of names and `kind.*` has this name.
fn wanted(types: &[String], name: &str) -> bool {
    types.iter().map(|wanted| wanted.trim()).any(|wanted| match wanted.strip_suffix('*') {
        Some(start) => (start.is_empty() || start.ends_with('.')) && name.starts_with(start),
        None => wanted == name,
    })
}

/// What the person at the screen should know.
fn tell(sentence: impl std::fmt::Display) {
    let _ = writeln!(std::io::stderr(), "playhouse: {sentence}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_chosen_by_name_by_kind_or_all() {
        let wanted = |types: &str, name| wanted(&types.split(',').map(str::to_owned).collect::<Vec<_>>(), name);
        assert!(wanted("*", "player.updated"));
        assert!(wanted("game.created, player.*", "player.updated"));
        assert!(wanted("player.updated", "player.updated"));
        assert!(wanted("privacy.*", "privacy.export.completed"));
        for types in ["player.created", "play*", "player", "game.*", "", "player.update", "Player.*"] {
            assert!(!wanted(types, "player.updated"), "{types}");
        }
    }
}
