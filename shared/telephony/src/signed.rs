//! The proof that a request came from the carrier, kept in its type.

use std::fmt;

/// A request as it arrived, before anything about it is believed.
///
/// Its `Debug` form shows the method and the sizes.
#[derive(Clone, Copy)]
pub struct RawRequest<'a> {
    /// The HTTP method, in capitals.
    pub method: &'a str,
    /// The whole URL to which the carrier was told to send it: the *configured* public base URL, the raw path and
    /// the raw query. Never made from the `Host` header, which the sender chooses.
    pub url: &'a str,
    /// The `Content-Type` header.
    pub content_type: Option<&'a str>,
    /// Every value of the carrier's signature header. Anything but exactly one is refused.
    pub signatures: &'a [&'a str],
    /// The body's bytes, unchanged.
    pub body: &'a [u8],
}

impl fmt::Debug for RawRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawRequest")
            .field("method", &self.method)
            .field("signatures", &self.signatures.len())
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Tells a carrier's requests from everybody else's.
pub trait Verifier {
    /// What a genuine request holds.
    type Payload;
    /// Why a request is refused.
    type Refused;

    /// Checks the raw bytes and only then reads them.
    fn verify(&self, request: &RawRequest<'_>) -> Result<Self::Payload, Self::Refused>;
}

/// A value that came from the carrier, or was read out of one that did.
///
/// There is no way to make one but through a [`Verifier`], so a function that takes a `Signed<T>` cannot be handed
/// something unverified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signed<T>(T);

impl<T> Signed<T> {
    /// Verifies a request.
    pub fn verify<V: Verifier<Payload = T>>(
        verifier: &V,
        request: &RawRequest<'_>,
    ) -> Result<Self, V::Refused> {
        verifier.verify(request).map(Self)
    }

    /// The value.
    pub const fn get(&self) -> &T {
        &self.0
    }

    /// The value, giving up the proof.
    pub fn into_inner(self) -> T {
        self.0
    }

    /// Reads something out of the value. The function is plain on purpose: it cannot bring in a value of its own
    /// from around it.
    pub fn try_map<U, E>(&self, read: fn(&T) -> Result<U, E>) -> Result<Signed<U>, E> {
        read(&self.0).map(Signed)
    }
}

#[cfg(test)]
mod tests {
    use super::{RawRequest, Signed, Verifier};

    struct Only(&'static str);

    impl Verifier for Only {
        type Payload = Vec<u8>;
        type Refused = ();

        fn verify(&self, request: &RawRequest<'_>) -> Result<Vec<u8>, ()> {
            (request.signatures == [self.0]).then(|| request.body.to_vec()).ok_or(())
        }
    }

    #[test]
    fn only_what_was_verified_becomes_signed() {
        let request = RawRequest {
            method: "POST",
            url: "https://example.org/hush",
            content_type: None,
            signatures: &["right"],
            body: b"42",
        };
        let signed = Signed::verify(&Only("right"), &request).unwrap();
        assert_eq!(signed.get(), b"42");
        let number = signed.try_map(|body| str::from_utf8(body).map(str::to_owned)).unwrap();
        assert_eq!(number.into_inner(), "42");
        assert_eq!(Signed::verify(&Only("wrong"), &request), Err(()));
        assert!(!format!("{request:?}").contains("hush"));
    }
}
