//! Sending again all that failed since a time: rows of `webhook_redeliveries`, carried out in portions. A portion moves
//! the job's place in the transaction that makes its deliveries, so whoever goes on after an interruption makes none twice.

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::names::keeper as say;
use crate::{queue::Link, tenant_pool::QueryError};

/// The oldest job that nobody carries out becomes worker `$1`'s.
pub(super) const JOB: &str = "update webhook_redeliveries j set state = 'running', claim_id = $1::uuid, \
       lease_until = now() + interval '30 seconds' \
      from (select property_id, id from webhook_redeliveries where state <> 'done' \
             and (lease_until is null or lease_until < now()) order by created_at limit 1 for update skip locked) n \
     where j.property_id = n.property_id and j.id = n.id returning j.property_id, j.id";

/// Goes through the next `$4` deliveries of worker `$1`'s job `$2`, `$3` and makes one for each that failed in its time.
pub(super) const PORTION: &str = "with job as ( \
       select * from webhook_redeliveries \
        where property_id = $2::uuid and id = $3::uuid and claim_id = $1::uuid and state = 'running' for update \
     ), seen as materialized ( \
       select d.id, d.property_id, d.webhook_id, d.event_id, d.event_type, \
         d.state = 'failed' and d.finished_at between j.since and j.until as failed \
       from job j cross join lateral ( \
         select * from webhook_deliveries d where d.property_id = j.property_id and d.webhook_id = j.webhook_id \
          and d.id > coalesce(j.after_id, '00000000-0000-0000-0000-000000000000'::uuid) \
         order by d.property_id, d.webhook_id, d.id limit $4::bigint) d \
       where d.created_at <= j.until \
     ), made as ( \
       insert into webhook_deliveries (property_id, webhook_id, event_id, event_type, trigger) \
       select property_id, webhook_id, event_id, event_type, 'manual' from seen where failed returning id \
     ) \
     update webhook_redeliveries j set redelivered = j.redelivered + (select count(*) from made), \
       after_id = coalesce((select id from seen order by id desc limit 1), j.after_id), \
       lease_until = now() + interval '30 seconds', \
       state = case when (select count(*) from seen) < $4::bigint then 'done' else 'running' end, \
       finished_at = case when (select count(*) from seen) < $4::bigint then now() end \
      from job where j.property_id = job.property_id and j.id = job.id \
     returning j.state = 'done' as done, j.redelivered";

/// Deliveries that a portion goes through.
const ROWS: i64 = 1000;

/// Carries out what is to be carried out; whether there was anything.
pub(super) async fn carry_out(link: &Link, worker: Uuid, stop: &CancellationToken) -> Result<bool, QueryError> {
    let mut any = false;
    while !stop.is_cancelled()
        && let Some(job) = link.run(say::JOB, &[&worker]).await?.first()
    {
        let (property, id): (Uuid, Uuid) = (job.try_get("property_id")?, job.try_get("id")?);
        any = true;
        loop {
            if stop.is_cancelled() {
                link.run(say::YIELD, &[&worker, &property, &id]).await?;
                return Ok(any);
            }
            let rows = link.run(say::PORTION, &[&worker, &property, &id, &ROWS]).await?;
            let Some(row) = rows.first() else {
                tracing::warn!(job = %id, "a redelivery was lost to another worker");
                break;
            };
            if row.try_get("done")? {
                tracing::info!(job = %id, redelivered = row.try_get::<_, i32>("redelivered")?, "a redelivery is done");
                break;
            }
        }
    }
    Ok(any)
}

/// Leaves worker `$1`'s job `$2`, `$3` to whoever comes next.
pub(super) const YIELD: &str = "update webhook_redeliveries set lease_until = null, claim_id = null \
     where property_id = $2::uuid and id = $3::uuid and claim_id = $1::uuid and state = 'running'";
