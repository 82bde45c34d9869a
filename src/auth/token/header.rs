//! What is checked before anything is computed or fetched.

use jsonwebtoken::{Algorithm, decode_header};

use super::TokenRefusal;

const LONGEST_TOKEN: usize = 8 * 1024;
const LONGEST_KEY_NAME: usize = 128;

/// The name of the key that a token says it is signed with; fit to be looked up, believed by nobody.
pub(super) fn key_name(token: &str) -> Result<String, TokenRefusal> {
    if token.len() > LONGEST_TOKEN {
        return Err(TokenRefusal::TooLong);
    }
    if token.split('.').count() != 3 {
        return Err(TokenRefusal::Malformed);
    }
    let header = decode_header(token).map_err(|_| TokenRefusal::Malformed)?;
    if header.alg != Algorithm::RS256 {
        return Err(TokenRefusal::Algorithm);
    }
    if header.crit.is_some() {
        return Err(TokenRefusal::Extension);
    }
    // Keys come from the configured address alone; a token that offers another one was not made by that issuer.
    if header.jku.is_some() || header.jwk.is_some() || header.x5u.is_some() || header.x5c.is_some() {
        return Err(TokenRefusal::OwnKey);
    }
    if header.typ.is_some_and(|typ| typ != "JWT") {
        return Err(TokenRefusal::Type);
    }
    header.kid.filter(|kid| is_plausible(kid)).ok_or(TokenRefusal::KeyName)
}

fn is_plausible(kid: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"_=+/.-".contains(&byte);
    (1..=LONGEST_KEY_NAME).contains(&kid.len()) && kid.bytes().all(known)
}
