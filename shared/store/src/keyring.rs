//! Keyed digests: what phone numbers, addresses, codes and PINs are looked up and compared by.

use std::fmt::{self, Write as _};

use hmac::{Hmac, KeyInit, Mac};
use lucius_core::{id::UserId, once::EventName, phone::PhoneNumber, secret::Digest};
use sha2::{Digest as _, Sha256};

/// The block of SHA-256, in bytes: a longer HMAC key is hashed first, a shorter one padded (RFC 2104).
const BLOCK: usize = 64;

/// Makes digests with the deployment's secret. Another secret finds nothing of what this one has written.
#[derive(Clone)]
pub struct Keyring {
    key: [u8; BLOCK],
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyring(…)")
    }
}

impl Keyring {
    /// Digests under `secret`, 256 random bits or more.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        let hashed;
        let short = if secret.len() > BLOCK {
            hashed = Sha256::digest(secret);
            hashed.as_slice()
        } else {
            secret
        };
        let mut key = [0; BLOCK];
        for (to, from) in key.iter_mut().zip(short) {
            *to = *from;
        }
        Self { key }
    }

    /// What a phone number is found by.
    #[must_use]
    pub fn number_key(&self, phone: &PhoneNumber) -> String {
        hex(&self.mac("number", &[phone.as_str()]))
    }

    /// What an e-mail address is found by; upper and lower case are one address.
    #[must_use]
    pub fn email_key(&self, email: &str) -> String {
        hex(&self.mac("email", &[&email.trim().to_lowercase()]))
    }

    /// What `code`, sent from `phone`, is found by.
    #[must_use]
    pub fn code_key(&self, phone: &PhoneNumber, code: &str) -> Digest {
        Digest::new(self.mac("code", &[phone.as_str(), code]))
    }

    /// [`Keyring::code_key`] as it is written in a key.
    pub(crate) fn code_name(&self, phone: &PhoneNumber, code: &str) -> String {
        hex(&self.mac("code", &[phone.as_str(), code]))
    }

    /// What the event of a human is found by.
    pub(crate) fn event_key(&self, name: &EventName) -> String {
        hex(&self.mac("event", &[name.as_str()]))
    }

    /// What the PIN of a user is stored and compared as.
    #[must_use]
    pub fn pin_digest(&self, user: UserId, pin: &str) -> Digest {
        self.blind_digest(user, &self.blind(pin))
    }

    /// What a PIN is kept as until it is known whose it is: without our secret nobody can tell which it was.
    #[must_use]
    pub fn blind(&self, pin: &str) -> String {
        hex(&self.mac("blind", &[pin]))
    }

    /// [`Keyring::pin_digest`] of the PIN that [`Keyring::blind`] has made `blind` of.
    #[must_use]
    pub fn blind_digest(&self, user: UserId, blind: &str) -> Digest {
        Digest::new(self.mac("pin", &[&user.to_string(), blind]))
    }

    /// Tells what was keyed in in one turn of a call from anything else keyed in in it, in the name of what came of it. Without our
    /// secret nobody can tell what it was.
    #[must_use]
    pub fn tag(&self, said: &str) -> String {
        self.mac("said", &[said])
            .iter()
            .take(4)
            .map(|byte| format!("{byte:02x}"))
            .collect::<Vec<_>>()
            .concat()
    }

    /// HMAC-SHA-256 over the purpose and the parts, each behind its length, so that no two lists look alike.
    fn mac(&self, purpose: &str, parts: &[&str]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new(&self.key.into());
        for part in [purpose].iter().chain(parts) {
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac.finalize().into_bytes().into()
    }
}

/// Lower-case hexadecimal digits.
fn hex(bytes: &[u8; 32]) -> String {
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phone(text: &str) -> PhoneNumber {
        text.parse().unwrap()
    }

    #[test]
    fn digests_are_hmac_sha_256() {
        // Computed with Python's hmac module from the same key and bytes.
        let ring = Keyring::new(b"secret");
        assert_eq!(
            ring.number_key(&phone("+12025550123")),
            "64b511418bd7918fa89b1ef99a35bd86809a21d409bf6906fa595e7b67728bfe"
        );
        let long = Keyring::new(&[7; 100]);
        assert_eq!(
            long.number_key(&phone("+12025550123")),
            "59588a646a3f39bdad60ebb8d597437830157042fa2d620ffc294a9a1c754709"
        );
    }

    #[test]
    fn every_purpose_and_every_part_counts() {
        let ring = Keyring::new(b"secret");
        let (a, b) = (phone("+12025550123"), phone("+12025550124"));
        assert_ne!(ring.number_key(&a), ring.number_key(&b));
        assert_ne!(ring.code_key(&a, "123456"), ring.code_key(&b, "123456"));
        assert_ne!(ring.code_key(&a, "123456"), ring.code_key(&a, "123457"));
        let (one, two) = (UserId::try_from(1).unwrap(), UserId::try_from(12).unwrap());
        assert_ne!(ring.pin_digest(one, "2345"), ring.pin_digest(two, "345"));
        assert_ne!(ring.number_key(&a), Keyring::new(b"other").number_key(&a));
    }

    #[test]
    fn a_blind_gives_the_digest_and_not_the_pin() {
        let ring = Keyring::new(b"secret");
        let user = UserId::try_from(1).unwrap();
        let blind = ring.blind("271828");
        assert_eq!(ring.blind_digest(user, &blind), ring.pin_digest(user, "271828"));
        assert_ne!(ring.blind_digest(user, &ring.blind("271829")), ring.pin_digest(user, "271828"));
        assert!(!blind.contains("271828") && blind != Keyring::new(b"other").blind("271828"), "{blind}");
    }

    #[test]
    fn addresses_ignore_case_and_the_secret_hides() {
        let ring = Keyring::new(b"secret");
        assert_eq!(ring.email_key(" Ann@Example.com"), ring.email_key("ann@example.com"));
        assert_eq!(format!("{ring:?}"), "Keyring(…)");
    }
}
