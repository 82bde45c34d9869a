//! The headers of an endpoint in a body: names that the row keeps, values that it does not.

use std::collections::BTreeMap;

use reqwest::header::{HeaderMap, HeaderName};
use serde_json::Value;

use super::super::headers::checked;
use crate::error::ApiError;

/// What stands for a value, in answers and in bodies that leave it as it is.
const KEPT: &str = "***";

/// Headers as a body gives them; values are hidden from `Debug`.
#[derive(Debug, Clone, Default)]
pub(super) struct GivenHeaders(HeaderMap);

impl GivenHeaders {
    /// Reads an object of names and values.
    ///
    /// # Errors
    ///
    /// 400 naming the header, never its value.
    pub(super) fn read(json: &str) -> Result<Self, ApiError> {
        let wrong =
            |what: &str| refuse(&format!("must be an object of texts, such as {{\"X-Source\":\"playhouse\"}}{what}"));
        let Ok(Value::Object(members)) = serde_json::from_str(json) else { return Err(wrong("")) };
        let mut pairs = Vec::with_capacity(members.len());
        for (name, value) in &members {
            let shown = || crate::input::shown(name);
            pairs.push((&**name, value.as_str().ok_or_else(|| wrong(&format!("; the value of {} is none", shown())))?));
        }
        checked(pairs).map(Self).map_err(|refusal| refuse(&format!("cannot be sent along: {refusal}")))
    }

    /// The object that the row keeps: each name, with what stands for its value.
    pub(super) fn names(&self) -> String {
        let names: BTreeMap<&str, &str> = self.0.keys().map(|name| (name.as_str(), KEPT)).collect();
        serde_json::to_string(&names).expect("texts always serialise")
    }

    /// Refuses values that are to stay as they are where there are none yet.
    pub(super) fn require_values(&self) -> Result<(), ApiError> {
        match self.kept().next() {
            Some(name) => Err(nothing_to_keep(name)),
            None => Ok(()),
        }
    }

    /// Whether some values are to stay as they are.
    pub(super) fn keeps_some(&self) -> bool {
        self.kept().next().is_some()
    }

    /// All values: those that were given, and of the present ones those that are to stay.
    ///
    /// # Errors
    ///
    /// 400 where there is none to stay.
    pub(super) fn over(&self, present: &HeaderMap) -> Result<HeaderMap, ApiError> {
        let mut all = self.0.clone();
        for name in self.kept() {
            all.insert(name.clone(), present.get(name).cloned().ok_or_else(|| nothing_to_keep(name))?);
        }
        Ok(all)
    }

    fn kept(&self) -> impl Iterator<Item = &HeaderName> {
        self.0.iter().filter(|(_, value)| value.as_bytes() == KEPT.as_bytes()).map(|(name, _)| name)
    }
}

fn nothing_to_keep(name: &HeaderName) -> ApiError {
    refuse(&format!("has {KEPT} for {name}, which keeps its value, and there is none yet"))
}

fn refuse(what: &str) -> ApiError {
    ApiError::bad_request(format!("headers {what}")).with_code("headers_invalid")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(json: &str) -> GivenHeaders {
        GivenHeaders::read(json).unwrap()
    }

    #[test]
    fn the_row_keeps_names_and_nothing_prints_values() {
        let headers = given(r#"{"X-B":"two","Authorization":"Bearer heron"}"#);
        assert_eq!(headers.names(), r#"{"authorization":"***","x-b":"***"}"#);
        assert!(!format!("{headers:?}").contains("heron"));
    }

    #[test]
    fn asterisks_keep_the_value_that_is_there() {
        let present = given(r#"{"x-a":"one","x-b":"two"}"#).0;
        let change = given(r#"{"X-A":"***","x-c":"three"}"#);
        assert!(change.keeps_some() && change.require_values().is_err());
        let all = change.over(&present).unwrap();
        assert_eq!((all.len(), &all["x-a"], &all["x-c"]), (2, &"one".parse().unwrap(), &"three".parse().unwrap()));
        let error = given(r#"{"x-z":"***"}"#).over(&present).unwrap_err();
        assert!(error.sentence().starts_with("headers has *** for x-z"), "{error}");
    }

    #[test]
    fn what_is_no_object_of_texts_is_refused_without_its_values() {
        for wrong in [
            "null",
            "[]",
            "\"heron\"",
            r#"{"x-a":1}"#,
            r#"{"x-a":["heron"]}"#,
            r#"{"host":"heron"}"#,
            r#"{"x-a":"heron\n"}"#,
        ] {
            let error = GivenHeaders::read(wrong).unwrap_err();
            assert_eq!(error.status_code(), 400, "{wrong}");
            assert!(error.sentence().starts_with("headers ") && !error.sentence().contains("heron"), "{error}");
        }
    }
}
