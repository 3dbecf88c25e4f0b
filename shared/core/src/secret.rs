//! Digests of secrets: what a PIN is stored and compared as. The deployment's key makes them, outside this crate.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The keyed digest of a PIN. `Debug` does not show it.
#[derive(Clone, Copy)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Wraps the 32 bytes of an HMAC-SHA-256.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl PartialEq for Digest {
    /// Takes the same time wherever the digests differ.
    fn eq(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0).fold(0_u8, |differs, (a, b)| differs | (a ^ b)) == 0
    }
}

impl Eq for Digest {}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(…)")
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut hex = String::with_capacity(64);
        for nibble in self.0.iter().flat_map(|byte| [byte >> 4, byte & 15]) {
            hex.extend(char::from_digit(nibble.into(), 16));
        }
        serializer.serialize_str(&hex)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut bytes = [0; 32];
        if text.len() != 64 {
            return Err(de::Error::custom("a digest is 64 hexadecimal digits"));
        }
        for (index, byte) in bytes.iter_mut().enumerate() {
            let at = index.saturating_mul(2);
            let pair = text.get(at..at.saturating_add(2)).unwrap_or_default();
            *byte = u8::from_str_radix(pair, 16).map_err(de::Error::custom)?;
        }
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_survives_json_and_hides_in_debug() {
        let digest = Digest::new([7; 32]);
        let json = serde_json::to_string(&digest).unwrap();
        assert_eq!(serde_json::from_str::<Digest>(&json).unwrap(), digest);
        assert_ne!(digest, Digest::new([8; 32]));
        assert!(!format!("{digest:?}").contains('7'));
        assert!(serde_json::from_str::<Digest>("\"zz\"").is_err());
    }
}
