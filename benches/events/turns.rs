//! Loads that take turns: each has its own clients, and all but those of one wait.
//!
//! Turns are short and many, because a machine that others use too is faster in one second than in the next: what is
//! compared happens within two seconds, and four such rounds make a value. In these each load comes once behind each of the
//! others, since all of them leave something behind.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use tokio::{sync::watch, task::JoinSet, time::sleep};

use super::{
    Side,
    line::{Line, Plan},
    situation::{Scene, Situation},
};
use crate::support::{
    CLIENTS,
    stage::Stage,
    window::{Cast, Mark, Measured},
};

/// How long a turn is.
const TURN: Duration = Duration::from_millis(500);
/// The order in each round of a value: every load at each place, and behind each other one.
const ORDERS: [[usize; 4]; 4] = [[0, 1, 3, 2], [1, 2, 0, 3], [2, 3, 1, 0], [3, 0, 2, 1]];
/// How many values come from the same tables,
const VALUES: usize = 5;
/// and how often everything begins anew with empty ones.
const BLOCKS: usize = 4;

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Nobody,
    Of(Situation),
    End,
}

/// What each load gave, value by value.
#[derive(Debug, Default)]
pub(crate) struct Rounds([Vec<Measured>; 4]);

impl Rounds {
    pub(crate) fn of(&self, situation: Situation) -> &[Measured] {
        &self.0[situation as usize]
    }
}

/// The clients, on a thread of their own.
struct Clients {
    turn: watch::Sender<Turn>,
    calls: Arc<AtomicU64>,
    under_way: Arc<AtomicU64>,
    working: JoinHandle<anyhow::Result<()>>,
}

/// Lets all loads of a side take turns.
pub(crate) async fn take(stage: &Stage, scene: &Scene, side: &Side) -> anyhow::Result<Rounds> {
    let mut rounds = Rounds::default();
    for _ in 0..BLOCKS {
        scene.prepare(stage).await?;
        let clients = Clients::begin(scene, side)?;
        // Connections open, statements are prepared, caches fill.
        for situation in Situation::ALL {
            clients.work(situation, side, stage).await?;
        }
        for _ in 0..VALUES {
            let mut value: [Vec<Measured>; 4] = Default::default();
            for place in ORDERS.as_flattened() {
                value[*place].push(clients.work(Situation::ALL[*place], side, stage).await?);
            }
            for (all, of_value) in rounds.0.iter_mut().zip(value) {
                all.push(Measured::mean(&of_value));
            }
        }
        clients.end()?;
    }
    Ok(rounds)
}

impl Clients {
    fn begin(scene: &Scene, side: &Side) -> anyhow::Result<Self> {
        let mut plans = Vec::new();
        for situation in Situation::ALL {
            for client in 0..CLIENTS {
                plans.push((situation, side.plan(scene, situation, client)?));
            }
        }
        let (turn, watched) = watch::channel(Turn::Nobody);
        let (calls, under_way) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let (counted, begun) = (calls.clone(), under_way.clone());
        let working = thread::spawn(move || work_all(plans, &watched, &counted, &begun));
        Ok(Self { turn, calls, under_way, working })
    }

    /// One turn. What it leaves to do to others is waited for and counts: events that the server is still to hand out.
    async fn work(&self, of: Situation, side: &Side, stage: &Stage) -> anyhow::Result<Measured> {
        let cast = Cast { server: side.server(of), postgres: stage.postmaster, client: Some(std::process::id()) };
        let began = Mark::now(cast, self.calls.load(Relaxed));
        self.turn.send_replace(Turn::Of(of));
        sleep(TURN).await;
        self.turn.send_replace(Turn::Nobody);
        while self.under_way.load(Relaxed) > 0 && !self.working.is_finished() {
            sleep(Duration::from_millis(1)).await;
        }
        while side.hands_out() && stage.number("select count(*) from (select from event_outbox limit 1) o").await? > 0 {
            sleep(Duration::from_millis(1)).await;
        }
        Ok(Mark::now(cast, self.calls.load(Relaxed)).since(began, None))
    }

    fn end(self) -> anyhow::Result<()> {
        self.turn.send_replace(Turn::End);
        self.working.join().map_err(|_| anyhow::anyhow!("the client panicked"))?
    }
}

fn work_all(
    plans: Vec<(Situation, Plan)>,
    turn: &watch::Receiver<Turn>,
    calls: &Arc<AtomicU64>,
    under_way: &Arc<AtomicU64>,
) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        let mut working = JoinSet::new();
        for (situation, plan) in plans {
            let (mut turn, calls, under_way) = (turn.clone(), calls.clone(), under_way.clone());
            working.spawn(async move {
                let mut line = Line::open(plan).await?;
                loop {
                    let now = *turn.wait_for(|now| [Turn::Of(situation), Turn::End].contains(now)).await?;
                    if now == Turn::End {
                        return anyhow::Ok(());
                    }
                    under_way.fetch_add(1, Relaxed);
                    let called = line.call().await;
                    calls.fetch_add(1, Relaxed);
                    under_way.fetch_sub(1, Relaxed);
                    called?;
                }
            });
        }
        while let Some(ended) = working.join_next().await {
            ended??;
        }
        Ok(())
    })
}
