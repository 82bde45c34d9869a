//! Handing out: events that were written become deliveries to the webhooks that listen, in the transaction that takes
//! them out of the outbox.
//!
//! A writer only notes that there is an event, so it pays nothing for those who listen. Whoever hands out does it for
//! many events at once; and since a lane is mostly waiting for just these, the deliveries that it has room for are made
//! as claimed, which saves the claim. The others wait in their lanes.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;
use tokio_postgres::Row;
use uuid::Uuid;

use super::job::{Job, Lane};

/// Events that are older are searched for only now and then ([`SWEEP_EVERY`]): while somebody holds an old snapshot, what
/// was handed out since lies at the begin of each property's events and cannot be cleared away, and every search that
/// begins there walks over it.
macro_rules! recent {
    () => {
        "uuid_floor(now() - interval '1 minute')"
    };
}

/// Properties behind `$1`, at most `$2`, that listen; with the age in seconds of their oldest recent event in the outbox,
/// if there is one.
pub(super) const RECENT: &str = concat!(
    "select p.id as property_id, (select extract(epoch from clock_timestamp() - uuid_time(o.event_id))::float8 \
         from event_outbox o where o.property_id = p.id and o.event_id > ",
    recent!(),
    " order by o.property_id, o.event_id limit 1) as age \
       from properties p where p.has_listeners and p.id > $1::uuid order by p.id limit $2::bigint"
);

/// Properties behind `$1`, at most `$2`, that have events in the outbox at all; with the age in seconds of the oldest.
pub(super) const WAITING: &str = "with recursive step as ( \
       (select o.property_id, o.event_id from event_outbox o where o.property_id > $1::uuid \
         order by o.property_id, o.event_id limit 1) \
       union all \
       select n.* from step s cross join lateral \
         (select o.property_id, o.event_id from event_outbox o where o.property_id > s.property_id \
           order by o.property_id, o.event_id limit 1) n \
     ) \
     select property_id, extract(epoch from clock_timestamp() - uuid_time(event_id))::float8 as age \
       from (select * from step limit $2::bigint) s";

