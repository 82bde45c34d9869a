//! The units of one subject that this replica has in hand.
//!
//! How many are taken at once follows this replica's own demand: those who wait now, and, where the limit is high
//! enough for a few units more or less not to matter, what the last half of a second used. A low limit, or the end of a
//! high one, is taken unit by unit as it is asked for, so that no replica refuses while another holds what it does not
//! need.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI32, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::{mpsc::UnboundedSender, oneshot};

use crate::{
    error::ApiError,
    limits::{
        Quota, Refusal, Stock, Subject,
        counter::{self, Return, Taken},
        standing::Standing,
    },
};

/// Below this many per minute every take asks for present demand alone.
const SPECULATE_FROM: i32 = 1000;
/// No lease is larger than this part of the limit …
const LEASE_PART: i32 = 16;
/// … and none is larger than present demand once less than this part of the limit is left.
const TAIL_PART: i32 = 4;
const DEMAND_WINDOW: Duration = Duration::from_millis(500);
const IDLE: Duration = Duration::from_millis(300);
/// Another replica may give units back, so a refusal is not remembered for longer.
const REFUSAL_KEPT: Duration = Duration::from_millis(500);
/// The database tells the rest of a window in whole milliseconds, rounded up.
const ROUNDING: Duration = Duration::from_millis(1);
/// How long a call waits for its turn and its take together: while the database is away, those who wait must not find
/// that out one after the other.
const PATIENCE: Duration = Duration::from_secs(3);
const MAX_WAITING: i32 = 1024;
const TAKES: usize = 16;

#[derive(Debug)]
struct Hand {
    quota: Quota,
    units: i32,
    taken: Option<(Instant, Taken)>,
    refused: Option<Refused>,
    last_spent: Instant,
    spent_since_take: i32,
}

/// The counter had fewer than so many units.
#[derive(Debug, Clone, Copy)]
struct Refused {
    units: i32,
    until: Instant,
}

/// One subject's units in hand; requests for it share one take.
#[derive(Debug)]
pub(super) struct Lease {
    subject: Subject,
    hand: Mutex<Hand>,
    taking: Arc<tokio::sync::Mutex<()>>,
    waiting: AtomicI32,
    listed: AtomicBool,
}

impl Lease {
    pub(super) fn new(subject: Subject) -> Self {
        let hand = Hand {
            quota: Quota { per_minute: 0, per_day: None },
            units: 0,
            taken: None,
            refused: None,
            last_spent: Instant::now(),
            spent_since_take: 0,
        };
        Self {
            subject,
            hand: Mutex::new(hand),
            taking: Arc::default(),
            waiting: AtomicI32::new(0),
            listed: AtomicBool::new(false),
        }
    }

    /// Spends so many units in hand, or takes what is missing; all of them or none.
    pub(super) async fn spend(self: &Arc<Self>, quota: Quota, units: i32, stock: &Stock) -> Result<Standing, Refusal> {
        if let Look::Answer(outcome) = self.look(quota, units, stock) {
            return outcome;
        }
        let _waiting = Waiting::enter(&self.waiting)?;
        tokio::time::timeout(PATIENCE, self.take_and_spend(quota, units, stock)).await.unwrap_or_else(|_| {
            let sentence = "The database does not answer in time, try again";
            Err(Refusal::Unavailable(ApiError::unavailable(sentence)))
        })
    }

