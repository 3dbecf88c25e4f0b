//! Sessions at the edge: whose request it is, what it may touch, and what it brings along to prove more.

use std::sync::Arc;

use aws_sdk_kms::{
    Client,
    primitives::Blob,
    types::{MessageType, SigningAlgorithmSpec},
};
use aws_types::SdkConfig;
use futures::future::join_all;
use http::StatusCode;
use lucius_auth::{NotSigned, PublicKey, Session, Sessions, Signer, Signing};
use lucius_core::{deadman::Proof, id::UserId};
use lucius_store::Store as _;

use crate::{
    alarm,
    app::App,
    aws,
    edge::{Request, Response},
    ports::{Nature as _, Ports},
    respond,
};

/// The header that brings a PIN along where there is no body to hold it.
const PIN_HEADER: &str = "lucius-pin";

/// Signs with a key that never leaves the key service.
struct KmsSigner {
    client: Client,
    key_id: String,
}

impl Signer for KmsSigner {
    fn sign<'a>(&'a self, message: &'a [u8]) -> Signing<'a> {
        Box::pin(async move {
            let signed = self
                .client
                .sign()
                .key_id(&self.key_id)
                .message(Blob::new(message))
                .message_type(MessageType::Raw)
                .signing_algorithm(SigningAlgorithmSpec::RsassaPkcs1V15Sha256)
                .send()
                .await
                .map_err(|error| NotSigned(aws::kind(&error)))?;
            let signature = signed.signature.ok_or_else(|| NotSigned("no signature came back".to_owned()))?;
            Ok(signature.into_inner())
        })
    }
}

/// Reads the public halves of the session keys. `key_ids` is one key, or several with commas between them: the first
/// signs, and what the others have signed is still taken.
///
/// A retired key that cannot be read (it may have been deleted too early) costs its people a log-in, and not everybody the API.
///
/// # Errors
/// The key that signs cannot be read, or is none for RS256.
pub async fn load(sdk: &SdkConfig, key_ids: Option<&str>, issuer: &str) -> anyhow::Result<Option<Sessions>> {
    let Some(key_ids) = key_ids else { return Ok(None) };
    let client = Client::new(sdk);
    let mut ids = key_ids.split(',').map(str::trim);
    let key_id = ids.next().unwrap_or_default().to_owned();
    let retired = join_all(ids.filter(|id| !id.is_empty()).map(|id| public_key(&client, id)));
    let (signing, retired) = futures::join!(public_key(&client, &key_id), retired);
    let signing = signing?;
    let retired = retired.into_iter().filter_map(|key| {
        key.inspect_err(|error| alarm::operator("RetiredTokenKey", &format!("{error:#}"))).ok()
    });
    let retired = retired.collect();
    let signer = Arc::new(KmsSigner { client, key_id });
    Ok(Some(Sessions::new(issuer.to_owned(), signing, retired, signer)))
}

async fn public_key(client: &Client, key_id: &str) -> anyhow::Result<PublicKey> {
    let read = client.get_public_key().key_id(key_id).send().await;
    let read =
        read.map_err(|error| anyhow::anyhow!("a session key could not be read: {}", aws::kind(&error)))?;
    let der = read.public_key.ok_or_else(|| anyhow::anyhow!("the session key has no public half"))?;
    Ok(PublicKey::from_der(der.as_ref())?)
}

/// What stands behind `Authorization: Bearer`.
#[must_use]
pub fn bearer(request: &Request) -> Option<&str> {
    let (scheme, token) = request.header("authorization")?.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// 401, and how to do better.
#[must_use]
pub fn unauthorized(why: impl Into<String>) -> Response {
    respond::fail(StatusCode::UNAUTHORIZED, why).with("www-authenticate", "Bearer")
}

/// 403. It says the same whether there is anything or not.
#[must_use]
pub fn forbidden() -> Response {
    respond::fail(StatusCode::FORBIDDEN, "this is not yours to see or change")
}

/// Whose session it is.
///
/// # Errors
/// 401.
pub fn session<P: Ports>(app: &App<P>, request: &Request) -> Result<Session, Response> {
    let token = bearer(request)
        .ok_or_else(|| unauthorized("send the token of POST /login as \"Authorization: Bearer <token>\""))?;
    let sessions = app.sessions.as_ref().ok_or_else(|| {
        tracing::error!("this function has no session keys");
        unauthorized("sessions are not available here")
    })?;
    sessions.read(token, app.shell.ports.nature().now()).map_err(|why| unauthorized(why.to_string()))
}

/// The session of an administrator who still is one: a token outlives what it says.
///
/// # Errors
/// 401, 403, or 503.
pub async fn admin<P: Ports>(app: &App<P>, request: &Request) -> Result<Session, Response> {
    let session = session(app, request)?;
    if !session.is_admin {
        return Err(forbidden());
    }
    let account = app.shell.ports.store().load_deadman(session.user).await;
    let account = account.map_err(|error| respond::storage(&error))?;
    if account.is_some_and(|account| account.state.profile.is_admin) { Ok(session) } else { Err(forbidden()) }
}

/// The user of a path that only this user may use.
///
/// # Errors
/// 401 without a session, 404 for what is no id, 403 for every id but one's own, whether or not it exists.
pub fn own<P: Ports>(app: &App<P>, request: &Request, uid: &str) -> Result<UserId, Response> {
    let session = session(app, request)?;
    let user: UserId = uid.parse().map_err(|_| respond::not_found())?;
    if user == session.user { Ok(user) } else { Err(forbidden()) }
}

/// The PIN that came with a request, in its body or else in the header `Lucius-Pin`.
#[must_use]
pub fn proof<P: Ports>(app: &App<P>, user: UserId, request: &Request, pin: Option<&str>) -> Proof {
    let pin = pin.or_else(|| request.header(PIN_HEADER)).map(str::trim).filter(|pin| !pin.is_empty());
    pin.map_or(Proof::None, |pin| Proof::Pin(app.keyring.pin_digest(user, pin)))
}
