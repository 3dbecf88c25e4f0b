//! TLS without a look at the system's certificates.

use std::sync::Arc;

use rustls::{ClientConfig, Error, RootCertStore, crypto::aws_lc_rs};

/// A configuration that trusts Mozilla's roots, which are compiled in, ready to use.
///
/// All of them, and not just today's issuer of Twilio's certificate: Twilio changes issuers without notice to those
/// who pin them (<https://www.twilio.com/docs/usage/security>), and a call that cannot be placed costs more than a
/// few kilobytes. Sessions are resumed, so that a connection per request stays cheap.
///
/// # Errors
/// The cryptography knows none of the versions of TLS that are safe.
pub fn config() -> Result<ClientConfig, Error> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    Ok(ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}
