//! A sign-in service of our own, which can be made to misbehave.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::{
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{Algorithm, EncodingKey, jwk::Jwk};
use playhouse::auth::token::{IssuerKind, IssuerSettings, install_crypto};
use poem::{
    EndpointExt, Response, Server, handler,
    http::StatusCode,
    listener::{Acceptor, Listener, TcpListener},
    web::Data,
};
use serde_json::{Value, json};

/// An RSA key of which tests know the private half.
pub(crate) struct TestKey {
    pub(crate) private: EncodingKey,
    public: Jwk,
    pem: String,
}

/// A few keys, each made once per process: equal places are equal keys.
pub(crate) fn test_key(place: usize) -> &'static TestKey {
    static KEYS: [OnceLock<TestKey>; 3] = [const { OnceLock::new() }; 3];
    KEYS[place].get_or_init(TestKey::generate)
}

impl TestKey {
    fn generate() -> Self {
        install_crypto();
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        let pem =
            format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der.as_ref()));
        let private = EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
        let public = Jwk::from_encoding_key(&private, Algorithm::RS256).unwrap();
        Self { private, public, pem }
    }

    /// The public half as an issuer publishes it.
    pub(crate) fn jwk(&self, kid: &str) -> Value {
        let mut jwk = serde_json::to_value(&self.public).unwrap();
        jwk["kid"] = kid.into();
        jwk["use"] = "sig".into();
        jwk
    }

    /// A token of exactly these two texts, validly signed.
    pub(crate) fn sign(&self, header: &str, claims: &str) -> String {
        signed(header, claims, &self.private, Algorithm::RS256)
    }

    /// Some text that everybody can know, for tokens that take it for a shared secret.
    pub(crate) fn known_text(&self) -> &[u8] {
        self.pem.as_bytes()
    }
}

/// A token of exactly these two texts under any algorithm.
pub(crate) fn signed(header: &str, claims: &str, key: &EncodingKey, algorithm: Algorithm) -> String {
    let message = format!("{}.{}", encoded(header), encoded(claims));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).unwrap();
    format!("{message}.{signature}")
}

/// Text as the parts of a token carry it.
pub(crate) fn encoded(text: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// How the service answers when it is asked for its keys.
#[derive(Clone, Debug, Default)]
pub(crate) enum Mood {
    #[default]
    Well,
    Slow(Duration),
    Status(u16),
    Hanging,
    Truncated,
    Html,
    /// 10 MiB of JSON.
    Oversized,
    /// Sends the caller to a place where the right keys are.
    Redirecting,
}

#[derive(Default)]
struct State {
    keys: Mutex<Vec<Value>>,
    mood: Mutex<Mood>,
    requests: AtomicUsize,
    strays: AtomicUsize,
}

/// A running service on a port of its own; dropping it ends it.
pub(crate) struct FakeIssuer {
    pub(crate) url: String,
    state: Arc<State>,
    server: tokio::task::JoinHandle<()>,
}

impl FakeIssuer {
    /// Starts a service that publishes these keys.
    pub(crate) async fn start(keys: Vec<Value>) -> Self {
        let state = Arc::new(State { keys: Mutex::new(keys), ..State::default() });
        let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.unwrap();
        let address = acceptor.local_addr().remove(0).0;
        let url = format!("http://{}", address.as_socket_addr().unwrap());
        let endpoint = answer.data(Arc::clone(&state));
        let server = tokio::spawn(async move { Server::new_with_acceptor(acceptor).run(endpoint).await.unwrap() });
        Self { url, state, server }
    }

    /// What a server has to be told to believe this service.
    pub(crate) fn settings(&self, kind: IssuerKind, parties: &[&str]) -> IssuerSettings {
        IssuerSettings {
            kind,
            issuer: self.url.clone(),
            jwks_url: format!("{}/.well-known/jwks.json", self.url),
            parties: parties.iter().map(|&party| party.to_owned()).collect(),
            allow_http: true,
        }
    }

    pub(crate) fn publish(&self, keys: Vec<Value>) {
        *self.state.keys.lock().unwrap() = keys;
    }

    pub(crate) fn be(&self, mood: Mood) {
        *self.state.mood.lock().unwrap() = mood;
    }

    /// How often the keys were asked for.
    pub(crate) fn requests(&self) -> usize {
        self.state.requests.load(Ordering::SeqCst)
    }

    /// How often anything else was asked for, the target of the redirect included.
    pub(crate) fn strays(&self) -> usize {
        self.state.strays.load(Ordering::SeqCst)
    }
}

impl Drop for FakeIssuer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

#[handler]
async fn answer(request: &poem::Request, Data(state): Data<&Arc<State>>) -> Response {
    if request.uri().path() == "/.well-known/jwks.json" {
        state.requests.fetch_add(1, Ordering::SeqCst);
    } else {
        state.strays.fetch_add(1, Ordering::SeqCst);
    }
    let keys = json!({ "keys": *state.keys.lock().unwrap() }).to_string();
    let mood = state.mood.lock().unwrap().clone();
    let answer = Response::builder().content_type("application/json");
    match mood {
        Mood::Well => answer.body(keys),
        Mood::Slow(by) => {
            tokio::time::sleep(by).await;
            answer.body(keys)
        }
        Mood::Status(status) => answer.status(StatusCode::from_u16(status).unwrap()).body(keys),
        Mood::Hanging => std::future::pending().await,
        Mood::Truncated => answer.body(keys[..keys.len() / 2].to_owned()),
        Mood::Html => answer.content_type("text/html").body("<html><body>Sign in</body></html>"),
        Mood::Oversized => answer.body(format!("{}{keys}", " ".repeat(10 * 1024 * 1024))),
        Mood::Redirecting => answer.status(StatusCode::FOUND).header("location", "/elsewhere.json").body(""),
    }
}
