//! Session tokens: JWT (RFC 7519), signed RS256 by a key that nobody can read, verified by its public half.
//!
//! Only tokens that look exactly like ours are taken: this algorithm, one of our keys by its `kid`, our claims once each
//! and no others. Whatever else the standard allows is somebody else's token.

use std::{collections::BTreeMap, fmt, future::Future, pin::Pin, sync::Arc};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation, decode, decode_header,
    jwk::{Jwk, PublicKeyUse, ThumbprintHash},
};
use lucius_core::id::UserId;
use serde::{Deserialize, Serialize};

/// How long a session lasts, in seconds: a day.
pub const LIFETIME_SECONDS: i64 = 24 * 60 * 60;

/// How far ahead of ours the clock of whoever signed a token may be, in seconds.
const SKEW_SECONDS: i64 = 60;

/// The longest token that is looked at; ours are a quarter of that.
const LENGTH_MAX: usize = 4 * 1024;

/// A signature in the making.
pub type Signing<'a> = Pin<Box<dyn Future<Output = Result<Vec<u8>, NotSigned>> + Send + 'a>>;

/// Holds the private half of a key, or knows who does.
pub trait Signer: Send + Sync {
    /// The RSASSA-PKCS1-v1_5 signature of `message` with SHA-256.
    fn sign<'a>(&'a self, message: &'a [u8]) -> Signing<'a>;
}

/// The key could not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not signed: {0}")]
pub struct NotSigned(pub String);

/// A token could not be made.
#[derive(Debug, thiserror::Error)]
pub enum NotIssued {
    /// The claims cannot be written.
    #[error("the claims cannot be written: {0}")]
    Claims(#[from] serde_json::Error),
    /// The key could not be used.
    #[error(transparent)]
    Signature(#[from] NotSigned),
}

/// The bytes are no RSA key of 2,048 bits or more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no RSA public key: {0}")]
pub struct KeyRefused(String);

/// Why a token is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is not one of ours, or somebody has changed it.
    #[error("the session token is not valid: log in (POST /login)")]
    Invalid,
    /// It was.
    #[error("the session has expired: log in again (POST /login)")]
    Expired,
}

/// Whom a token is issued to.
#[derive(Debug, Clone, Copy)]
pub struct Holder<'a> {
    /// The account.
    pub user: UserId,
    /// Given name.
    pub first_name: &'a str,
    /// Family name.
    pub last_name: &'a str,
    /// They are an administrator.
    pub is_admin: bool,
}

/// What a valid token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// Whose session it is.
    pub user: UserId,
    /// They were an administrator when they logged in.
    pub is_admin: bool,
}

/// The header of our tokens.
#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    typ: &'static str,
    kid: &'a str,
}

/// The claims of our tokens. Reading refuses a claim that comes twice or that we do not issue.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    sub: String,
    first_name: String,
    last_name: String,
    is_admin: bool,
    iss: String,
    iat: i64,
    exp: i64,
}

/// The public half of a key, named by its thumbprint (RFC 7638).
#[derive(Clone)]
pub struct PublicKey {
    kid: String,
    jwk: Jwk,
    decoding: DecodingKey,
}

impl PublicKey {
    /// Reads a DER-encoded `SubjectPublicKeyInfo`, as KMS gives it.
    ///
    /// # Errors
    /// [`KeyRefused`] for anything but an RSA key that can be verified with.
    pub fn from_der(der: &[u8]) -> Result<Self, KeyRefused> {
        let refused = |error: jsonwebtoken::errors::Error| KeyRefused(error.to_string());
        let mut jwk = Jwk::from_decoding_key(&DecodingKey::from_rsa_der(der), Some(Algorithm::RS256))
            .map_err(refused)?;
        let kid = jwk.thumbprint(ThumbprintHash::SHA256).map_err(refused)?;
        jwk.common.key_id = Some(kid.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        let decoding = DecodingKey::from_jwk(&jwk).map_err(refused)?;
        Ok(Self { kid, jwk, decoding })
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PublicKey").field(&self.kid).finish()
    }
}

/// Issues and reads session tokens.
#[derive(Clone)]
pub struct Sessions {
    issuer: String,
    signing: String,
    keys: BTreeMap<String, PublicKey>,
    signer: Arc<dyn Signer>,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions")
            .field("issuer", &self.issuer)
            .field("signing", &self.signing)
            .finish_non_exhaustive()
    }
}

