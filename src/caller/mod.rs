//! Who calls: what the headers of a request say, and what that credential is worth now.
//!
//! - [`credential`]: which text of which header is the credential; two readers cannot read two different ones.
//! - [`key`]: a key of either kind is looked up, judged and charged for the call, and noted on the call's slip.
//! - [`user`]: a token is verified and becomes a person.
//! - [`property`]: who calls the property's face: a `pk_` key, or a person in one of their properties (`choice`).
//! - [`scheme`]: the same as security schemes of the OpenAPI documents.

use std::net::IpAddr;

use poem::Request;

use crate::{app::App, http::ClientAddress};

mod choice;
pub mod credential;
pub mod key;
pub mod property;
pub mod scheme;
pub mod user;

pub use property::PropertyCaller;

/// The app that a request came to.
pub(crate) fn app(request: &Request) -> App {
    request.data::<App>().expect("the server puts the app into each request").clone()
}

/// The address or, for IPv6, the /64 that a request came from.
pub(crate) fn network(request: &Request) -> IpAddr {
    request.data::<ClientAddress>().expect("the floor knows where each request comes from").network().addr()
}
