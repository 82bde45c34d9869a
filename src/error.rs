//! What every face answers when it cannot do what was asked.
//!
//! | status | when | what the caller does |
//! |---|---|---|
//! | 400 | a parameter, header or body member is missing or does not fit | corrects what the sentence names |
//! | 401 | no credential, or one that does not hold: always the same body | sends a valid credential |
//! | 403 | the credential holds, the right is missing | asks for the right |
//! | 404 | no such path or row; a row of another tenant is no such row | stops asking for it |
//! | 405 | the path knows other methods, named in `Allow` | uses one of them |
//! | 408 | the request did not arrive in time | sends it again |
//! | 410 | a session token that plays no more | creates a new session |
//! | 413, 414, 415, 431 | body, URI, media type or header beyond what is read | sends less, or JSON |
//! | 429 | a quota is used up; `Retry-After` and `retry_after` tell how long | waits |
//! | 500 | our fault; the body carries the request id and nothing of the inside | reports the id |
//! | 503 | the database is away or the server is full; `Retry-After` | sends it again |

use std::{borrow::Cow, error::Error};

use poem::{
    IntoResponse, Response,
    error::ResponseError,
    http::{HeaderName, HeaderValue, StatusCode, header},
};
use sea_orm::DbErr;
use serde::Serialize;

/// Seconds after which a client may come back when the database is away.
pub const RETRY_AFTER_OUTAGE: u64 = 2;

/// The body of every error, in the order in which its members are written.
#[derive(Debug, Serialize)]
struct Body<'a> {
    success: bool,
    error: &'a str,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    coded: Option<Coded<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

/// What PostgREST clients read; all four members or none.
#[derive(Debug, Serialize)]
struct Coded<'a> {
    code: &'a str,
    message: &'a str,
    details: Option<&'a serde_json::Value>,
    hint: Option<&'a str>,
}

/// An answer that says in one sentence why a request was not carried out.
#[derive(Debug, Clone)]
pub struct ApiError(Box<Parts>);

/// What the answer is made of; boxed, because errors are rare and results are passed around everywhere.
#[derive(Debug, Clone)]
struct Parts {
    status: StatusCode,
    sentence: Cow<'static, str>,
    code: Option<Cow<'static, str>>,
    details: Option<serde_json::Value>,
    hint: Option<String>,
    retry_after: Option<u64>,
    request_id: Option<String>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl ApiError {
    /// An error of any status; the constructors below say it in words.
    pub fn new(status: StatusCode, sentence: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Parts {
            status,
            sentence: sentence.into(),
            code: None,
            details: None,
            hint: None,
            retry_after: None,
            request_id: None,
            headers: Vec::new(),
        }))
    }

    /// 400: the sentence names the field, what came and what is allowed.
    pub fn bad_request(sentence: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, sentence)
    }

    /// 401: one body for every reason, so that nobody learns which it was; the reason goes to the log.
    pub fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Missing or invalid credentials").with_header(
            header::WWW_AUTHENTICATE,
            HeaderValue::from_static("Bearer realm=\"playhouse\", ApiKey realm=\"playhouse\""),
        )
    }

    /// 403: the credential holds, but not for this.
    pub fn forbidden(sentence: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, sentence)
    }

    /// 404: there is no such thing, or it belongs to somebody else.
    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("{what} not found"))
    }

    /// 405 with the methods that the path knows.
    pub fn method_not_allowed(allow: &str) -> Self {
        let error = Self::new(StatusCode::METHOD_NOT_ALLOWED, format!("Method not allowed; this path knows {allow}"));
        match HeaderValue::from_str(allow) {
            Ok(value) => error.with_header(header::ALLOW, value),
            Err(_) => error,
        }
    }

    /// 429: used up; `retry_after` in whole seconds, at least 1.
    pub fn rate_limited(retry_after: u64) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "Rate limit exceeded").with_retry_after(retry_after)
    }

    /// 500: nothing of the inside leaves the house.
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error")
    }

    /// 503: the same request may succeed in a moment.
    pub fn unavailable(sentence: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, sentence).with_retry_after(RETRY_AFTER_OUTAGE)
    }

    /// An error that was answered before and is now answered again.
    pub fn replayed(answered: &crate::answer::Answer) -> Self {
        let body: serde_json::Value = serde_json::from_slice(&answered.body.concat()).unwrap_or_default();
        let text = |member: &str| body[member].as_str().map(str::to_owned);
        let mut error = Self::new(answered.status, text("error").unwrap_or_default());
        error.0.code = text("code").map(Into::into);
        error.0.details = Some(body["details"].clone()).filter(|details| !details.is_null());
        error.0.hint = text("hint");
        error.with_header(HeaderName::from_static("idempotency-replayed"), HeaderValue::from_static("true"))
    }

    /// Tells the caller to wait this many whole seconds, in the header and in the body of a 429.
    #[must_use]
    pub fn with_retry_after(mut self, seconds: u64) -> Self {
        let seconds = seconds.max(1);
        if self.0.status == StatusCode::TOO_MANY_REQUESTS {
            self.0.retry_after = Some(seconds);
        }
        self.with_header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// Names the reason for programs: a code of PostgREST, a SQLSTATE, or a lower-case word. The body then also has
    /// `message`, `details` and `hint`, and `Proxy-Status` repeats the code for clients that see no body.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<Cow<'static, str>>) -> Self {
        self.0.code = Some(code.into());
        self
    }

    /// Names the reason by the word of the status, where nothing better was said.
    #[must_use]
    pub fn with_code_of_status(self) -> Self {
        match self.0.code {
            Some(_) => self,
            None => {
                let word = match self.0.status.as_u16() {
                    400 => "bad_request",
                    401 => "unauthorized",
                    403 => "forbidden",
                    404 => "not_found",
                    405 => "PGRST117",
                    408 => "timeout",
                    409 => "conflict",
                    412 => "precondition_failed",
                    413 => "body_too_large",
                    414 => "uri_too_long",
                    415 => "unsupported_media_type",
                    429 => "rate_limited",
                    431 => "headers_too_large",
                    503 => "unavailable",
                    status if status < 500 => "refused",
                    _ => "internal",
                };
                self.with_code(word)
            }
        }
    }

    /// Adds what more there is to know about the case.
    #[must_use]
    pub fn with_details(mut self, details: impl Into<serde_json::Value>) -> Self {
        self.0.details = Some(details.into());
        self
    }

    /// Adds what the caller may have meant or can do.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Says which part of the request it is about.
    #[must_use]
    pub fn within(mut self, place: &str) -> Self {
        self.0.sentence = format!("{place}: {}", self.0.sentence).into();
        self
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// Puts the request's id into the body, for answers that a person will report.
    #[must_use]
    pub fn with_request_id(mut self, id: impl Into<String>) -> Self {
        self.0.request_id = Some(id.into());
        self
    }

    /// The status of the answer.
    pub fn status_code(&self) -> StatusCode {
        self.0.status
    }

    /// The sentence of the answer.
    pub fn sentence(&self) -> &str {
        &self.0.sentence
    }

    /// The code of the answer, where it has one.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// What more the answer says about the case.
    pub fn details(&self) -> Option<&serde_json::Value> {
        self.0.details.as_ref()
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.0.status.as_u16(), self.0.sentence)
    }
}

