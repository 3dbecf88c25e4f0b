//! A key in memory, for tests: what the key service is for a deployment.

use aws_lc_rs::{
    encoding::AsDer as _,
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_SHA256},
};

use crate::token::{NotSigned, PublicKey, Signer, Signing};

/// Signs with a key of its own.
#[derive(Debug)]
pub struct LocalSigner {
    pair: KeyPair,
}

impl LocalSigner {
    /// Draws a key of 2,048 bits.
    ///
    /// # Panics
    /// If the library cannot.
    #[must_use]
    #[expect(clippy::expect_used, reason = "for tests only")]
    pub fn generate() -> Self {
        Self { pair: KeyPair::generate(KeySize::Rsa2048).expect("a key can be drawn") }
    }

    /// The public half.
    ///
    /// # Panics
    /// If the library cannot write what it has drawn.
    #[must_use]
    #[expect(clippy::expect_used, reason = "for tests only")]
    pub fn public(&self) -> PublicKey {
        PublicKey::from_der(&self.public_der()).expect("it is an RSA key")
    }

    /// The public half as a key service gives it.
    ///
    /// # Panics
    /// If the library cannot write what it has drawn.
    #[must_use]
    #[expect(clippy::expect_used, reason = "for tests only")]
    pub fn public_der(&self) -> Vec<u8> {
        self.pair.public_key().as_der().expect("a public key can be written").as_ref().to_vec()
    }
}

impl Signer for LocalSigner {
    fn sign<'a>(&'a self, message: &'a [u8]) -> Signing<'a> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        let signed = self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature);
        let signed = signed.map(|()| signature).map_err(|error| NotSigned(error.to_string()));
        Box::pin(std::future::ready(signed))
    }
}
