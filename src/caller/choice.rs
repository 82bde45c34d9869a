//! Which property a call is about: the key's own, or the one that a user chose with `X-Property-Id`.

use poem::{
    Request,
    http::{HeaderMap, HeaderName},
};
use serde_json::json;

use crate::{
    app::App,
    auth::{
        member::User,
        places::{MOST, Place},
    },
    error::ApiError,
    input::{plain_uuid, shown},
    tenant::PropertyId,
};

const HEADER: HeaderName = HeaderName::from_static("x-property-id");

/// The property that a request names; 400 for anything but one plain uuid, since a proxy might read another.
pub(super) fn named(headers: &HeaderMap) -> Result<Option<PropertyId>, ApiError> {
    let mut values = headers.get_all(HEADER).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(ApiError::bad_request("The header X-Property-Id may be sent once only"));
    }
    let text = value.to_str().unwrap_or("");
    let id = plain_uuid(text).ok_or_else(|| {
        let wanted = "X-Property-Id must be the id of a property, a uuid in lower case with hyphens";
        ApiError::bad_request(format!("{wanted}, got {}", shown(text)))
    })?;
    Ok(Some(PropertyId(id)))
}

/// A key has one property: a request that names another contradicts itself.
pub(super) fn agree(own: PropertyId, named: Option<PropertyId>) -> Result<(), ApiError> {
    match named {
        Some(other) if other != own => {
            Err(ApiError::forbidden("X-Property-Id names another property than the API key's")
                .with_code("property_mismatch"))
        }
        _ => Ok(()),
    }
}

/// The user's place that a request is about: the one it names, or the only one.
pub(super) async fn place(request: &Request, app: &App, user: &User) -> Result<Place, ApiError> {
    let named = named(request.headers())?;
    let places = app.places.of(user, named).await?;
    match (named, &*places) {
        (_, [only]) => Ok(only.clone()),
        // The same for a property that exists and one that does not.
        (Some(_), _) => Err(ApiError::forbidden("This user does not belong to the property that X-Property-Id names")
            .with_code("property_forbidden")),
        (None, []) => Err(ApiError::forbidden("This user does not belong to any property").with_code("no_property")),
        (None, several) => Err(choose(several)),
    }
}

fn choose(places: &[Place]) -> ApiError {
    let shown = &places[..places.len().min(MOST)];
    let choices: Vec<_> = shown.iter().map(|place| json!({ "id": place.property.0, "name": place.name })).collect();
    let error = ApiError::bad_request("This user belongs to several properties; X-Property-Id must name one of them")
        .with_code("property_required")
        .with_details(choices);
    if shown.len() < places.len() {
        return error.with_hint(format!("There are more than the {MOST} properties listed here"));
    }
    error.with_hint("Send X-Property-Id with one of the ids listed in details")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Result<Option<PropertyId>, ApiError> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HEADER, value.parse().unwrap());
        }
        named(&headers)
    }

    #[test]
    fn only_one_plain_uuid_names_a_property() {
        let id = "01900000-0000-7000-8000-00000000000a";
        assert_eq!(read(&[id]).unwrap(), Some(PropertyId(id.parse().unwrap())));
        assert_eq!(read(&[]).unwrap(), None);
        for wrong in [
            "",
            "1",
            "01",
            "0x1",
            "1,2",
            &format!("{id},{id}"),
            &format!(" {id} "),
            &id.to_uppercase(),
            &id.replace('-', ""),
            &format!("{{{id}}}"),
            &format!("urn:uuid:{id}"),
            &format!("{id}0"),
        ] {
            assert_eq!(read(&[wrong]).unwrap_err().status_code(), 400, "{wrong:?}");
        }
        assert!(read(&[id, id]).is_err());
    }
}
