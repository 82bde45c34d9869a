//! The statements of a queue, written once at the start from the names of its tables.
//!
//! Their plans are made once, perhaps while the tables are empty, and kept; so they leave the planner no bad choice:
//!
//! - a row is found by a subquery of its own, by all columns of an index, and changed where it lies (`ctid`). A join
//!   might read the whole table to find a few rows, and each index that has two of three columns looks as good as the
//!   next: on an empty table all that costs the same;
//! - `is true` and `is false` are spelled that way because `= false` would be rewritten to `attempts <= 0`, which the
//!   index on `(attempts > 0)` does not know.

/// What a queue's tables are called, and what its work needs beyond the mechanism.
///
/// The table of rows has the columns `property_id`, `id`, the lane's, `state`, `attempts`, `due_at`, `claim_id`,
/// `lease_until` and `finished_at`; the table of lanes `property_id`, the lane's, `claim_id`, `lease_until`,
/// `blocked_until`, `consecutive_failures`, `failing_since`, `last_success_at` and `last_served_at`.
#[derive(Debug)]
pub struct Names {
    /// The table of rows.
    pub rows: &'static str,
    /// The table of lanes.
    pub lanes: &'static str,
    /// The lane's column in both.
    pub lane: &'static str,
    /// Whether a lane `l` may be worked in at all.
    pub open: &'static str,
    /// Further columns of a claimed row `c`; what stands elsewhere is read by a subquery.
    pub carried: &'static str,
    /// Further columns of a result `g`, each with its type.
    pub given: &'static [(&'static str, &'static str)],
    /// What of them a finished row takes over, as assignments that begin with a comma.
    pub sets: &'static str,
    /// A statement that logs all results `given g`; those in `done` were the worker's to finish.
    pub log: &'static str,
    /// A statement that logs the rows `back b` that a worker held until its lease ran out.
    pub lost: &'static str,
}

/// Lets one worker at a time take lanes; `$1` is the queue's number. In a transaction, before [`Sql::take`].
pub const TURN: &str = "select set_config('queue.turn', pg_try_advisory_xact_lock($1)::text, true) = 'true'";

/// The statements; each one's parameters stand with it.
#[derive(Debug)]
pub struct Sql {
    /// The lanes that have pending rows behind a place (`$1` property, `$2` lane), at most `$3`: `free` when one can be
    /// taken, `age` in seconds of its oldest due row, null when none is due.
    pub scan: String,
    /// Takes at most `$6` lanes for worker `$1` and `$2` seconds: of the tenants `$3` and of the lanes `$4`, `$5`, those
    /// that have due rows and are free, so many that no tenant has more than `$7` taken. `$8` are lanes that the worker
    /// has.
    pub take: String,
    /// Of the tenants `$2`: whether every lane is taken or cannot be, whether somebody other than worker `$1` has one, and
    /// how many are taken.
    pub neighbours: String,
    /// Keeps worker `$1`'s lanes `$3`, `$4` for `$2` seconds from now; those that it still had.
    pub renew: String,
    /// Claims due rows in worker `$1`'s lanes `$4`, `$5` as claim `$2` for `$3` seconds: at most `$6` new ones that were
    /// due at `$8` or later, and `$7` that were tried before, for each lane. Who has just claimed what was due until
    /// then need not walk over it again; now and then it should, because rows become visible in no order.
    pub claim: String,
    /// Finishes rows: `$1` properties, `$2` lanes, `$3` ids, `$4` claims, `$5` states, `$6` seconds until they are due
    /// again (null: as before), `$7` what to add to their attempts; then what [`Names::given`] says. The rows whose lease
    /// was lost.
    pub finish: String,
    /// Rows that were claimed and not begun: `$1` properties, `$2` lanes, `$3` ids, `$4` claims.
    pub give_back: String,
    /// How worker `$1`'s lanes `$2`, `$3` fare: `$4` failures in a row, `$5` whether they fail, `$6` whether they had a
    /// success, `$7` seconds to be left alone, `$8` whether they are given up. Those that have failed for `$9` seconds.
    pub settle: String,
    /// Frees at most `$1` rows whose lease has run out; those tried `$2` times have failed. How many there were.
    pub reclaim: String,
}

/// A lane `l` that nobody holds and nothing blocks.
const FREE: &str =
    "(l.lease_until is null or l.lease_until < now()) and (l.blocked_until is null or l.blocked_until <= now())";

impl Names {
    /// The due rows of something that names a lane.
    fn due(&self, of: &str, lane: &str, tried: bool) -> String {
        let Self { rows, lane: column, .. } = self;
        format!(
            "{rows} d where d.property_id = {of}.property_id and d.{column} = {of}.{lane} and d.state = 'pending' \
             and (d.attempts > 0) is {tried} and d.due_at <= now()"
        )
    }