impl Sessions {
    /// Tokens of `issuer`, signed by `signer`, whose public half is `signing`. What `retired` keys have signed is still
    /// taken: that is how a key is replaced without ending every session.
    #[must_use]
    pub fn new(issuer: String, signing: PublicKey, retired: Vec<PublicKey>, signer: Arc<dyn Signer>) -> Self {
        let name = signing.kid.clone();
        let keys = retired.into_iter().chain([signing]).map(|key| (key.kid.clone(), key)).collect();
        Self { issuer, signing: name, keys, signer }
    }

    /// A token for `holder`, good for [`LIFETIME_SECONDS`] from `now`.
    ///
    /// # Errors
    /// [`NotIssued`], when the key cannot be reached.
    pub async fn issue(&self, holder: Holder<'_>, now: Timestamp) -> Result<String, NotIssued> {
        let header = Header { alg: "RS256", typ: "JWT", kid: &self.signing };
        let claims = Claims {
            sub: holder.user.to_string(),
            first_name: holder.first_name.to_owned(),
            last_name: holder.last_name.to_owned(),
            is_admin: holder.is_admin,
            iss: self.issuer.clone(),
            iat: now.as_second(),
            exp: now.as_second().saturating_add(LIFETIME_SECONDS),
        };
        let part = |json: Vec<u8>| URL_SAFE_NO_PAD.encode(json);
        let message =
            format!("{}.{}", part(serde_json::to_vec(&header)?), part(serde_json::to_vec(&claims)?));
        let signature = self.signer.sign(message.as_bytes()).await?;
        Ok(format!("{message}.{}", part(signature)))
    }

    /// Reads a token at `now`.
    ///
    /// # Errors
    /// [`Refused`], which says no more than the person can use.
    pub fn read(&self, token: &str, now: Timestamp) -> Result<Session, Refused> {
        if token.len() > LENGTH_MAX {
            return Err(Refused::Invalid);
        }
        let header = decode_header(token).map_err(|_| Refused::Invalid)?;
        if header.typ.as_deref().is_some_and(|typ| typ != "JWT") || header.crit.is_some() {
            return Err(Refused::Invalid);
        }
        let key = header.kid.as_ref().and_then(|kid| self.keys.get(kid)).ok_or(Refused::Invalid)?;
        let claims =
            decode::<Claims>(token, &key.decoding, &self.validation()).map_err(|_| Refused::Invalid)?.claims;
        let now = now.as_second();
        if claims.iat > now.saturating_add(SKEW_SECONDS)
            || claims.exp.saturating_sub(claims.iat) > LIFETIME_SECONDS
        {
            return Err(Refused::Invalid);
        }
        if now >= claims.exp {
            return Err(Refused::Expired);
        }
        let user = claims.sub.parse().map_err(|_| Refused::Invalid)?;
        Ok(Session { user, is_admin: claims.is_admin })
    }

    /// The public keys, as `{"keys": […]}` (RFC 7517).
    #[must_use]
    pub fn jwks(&self) -> impl Serialize {
        #[derive(Serialize)]
        struct Set {
            keys: Vec<Jwk>,
        }
        Set { keys: self.keys.values().map(|key| key.jwk.clone()).collect() }
    }

    /// The library reads the machine's clock; times are therefore checked above.
    fn validation(&self) -> Validation {
        let mut validation = Validation::new(Algorithm::RS256);
        validation.validate_exp = false;
        validation.set_required_spec_claims(&["exp", "iss", "sub"]);
        validation.set_issuer(&[&self.issuer]);
        validation
    }
}

#[cfg(test)]
mod tests;