/// Hands out at most `$8` events of each of the properties `$7`, fewer where each becomes many deliveries; recent ones
/// only where `$9` is not true. Worker `$1`'s lanes `$4`, `$5` have room for `$6` deliveries, which are claimed as `$2` for
/// `$3` seconds.
///
/// Rows with an `id` are claimed deliveries; such with a `lane` only say that others wait there, due from `due_at` on;
/// such with neither that the property has perhaps more events.
///
/// Who listens is judged here and not in the write: a webhook that did not exist then hears nothing, and one that was
/// switched off since gets its delivery, to be sent when it is switched on again. Both times are those at which their
/// transactions began, and no call's takes longer than 15 seconds.
pub const HAND_OUT: &str = concat!(
    "with asked as materialized ( \
       select a.* from unnest($4::uuid[], $5::uuid[], $6::bigint[]) a (property_id, lane, room) \
        where (select l.claim_id = $1::uuid and l.lease_until > now() from webhook_lanes l \
          where l.property_id = a.property_id and l.webhook_id = a.lane) \
     ), portion as materialized ( \
       select t.property_id, greatest(1, least($8::bigint, 2048 / greatest(1, \
           (select count(*) from webhooks w where w.property_id = t.property_id)))) as events, \
         case when t.whole then '00000000-0000-0000-0000-000000000000'::uuid else ",
    recent!(),
    " end as behind \
         from unnest($7::uuid[], $9::boolean[]) t (property_id, whole) \
     ), picked as materialized ( \
       select p.place from portion t cross join lateral \
         (select o.ctid as place from event_outbox o where o.property_id = t.property_id and o.event_id > t.behind \
           order by o.property_id, o.event_id limit t.events for update skip locked) p \
     ), taken as ( \
       delete from event_outbox o using picked p where o.ctid = p.place returning o.property_id, o.event_id, o.about \
     ), told as materialized ( \
       select t.property_id, w.id as lane, t.event_id, e.type, e.created_at, \
         row_number() over (partition by t.property_id, w.id order by t.event_id) as place \
         from taken t \
         cross join lateral (select e.type, e.created_at from events e \
           where e.property_id = t.property_id and e.id = t.event_id limit 1) e \
         cross join lateral (select w.id from webhooks w \
           where w.property_id = t.property_id and w.created_at < uuid_time(t.event_id) + interval '15 seconds' \
             and (w.enabled or w.disabled_at > greatest(w.created_at, uuid_time(t.event_id) - interval '15 seconds')) \
             and w.event_types && array['*', split_part(e.type, '.', 1) || '.*', e.type] \
             and (w.allowed_tables is null or t.about = any (w.allowed_tables)) offset 0) w \
     ), made as ( \
       insert into webhook_deliveries \
         (property_id, webhook_id, event_id, event_type, due_at, state, attempts, claim_id, lease_until) \
       select t.property_id, t.lane, t.event_id, t.type, t.created_at, \
         case when a.room >= t.place then 'sending' else 'pending' end, \
         case when a.room >= t.place then 1 else 0 end, \
         case when a.room >= t.place then $2::uuid end, \
         case when a.room >= t.place then now() + make_interval(secs => $3::float8) end \
         from told t left join asked a on a.property_id = t.property_id and a.lane = t.lane \
       returning property_id, webhook_id, id, event_id, state, due_at \
     ) \
     select m.property_id, m.webhook_id as lane, m.id, m.event_id, 1 as attempts, 'scheduled' as trigger, m.due_at, \
       extract(epoch from now() - m.due_at)::float8 as waited, \
       (select e.payload::text from events e where e.property_id = m.property_id and e.id = m.event_id) as body \
       from made m where m.state = 'sending' \
     union all \
     select m.property_id, m.webhook_id, null, null, null, null, min(m.due_at), null, null \
       from made m where m.state = 'pending' group by m.property_id, m.webhook_id \
     union all \
     select t.property_id, null, null, null, null, null, null, null, null \
       from taken t group by t.property_id \
         having count(*) >= (select p.events from portion p where p.property_id = t.property_id)"
);

/// How often events are searched for that are not recent: rows of transactions that took long, and of a time without
/// workers.
pub(super) const SWEEP_EVERY: Duration = Duration::from_secs(30);
/// Properties that one look at the outbox visits.
pub(super) const LOOK: usize = 500;
/// Events that are handed out at once, of all properties together,
const EVENTS: usize = 512;
/// and the properties.
pub(super) const PROPERTIES: usize = 64;

/// What came of handing out.
#[derive(Debug, Default)]
pub(super) struct Handed {
    /// Deliveries that are claimed.
    pub(super) jobs: Vec<Job>,
    /// Lanes in which others wait, and from when on they were due.
    pub(super) waiting: Vec<(Lane, SystemTime)>,
    /// Properties that may have more.
    pub(super) more: Vec<Uuid>,
}

/// How many events of each of so many properties are handed out at once.
pub(super) fn share(properties: usize) -> i64 {
    i64::try_from(EVENTS / properties.clamp(1, PROPERTIES)).unwrap_or(1)
}

impl Handed {
    /// Reads the rows of [`HAND_OUT`].
    pub(super) fn read(
        rows: &[Row],
        claim: Uuid,
        asked: Instant,
        lease: Duration,
    ) -> Result<Self, tokio_postgres::Error> {
        let mut handed = Self::default();
        for row in rows {
            let (property, lane): (Uuid, Option<Uuid>) = (row.try_get("property_id")?, row.try_get("lane")?);
            match (lane, row.try_get::<_, Option<Uuid>>("id")?) {
                (Some(_), Some(_)) => handed.jobs.push(Job::read(row, claim, asked, lease)?),
                (Some(lane), None) => handed.waiting.push(((property, lane), row.try_get("due_at")?)),
                (None, _) => handed.more.push(property),
            }
        }
        Ok(handed)
    }
}