    fn one_due(&self, of: &str, lane: &str, tried: bool) -> String {
        format!("(select d.due_at from {} order by d.due_at limit 1)", self.due(of, lane, tried))
    }

    fn some_due(&self, of: &str, tried: bool, since: &str, limit: &str) -> String {
        let due = self.due(of, "lane", tried);
        format!(
            "select * from (select d.ctid as place from {due}{since} order by d.due_at, d.id limit {limit} \
             for update skip locked) tried_{tried}"
        )
    }
}

impl Sql {
    /// Writes them.
    pub fn new(names: &Names) -> Self {
        Self {
            scan: scan(names),
            take: take(names),
            neighbours: neighbours(names),
            renew: renew(names),
            claim: claim(names),
            finish: finish(names),
            give_back: give_back(names),
            settle: settle(names),
            reclaim: reclaim(names),
        }
    }
}

/// One step of the index for each lane, however many rows wait in it.
fn scan(names: &Names) -> String {
    let Names { rows, lanes, lane, open, .. } = names;
    let next = |behind: &str| {
        format!(
            "select d.property_id, d.{lane} as lane from {rows} d where d.state = 'pending' \
             and (d.property_id, d.{lane}) > {behind} order by d.property_id, d.{lane} limit 1"
        )
    };
    format!(
        "with recursive step as (({}) union all select n.* from step s cross join lateral ({}) n), \
         seen as (select * from step limit $3::bigint) \
         select s.property_id, s.lane, coalesce({FREE} and {open}, false) as free, \
         extract(epoch from now() - least({}, {}))::float8 as age \
         from seen s left join {lanes} l on l.property_id = s.property_id and l.{lane} = s.lane \
         order by s.property_id, s.lane",
        next("($1::uuid, $2::uuid)"),
        next("(s.property_id, s.lane)"),
        names.one_due("s", "lane", false),
        names.one_due("s", "lane", true),
    )
}

fn take(names: &Names) -> String {
    let Names { lanes, lane, open, .. } = names;
    // A lane that is the worker's without its knowledge: the answer that said so was lost.
    let mine = format!("(l.claim_id = $1::uuid and not (l.{lane} = any ($8::uuid[])))");
    let free = format!(
        "(l.lease_until is null or l.lease_until < now() or {mine}) and (l.blocked_until is null or l.blocked_until <= now())"
    );
    format!(
        "with wanted as ( \
           select l.property_id, l.{lane} as lane from {lanes} l where l.property_id = any ($3::uuid[]) \
           union select * from unnest($4::uuid[], $5::uuid[]) \
         ), open as ( \
           select w.property_id, w.lane, l.last_served_at from wanted w \
             join {lanes} l on l.property_id = w.property_id and l.{lane} = w.lane \
            where {free} and {open} and ({first} is not null or {again} is not null) \
         ), ranked as ( \
           select o.*, row_number() over (partition by o.property_id order by o.last_served_at nulls first) \
             + (select count(*) from {lanes} l where l.property_id = o.property_id and l.lease_until >= now() and not {mine}) \
             as place from open o \
         ), chosen as ( \
           select l.property_id, l.{lane} as lane from ranked r \
             join {lanes} l on l.property_id = r.property_id and l.{lane} = r.lane \
            where r.place <= $7::bigint and {free} and current_setting('queue.turn') = 'true' \
            order by r.last_served_at nulls first limit $6::bigint for update of l skip locked \
         ) \
         update {lanes} l set claim_id = $1::uuid, lease_until = now() + make_interval(secs => $2::float8), \
           last_served_at = now() \
          from chosen c where l.property_id = c.property_id and l.{lane} = c.lane \
         returning l.property_id, l.{lane} as lane, l.consecutive_failures, l.failing_since is not null as failing",
        first = names.one_due("w", "lane", false),
        again = names.one_due("w", "lane", true),
    )
}

fn neighbours(names: &Names) -> String {
    let Names { lanes, open, .. } = names;
    format!(
        "select l.property_id, \
         bool_and(coalesce(l.lease_until >= now(), false) or coalesce(l.blocked_until > now(), false) or not ({open})) as settled, \
         bool_or(coalesce(l.lease_until >= now() and l.claim_id <> $1::uuid, false)) as foreign, \
         count(*) filter (where l.lease_until >= now()) as held \
         from {lanes} l where l.property_id = any ($2::uuid[]) group by l.property_id"
    )
}

fn renew(names: &Names) -> String {
    let Names { lanes, lane, .. } = names;
    format!(
        "update {lanes} l set lease_until = now() + make_interval(secs => $2::float8) \
          from unnest($3::uuid[], $4::uuid[]) a (property_id, lane) \
         where l.property_id = a.property_id and l.{lane} = a.lane and l.claim_id = $1::uuid and l.lease_until > now() \
         returning l.property_id, l.{lane} as lane"
    )
}

