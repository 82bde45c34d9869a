//! Encryption on the way to Postgres, as the URL's `sslmode` asks for it.
//!
//! | `sslmode` | encrypted | who answers is checked |
//! |---|---|---|
//! | `disable`, `allow` | no | no |
//! | `prefer`, the default | when the server can | no |
//! | `require` | always | no |
//! | `verify-ca` | always | certificate, not the name in it |
//! | `verify-full` | always | certificate and name |
//!
//! Certificates are checked against the public authorities and those in the file of `sslrootcert`.

use std::{fs, sync::Arc};

use anyhow::Context;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
};
use sqlx::postgres::PgSslMode;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

/// What a URL may name, each as its parser writes it: `file: ` and a path, or the PEM itself.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// `sslrootcert`: authorities in addition to the public ones.
    pub(super) authorities: Option<String>,
    /// `sslcert`: our own certificate.
    pub(super) certificate: Option<String>,
    /// `sslkey`: the key of our own certificate.
    pub(super) key: Option<String>,
}

/// Whether the driver asks the server for encryption.
pub(super) fn mode(mode: PgSslMode) -> SslMode {
    match mode {
        PgSslMode::Disable | PgSslMode::Allow => SslMode::Disable,
        PgSslMode::Prefer => SslMode::Prefer,
        PgSslMode::Require | PgSslMode::VerifyCa | PgSslMode::VerifyFull => SslMode::Require,
    }
}

/// What makes encrypted connections; the files are read once, here.
pub(super) fn connector(mode: PgSslMode, files: &Files) -> anyhow::Result<MakeRustlsConnect> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = match mode {
        PgSslMode::VerifyCa | PgSslMode::VerifyFull => {
            let roots = Arc::new(authorities(files.authorities.as_deref())?);
            let strict = WebPkiServerVerifier::builder_with_provider(roots, provider.clone()).build()?;
            match mode {
                PgSslMode::VerifyFull => strict,
                _ => Arc::new(AnyName(strict)),
            }
        }
        _ => Arc::new(Anybody(provider.clone())),
    };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let config = match (&files.certificate, &files.key) {
        (Some(certificate), Some(key)) => {
            let chain = certificates("sslcert", certificate)?;
            let key = PrivateKeyDer::from_pem_slice(&read("sslkey", key)?).context("sslkey holds no key in PEM")?;
            config.with_client_auth_cert(chain, key)?
        }
        (None, None) => config.with_no_client_auth(),
        _ => anyhow::bail!("the database URL names one of sslcert and sslkey; both or none are expected"),
    };
    Ok(MakeRustlsConnect::new(config))
}

fn authorities(further: Option<&str>) -> anyhow::Result<RootCertStore> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for certificate in further.map(|pem| certificates("sslrootcert", pem)).transpose()?.into_iter().flatten() {
        roots.add(certificate).context("a certificate of sslrootcert cannot be used")?;
    }
    Ok(roots)
}

fn certificates(name: &str, source: &str) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read(name, source)?).collect();
    let found = found.with_context(|| format!("{name} does not hold certificates in PEM"))?;
    anyhow::ensure!(!found.is_empty(), "{name} holds no certificate");
    Ok(found)
}

fn read(name: &str, source: &str) -> anyhow::Result<Vec<u8>> {
    match source.strip_prefix("file: ") {
        Some(file) => fs::read(file).with_context(|| format!("{name} names {file}, which cannot be read")),
        None => Ok(source.as_bytes().to_vec()),
    }
}

/// Takes every certificate: against listeners on the way, not against somebody who answers in the server's place.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// Takes a certificate of a known authority whatever name is in it.
#[derive(Debug)]
struct AnyName(Arc<WebPkiServerVerifier>);

impl ServerCertVerifier for AnyName {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.0.verify_server_cert(certificate, chain, name, ocsp, now) {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            outcome => outcome,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}