impl Error for ApiError {}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = Body {
            success: false,
            error: &self.0.sentence,
            coded: self.0.code.as_deref().map(|code| Coded {
                code,
                message: &self.0.sentence,
                details: self.0.details.as_ref(),
                hint: self.0.hint.as_deref(),
            }),
            retry_after: self.0.retry_after,
            request_id: self.0.request_id.as_deref(),
        };
        let json = serde_json::to_vec(&body).expect("strings and numbers always serialise");
        let mut response = Response::builder().status(self.0.status).content_type("application/json").body(json);
        if let Some(proxy_status) = self.0.code.as_deref().and_then(proxy_status) {
            response.headers_mut().insert("proxy-status", proxy_status);
        }
        for (name, value) in self.0.headers {
            response.headers_mut().append(name, value);
        }
        response
    }
}

/// RFC 9209, as PostgREST uses it: a client of HEAD learns the code here, and its own clients look for its name.
fn proxy_status(code: &str) -> Option<HeaderValue> {
    HeaderValue::try_from(format!("PostgREST; error={code}")).ok()
}

impl ResponseError for ApiError {
    fn status(&self) -> StatusCode {
        self.0.status
    }

    fn as_response(&self) -> Response {
        self.clone().into_response()
    }
}

/// All knowledge of what the database can say lives here, whichever driver heard it.
impl ApiError {
    /// For a SQLSTATE that the caller of the statement did not expect; the error itself goes to the log.
    pub(crate) fn of_sql_state(state: &str, error: &(dyn Error + 'static)) -> Self {
        match state {
            // 57014 is our own statement timeout; 53… is out of something; 57P0x is a server that stops or starts;
            // 40… asks for another try; 55P03 is a lock that was not given in time; 25006 a standby.
            _ if matches!(state, "57014" | "55P03" | "25006")
                || ["53", "57P", "40", "08"].iter().any(|class| state.starts_with(class)) =>
            {
                tracing::warn!(error, "database cannot answer");
                Self::unavailable("The database cannot answer now, try again")
            }
            "22021" | "22P05" => Self::bad_request("Text must be valid UTF-8 without NUL characters"),
            _ => {
                tracing::error!(error, "database refused a statement");
                Self::internal()
            }
        }
    }

    /// For a database that cannot be reached, or was lost before it answered; the error itself goes to the log.
    pub(crate) fn of_outage(error: &(dyn Error + 'static)) -> Self {
        tracing::warn!(error, "database unreachable");
        Self::unavailable("The database cannot be reached now, try again")
    }
}

impl From<DbErr> for ApiError {
    fn from(error: DbErr) -> Self {
        match sql_state(&error) {
            Some(state) => Self::of_sql_state(&state, &error),
            None if is_outage(&error) => Self::of_outage(&error),
            None => {
                tracing::error!(%error, "database error");
                Self::internal()
            }
        }
    }
}

/// The SQLSTATE of an error that Postgres itself reported.
pub fn sql_state(error: &DbErr) -> Option<String> {
    driver_error(error)?.as_database_error()?.code().map(Cow::into_owned)
}

/// The name of the constraint that a statement ran into; constraint names are part of the schema's contract.
pub fn violated_constraint(error: &DbErr) -> Option<String> {
    driver_error(error)?.as_database_error()?.constraint().map(str::to_owned)
}

fn driver_error(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Conn(sea_orm::RuntimeErr::SqlxError(inner))
        | DbErr::Exec(sea_orm::RuntimeErr::SqlxError(inner))
        | DbErr::Query(sea_orm::RuntimeErr::SqlxError(inner)) => Some(inner),
        _ => None,
    }
}

fn is_outage(error: &DbErr) -> bool {
    match driver_error(error) {
        Some(inner) => matches!(
            inner,
            sqlx::Error::Io(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::Tls(_)
                | sqlx::Error::Protocol(_)
        ),
        None => matches!(error, DbErr::ConnectionAcquire(_) | DbErr::Conn(_)),
    }
}
