//! `POST /api/batch`: several operations in one transaction, all or nothing.

use bytes::Bytes;
use poem::{
    Endpoint, FromRequest, Request, RequestBody, Response, Result,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
};
use poem_openapi::OperationId;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    super::{
        prefer::{Prefer, Tx},
        registry::{Registry, Verb},
    },
    Face, Idempotent,
    operation::{Operation, Parts},
    permit,
    session::Session,
};
use crate::{
    answer::Answer,
    auth::property_key::Right,
    caller::{self, PropertyCaller},
    error::ApiError,
};

const MOST: usize = 100;

/// What is sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Batch {
    operations: Vec<One>,
}

/// One operation of a batch.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    method: String,
    path: String,
    #[serde(default)]
    body: Option<Box<RawValue>>,
    #[serde(default)]
    headers: std::collections::BTreeMap<String, String>,
}

/// Carries batches out.
pub(super) struct Batches(pub(super) &'static Registry);

impl Endpoint for Batches {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let outcome = self.answer(&mut request).await;
        match outcome {
            Ok(answer) => {
                let mut response = answer.into_response(false);
                response.set_data(OperationId("batch"));
                Ok(response)
            }
            Err(error) => {
                let mut error = poem::Error::from(error.with_code_of_status());
                error.set_data(OperationId("batch"));
                Err(error)
            }
        }
    }
}

impl Batches {
    async fn answer(&self, request: &mut Request) -> Result<Answer, ApiError> {
        let app = caller::app(request);
        let caller = PropertyCaller::uncharged(request).await?;
        let mut body = RequestBody::new(request.take_body());
        let bytes = <Vec<u8> as FromRequest>::from_request(request, &mut body).await;
        let bytes = bytes.map_err(|_| ApiError::bad_request("The body cannot be read"))?;
        let batch = read(request.headers(), &bytes);
        // A batch of n costs n, and one that cannot be read costs what any other call costs.
        let units = batch.as_ref().map_or(1, |batch| batch.operations.len().max(1));
        caller.spend(u32::try_from(units).unwrap_or(u32::MAX)).await?;
        let mut operations = self.operations(&caller, batch?, request.headers())?;
        let face = Face { registry: self.0, app: &app, caller: &caller, tenant: caller.property };
        let prefer = Prefer::parse(request.headers());
        if let Some(error) = prefer.strict_error() {
            return Err(error);
        }
        for operation in &mut operations {
            operation.prefer.timezone.clone_from(&prefer.timezone);
        }
        face.prepare(&mut operations).await;
        let call =
            Idempotent { headers: request.headers(), method: "POST", path: "/api/batch", query: "", body: &bytes };
        let (zone, commit) = (prefer.timezone.as_deref(), prefer.tx != Some(Tx::Rollback));
        super::in_transaction(&face, Some(&call), zone, commit, async |session| run(&face, &operations, session).await)
            .await
    }

    /// The operations, each read and permitted before the first is carried out.
    fn operations(&self, caller: &PropertyCaller, batch: Batch, outer: &HeaderMap) -> Result<Vec<Operation>, ApiError> {
        let operations = batch.operations.into_iter().enumerate();
        operations
            .map(|(index, one)| self.operation(caller, one, outer).map_err(|error| within(index, error)))
            .collect()
    }

    fn operation(&self, caller: &PropertyCaller, one: One, outer: &HeaderMap) -> Result<Operation, ApiError> {
        let mut headers = HeaderMap::new();
        for (name, value) in one.headers {
            let parsed = (HeaderName::try_from(&*name), HeaderValue::try_from(&*value));
            let (Ok(header), Ok(value)) = parsed else {
                let shown = crate::input::shown(&name);
                return Err(ApiError::bad_request(format!(
                    "headers: {shown} is not a header with a value that can be sent"
                )));
            };
            headers.insert(header, value);
        }
        for name in [&header::CONTENT_TYPE, &header::ACCEPT] {
            if headers.get(name).is_some_and(|value| !value.as_bytes().starts_with(b"application/")) {
                return Err(ApiError::bad_request(format!("headers: in a batch, {name} must be JSON")));
            }
        }
        let prefer = Prefer::parse(&headers);
        if prefer.tx.is_some() || prefer.timezone.is_some() {
            return Err(ApiError::bad_request("headers: tx and timezone are preferences of the whole batch"));
        }
        let (path, query) = one.path.split_once('?').unwrap_or((&one.path, ""));
        let path = path.strip_prefix("/api").filter(|rest| rest.starts_with('/')).unwrap_or(path);
        let mut segments = path.trim_start_matches('/').split('/');
        let (name, rest) = (segments.next().unwrap_or_default(), segments.next());
        let table = self.0.require(name)?;
        if segments.next().is_some() || !one.path.starts_with('/') {
            return Err(ApiError::bad_request(format!(
                "path must be /{{table}} or /{{table}}/{{id}}, with a query, got {}",
                crate::input::shown(&one.path)
            )));
        }
        let verb = verb(&one.method, rest.is_some())?;
        if !verb.fits(table.access) {
            let sentence = format!("{} does not know the method {}", one.path, one.method);
            return Err(ApiError::new(StatusCode::METHOD_NOT_ALLOWED, sentence).with_code("PGRST117"));
        }
        caller.require(if verb.reads() { Right::Read } else { Right::Write })?;
        permit(caller, table)?;
        for name in ["accept-profile", "content-profile"] {
            if let Some(value) = outer.get(name) {
                headers.insert(name, value.clone());
            }
        }
        let body = one.body.map(|body| Bytes::from(body.get().to_owned())).unwrap_or_default();
        let parts = Parts { headers, path: format!("/api{path}"), text: query.to_owned(), id: rest.map(str::to_owned) };
        Operation::of(table, verb, parts, body, false)
    }
}