    async fn take_and_spend(self: &Arc<Self>, quota: Quota, units: i32, stock: &Stock) -> Result<Standing, Refusal> {
        // More than once, because those who do not wait for a turn may spend what this one has taken.
        for _ in 0..TAKES {
            let turn = self.taking.clone().lock_owned().await;
            let missing = match self.look(quota, units, stock) {
                Look::Answer(outcome) => return outcome,
                Look::Missing(missing) => missing,
            };
            // On a task of its own, with the turn in its hands: what the database gives reaches the hand and is looked
            // after although the caller may leave, and no second take overlaps.
            let (lease, stock, wanted) = (self.clone(), stock.clone(), self.wanted(quota).max(missing));
            // Several units are set aside as they come, or single calls would carry them off one by one.
            let aside = (units > 1).then_some(units);
            let (caller, answer) = oneshot::channel();
            let take = tokio::spawn(async move {
                stock.takes.inc();
                let asked = Instant::now();
                let taken = counter::take(&stock.db, lease.subject, missing, wanted, quota).await?;
                let standing =
                    lease.receive(quota, asked, missing, taken, &stock, aside.filter(|_| !caller.is_closed()));
                // Who left in this very moment has spent its units.
                let _ = caller.send(standing);
                drop(turn);
                Ok::<_, ApiError>(())
            });
            take.await.map_err(|_| ApiError::internal()).flatten().map_err(Refusal::Unavailable)?;
            if let Ok(Some(standing)) = answer.await {
                return Ok(standing);
            }
        }
        Err(Refusal::Unavailable(ApiError::unavailable("The quota is busy, try again")))
    }

    /// Spends units in hand or repeats a fresh refusal; says what is missing when the database must be asked.
    fn look(&self, quota: Quota, units: i32, stock: &Stock) -> Look {
        let now = Instant::now();
        let mut hand = self.hand.lock().expect("no panic while a hand is held");
        if hand.quota != quota {
            hand.surrender(self.subject, &stock.returns);
            hand.quota = quota;
            hand.refused = None;
            hand.taken = None;
        }
        let Some((asked, taken)) = hand.taken else { return Look::Missing(units) };
        // Counted from before the question was sent, so a lease never outlives the window by the database's clock.
        if now + ROUNDING >= asked + millis(taken.minute_reset_ms.min(taken.day_reset_ms)) {
            hand.surrender(self.subject, &stock.returns);
            hand.taken = None;
            return Look::Missing(units);
        }
        if hand.units >= units {
            return Look::Answer(Ok(hand.spend(units, now, asked, &taken)));
        }
        let missing = units - hand.units;
        match hand.refused {
            Some(refused) if now < refused.until && missing >= refused.units => {
                Look::Answer(Err(Refusal::Exhausted(hand.standing(now, asked, &taken))))
            }
            _ => Look::Missing(missing),
        }
    }

    fn wanted(&self, quota: Quota) -> i32 {
        let waiting = self.waiting.load(Ordering::Acquire).max(1);
        let mut hand = self.hand.lock().expect("no panic while a hand is held");
        let spent = std::mem::take(&mut hand.spent_since_take);
        if quota.per_minute < SPECULATE_FROM {
            return waiting;
        }
        let Some((asked, taken)) = hand.taken else { return waiting };
        let tail = taken.minute_left < quota.per_minute / TAIL_PART
            || quota.per_day.is_some_and(|day| taken.day_left < day / i64::from(TAIL_PART));
        if tail {
            return waiting;
        }
        let since = asked.elapsed().max(Duration::from_millis(1)).as_secs_f64();
        let demand = f64::from(spent) / since * DEMAND_WINDOW.as_secs_f64();
        waiting.max((demand.ceil() as i32).min(quota.per_minute / LEASE_PART))
    }

