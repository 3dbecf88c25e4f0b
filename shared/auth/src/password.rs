//! Passwords: stored as argon2id, and checked at the same cost whether there is anybody to check them for.

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version,
    password_hash::phc::PasswordHash,
};

/// Memory, in KiB; with [`PASSES`] and [`LANES`] what OWASP recommends as a minimum. It fits beside everything else in a
/// function of 256 MB.
/// <https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html>
const MEMORY_KIB: u32 = 19 * 1024;
/// Passes over the memory.
const PASSES: u32 = 2;
/// Lanes, one after the other: a small function has one processor.
const LANES: u32 = 1;

/// Compared with where there is no user, at the cost of a real one. Its digest was written, not computed.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5LWF0LWFsbCEhIQ$bm8gcGFzc3dvcmQgaGFzIHRoaXMgaGFzaCwgZXZlci4";

/// A password could not be hashed: it is longer than 4 GiB, or there is no memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the password could not be hashed")]
pub struct NotHashed;

fn argon2id() -> Result<Argon2<'static>, NotHashed> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_| NotHashed)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Hashes a password with 128 random bits as salt, into a PHC string.
///
/// # Errors
/// [`NotHashed`]; nothing the person could write differently.
pub fn hash(password: &str, salt: u128) -> Result<String, NotHashed> {
    let hashed = argon2id()?.hash_password_with_salt(password.as_bytes(), &salt.to_be_bytes());
    hashed.map(|hash| hash.to_string()).map_err(|_| NotHashed)
}

/// Whether `password` is the one that was hashed. Without a hash (nobody has this address) it takes as long, and is wrong.
#[must_use]
pub fn verify(password: &str, hash: Option<&str>) -> bool {
    let right = hash.is_some();
    let matches = matches(password, hash.unwrap_or(NOBODY));
    right && matches
}

fn matches(password: &str, hash: &str) -> bool {
    let Ok(hash) = PasswordHash::new(hash) else { return false };
    argon2id().is_ok_and(|argon2| argon2.verify_password(password.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_matches_its_own_hash_only() {
        let stored = hash("very-secure", 7).unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(!stored.contains("very-secure"));
        assert!(verify("very-secure", Some(&stored)));
        for wrong in ["", "very-secur", "Very-Secure", "very-secure ", "very-secure\0"] {
            assert!(!verify(wrong, Some(&stored)), "{wrong:?}");
        }
        assert_ne!(hash("very-secure", 8).unwrap(), stored, "the salt counts");
    }

    #[test]
    fn nobody_costs_what_somebody_costs() {
        // Cost is memory, passes and lanes: those of the stand-in are those of every new hash.
        let parameters = |hash: &str| PasswordHash::new(hash).unwrap().params.to_string();
        let length = |hash: &str| PasswordHash::new(hash).unwrap().hash.map(|hash| hash.as_ref().len());
        let stored = hash("x", 1).unwrap();
        assert_eq!(parameters(NOBODY), parameters(&stored));
        assert_eq!(length(NOBODY), length(&stored));
        assert!(!verify("x", None));
    }

    #[test]
    fn what_is_no_hash_matches_nothing() {
        for broken in ["", "x", "$argon2id$", "$2b$12$abcdefghijklmnopqrstuv"] {
            assert!(!verify("", Some(broken)), "{broken:?}");
        }
    }
}