/// One after the other; the first that fails ends the batch.
async fn run(face: &Face<'_>, operations: &[Operation], session: &mut Session<'_>) -> Result<Answer, ApiError> {
    let mut answers = Vec::with_capacity(operations.len());
    for (index, operation) in operations.iter().enumerate() {
        answers.push(face.run(operation, session).await.map_err(|error| within(index, error))?);
    }
    let body = together(answers.iter().map(|answer| (answer.status, &*answer.body)));
    let answer = Answer::of(StatusCode::OK, "application/json; charset=utf-8", vec![body]);
    match answers.iter().any(Answer::has_secrets) {
        true => Ok(answer.lasting_as(vec![together(answers.iter().map(|answer| (answer.status, answer.lasting())))])),
        false => Ok(answer),
    }
}

/// The answers of all operations as one body.
fn together<'a>(answers: impl Iterator<Item = (StatusCode, &'a [Bytes])>) -> Bytes {
    let mut body = b"{\"success\":true,\"data\":[".to_vec();
    for (index, (status, chunks)) in answers.enumerate() {
        if index > 0 {
            body.push(b',');
        }
        body.extend_from_slice(format!("{{\"status\":{},\"body\":", status.as_u16()).as_bytes());
        match chunks.is_empty() {
            true => body.extend_from_slice(b"null"),
            false => chunks.iter().for_each(|chunk| body.extend_from_slice(chunk)),
        }
        body.push(b'}');
    }
    body.extend_from_slice(b"]}");
    body.into()
}

fn read(headers: &HeaderMap, bytes: &[u8]) -> Result<Batch, ApiError> {
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if super::super::media::body_media(media)? != super::super::media::BodyMedia::Json {
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "A batch is JSON").with_code("PGRST102"));
    }
    let batch: Batch = serde_json::from_slice(bytes).map_err(|error| {
        ApiError::bad_request("The body must be {\"operations\": [{\"method\", \"path\", \"body\"?, \"headers\"?}, …]}")
            .with_code("PGRST102")
            .with_details(error.to_string())
    })?;
    if batch.operations.len() > MOST {
        let sentence = format!("operations may have at most {MOST} members, got {}", batch.operations.len());
        return Err(ApiError::bad_request(sentence).with_code("batch_too_long"));
    }
    Ok(batch)
}

fn verb(method: &str, of_one: bool) -> Result<Verb, ApiError> {
    let verb = match (Method::from_bytes(method.as_bytes()), of_one) {
        (Ok(Method::GET), false) => Verb::List,
        (Ok(Method::GET), true) => Verb::Get,
        (Ok(Method::POST), false) => Verb::Create,
        (Ok(Method::PATCH), false) => Verb::UpdateMany,
        (Ok(Method::PATCH), true) => Verb::Update,
        (Ok(Method::PUT), false) => Verb::Put,
        (Ok(Method::PUT), true) => Verb::Replace,
        (Ok(Method::DELETE), false) => Verb::DeleteMany,
        (Ok(Method::DELETE), true) => Verb::Delete,
        _ => {
            let shown = crate::input::shown(method);
            return Err(ApiError::bad_request(format!(
                "method must be GET, POST, PATCH, PUT or DELETE as the path allows, got {shown}"
            )));
        }
    };
    Ok(verb)
}

/// An error with the place of its operation.
fn within(index: usize, error: ApiError) -> ApiError {
    error.within(&format!("operations[{index}]"))
}
