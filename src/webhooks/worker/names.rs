//! The queue of deliveries, as [`crate::queue`] knows it, and the statements that only deliveries have.

use crate::queue::{Names, Sql, TURN};

/// The queue of deliveries.
pub const DELIVERIES: Names = Names {
    rows: "webhook_deliveries",
    lanes: "webhook_lanes",
    lane: "webhook_id",
    open: "exists (select from webhooks w where w.property_id = l.property_id and w.id = l.webhook_id and w.enabled)",
    carried: "c.event_id, c.trigger, \
       (select e.payload::text from events e where e.property_id = c.property_id and e.id = c.event_id) as body",
    given: &[
        ("attempt_id", "uuid"),
        ("number", "integer"),
        ("trigger", "text"),
        ("ago", "float8"),
        ("took", "integer"),
        ("status", "integer"),
        ("error", "text"),
        ("excerpt", "text"),
    ],
    sets: ", attempted_at = now() - make_interval(secs => g.ago), last_status = g.status, last_error = g.error",
    log: "insert into webhook_attempts (property_id, id, delivery_id, webhook_id, number, trigger, started_at, duration_ms, \
            status, error, response_excerpt, next_attempt_at) \
          select g.property_id, g.attempt_id, g.id, g.lane, g.number, g.trigger, \
            now() - make_interval(secs => g.ago), g.took, g.status, \
            case when x.id is null then 'the lease was lost before the outcome could be noted' \
              || coalesce('; ' || g.error, '') else g.error end, \
            g.excerpt, case when x.id is not null and g.state = 'pending' then now() + make_interval(secs => g.wait) end \
          from given g left join done x on x.property_id = g.property_id and x.id = g.id",
    lost: "insert into webhook_attempts (property_id, delivery_id, webhook_id, number, trigger, started_at, duration_ms, \
             error, next_attempt_at) \
           select b.property_id, b.id, b.webhook_id, b.attempts, b.trigger, now(), 0, \
             'the sender was lost before it told the outcome', case when b.state = 'pending' then b.due_at end from back b",
};

/// The number of the queue's advisory lock.
pub(super) const QUEUE: i64 = 0x5745_4248;

/// Where endpoints lead and what signs for them: of those (`$1` properties, `$2` ids) that are not as known (`$3`).
const ENDPOINTS: &str = "select w.property_id, w.id, w.enabled, w.url, w.rate_limit, s.current, s.headers, \
       case when s.previous_expires_at > now() then s.previous end as previous, \
       extract(epoch from s.previous_expires_at - now())::float8 as previous_for, k.version \
     from unnest($1::uuid[], $2::uuid[], $3::text[]) a (property_id, id, known) \
       join webhooks w on w.property_id = a.property_id and w.id = a.id \
       left join webhook_secrets s on s.property_id = a.property_id and s.webhook_id = a.id \
       cross join lateral (select w.xmin || '.' || coalesce(s.xmin::text, '') as version) k \
     where k.version is distinct from a.known";

/// Disables endpoints (`$1` properties, `$2` ids, `$3` why) and tells of it.
const DISABLE: &str = "with off as ( \
       update webhooks w set enabled = false, disabled_reason = a.reason, disabled_at = now(), updated_at = now() \
        from unnest($1::uuid[], $2::uuid[], $3::text[]) a (property_id, id, reason) \
       where w.property_id = a.property_id and w.id = a.id and w.enabled \
       returning w.* \
     ) \
     select record_event(off.property_id, 'webhooks', 'webhook.disabled', json_build_object( \
       'property_id', off.property_id, 'id', off.id, 'url', off.url, 'description', off.description, \
       'event_types', off.event_types, 'enabled', off.enabled, 'headers', off.headers, 'rate_limit', off.rate_limit, \
       'disabled_reason', off.disabled_reason, 'disabled_at', off.disabled_at, 'created_at', off.created_at, \
       'updated_at', off.updated_at)) from off";

/// Whether an attempt was logged (`$1` property, `$2` id), and so everything that was written with it.
const LOGGED: &str = "select exists (select from webhook_attempts where property_id = $1 and id = $2)";

/// How much waits, counted up to a bound, of events in the outbox too; and the endpoints that are left alone because they
/// do not answer.
const DEPTH: &str = "select \
       (select count(*) from (select from webhook_deliveries where state = 'pending' limit 1000000) p) as pending, \
       (select count(*) from (select from webhook_deliveries where state = 'sending' limit 1000000) s) as sending, \
       (select count(*) from (select from event_outbox limit 1000000) o) as written";
const CIRCUITS: &str = "select webhook_id, coalesce(blocked_until > now(), false) as open from webhook_lanes \
     where consecutive_failures >= 10 limit 1000";

/// Which connection this is, among those that notify.
const BACKEND: &str = "select pg_backend_pid()";

/// What the claimer says; the places in its list.
pub(super) mod claimer {
    pub(in super::super) const TURN: usize = 0;
    pub(in super::super) const TAKE: usize = 1;
    pub(in super::super) const NEIGHBOURS: usize = 2;
    pub(in super::super) const RENEW: usize = 3;
    pub(in super::super) const CLAIM: usize = 4;
    pub(in super::super) const ENDPOINTS: usize = 5;
    pub(in super::super) const SCAN: usize = 6;
    pub(in super::super) const BACKEND: usize = 7;
    pub(in super::super) const WAITING: usize = 8;
    pub(in super::super) const RECENT: usize = 9;
    pub(in super::super) const HAND_OUT: usize = 10;
}

/// What the finisher says.
pub(super) mod finisher {
    pub(in super::super) const FINISH: usize = 0;
    pub(in super::super) const GIVE_BACK: usize = 1;
    pub(in super::super) const SETTLE: usize = 2;
    pub(in super::super) const DISABLE: usize = 3;
    pub(in super::super) const LOGGED: usize = 4;
}

/// What housekeeping says.
pub(super) mod keeper {
    pub(in super::super) const RECLAIM: usize = 0;
    pub(in super::super) const DEPTH: usize = 1;
    pub(in super::super) const CIRCUITS: usize = 2;
    pub(in super::super) const PRUNE: usize = 3;
    pub(in super::super) const JOB: usize = 4;
    pub(in super::super) const PORTION: usize = 5;
    pub(in super::super) const YIELD: usize = 6;
}

/// The statements of each connection, in the order of its places.
#[derive(Debug)]
pub(super) struct Statements(Sql);

impl Statements {
    pub(super) fn new() -> Self {
        Self(Sql::new(&DELIVERIES))
    }

    pub(super) fn claimer(&self) -> [&str; 11] {
        use super::outbox::{HAND_OUT, RECENT, WAITING};
        let sql = &self.0;
        [
            TURN,
            &sql.take,
            &sql.neighbours,
            &sql.renew,
            &sql.claim,
            ENDPOINTS,
            &sql.scan,
            BACKEND,
            WAITING,
            RECENT,
            HAND_OUT,
        ]
    }

    pub(super) fn finisher(&self) -> [&str; 5] {
        let sql = &self.0;
        [&sql.finish, &sql.give_back, &sql.settle, DISABLE, LOGGED]
    }

    pub(super) fn keeper(&self) -> [&str; 7] {
        use super::{keeper, redeliver};
        [&self.0.reclaim, DEPTH, CIRCUITS, keeper::PRUNE, redeliver::JOB, redeliver::PORTION, redeliver::YIELD]
    }
}
