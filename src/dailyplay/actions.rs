//! The second spelling of the session calls: `?action=create-session` and its like, as the published reference has them.
//!
//! Each is turned into its path form before routing, so that one handler serves both. What is wrong with a token is not
//! judged here but handed to the handler, which knows the caller first.

use poem::{
    Endpoint, Middleware, Request, Result,
    http::{Method, Uri},
};

use super::BASE_PATH;
use crate::{
    error::ApiError,
    input::{query, read_json, shown},
};

/// Why the token of an `?action=` call cannot be used; the handler says so once it has judged the caller.
#[derive(Debug, Clone)]
pub struct TokenProblem(pub ApiError);

/// Where a call in this spelling has its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TokenIn {
    Nowhere,
    Query,
    Body,
}

#[derive(Debug)]
struct Action {
    name: &'static str,
    method: Method,
    token: TokenIn,
    /// The method and the end of the path form.
    becomes: (Method, &'static str),
    public: bool,
}

static ACTIONS: [Action; 4] = [
    Action {
        name: "create-session",
        method: Method::POST,
        token: TokenIn::Nowhere,
        becomes: (Method::POST, ""),
        public: false,
    },
    Action {
        name: "validate-session",
        method: Method::GET,
        token: TokenIn::Query,
        becomes: (Method::GET, ""),
        public: true,
    },
    Action {
        name: "consume-session",
        method: Method::POST,
        token: TokenIn::Body,
        becomes: (Method::POST, "/consume"),
        public: true,
    },
    Action {
        name: "revoke-session",
        method: Method::POST,
        token: TokenIn::Body,
        becomes: (Method::DELETE, ""),
        public: false,
    },
];

/// Whether web pages of any origin may make a call: those that need no credential, in both spellings.
pub fn is_public(method: &Method, uri: &Uri) -> bool {
    let fits = |wanted: &Method| method == wanted || (wanted == Method::GET && method == Method::HEAD);
    let Some(rest) = uri.path().strip_prefix(BASE_PATH) else { return false };
    if rest.is_empty() {
        let query = uri.query().unwrap_or_default();
        return ACTIONS.iter().any(|action| action.public && fits(&action.method) && names(query, action.name));
    }
    let Some(token_and_rest) = rest.strip_prefix("/sessions/") else { return false };
    let tail = token_and_rest.find('/').map_or("", |slash| &token_and_rest[slash..]);
    ACTIONS.iter().any(|action| action.public && fits(&action.becomes.0) && action.becomes.1 == tail)
}

fn names(query: &str, action: &str) -> bool {
    form_urlencoded::parse(query.as_bytes()).any(|(name, value)| name == "action" && value == action)
}

/// Rewrites `?action=` calls for the endpoint behind it.
#[derive(Debug, Clone, Copy)]
pub struct Actions;

impl<E: Endpoint> Middleware<E> for Actions {
    type Output = ActionsEndpoint<E>;

    fn transform(&self, inner: E) -> Self::Output {
        ActionsEndpoint(inner)
    }
}

/// See [`Actions`].
#[derive(Debug)]
pub struct ActionsEndpoint<E>(E);

impl<E: Endpoint> Endpoint for ActionsEndpoint<E> {
    type Output = E::Output;

    async fn call(&self, mut request: Request) -> Result<E::Output> {
        if request.uri().path() == BASE_PATH && request.uri().query().is_some() {
            rewrite(&mut request).await?;
        }
        self.0.call(request).await
    }
}

async fn rewrite(request: &mut Request) -> Result<(), ApiError> {
    let mut rest = query::pairs(request);
    let mut named: Vec<String> = Vec::new();
    rest.retain(|(name, value)| {
        if name == "action" {
            named.push(value.clone());
            false
        } else {
            true
        }
    });
    let name = match named.as_slice() {
        [] => return Ok(()),
        [name] => name,
        _ => return Err(ApiError::bad_request("Query parameter action may come only once")),
    };
    let Some(action) = ACTIONS.iter().find(|action| action.name == name) else {
        let known: Vec<_> = ACTIONS.iter().map(|action| action.name).collect();
        return Err(ApiError::bad_request(format!("Unknown action {}; known: {}", shown(name), known.join(", "))));
    };
    let is_head = action.method == Method::GET && request.method() == Method::HEAD;
    if *request.method() != action.method && !is_head {
        let allow = if action.method == Method::GET { "GET, HEAD" } else { action.method.as_str() };
        return Err(ApiError::method_not_allowed(allow));
    }
    let mut path = format!("{BASE_PATH}/sessions");
    if action.token != TokenIn::Nowhere {
        let token = match action.token {
            TokenIn::Query => token_in_query(&mut rest),
            _ => token_in_body(request).await,
        };
        match token {
            Ok(token) => {
                path.push('/');
                path.extend(percent_encoding::utf8_percent_encode(&token, percent_encoding::NON_ALPHANUMERIC));
            }
            Err(problem) => {
                path.push_str("/-");
                request.set_data(TokenProblem(problem));
            }
        }
        path.push_str(action.becomes.1);
    }
    if !rest.is_empty() {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&rest).finish();
        path = format!("{path}?{query}");
    }
    if !is_head {
        request.set_method(action.becomes.0.clone());
    }
    *request.uri_mut() = path.parse().map_err(|_| ApiError::bad_request("The query cannot be read"))?;
    Ok(())
}

fn token_in_query(rest: &mut Vec<(String, String)>) -> Result<String, ApiError> {
    let first = rest.iter().position(|(name, _)| name == "token");
    let token = first.map(|index| rest.remove(index).1);
    token.filter(|token| !token.is_empty()).ok_or_else(|| ApiError::bad_request("token is required"))
}

async fn token_in_body(request: &mut Request) -> Result<String, ApiError> {
    let bytes = request.take_body().into_bytes().await.map_err(|_| ApiError::bad_request("The body cannot be read"))?;
    request.set_body(bytes.clone());
    let fields = read_json(request, &bytes)?;
    fields.required("token", fields.text("token", 0..=1000)?.filter(|token| !token.is_empty()))
}
