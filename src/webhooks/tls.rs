//! Whose certificates are believed: the public authorities, and those that this machine trusts.

use std::sync::Arc;

use anyhow::Context;
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs, pki_types::CertificateDer};

/// TLS for connections to endpoints; `more` are authorities to believe besides.
pub(crate) fn config(more: &[CertificateDer<'static>]) -> anyhow::Result<ClientConfig> {
    // Compiled in, because a slim container has none of its own; the machine's, because a company has authorities of its own.
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let here = rustls_native_certs::load_native_certs();
    for error in &here.errors {
        tracing::debug!(%error, "certificates of this machine cannot be read");
    }
    roots.add_parsable_certificates(here.certs);
    for authority in more {
        roots.add(authority.clone()).context("an authority is no certificate")?;
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
