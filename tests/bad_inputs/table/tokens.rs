//! Tokens that look like ours.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::SignedDuration;
use lucius_auth::Signer as _;
use lucius_bad_inputs::Stage;
use lucius_shell::testing::World;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::row::Forging;

/// Ann's own token, in parts.
async fn genuine(stage: &Stage) -> (Value, Value, String) {
    let token = stage.world.token(stage.ann).await;
    let parts: Vec<_> = token.split('.').collect();
    let read = |part: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    (read(parts[0]), read(parts[1]), parts[2].to_owned())
}

fn encoded(part: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(part)
}

fn unsigned(header: &Value, claims: &str) -> String {
    format!("{}.{}", encoded(header.to_string()), encoded(claims))
}

/// Signed with our own key.
async fn signed(header: &Value, claims: &str) -> String {
    let message = unsigned(header, claims);
    let signature = World::signer().sign(message.as_bytes()).await.unwrap();
    format!("{message}.{}", encoded(signature))
}

fn with(mut value: Value, name: &str, to: Value) -> Value {
    value[name] = to;
    value
}

pub(crate) fn alg_none(stage: &mut Stage) -> Forging<'_> {
    Box::pin(async move {
        let (header, claims, signature) = genuine(stage).await;
        let none = |word: &str| unsigned(&with(header.clone(), "alg", json!(word)), &claims.to_string());
        vec![
            format!("{}.", none("none")),
            format!("{}.{signature}", none("none")),
            format!("{}.", none("NoNe")),
            none("none"),
        ]
    })
}

pub(crate) fn hmac_with_the_public_key(stage: &mut Stage) -> Forging<'_> {
    Box::pin(async move {
        let (header, claims, _) = genuine(stage).await;
        let message = unsigned(&with(header, "alg", json!("HS256")), &claims.to_string());
        let key = World::signer().public_der();
        let mac =
            Hmac::<Sha256>::new_from_slice(&key).unwrap().chain_update(&message).finalize().into_bytes();
        vec![format!("{message}.{}", encoded(mac))]
    })
}

pub(crate) fn climbing_kid(stage: &mut Stage) -> Forging<'_> {
    Box::pin(async move {
        let (header, claims, _) = genuine(stage).await;
        let mut tokens = Vec::new();
        for kid in [json!("../../../../dev/null"), json!("' OR 1=1 --"), json!(""), Value::Null, json!(7)] {
            tokens.push(signed(&with(header.clone(), "kid", kid), &claims.to_string()).await);
        }
        tokens
    })
}

pub(crate) fn expired(stage: &mut Stage) -> Forging<'_> {
    Box::pin(async move {
        let (header, claims, _) = genuine(stage).await;
        let now = claims["iat"].as_i64().unwrap();
        let not_before = with(claims.clone(), "nbf", json!(now + 3_600));
        let future = with(with(claims.clone(), "iat", json!(now + 172_800)), "exp", json!(now + 259_200));
        let for_ever = with(claims.clone(), "exp", json!(i64::MAX));
        let old = stage.world.token(stage.ann).await;
        stage.world.clock().advance(SignedDuration::from_hours(24) + SignedDuration::from_secs(1));
        let mut tokens = vec![old];
        for claims in [not_before, future, for_ever, with(claims, "exp", json!(-1))] {
            tokens.push(signed(&header, &claims.to_string()).await);
        }
        tokens
    })
}

pub(crate) fn for_another_deployment(stage: &mut Stage) -> Forging<'_> {
    Box::pin(async move {
        let (header, claims, _) = genuine(stage).await;
        let mut tokens = Vec::new();
        for (name, value) in [
            ("iss", json!("https://elsewhere.example")),
            ("aud", json!("elsewhere")),
            ("aud", json!(["https://lucius.example"])),
        ] {
            tokens.push(signed(&header, &with(claims.clone(), name, value).to_string()).await);
        }
        tokens
    })
}

pub(crate) fn claim_twice(stage: &mut Stage) -> Forging<'_> {
    Box::pin(async move {
        let (header, claims, _) = genuine(stage).await;
        let claims = claims.to_string();
        let (sub, admin) = (format!(r#"{{"sub":"{}","#, stage.cleo), r#"{"is_admin":true,"#);
        vec![
            signed(&header, &claims.replacen('{', &sub, 1)).await,
            signed(&header, &claims.replacen('{', admin, 1)).await,
        ]
    })
}
