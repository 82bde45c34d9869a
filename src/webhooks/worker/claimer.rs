//! Asks the database for work, one question at a time, and hears when others ring.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicI32, Ordering},
    },
    time::{Duration, SystemTime},
};

use tokio::{
    sync::{Notify, mpsc},
    time::Instant,
};
use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    endpoint::Known,
    job::{Job, Lane},
    names::{QUEUE, Statements, claimer as say},
    outbox::{self, Handed, LOOK},
};
use crate::{
    queue::{Dialer, Health, Link},
    sealing::Sealer,
    tenant_pool::QueryError,
    webhooks::alarm::CHANNEL,
};

/// What the claimer keeps for itself.
#[derive(Debug)]
pub(super) struct Claimer {
    pub(super) worker: Uuid,
    pub(super) dialer: Arc<Dialer>,
    pub(super) statements: Arc<Statements>,
    pub(super) lease: Duration,
    /// Lanes that one tenant may have taken.
    pub(super) tenant_lanes: i64,
    /// What a lane is asked for that was just taken.
    pub(super) first_room: i64,
    /// Somebody else rang.
    pub(super) heard: Arc<Notify>,
}

/// Lanes to take.
#[derive(Debug, Default)]
pub(super) struct Take {
    /// Of these tenants,
    pub(super) tenants: Vec<Uuid>,
    /// and these.
    pub(super) lanes: Vec<Lane>,
    pub(super) most: usize,
    /// What the worker has.
    pub(super) held: Vec<Uuid>,
}

/// Deliveries to claim in a lane.
#[derive(Debug)]
pub(super) struct Want {
    pub(super) lane: Lane,
    pub(super) first: i64,
    pub(super) again: i64,
    /// New ones only that were due from here on.
    pub(super) since: SystemTime,
    /// What is known of the endpoint.
    pub(super) version: String,
}

/// Events to hand out.
#[derive(Debug)]
pub(super) struct HandOut {
    /// Of these properties, and whether not only recent ones.
    pub(super) properties: Vec<(Uuid, bool)>,
    /// Their lanes that the worker has.
    pub(super) lanes: Vec<Room>,
}

/// A lane of the worker's and how many deliveries more it can have.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) lane: Lane,
    pub(super) deliveries: i64,
    /// What is known of the endpoint.
    pub(super) version: String,
}

/// A question.
#[derive(Debug, Default)]
pub(super) struct Ask {
    pub(super) renew: Vec<Lane>,
    pub(super) hand_out: Option<HandOut>,
    /// Behind which property to look for events in the outbox, and whether not only for recent ones.
    pub(super) look: Option<(Uuid, bool)>,
    /// Behind which lane to look for due rows.
    pub(super) scan: Option<Lane>,
    pub(super) take: Option<Take>,
    pub(super) want: Vec<Want>,
    /// Whether workers of other processes should look too.
    pub(super) tell: bool,
}

/// Lanes that the scan saw.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) lane: Lane,
    pub(super) free: bool,
    pub(super) age: Option<f64>,
}

/// What a look at the outbox found.
#[derive(Debug)]
pub(super) struct Found {
    /// Properties, and how old their oldest event is, if there is one.
    pub(super) properties: Vec<(Uuid, Option<f64>)>,
    /// Whether it was not only for recent events.
    pub(super) whole: bool,
}

/// The answer.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// When the question was asked; every lease counts from there.
    pub(super) began: Option<Instant>,
    /// Lanes whose lease was made longer, and those that were lost.
    pub(super) renewed: Vec<Lane>,
    pub(super) lost: Vec<Lane>,
    pub(super) taken: Vec<(Lane, Health)>,
    /// What may be taken another time: somebody else was at it, or there was more.
    pub(super) untaken: Option<Take>,
    /// Tenants all of whose lanes are taken or cannot be, and whether others have some.
    pub(super) settled: Vec<(Uuid, bool)>,
    /// Tenants that have as many lanes taken as they may, and want more.
    pub(super) crowded: Vec<Uuid>,
    pub(super) foreign: bool,
    pub(super) jobs: Vec<Job>,
    pub(super) handed: Handed,
    /// Properties of which not only recent events were handed out.
    pub(super) whole: Vec<Uuid>,
    pub(super) endpoints: Vec<Known>,
    pub(super) found: Option<Found>,
    pub(super) seen: Option<Vec<Seen>>,
}

