//! Twilio's request signature (<https://www.twilio.com/docs/usage/security>).
//!
//! The header `X-Twilio-Signature` is base64 of HMAC-SHA1, keyed with the account's primary auth token, over the
//! public URL; for a POST of a form, every field follows, sorted by name, name and value without anything
//! between them. A JSON body is not in the signed text: its SHA-256 is, as a query parameter of the URL.
//!
//! Twilio's own libraries disagree on ports and on credentials in URLs, so every form of the URL that any of them
//! accepts is accepted here. That gives nothing away: each is signed with the same secret.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use lucius_telephony::{Form, RawRequest, form::FormError};
use secrecy::{ExposeSecret, SecretString};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};
use thiserror::Error;

/// The name of the header that carries the signature, in the lower case that API Gateway delivers.
pub const HEADER: &str = "x-twilio-signature";

/// The query parameter that holds the hash of a JSON body.
const BODY_HASH: &str = "bodySHA256";

type Signature = [u8; 20];

/// Why a request is not believed. Only for our logs: whoever sent it learns nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// There is no signature header, or more than one.
    #[error("exactly one signature header is needed")]
    NotOneSignature,
    /// The header is not base64 of 20 bytes.
    #[error("the signature is malformed")]
    MalformedSignature,
    /// Neither GET nor POST.
    #[error("Twilio sends GET and POST only")]
    Method,
    /// The body is not a form that we read.
    #[error(transparent)]
    Form(#[from] FormError),
    /// A body that is not a form, and no hash of it in the URL, or a wrong one.
    #[error("the body's hash is missing or wrong")]
    BodyHash,
    /// Signed with another secret, or another request.
    #[error("the signature does not match")]
    Mismatch,
    /// Genuine, but of another account than ours.
    #[error("sent for another account")]
    OtherAccount,
}

/// The auth tokens of which one signs: the current one and, while it is being replaced, the next.
pub struct Tokens {
    current: SecretString,
    next: Option<SecretString>,
}

/// The auth token is empty, so that anybody could sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the auth token is empty")]
pub struct EmptyToken;

impl Tokens {
    /// Takes the current token and the next one; an empty next one is none.
    pub fn new(current: SecretString, next: Option<SecretString>) -> Result<Self, EmptyToken> {
        if current.expose_secret().is_empty() {
            return Err(EmptyToken);
        }
        Ok(Self { current, next: next.filter(|token| !token.expose_secret().is_empty()) })
    }

    fn all(&self) -> impl Iterator<Item = &SecretString> {
        std::iter::once(&self.current).chain(&self.next)
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("next", &self.next.is_some()).finish_non_exhaustive()
    }
}

/// Checks a request's signature and reads its fields: those of the body for a POST, those of the URL for a GET, and
/// none for a JSON body, which the caller may now read.
pub fn verify(tokens: &Tokens, request: &RawRequest<'_>) -> Result<Form, Refused> {
    let given = decode(request.signatures)?;
    let (signed, fields) = match request.method {
        "GET" => (Form::default(), Form::parse(query(request.url).as_bytes())?),
        "POST" if is_form(request) => {
            let form = Form::parse(request.body)?;
            (form.clone(), form)
        }
        "POST" => {
            check_body_hash(request)?;
            (Form::default(), Form::default())
        }
        _ => return Err(Refused::Method),
    };
    if matches_any(tokens, &candidates(request.url), &signed, &given) {
        Ok(fields)
    } else {
        Err(Refused::Mismatch)
    }
}

/// Signs as Twilio does: `url` exactly as given, followed by the fields. For whoever plays Twilio.
#[must_use]
pub fn sign(token: &SecretString, url: &str, fields: &Form) -> String {
    mac(token, url, &tail(fields)).map(|mac| BASE64_STANDARD.encode(mac)).unwrap_or_default()
}

/// Whether any token signs any form of the URL so. The time it takes tells nothing about the answer.
fn matches_any(tokens: &Tokens, urls: &BTreeSet<String>, fields: &Form, given: &Signature) -> bool {
    let tail = tail(fields);
    let mut found = Choice::from(0);
    for token in tokens.all() {
        for url in urls {
            if let Some(expected) = mac(token, url, &tail) {
                found |= expected.ct_eq(given);
            }
        }
    }
    found.into()
}

