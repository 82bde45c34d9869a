//! The table face over HTTP.
//!
//! A request becomes an `operation` (what is asked), the caller's property and rights are
//! known from the credential, and the operation is carried out in a `session`: alone, or in
//! a transaction where its outcome may have to be undone. `reading` and `writing` do the work; `representation` writes
//! rows, `etag` their versions, `links` the way to the next page, `failure` says what Postgres refused.

mod batch;
mod etag;
mod failure;
mod links;
mod operation;
mod page;
mod plan;
mod reading;
mod representation;
mod root;
mod routes;
mod session;
mod writing;

use std::marker::PhantomData;

use poem::{Request, http::HeaderMap};

pub use self::plan::Plans;
use self::{operation::Operation, session::Session};
use super::{
    prefer::Tx,
    registry::{Registry, Verb},
    sql::{Allow, Level},
    table::Table,
};
use crate::{
    answer::Answer,
    app::App,
    auth::property_key::Right,
    caller::{self, PropertyCaller},
    error::ApiError,
    idempotency::{self, Before, Key},
    tenant::PropertyId,
    tenant_pool::Begin,
};

/// The tables of a catalog as a face.
#[derive(Debug)]
pub struct Tables<C>(PhantomData<C>);

impl<C> Default for Tables<C> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

/// What operations of one request share.
struct Face<'a> {
    registry: &'static Registry,
    app: &'a App,
    caller: &'a PropertyCaller,
    tenant: PropertyId,
}

impl Face<'_> {
    /// The levels of an operation's query; tables that the caller may not use end in a 403.
    fn level<'q>(&self, op: &'q Operation) -> Result<Level<'q>, ApiError> {
        self.level_for(op, self.tenant, &|table| permit(self.caller, table))
    }

    /// The same for any tenant and permission.
    fn level_for<'q>(&self, op: &'q Operation, tenant: PropertyId, allow: Allow<'_>) -> Result<Level<'q>, ApiError> {
        let mut level = Level::of(self.registry, op.table, &op.query, tenant, allow)?;
        if op.prefer.timezone.is_some() {
            level.in_session_zone();
        }
        if let Some(seen) = &op.seen {
            level.seen_through(seen);
        }
        Ok(level)
    }

    /// Asks what must be known before operations are carried out: what their caller sees, and what wardens say.
    async fn prepare(&self, operations: &mut [Operation]) {
        for op in operations.iter_mut() {
            op.seen = op.table.seen.and_then(|seen| seen(self.registry, self.caller));
        }
        writing::ask(operations, self).await;
    }

    /// Carries an operation out.
    async fn run(&self, op: &Operation, session: &mut Session<'_>) -> Result<Answer, ApiError> {
        match op.verb {
            Verb::List | Verb::Query => reading::list(op, self, session).await,
            Verb::Get => reading::get(op, self, session).await,
            Verb::Create => writing::create(op, self, session).await,
            Verb::UpdateMany | Verb::Update => writing::update(op, self, session).await,
            Verb::DeleteMany | Verb::Delete => writing::delete(op, self, session).await,
            Verb::Put | Verb::Replace => writing::replace(op, self, session).await,
        }
    }
}

/// Answers a call on a table.
async fn serve(
    registry: &'static Registry,
    table: &'static Table,
    verb: Verb,
    request: &mut Request,
) -> Result<poem::Response, ApiError> {
    let app = caller::app(request);
    let caller = PropertyCaller::of(request).await?;
    caller.require(if verb.reads() { Right::Read } else { Right::Write })?;
    permit(&caller, table)?;
    let mut op = Operation::read(table, verb, request).await?;
    let face = Face { registry, app: &app, caller: &caller, tenant: caller.property };
    face.prepare(std::slice::from_mut(&mut op)).await;
    let call = (verb == Verb::Create).then(|| Idempotent {
        headers: &op.headers,
        method: "POST",
        path: &op.path,
        query: &op.text,
        body: &op.body,
    });
    let zone = op.prefer.timezone.as_deref();
    let alone = zone.is_none() && (verb.reads() || !writing::is_conditional(&op));
    let has_key = call.as_ref().is_some_and(|call| call.headers.contains_key("idempotency-key"));
    if alone && !has_key {
        let mut connection = app.tenants.acquire(caller.property).await?;
        let answer = face.run(&op, &mut Session::Alone(&mut connection)).await?;
        return Ok(answer.into_response(op.head));
    }
    let commit = op.prefer.tx != Some(Tx::Rollback);
    let answer =
        in_transaction(&face, call.as_ref(), zone, commit, async |session| face.run(&op, session).await).await?;
    Ok(answer.into_response(op.head))
}