/// Lanes that one scan visits.
pub(super) const SCAN: usize = 500;

impl Claimer {
    /// Answers until nobody asks any more.
    pub(super) async fn run(
        self,
        sealer: &Sealer,
        mut asks: mpsc::Receiver<Ask>,
        answers: mpsc::Sender<Result<Answer, QueryError>>,
    ) {
        let mut link = None;
        while let Some(ask) = asks.recv().await {
            let answer = self.answer(&mut link, ask, sealer).await;
            if answer.is_err() {
                link = None;
            }
            if answers.send(answer).await.is_err() {
                return;
            }
        }
    }

    async fn dial(&self) -> Result<Link, QueryError> {
        let (heard, own) = (self.heard.clone(), Arc::new(AtomicI32::new(0)));
        let others = own.clone();
        let hear = move |backend| {
            if backend != others.load(Ordering::Relaxed) {
                heard.notify_one();
            }
        };
        let link = self.dialer.dial(&self.statements.claimer(), hear).await?;
        if let Some(row) = link.run(say::BACKEND, &[]).await?.first() {
            own.store(row.try_get(0)?, Ordering::Relaxed);
        }
        link.execute(&format!("listen {CHANNEL}")).await?;
        // What was rung while nobody listened.
        self.heard.notify_one();
        Ok(link)
    }

    async fn answer(&self, link: &mut Option<Link>, ask: Ask, sealer: &Sealer) -> Result<Answer, QueryError> {
        let link = match link {
            Some(link) if !link.is_closed() => link,
            _ => link.insert(self.dial().await?),
        };
        let began = Instant::now();
        let mut answer = Answer { began: Some(began), ..Answer::default() };
        if ask.tell {
            link.execute(&format!("notify {CHANNEL}")).await?;
        }
        if !ask.renew.is_empty() {
            let (properties, lanes) = ids(&ask.renew);
            let rows = link.run(say::RENEW, &[&self.worker, &self.lease.as_secs_f64(), &properties, &lanes]).await?;
            answer.renewed = rows.iter().map(lane).collect::<Result<_, _>>()?;
            let renewed: HashSet<&Lane> = answer.renewed.iter().collect();
            answer.lost = ask.renew.into_iter().filter(|lane| !renewed.contains(lane)).collect();
        }
        if let Some(hand_out) = ask.hand_out {
            self.hand_out(link, hand_out, sealer, &mut answer).await?;
        }
        if let Some((behind, whole)) = ask.look {
            let statement = if whole { say::WAITING } else { say::RECENT };
            let rows = link.run(statement, &[&behind, &(LOOK as i64)]).await?;
            let read = |row: &Row| Ok((row.try_get("property_id")?, row.try_get("age")?));
            let properties = rows.iter().map(read).collect::<Result<_, tokio_postgres::Error>>()?;
            answer.found = Some(Found { properties, whole });
        }
        if let Some((property, lane)) = ask.scan {
            let rows = link.run(say::SCAN, &[&property, &lane, &(SCAN as i64)]).await?;
            answer.seen = Some(rows.iter().map(seen).collect::<Result<_, _>>()?);
        }
        let mut want = ask.want;
        if let Some(take) = ask.take {
            self.take(link, take, &mut answer).await?;
            // While a circuit is open, one attempt shows whether somebody is there.
            let room = |health: Health| if health.is_probing() { 1 } else { self.first_room };
            want.extend(answer.taken.iter().map(|(lane, health)| {
                let room = room(*health);
                Want { lane: *lane, first: room, again: room, since: SystemTime::UNIX_EPOCH, version: String::new() }
            }));
        }
        if !want.is_empty() {
            self.claim(link, want, sealer, &mut answer).await?;
        }
        Ok(answer)
    }