    /// Puts what a take gave into the hand, and spends `aside` of it at once where that many are there.
    fn receive(
        self: &Arc<Self>,
        quota: Quota,
        asked: Instant,
        missing: i32,
        taken: Taken,
        stock: &Stock,
        aside: Option<i32>,
    ) -> Option<Standing> {
        let mut hand = self.hand.lock().expect("no panic while a hand is held");
        // Units left from before belong to their own window.
        if !hand.taken.is_some_and(|(_, before)| before.is_of_the_windows_of(&taken)) {
            hand.surrender(self.subject, &stock.returns);
        }
        let overtaken = hand.quota != quota;
        hand.units += taken.granted;
        hand.taken = Some((asked, taken));
        // Not when it was asked for: what a slow database gave is not idle before its callers had a turn.
        hand.last_spent = Instant::now();
        hand.refused = (taken.granted == 0).then(|| Refused { units: missing, until: asked + REFUSAL_KEPT });
        if overtaken {
            // The limit changed meanwhile: what was taken under the old one is not spent.
            hand.surrender(self.subject, &stock.returns);
            hand.taken = None;
        }
        let spent = aside.filter(|units| hand.units >= *units);
        let standing = spent.map(|units| hand.spend(units, Instant::now(), asked, &taken));
        if hand.units > 0 && !self.listed.swap(true, Ordering::AcqRel) {
            stock.held.lock().expect("no panic while the list is held").push(self.clone());
        }
        standing
    }

    /// How the subject stands if its last take was refused and the refusing window is still open.
    pub(super) fn known_exhausted(&self) -> Option<Standing> {
        let now = Instant::now();
        let hand = self.hand.lock().expect("no panic while a hand is held");
        let (asked, taken) = hand.taken?;
        let refused = hand.refused.is_some_and(|refused| refused.units == 1);
        (hand.units == 0 && refused && now < asked + millis(taken.minute_reset_ms))
            .then(|| hand.standing(now, asked, &taken))
    }

    pub(super) fn is_idle(&self) -> bool {
        self.hand.lock().expect("no panic while a hand is held").last_spent.elapsed() > IDLE
    }

    /// Gives back what is in hand.
    pub(super) fn surrender(&self, returns: &UnboundedSender<Return>) {
        let mut hand = self.hand.lock().expect("no panic while a hand is held");
        self.listed.store(false, Ordering::Release);
        hand.surrender(self.subject, returns);
    }
}

/// What the hand says to a call.
enum Look {
    Answer(Result<Standing, Refusal>),
    /// So many units are not in hand.
    Missing(i32),
}

impl Hand {
    /// Takes units that are in hand out of it.
    fn spend(&mut self, units: i32, now: Instant, asked: Instant, taken: &Taken) -> Standing {
        self.units -= units;
        self.spent_since_take += units;
        self.last_spent = now;
        self.standing(now, asked, taken)
    }

    fn surrender(&mut self, subject: Subject, returns: &UnboundedSender<Return>) {
        let units = std::mem::take(&mut self.units);
        if let (Some((_, taken)), true) = (self.taken, units > 0) {
            let back = Return { subject, units, minute_window: taken.minute_window, day_window: taken.day_window };
            // The receiver is gone only at the very end; the units then count as used.
            let _ = returns.send(back);
        }
    }

    fn standing(&self, now: Instant, asked: Instant, taken: &Taken) -> Standing {
        let left = |reset_ms: i32| (asked + millis(reset_ms)).saturating_duration_since(now);
        Standing {
            quota: self.quota,
            minute_left: i64::from(taken.minute_left) + i64::from(self.units),
            day_left: taken.day_left + i64::from(self.units),
            minute_reset: seconds_up(left(taken.minute_reset_ms)),
            day_reset: seconds_up(left(taken.day_reset_ms)),
        }
    }
}

/// Counts a request as present demand until it goes, served or not.
struct Waiting<'a>(&'a AtomicI32);

impl<'a> Waiting<'a> {
    fn enter(count: &'a AtomicI32) -> Result<Self, Refusal> {
        let waiting = Self(count);
        if count.fetch_add(1, Ordering::AcqRel) >= MAX_WAITING {
            return Err(Refusal::Unavailable(ApiError::unavailable("Too many requests wait for this quota")));
        }
        Ok(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

fn millis(ms: i32) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}

fn seconds_up(duration: Duration) -> u64 {
    duration.as_millis().div_ceil(1000).max(1).try_into().unwrap_or(u64::MAX)
}
