//! Why an attempt failed, in words that the endpoint's owner can act on.

use std::{error::Error, io, io::ErrorKind, time::Duration};

use reqwest::{StatusCode, Url};
use rustls::{AlertDescription, CertificateError};

use super::Refusal;

/// Time to connect, from the name to the end of the TLS handshake.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A status that is no success.
pub(super) fn of_status(status: StatusCode) -> String {
    let shown = match status.canonical_reason() {
        Some(reason) => format!("{} {reason}", status.as_u16()),
        None => status.as_u16().to_string(),
    };
    match status.is_redirection() {
        true => format!("the endpoint answered {shown}; redirects are not followed"),
        false => format!("the endpoint answered {shown}"),
    }
}

/// An attempt that took too long; `answering` when the head of an answer had come.
pub(super) fn of_time(limit: Duration, answering: bool) -> String {
    let seconds = limit.as_secs();
    match answering {
        true => format!("the answer did not end within {seconds} s"),
        false => format!("no answer within {seconds} s"),
    }
}

/// An answer that began and did not end.
pub(super) fn of_body() -> String {
    "the connection was lost in the middle of the answer".to_owned()
}

/// An error before any answer.
pub(crate) fn of_send(error: &reqwest::Error, url: &Url) -> String {
    if error.is_connect() && error.is_timeout() {
        return format!("no connection within {} s", CONNECT_TIMEOUT.as_secs());
    }
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(sentence) = sentence(error, url) {
            return sentence;
        }
        // An io::Error passes over the error that it carries.
        let carried = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        cause = carried.map(|error| error as &(dyn Error + 'static)).or_else(|| error.source());
    }
    tracing::debug!(error = ?error, "a delivery failed in an unusual way");
    match error.is_connect() {
        true => "the connection could not be made".to_owned(),
        false => "the connection was lost before an answer".to_owned(),
    }
}

fn sentence(error: &(dyn Error + 'static), url: &Url) -> Option<String> {
    if let Some(refusal) = error.downcast_ref::<Refusal>() {
        return Some(refusal.to_string());
    }
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return Some(of_tls(error, url));
    }
    if let Some(error) = error.downcast_ref::<hyper::Error>() {
        return match error {
            _ if error.is_parse_too_large() => Some("the head of the answer is too large".to_owned()),
            _ if error.is_parse() => Some("what came back is no HTTP answer".to_owned()),
            _ if error.is_incomplete_message() => Some("the connection was closed before an answer".to_owned()),
            _ => None,
        };
    }
    let kind = error.downcast_ref::<io::Error>()?.kind();
    let words = match kind {
        ErrorKind::ConnectionRefused => "the connection was refused; nothing listens there",
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => "the connection was reset",
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => "the address cannot be reached",
        ErrorKind::TimedOut => "the connection timed out",
        ErrorKind::UnexpectedEof => "the connection was closed in the middle of the TLS handshake",
        _ => return None,
    };
    Some(words.to_owned())
}

fn of_tls(error: &rustls::Error, url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match error {
        rustls::Error::InvalidCertificate(reason) => match reason {
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                format!("the certificate is not valid for {host}")
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "the certificate has expired".to_owned()
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "the certificate is not valid yet".to_owned()
            }
            CertificateError::UnknownIssuer => {
                "the certificate comes from an unknown authority, or an intermediate certificate is missing".to_owned()
            }
            CertificateError::Revoked => "the certificate was revoked".to_owned(),
            _ => "the certificate is not valid".to_owned(),
        },
        rustls::Error::InvalidMessage(_) => "what answered there does not speak TLS".to_owned(),
        rustls::Error::AlertReceived(AlertDescription::UnrecognisedName) => {
            format!("the server there does not know the name {host}")
        }
        _ => "the TLS handshake failed".to_owned(),
    }
}