    async fn take(&self, link: &Link, take: Take, answer: &mut Answer) -> Result<(), QueryError> {
        let (properties, lanes) = ids(&take.lanes);
        let lease = self.lease.as_secs_f64();
        let most = i64::try_from(take.most).unwrap_or(i64::MAX);
        let all: Vec<Uuid> = take.tenants.iter().chain(&properties).copied().collect();
        let rows = link
            .transact(&[
                (say::TURN, &[&QUEUE]),
                (
                    say::TAKE,
                    &[&self.worker, &lease, &take.tenants, &properties, &lanes, &most, &self.tenant_lanes, &take.held],
                ),
                (say::NEIGHBOURS, &[&self.worker, &all]),
            ])
            .await?;
        let [turn, taken, neighbours] = rows.as_slice() else {
            return Err(QueryError::Misuse("three statements have three answers"));
        };
        let turn: bool = turn.first().map_or(Ok(false), |row| row.try_get(0))?;
        for row in taken {
            let health = Health::new(row.try_get("consecutive_failures")?, row.try_get("failing")?);
            answer.taken.push((lane(row)?, health));
        }
        for row in neighbours {
            let foreign = row.try_get("foreign")?;
            answer.foreign |= foreign;
            if row.try_get("settled")? {
                answer.settled.push((row.try_get("property_id")?, foreign));
            } else if row.try_get::<_, i64>("held")? >= self.tenant_lanes {
                answer.crowded.push(row.try_get("property_id")?);
            }
        }
        if !turn || taken.len() >= take.most {
            answer.untaken = Some(take);
        }
        Ok(())
    }

    async fn hand_out(
        &self,
        link: &Link,
        hand_out: HandOut,
        sealer: &Sealer,
        answer: &mut Answer,
    ) -> Result<(), QueryError> {
        let HandOut { properties: of, lanes: rooms } = hand_out;
        let (claim, began, lease) = (Uuid::now_v7(), Instant::now(), self.lease.as_secs_f64());
        let (properties, lanes) = ids(&rooms.iter().map(|room| room.lane).collect::<Vec<_>>());
        let deliveries: Vec<i64> = rooms.iter().map(|room| room.deliveries).collect();
        let versions: Vec<String> = rooms.into_iter().map(|room| room.version).collect();
        let share = outbox::share(of.len());
        let (of, whole): (Vec<Uuid>, Vec<bool>) = of.into_iter().unzip();
        let rows = link
            .run_all(&[
                (say::HAND_OUT, &[&self.worker, &claim, &lease, &properties, &lanes, &deliveries, &of, &share, &whole]),
                // Behind what was claimed, as for every claim.
                (say::ENDPOINTS, &[&properties, &lanes, &versions]),
            ])
            .await?;
        let [handed, endpoints] = rows.as_slice() else {
            return Err(QueryError::Misuse("two statements have two answers"));
        };
        answer.whole = of.iter().zip(&whole).filter(|(_, whole)| **whole).map(|(property, _)| *property).collect();
        answer.handed = Handed::read(handed, claim, began, self.lease)?;
        for row in endpoints {
            answer.endpoints.push(Known::read(row, sealer)?);
        }
        Ok(())
    }

    async fn claim(
        &self,
        link: &Link,
        want: Vec<Want>,
        sealer: &Sealer,
        answer: &mut Answer,
    ) -> Result<(), QueryError> {
        let (claim, began) = (Uuid::now_v7(), Instant::now());
        let (properties, lanes) = ids(&want.iter().map(|want| want.lane).collect::<Vec<_>>());
        let first: Vec<i64> = want.iter().map(|want| want.first).collect();
        let again: Vec<i64> = want.iter().map(|want| want.again).collect();
        let since: Vec<SystemTime> = want.iter().map(|want| want.since).collect();
        let versions: Vec<String> = want.into_iter().map(|want| want.version).collect();
        let lease = self.lease.as_secs_f64();
        let rows = link
            .run_all(&[
                (say::CLAIM, &[&self.worker, &claim, &lease, &properties, &lanes, &first, &again, &since]),
                // Behind the claim, so that nothing is sent to where an endpoint led before it.
                (say::ENDPOINTS, &[&properties, &lanes, &versions]),
            ])
            .await?;
        let [claimed, endpoints] = rows.as_slice() else {
            return Err(QueryError::Misuse("two statements have two answers"));
        };
        for row in claimed {
            answer.jobs.push(Job::read(row, claim, began, self.lease)?);
        }
        for row in endpoints {
            answer.endpoints.push(Known::read(row, sealer)?);
        }
        Ok(())
    }
}

fn ids(lanes: &[Lane]) -> (Vec<Uuid>, Vec<Uuid>) {
    lanes.iter().copied().unzip()
}

fn lane(row: &Row) -> Result<Lane, tokio_postgres::Error> {
    Ok((row.try_get("property_id")?, row.try_get("lane")?))
}

fn seen(row: &Row) -> Result<Seen, tokio_postgres::Error> {
    Ok(Seen { lane: lane(row)?, free: row.try_get("free")?, age: row.try_get("age")? })
}