fn claim(names: &Names) -> String {
    let Names { rows, lanes, lane, carried, .. } = names;
    format!(
        "with asked as ( \
           select a.* from unnest($4::uuid[], $5::uuid[], $6::bigint[], $7::bigint[], $8::timestamptz[]) \
               a (property_id, lane, first, again, since) \
            where (select l.claim_id = $1::uuid and l.lease_until > now() from {lanes} l \
              where l.property_id = a.property_id and l.{lane} = a.lane) \
         ), picked as materialized ( \
           select p.* from asked a cross join lateral ({first} union all {again}) p \
         ), claimed as ( \
           update {rows} d set state = 'sending', claim_id = $2::uuid, attempts = d.attempts + 1, \
             lease_until = now() + make_interval(secs => $3::float8) \
            from picked p where d.ctid = p.place \
           returning d.* \
         ) \
         select c.property_id, c.id, c.{lane} as lane, c.attempts, c.due_at, \
           extract(epoch from now() - c.due_at)::float8 as waited, {carried} \
         from claimed c order by c.due_at, c.id",
        first = names.some_due("a", false, " and d.due_at >= a.since", "a.first"),
        again = names.some_due("a", true, "", "a.again"),
    )
}

/// The place of the row that a result `g` is about, while its claim still holds.
fn held(names: &Names) -> String {
    let Names { rows, lane, .. } = names;
    format!(
        "(select d.ctid from {rows} d where d.property_id = g.property_id and d.{lane} = g.lane and d.id = g.id \
           and d.claim_id = g.claim_id)"
    )
}

fn finish(names: &Names) -> String {
    let Names { rows, sets, log, given, .. } = names;
    let places = given.iter().enumerate().map(|(at, (_, kind))| format!(", ${}::{kind}[]", at + 8));
    let columns = given.iter().map(|(column, _)| format!(", {column}"));
    format!(
        "with given as materialized ( \
           select g.*, {place} as place from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], \
               $6::float8[], $7::integer[]{places}) g (property_id, lane, id, claim_id, state, wait, counted{columns}) \
         ), done as ( \
           update {rows} d set state = g.state, claim_id = null, lease_until = null, attempts = d.attempts + g.counted, \
             due_at = coalesce(now() + make_interval(secs => g.wait), d.due_at), \
             finished_at = case when g.state <> 'pending' then now() end{sets} \
            from given g where d.ctid = g.place and d.claim_id = g.claim_id \
           returning d.property_id, d.id \
         ), logged as ({log}) \
         select g.property_id, g.id from given g where not exists (select from done x where x.id = g.id)",
        place = held(names),
        places = places.collect::<String>(),
        columns = columns.collect::<String>(),
    )
}

fn give_back(names: &Names) -> String {
    let Names { rows, .. } = names;
    format!(
        "with given as materialized ( \
           select g.claim_id, {place} as place from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[]) \
             g (property_id, lane, id, claim_id) \
         ) \
         update {rows} d set state = 'pending', claim_id = null, lease_until = null, attempts = d.attempts - 1 \
          from given g where d.ctid = g.place and d.claim_id = g.claim_id",
        place = held(names),
    )
}

fn settle(names: &Names) -> String {
    let Names { lanes, lane, .. } = names;
    format!(
        "update {lanes} l set consecutive_failures = a.failures, \
           failing_since = case when a.failing then coalesce(l.failing_since, now()) end, \
           last_success_at = case when a.success then now() else l.last_success_at end, \
           blocked_until = case when a.block is null then l.blocked_until else now() + make_interval(secs => a.block) end, \
           last_served_at = now(), \
           claim_id = case when a.over then null else l.claim_id end, \
           lease_until = case when a.over then null else l.lease_until end \
          from unnest($2::uuid[], $3::uuid[], $4::integer[], $5::boolean[], $6::boolean[], $7::float8[], $8::boolean[]) \
            a (property_id, lane, failures, failing, success, block, over) \
         where l.property_id = a.property_id and l.{lane} = a.lane and l.claim_id = $1::uuid \
         returning l.property_id, l.{lane} as lane, \
           coalesce(l.failing_since < now() - make_interval(secs => $9::float8), false) as overdue"
    )
}

fn reclaim(names: &Names) -> String {
    let Names { rows, lost, .. } = names;
    format!(
        "with expired as ( \
           select d.ctid as place from {rows} d where d.state = 'sending' and d.lease_until < now() \
            order by d.lease_until limit $1::bigint for update skip locked \
         ), back as ( \
           update {rows} d set state = case when d.attempts >= $2::integer then 'failed' else 'pending' end, \
             finished_at = case when d.attempts >= $2::integer then now() end, claim_id = null, lease_until = null \
            from expired e where d.ctid = e.place \
           returning d.* \
         ), logged as ({lost}) \
         select count(*) as reclaimed from back"
    )
}