/// `None` never happens: HMAC takes keys of any length.
fn mac(token: &SecretString, url: &str, tail: &str) -> Option<Signature> {
    let hmac = Hmac::<Sha1>::new_from_slice(token.expose_secret().as_bytes()).ok()?;
    Some(hmac.chain_update(url).chain_update(tail).finalize().into_bytes().into())
}

/// The part of the signed text that follows the URL. A repeated field counts once per distinct value, in order:
/// that is how Twilio's Python and Node.js libraries read it.
fn tail(fields: &Form) -> String {
    let mut sorted = BTreeMap::<&str, BTreeSet<&str>>::new();
    for (name, value) in fields.fields() {
        sorted.entry(name).or_default().insert(value);
    }
    let pairs = sorted.iter().flat_map(|(name, values)| values.iter().flat_map(move |value| [*name, *value]));
    pairs.collect()
}

fn decode(signatures: &[&str]) -> Result<Signature, Refused> {
    let [signature] = signatures else {
        return Err(Refused::NotOneSignature);
    };
    let decoded = BASE64_STANDARD.decode(signature).map_err(|_| Refused::MalformedSignature)?;
    decoded.try_into().map_err(|_| Refused::MalformedSignature)
}

/// Whether the body counts as a form. An empty body without a type is a form without fields.
fn is_form(request: &RawRequest<'_>) -> bool {
    let media_type = request.content_type.and_then(|header| header.split(';').next()).map(str::trim);
    match media_type {
        Some(media_type) => media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded"),
        None => request.body.is_empty(),
    }
}

/// Compares the body with the hash in the URL; the URL is signed, so the hash is too.
fn check_body_hash(request: &RawRequest<'_>) -> Result<(), Refused> {
    let query = Form::parse(query(request.url).as_bytes())?;
    let expected = query.get(BODY_HASH).ok_or(Refused::BodyHash)?;
    let actual = Sha256::digest(request.body).iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>();
    if actual.concat().as_bytes().ct_eq(expected.as_bytes()).into() { Ok(()) } else { Err(Refused::BodyHash) }
}

fn query(url: &str) -> &str {
    let url = without_fragment(url);
    url.split_once('?').map_or("", |(_, query)| query)
}

/// Connection overrides travel as a fragment, which Twilio neither sends nor signs.
fn without_fragment(url: &str) -> &str {
    url.split_once('#').map_or(url, |(url, _)| url)
}

/// Every form of the URL that Twilio may have signed: with the port as configured, without one and with the
/// scheme's own (`https` voice requests drop it, the others keep it), and with and without user name and password.
fn candidates(url: &str) -> BTreeSet<String> {
    let url = without_fragment(url);
    let Some((scheme, rest)) = url.split_once("://") else {
        return BTreeSet::from([url.to_owned()]);
    };
    let (authority, path) =
        rest.split_at_checked(rest.find(['/', '?']).unwrap_or(rest.len())).unwrap_or((rest, ""));
    let (user, host) = authority.rsplit_once('@').map_or(("", authority), |(user, host)| (user, host));
    let bare_host = without_port(host);
    let default_port = if scheme.eq_ignore_ascii_case("http") { 80 } else { 443 };
    let hosts = [host.to_owned(), bare_host.to_owned(), format!("{bare_host}:{default_port}")];
    let users = if user.is_empty() { vec![String::new()] } else { vec![String::new(), format!("{user}@")] };
    let mut candidates = BTreeSet::from([url.to_owned()]);
    for user in &users {
        candidates.extend(hosts.iter().map(|host| format!("{scheme}://{user}{host}{path}")));
    }
    candidates
}

/// Cuts a port off, and nothing else: the colons of an IPv6 address stay.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((bare, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && is_whole_host(bare) => bare,
        Some(_) | None => host,
    }
}

fn is_whole_host(host: &str) -> bool {
    !host.contains(':') || host.ends_with(']')
}

#[cfg(test)]
mod tests;
