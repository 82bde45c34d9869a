//! What becomes known of a call's caller while it is served, and what follows from it afterwards: quota headers, the
//! count of the key's use, and a line in the audit trail.

use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Utc};
use poem::{Endpoint, IntoResponse, Middleware, Request, Response, Result, http::HeaderMap};
use poem_openapi::OperationId;

use crate::{
    app::App,
    auth::{member::User, org_key::OrgKey},
    http::{ClientAddress, ExtraHeaders, RequestId},
    limits::standing::Standing,
    tenant::OrgId,
    trail::{Actor, Entry},
};

/// The notes on one call; faces write, [`Calls`] reads.
#[derive(Debug, Clone, Default)]
pub struct Call(Arc<Notes>);

#[derive(Debug, Default)]
struct Notes {
    key: OnceLock<(Arc<OrgKey>, Option<Standing>)>,
    user: OnceLock<User>,
    organization: OnceLock<OrgId>,
    audited: OnceLock<()>,
}

impl Call {
    /// The notes of a request.
    pub fn of(request: &Request) -> Self {
        request.data::<Self>().cloned().unwrap_or_default()
    }

    /// The call was made with a key, which stands like this after it.
    pub fn by_key(&self, key: Arc<OrgKey>, standing: Standing) {
        let _ = self.0.key.set((key, Some(standing)));
    }

    /// The call was tried with a key that is revoked or expired.
    pub fn by_dead_key(&self, key: Arc<OrgKey>) {
        let _ = self.0.key.set((key, None));
    }

    /// The call was made by a user.
    pub fn by_user(&self, user: User) {
        let _ = self.0.user.set(user);
    }

    /// The user's call was about an organisation that the user belongs to or pretends to.
    pub fn about(&self, organization: OrgId) {
        let _ = self.0.organization.set(organization);
    }

    /// The call's own transaction has written its line of the audit trail.
    pub fn audited(&self) {
        let _ = self.0.audited.set(());
    }
}

/// Puts a [`Call`] into each request and draws the conclusions from it.
#[derive(Debug, Clone)]
pub struct Calls(pub App);

impl<E: Endpoint> Middleware<E> for Calls {
    type Output = CallsEndpoint<E>;

    fn transform(&self, inner: E) -> Self::Output {
        CallsEndpoint { inner, app: self.0.clone() }
    }
}

/// See [`Calls`].
#[derive(Debug)]
pub struct CallsEndpoint<E> {
    inner: E,
    app: App,
}

impl<E: Endpoint> Endpoint for CallsEndpoint<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let call = Call::default();
        request.set_data(call.clone());
        let mut record = Record {
            app: &self.app,
            client: request.data::<ClientAddress>().copied(),
            request_id: request.data::<RequestId>().cloned(),
            call,
            action: "unknown",
            status: CLIENT_LEFT,
        };
        let mut outcome = self.inner.call(request).await.map(IntoResponse::into_response);
        let (status, operation) = match &outcome {
            Ok(response) => (response.status().as_u16(), response.data::<OperationId>().copied()),
            Err(error) => (error.status().as_u16(), error.data::<OperationId>().copied()),
        };
        record.status = status;
        record.action = operation.map_or("unknown", |operation| operation.0);
        if let Some((_, Some(standing))) = record.call.0.key.get() {
            let now = self.app.clock.now();
            match &mut outcome {
                Ok(response) => standing.write(response.headers_mut(), now),
                Err(error) => {
                    let mut headers = HeaderMap::new();
                    standing.write(&mut headers, now);
                    error.set_data(ExtraHeaders(headers));
                }
            }
        }
        outcome
    }
}

/// What stands in the trail for a call whose client left before the answer; the work may have been done.
const CLIENT_LEFT: u16 = 499;

/// Writes the call down when it ends, also when its client leaves and nobody waits for the answer.
struct Record<'a> {
    app: &'a App,
    call: Call,
    client: Option<ClientAddress>,
    request_id: Option<RequestId>,
    action: &'static str,
    status: u16,
}

impl Record<'_> {
    fn note(&self, organization: OrgId, actor: &Actor, at: DateTime<Utc>) {
        let entry = Entry::new(organization, actor, self.action, self.status, at);
        self.app.trail.record(entry.from_client(self.client, self.request_id.as_ref()));
    }
}

impl Drop for Record<'_> {
    fn drop(&mut self) {
        let (notes, now) = (&self.call.0, self.app.clock.now());
        if let Some((key, standing)) = notes.key.get() {
            // A key that no longer holds has no standing: that it was tried is worth a line, but it is no use of it.
            if standing.is_some() {
                self.app.trail.count(key.organization(), key.id, now, self.status == 429);
            }
            self.note(key.organization(), &Actor::OrgKey(key.id), now);
        }
        if let (Some(user), Some(organization), None) =
            (notes.user.get(), notes.organization.get(), notes.audited.get())
        {
            self.note(*organization, &Actor::User(user.actor()), now);
        }
    }
}
