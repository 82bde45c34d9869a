//! Encrypted endpoints, and whose certificates are believed.

use std::sync::Arc;

use playhouse::{auth::token::install_crypto, webhooks::Outcome};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use super::*;

/// Somebody who certifies.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn called(name: &str) -> Self {
        install_crypto();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// What a server of this name shows, valid until the given year.
    fn server(&self, name: &str, until: i32) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(until, 1, 1);
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config =
            ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key);
        TlsAcceptor::from(Arc::new(config.unwrap()))
    }

    /// A sender that believes this authority, for which every name is this machine.
    fn believer(&self, name: &str) -> Sender {
        let settings = config::Webhooks { allow_http: false, ..settings() };
        let guard = Names::one(name, &[&["127.0.0.1"]]).guard(&settings);
        Sender::with(&settings, guard, &[self.0.der().clone()]).unwrap()
    }
}

async fn https(tls: TlsAcceptor) -> Receiver {
    Receiver::on("127.0.0.1:0", Some(tls), |_| Behaviour::Status(200)).await
}

#[tokio::test]
async fn an_endpoint_with_a_certificate_for_its_name_is_reached() {
    let authority = Authority::called("an authority");
    let receiver = https(authority.server("hook.example", 2100)).await;
    let sender = authority.believer("hook.example");
    let attempted = send(&sender, &format!("https://hook.example:{}/", receiver.port)).await;
    assert_eq!(attempted.outcome, Outcome::Delivered, "{attempted:?}");
    assert_eq!(receiver.requests()[0].header("host"), format!("hook.example:{}", receiver.port));
}

#[tokio::test]
async fn a_certificate_that_does_not_hold_ends_the_attempt_before_anything_is_said() {
    let (authority, stranger) = (Authority::called("an authority"), Authority::called("a stranger"));
    for (server, reason) in [
        (authority.server("other.example", 2100), "the certificate is not valid for hook.example"),
        (authority.server("hook.example", 2001), "the certificate has expired"),
        (
            stranger.server("hook.example", 2100),
            "the certificate comes from an unknown authority, or an intermediate certificate is missing",
        ),
    ] {
        let receiver = https(server).await;
        let attempted =
            send(&authority.believer("hook.example"), &format!("https://hook.example:{}/", receiver.port)).await;
        assert_eq!((attempted.outcome, attempted.error.as_deref()), (Outcome::Failed, Some(reason)));
        assert!(receiver.requests().is_empty());
    }
}

#[tokio::test]
async fn an_endpoint_that_does_not_speak_tls_is_told_so() {
    let silent = Receiver::start().await;
    let sender = Authority::called("an authority").believer("hook.example");
    let talkative = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = talkative.local_addr().unwrap().port();
    let talking = tokio::spawn(async move {
        let (mut socket, _) = talkative.accept().await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut socket, b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        socket
    });
    let attempted = send(&sender, &format!("https://hook.example:{port}/")).await;
    assert_eq!(attempted.error.as_deref(), Some("what answered there does not speak TLS"));
    drop(talking.await.unwrap());
    let attempted = send(&sender, &format!("https://hook.example:{}/", silent.port)).await;
    assert_eq!(attempted.outcome, Outcome::Failed);
    assert!(silent.requests().is_empty(), "nothing goes out unencrypted");
}
