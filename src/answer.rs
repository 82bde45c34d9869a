//! Answers, before they are HTTP.

use bytes::Bytes;
use futures_util::stream;
use poem::{
    Body, IntoResponse, Response,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
};

use crate::error::ApiError;

/// What a call is answered with.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers, without those that every answer gets.
    pub headers: HeaderMap,
    /// In order; no chunk is empty.
    pub body: Vec<Bytes>,
    /// The body without what is shown only once, where the body has such a thing.
    lasting: Option<Vec<Bytes>>,
}

impl Answer {
    /// An answer without a body.
    pub fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: Vec::new(), lasting: None }
    }

    /// What an error would be answered with.
    pub async fn of_error(error: ApiError) -> Self {
        let (parts, body) = error.into_response().into_parts();
        let body = body.into_bytes().await.unwrap_or_default();
        Self { headers: parts.headers, body: vec![body], ..Self::empty(parts.status) }
    }

    /// An answer with a body.
    pub fn of(status: StatusCode, content_type: &'static str, body: Vec<Bytes>) -> Self {
        Self::empty(status).with(header::CONTENT_TYPE, HeaderValue::from_static(content_type)).with_body(body)
    }

    fn with_body(mut self, body: Vec<Bytes>) -> Self {
        self.body = body;
        self
    }

    /// The same answer, whose body shows something once: `lasting` is the body without it.
    #[must_use]
    pub fn lasting_as(mut self, lasting: Vec<Bytes>) -> Self {
        self.lasting = Some(lasting);
        self
    }

    /// The body as it may be kept: without what is shown only once.
    pub fn lasting(&self) -> &[Bytes] {
        self.lasting.as_deref().unwrap_or(&self.body)
    }

    /// Whether it shows something once.
    pub fn has_secrets(&self) -> bool {
        self.lasting.is_some()
    }

    /// The answer without what it shows once.
    #[must_use]
    pub fn without_secrets(mut self) -> Self {
        if let Some(lasting) = self.lasting.take() {
            self.body = lasting;
        }
        self
    }

    /// Adds a header.
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }

    /// Adds a header made of text; what cannot stand in a header is left out.
    pub fn with_text(self, name: HeaderName, value: &str) -> Self {
        match HeaderValue::from_str(value) {
            Ok(value) => self.with(name, value),
            Err(_) => self,
        }
    }

    /// The answer as HTTP; `HEAD` has the headers alone.
    pub fn into_response(self, head: bool) -> Response {
        let mut response = Response::builder().status(self.status).body(());
        *response.headers_mut() = self.headers;
        if !head {
            let mut chunks = self.body;
            response.set_body(match chunks.len() {
                0 => Body::empty(),
                1 => Body::from_bytes(chunks.remove(0)),
                _ => Body::from_bytes_stream(stream::iter(chunks.into_iter().map(Ok::<_, std::io::Error>))),
            });
        }
        response
    }
}
