//! The workers that deliver: four tasks of one process, and as many processes as you like.
//!
//! ```text
//! alarm, NOTIFY, every second ──► dispatcher ──asks──► claimer ──► hand out, take, renew, claim, scan
//!                                  │     ▲ answers ◄────┘
//!                                  │     └── ends of attempts ◄── sends, one task each
//!                                  └─ news ──► finisher ──► finish, give back, settle, disable
//!                                    keeper ──► reclaim, redeliver, prune, figures
//! ```
//!
//! The *dispatcher* alone knows what is going on and decides; the *claimer* asks the database, one question at a time;
//! the *finisher* writes outcomes, all that came since it last wrote in one transaction; the *keeper* looks after what
//! nobody waits for. Each has one connection. The mechanism of claims and leases is [`crate::queue`]'s; an endpoint is a
//! lane, so what one endpoint does to us is bounded by its lane: `webhooks.max_in_flight_per_endpoint` attempts.
//!
//! Attempts that were made before, or go where nobody answered last, have half of the places of a process at most; a
//! storm of retries leaves the other half to what is new. Lanes send in turn, one attempt each.
//!
//! At a stop nothing more is claimed, what was not begun is given back at once, and what is under way has
//! `server.drain_seconds` to end.

mod claimer;
mod columns;
mod dispatcher;
mod endpoint;
mod figures;
mod finisher;
mod job;
mod keeper;
mod lane;
mod names;
mod outbox;
mod redeliver;
mod verdict;

use std::{sync::Arc, time::Duration};

use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use self::{
    claimer::Claimer,
    dispatcher::{Bounds, Dispatcher, FINISH, SLACK, Wires},
    finisher::Finisher,
    keeper::Keeper,
    names::Statements,
};
use crate::app::App;

pub use figures::Figures;
pub use names::DELIVERIES;
pub use outbox::HAND_OUT;

/// Delivers until stopped, then leaves nothing half done.
pub async fn run(app: App, stop: CancellationToken) {
    let settings = &app.config.webhooks;
    let timeout = Duration::from_secs(settings.timeout_seconds);
    let bounds = Bounds {
        lane: settings.max_in_flight_per_endpoint,
        total: settings.max_in_flight,
        timeout,
        drain: Duration::from_secs(app.config.server.drain_seconds),
    };
    let (worker, statements, heard) = (Uuid::now_v7(), Arc::new(Statements::new()), Arc::new(Notify::new()));
    let (asks, asked) = mpsc::channel(1);
    let (answering, answers) = mpsc::channel(1);
    let (news, told) = mpsc::unbounded_channel();
    let (leaving, left) = mpsc::unbounded_channel();
    let claimer = Claimer {
        worker,
        dialer: app.queues.clone(),
        statements: statements.clone(),
        lease: timeout + FINISH + SLACK,
        tenant_lanes: i64::from((settings.max_in_flight_per_property / bounds.lane).max(1)),
        first_room: i64::from(bounds.lane),
        heard: heard.clone(),
    };
    let finisher = Finisher {
        worker,
        dialer: app.queues.clone(),
        statements: statements.clone(),
        disable_after: Duration::from_secs(u64::from(settings.disable_after_hours) * 3600),
        figures: app.deliveries.clone(),
    };
    let keeper =
        Keeper { app: app.clone(), worker, dialer: app.queues.clone(), statements, figures: app.deliveries.clone() };
    let wires = Wires { asks, answers, news, left, heard };
    let dispatcher = Dispatcher::new(app.clone(), bounds, app.deliveries.clone(), wires);
    let sealing = app.clone();
    // The tasks end one after the other: without the dispatcher nobody asks and nobody tells.
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move { claimer.run(&sealing.sealer, asked, answering).await });
    tasks.spawn(finisher.run(told, leaving));
    tasks.spawn(keeper.run(stop.clone()));
    tasks.spawn(dispatcher.run(stop));
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended
            && error.is_panic()
        {
            std::panic::resume_unwind(error.into_panic());
        }
    }
}
