//! Query strings: only what is known, and only once.

use poem::Request;

use crate::{error::ApiError, input::shown};

/// The decoded parameters of a request, in their order.
pub fn pairs(request: &Request) -> Vec<(String, String)> {
    let query = request.uri().query().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes()).map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// Refuses parameters that the call does not know, since ignoring one may answer another question than was asked, and
/// parameters that come twice.
pub fn only(request: &Request, known: &[&str]) -> Result<(), ApiError> {
    let mut seen: Vec<String> = Vec::new();
    for (name, _) in pairs(request) {
        if !known.contains(&name.as_str()) {
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(ApiError::bad_request(format!("Unknown query parameter {}; known: {known}", shown(&name))));
        }
        if seen.contains(&name) {
            return Err(ApiError::bad_request(format!("Query parameter {name} may come only once")));
        }
        seen.push(name);
    }
    Ok(())
}
