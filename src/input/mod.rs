//! Reading what a caller sent, with sentences that name the member, what came and what is allowed.
//!
//! Bodies are read member by member instead of into structs, because a caller deserves better than a parser's message
//! about types of our language. Unknown members are ignored, as the original session API does, unless a call refuses them
//! ([`Fields::in_either_spelling`]); a member that comes twice is refused, because the two sides of a proxy might read
//! different ones.

use poem::{FromRequest, Request, RequestBody, Result, http::header};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaMediaType, MetaRequest, MetaSchemaRef, Registry},
    types::Type,
};

use crate::error::ApiError;

mod fields;
pub mod query;
mod spelling;
mod strict;

pub use fields::{Fields, plain_uuid, shown, without_keys};

/// A request body that can be read from its members; its OpenAPI schema comes from the derive.
pub trait Input: Type + Sized {
    /// False when a request without a body is as good as `{}`.
    const REQUIRED: bool = true;

    /// Takes the members that it knows; 400 for one that does not fit.
    fn read(fields: Fields) -> std::result::Result<Self, ApiError>;
}

/// A JSON body, read and checked.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<'a, T: Input> ApiExtractor<'a> for Body<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    const PARAM_IS_REQUIRED: bool = T::REQUIRED;
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let schema: MetaSchemaRef = T::schema_ref();
        let content = vec![MetaMediaType { content_type: "application/json", schema }];
        Some(MetaRequest { description: None, content, required: T::REQUIRED })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _options: ExtractParamOptions<Self::ParamType>,
    ) -> Result<Self> {
        let bytes = <Vec<u8> as FromRequest>::from_request(request, body).await?;
        if bytes.is_empty() && !T::REQUIRED {
            return Ok(Self(T::read(Fields::default())?));
        }
        Ok(Self(T::read(read_json(request, &bytes)?)?))
    }
}

/// The members of a JSON body: 415 when it is announced as something else, 400 when it is not an object.
pub fn read_json(request: &Request, bytes: &[u8]) -> std::result::Result<Fields, ApiError> {
    if !request.header(header::CONTENT_TYPE).is_some_and(is_json) {
        let sentence = "Content-Type must be application/json in UTF-8";
        return Err(ApiError::new(poem::http::StatusCode::UNSUPPORTED_MEDIA_TYPE, sentence));
    }
    Fields::parse(bytes)
}

/// `application/json`, alone or with UTF-8 as its charset.
fn is_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"))
        && parts.filter(|parameter| !parameter.is_empty()).all(|parameter| match parameter.split_once('=') {
            Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
                value.trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            _ => true,
        })
}

#[cfg(test)]
mod tests {
    use super::is_json;

    #[test]
    fn json_is_json_in_utf8_and_nothing_else() {
        for yes in [
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
            "application/json;charset=\"UTF-8\"",
        ] {
            assert!(is_json(yes), "{yes}");
        }
        for no in ["", "text/plain", "application/x-json", "application/json; charset=utf-16", "multipart/form-data"] {
            assert!(!is_json(no), "{no}");
        }
    }
}
