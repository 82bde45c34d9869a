//! What becomes known of a call's caller while it is served, and what follows from it afterwards: quota headers, the
//! count of the key's use, and a line in the audit trail.

use std::sync::{Arc, OnceLock};

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
    key: OnceLock<(Arc<OrgKey>, Standing)>,
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
        let _ = self.0.key.set((key, standing));
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
        let client = request.data::<ClientAddress>().copied();
        let request_id = request.data::<RequestId>().cloned();
        let mut outcome = self.inner.call(request).await.map(IntoResponse::into_response);
        let now = self.app.clock.now();
        let (status, operation) = match &outcome {
            Ok(response) => (response.status().as_u16(), response.data::<OperationId>().copied()),
            Err(error) => (error.status().as_u16(), error.data::<OperationId>().copied()),
        };
        let action = operation.map_or("unknown", |operation| operation.0);
        if let Some((key, standing)) = call.0.key.get() {
            match &mut outcome {
                Ok(response) => standing.write(response.headers_mut(), now),
                Err(error) => {
                    let mut headers = HeaderMap::new();
                    standing.write(&mut headers, now);
                    error.set_data(ExtraHeaders(headers));
                }
            }
            self.app.trail.count(key.organization(), key.id, now, status == 429);
            let entry = Entry::new(key.organization(), &Actor::OrgKey(key.id), action, status, now);
            self.app.trail.record(entry.from_client(client, request_id.as_ref()));
        }
        if let (Some(user), Some(organization), None) =
            (call.0.user.get(), call.0.organization.get(), call.0.audited.get())
        {
            let entry = Entry::new(*organization, &Actor::User(user.actor()), action, status, now);
            self.app.trail.record(entry.from_client(client, request_id.as_ref()));
        }
        outcome
    }
}
