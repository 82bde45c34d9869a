//! What becomes known of a call's caller while it is served, and what follows from it afterwards: quota headers, the
//! count of the key's use, a line in the audit trail, and the alarm that wakes the deliveries.

use std::sync::{Arc, Mutex, OnceLock};

use chrono::{DateTime, Utc};
use poem::{Endpoint, IntoResponse, Middleware, Request, Response, Result, http::HeaderMap};
use poem_openapi::OperationId;

use crate::{
    app::App,
    auth::{member::User, org_key::OrgKey, property_key::PropertyKey},
    http::{ClientAddress, ExtraHeaders, RequestId},
    limits::standing::Standing,
    tenant::{OrgId, PropertyId},
    trail::{Actor, Entry},
};

/// The notes on one call; faces write, [`Calls`] reads.
#[derive(Debug, Clone, Default)]
pub struct Call(Arc<Notes>);

#[derive(Debug, Default)]
struct Notes {
    key: OnceLock<(UsedKey, bool)>,
    standing: Mutex<Option<Standing>>,
    user: OnceLock<User>,
    organization: OnceLock<OrgId>,
    property: OnceLock<PropertyId>,
    writes: OnceLock<()>,
    audited: OnceLock<()>,
}

/// A key of either kind.
#[derive(Debug, Clone)]
pub enum UsedKey {
    /// An organisation's.
    Org(Arc<OrgKey>),
    /// A property's.
    Property(Arc<PropertyKey>),
}

impl UsedKey {
    fn organization(&self) -> OrgId {
        match self {
            Self::Org(key) => key.organization(),
            Self::Property(key) => key.organization(),
        }
    }

    fn property(&self) -> Option<PropertyId> {
        match self {
            Self::Org(_) => None,
            Self::Property(key) => Some(key.property()),
        }
    }

    fn actor(&self) -> Actor {
        match self {
            Self::Org(key) => Actor::OrgKey(key.id),
            Self::Property(key) => Actor::PropertyKey(key.id),
        }
    }
}

impl Call {
    /// The notes of a request.
    pub fn of(request: &Request) -> Self {
        request.data::<Self>().cloned().unwrap_or_default()
    }

    /// The call shows a key that is known; `holds` unless it is revoked or expired.
    pub fn by_key(&self, key: UsedKey, holds: bool) {
        let _ = self.0.key.set((key, holds));
    }

    /// The key's quota stands like this after the call was charged or refused.
    pub fn stands(&self, standing: Standing) {
        *self.0.standing.lock().expect("no panic while it is held") = Some(standing);
    }

    /// How the key's quota stood after its last charge.
    pub fn standing(&self) -> Option<Standing> {
        *self.0.standing.lock().expect("no panic while it is held")
    }

    /// The call was made by a user.
    pub fn by_user(&self, user: User) {
        let _ = self.0.user.set(user);
    }

    /// The user's call was about an organisation that the user belongs to or pretends to.
    pub fn about(&self, organization: OrgId) {
        let _ = self.0.organization.set(organization);
    }

    /// The user's call was about a property that the user belongs to.
    pub fn about_property(&self, organization: OrgId, property: PropertyId) {
        self.about(organization);
        let _ = self.0.property.set(property);
    }

    /// The call wants to change something of its property, so it leaves a line in the audit trail.
    pub fn writes(&self) {
        let _ = self.0.writes.set(());
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
            reads: request.method().is_safe(),
        };
        let mut outcome = self.inner.call(request).await.map(IntoResponse::into_response);
        let (status, operation) = match &outcome {
            Ok(response) => (response.status().as_u16(), response.data::<OperationId>().copied()),
            Err(error) => (error.status().as_u16(), error.data::<OperationId>().copied()),
        };
        record.status = status;
        record.action = operation.map_or("unknown", |operation| operation.0);
        if let Some(standing) = record.call.standing() {
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
    reads: bool,
}

impl Record<'_> {
    fn note(&self, organization: OrgId, property: Option<PropertyId>, actor: &Actor, at: DateTime<Utc>) {
        let entry = Entry::new(organization, actor, self.action, self.status, at).in_property(property);
        self.app.trail.record(entry.from_client(self.client, self.request_id.as_ref()));
    }

    /// Wakes those who deliver what the call may have caused. Whoever left may have been heard all the same.
    fn ring(&self) {
        if self.reads || !(self.status < 300 || self.status == CLIENT_LEFT) {
            return;
        }
        let (notes, alarm) = (&self.call.0, &self.app.alarm);
        let key = notes.key.get().map(|(key, _)| key);
        match (key.and_then(UsedKey::property).or(notes.property.get().copied()), key) {
            (Some(property), _) => alarm.ring(property),
            (None, Some(key)) => alarm.ring_organization(key.organization()),
            (None, None) => match notes.organization.get() {
                Some(organization) => alarm.ring_organization(*organization),
                None => alarm.ring_for_anybody(),
            },
        }
    }

    /// Of the calls on a property's rows those leave a line that change something or try what is not theirs; what is
    /// read is only counted, or the trail would outgrow the rows.
    fn is_worth_a_line(&self, property: Option<PropertyId>) -> bool {
        let notes = &self.call.0;
        notes.audited.get().is_none() && (property.is_none() || notes.writes.get().is_some() || self.status == 403)
    }
}

impl Drop for Record<'_> {
    fn drop(&mut self) {
        self.ring();
        let (notes, now) = (&self.call.0, self.app.clock.now());
        if let Some((key, holds)) = notes.key.get() {
            let (property, charged) = (key.property(), self.call.standing().is_some());
            if charged {
                self.app.trail.count(key, now, self.status == 429);
            }
            // That a key was tried which no longer holds is worth a line, but it is no use of it.
            if !holds || (charged && self.is_worth_a_line(property)) {
                self.note(key.organization(), property, &key.actor(), now);
            }
        }
        if let (Some(user), Some(organization)) = (notes.user.get(), notes.organization.get()) {
            let property = notes.property.get().copied();
            if self.is_worth_a_line(property) {
                self.note(*organization, property, &Actor::User(user.actor()), now);
            }
        }
    }
}