/// What of a request decides whether it is the same as another with the same `Idempotency-Key`.
struct Idempotent<'a> {
    headers: &'a HeaderMap,
    method: &'a str,
    path: &'a str,
    query: &'a str,
    body: &'a [u8],
}

impl Idempotent<'_> {
    /// The key of the call, where it has one.
    fn key(&self, face: &Face<'_>) -> Result<Option<Key>, ApiError> {
        let Some(text) = idempotency::named(self.headers)? else { return Ok(None) };
        let parts = [self.method.as_bytes(), self.path.as_bytes(), self.query.as_bytes(), self.body];
        let route = format!("{} {}", self.method, self.path);
        Ok(Some(Key::new(face.tenant, face.caller.id(), route, text, &parts, face.app.clock.now())))
    }
}

/// Carries work out in one transaction, once per `Idempotency-Key` where the call has one.
async fn in_transaction(
    face: &Face<'_>,
    call: Option<&Idempotent<'_>>,
    zone: Option<&str>,
    commit: bool,
    work: impl AsyncFnOnce(&mut Session<'_>) -> Result<Answer, ApiError>,
) -> Result<Answer, ApiError> {
    // A dry run leaves nothing behind, not even its answer.
    let key = call.filter(|_| commit).map(|call| call.key(face)).transpose()?.flatten();
    let mut connection = face.app.tenants.acquire(face.tenant).await?;
    let begin = zone.map_or_else(Begin::read_write, |zone| Begin::read_write().time_zone(zone));
    let mut transaction = connection.transaction(begin);
    if let Some(key) = &key {
        let answered = match key.begin(&mut transaction).await {
            Ok(Before::New) => None,
            Ok(Before::Answered(answer)) => Some(Ok(answer)),
            Err(error) => Some(Err(error)),
        };
        if let Some(answered) = answered {
            // Now, not when it is dropped: the key is free when its caller has the answer and asks again. Where this
            // fails the connection is given up, and the key is free as well.
            let _ = transaction.rollback().await;
            return answered;
        }
    }
    let mut session = Session::Within(transaction);
    let outcome = work(&mut session).await;
    match (outcome, key) {
        (Ok(answer), Some(key)) => {
            session.record(&key, &answer).await?;
            session.end(true).await?;
            Ok(answer)
        }
        (Ok(answer), None) => {
            session.end(commit).await?;
            // What is undone needs no secret.
            Ok(if commit { answer } else { answer.without_secrets() })
        }
        (Err(error), key) => {
            // Now, so that the key is free; where this fails the connection is given up, and nothing of it stays either.
            let _ = session.end(false).await;
            if let Some(key) = key.filter(|_| error.status_code().is_client_error()) {
                let mut transaction = connection.transaction(Begin::read_write());
                // Where this fails, the next call with the key is simply carried out.
                let _ = match key.record_refusal(&mut transaction, &error).await {
                    Ok(()) => transaction.commit().await,
                    Err(_) => transaction.rollback().await,
                };
            }
            Err(error)
        }
    }
}

/// The right to a table: a key's list, or for guarded tables an administrator's role.
fn permit(caller: &PropertyCaller, table: &Table) -> Result<(), ApiError> {
    if caller.may_use(table.name, table.guarded) {
        return Ok(());
    }
    Err(ApiError::forbidden(format!("This credential may not use the table {}", table.name))
        .with_code("table_not_allowed"))
}
