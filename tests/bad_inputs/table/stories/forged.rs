//! Requests that are not what the carrier has sent.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{Method, StatusCode};
use jiff::SignedDuration;
use lucius_bad_inputs::{Route, Stage};
use lucius_core::actor::ActorId;
use lucius_shell::{
    Request,
    testing::{ACCOUNT, AUTH_TOKEN, BASE_URL},
};
use lucius_telephony::Form;
use lucius_twilio::{
    Tokens, TwilioVerifier,
    client::renewable::{Reading, Renewable, Source},
    signature,
};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{api, text, woken};
use crate::row::{Answer, Playing};

/// What a running function reads when the token that it knows is refused.
struct Promoted;

impl Source<TwilioVerifier> for Promoted {
    fn read(&self) -> Reading<'_, TwilioVerifier> {
        Box::pin(async { Some(TwilioVerifier::new(ACCOUNT, Tokens::new("promoted".into(), None).unwrap())) })
    }
}

pub(crate) fn revoked_token(stage: &mut Stage) -> Playing<'_> {
    Box::pin(async move {
        let old = TwilioVerifier::new(ACCOUNT, Tokens::new(AUTH_TOKEN.into(), None).unwrap());
        stage.world.app.twilio = Some(Renewable::fixed(old).renewed_by(Promoted));
        // The first request that the new token has signed ends the old one.
        let index = 0;
        let first = Route::all(stage).await.swap_remove(index).signed_with("promoted");
        assert_eq!(stage.answer(first).await.status, StatusCode::OK);
        let mut last = None;
        for route in Route::all(stage).await {
            let older = route.path == "/webhook/sms";
            let response = stage.answer(route.genuine()).await;
            assert_eq!(response.status.as_u16(), if older { 401 } else { 403 }, "{}", route.path);
            last = Some(response);
        }
        Answer::Http(last.unwrap())
    })
}

/// A request as the API gateway delivers it.
fn delivered(request: &Request, body: &str, is_base64: bool) -> Request {
    let header = |name: &str| request.headers[name].to_str().unwrap();
    let event = json!({
        "version": "2.0", "rawPath": request.raw_path, "rawQueryString": request.raw_query,
        "headers": {
            "content-type": header("content-type"), "x-twilio-signature": header("x-twilio-signature"), "host": "lucius.example",
        },
        "requestContext": {
            "stage": "$default", "timeEpoch": 1_772_539_200_000_i64,
            "http": { "method": "POST", "path": request.raw_path, "sourceIp": "192.0.2.1" },
        },
        "body": body, "isBase64Encoded": is_base64,
    });
    Request::from_gateway(serde_json::from_value(event).unwrap(), request.arrived_at)
}

pub(crate) fn wrong_base64_flag(stage: &mut Stage) -> Playing<'_> {
    Box::pin(async move {
        let mut last = None;
        for route in Route::all(stage).await.into_iter().filter(|route| route.path != "/webhook/sms") {
            let genuine = route.genuine();
            let plain = str::from_utf8(&genuine.body).unwrap();
            let encoded = BASE64_STANDARD.encode(plain);
            let response = stage.answer(delivered(&genuine, &encoded, false)).await;
            assert_eq!(response.status, StatusCode::FORBIDDEN, "{}", route.path);
            // What is said to be base64 and is not is held against its signature as it came.
            assert_eq!(delivered(&genuine, plain, true).body, genuine.body);
            assert_eq!(delivered(&genuine, &encoded, true).body, genuine.body);
            last = Some(response);
        }
        Answer::Http(last.unwrap())
    })
}

pub(crate) fn get_for_post(stage: &mut Stage) -> Playing<'_> {
    Box::pin(async move {
        let mut last = None;
        for route in Route::all(stage).await {
            let mut replay = route.genuine();
            replay.method = Method::GET;
            // The fields in the query, signed as the carrier signs a GET.
            let query = String::from_utf8(std::mem::take(&mut replay.body)).unwrap();
            let url = format!("{BASE_URL}{}?{query}", route.path);
            let signature = signature::sign(&AUTH_TOKEN.into(), &url, &Form::default());
            let mut in_query = replay.clone().header_set(signature::HEADER, &signature);
            in_query.raw_query = query;
            for request in [replay, in_query] {
                let response = stage.answer(request).await;
                // Anybody may look at the first page.
                let status = if route.path == "/inbound/answer" { 200 } else { 405 };
                assert_eq!(response.status.as_u16(), status, "{}", route.path);
                last = Some(response);
            }
        }
        Answer::Http(last.unwrap())
    })
}

/// Signed as JSON: the hash in the signed URL is that of another body.
pub(crate) fn json_with_another_hash(route: &Route) -> Request {
    let hash: Vec<_> = Sha256::digest(br#"{"Body":"N"}"#).iter().map(|byte| format!("{byte:02x}")).collect();
    let route = route.at(format!("{}?bodySHA256={}", route.path, hash.concat()));
    let url = format!("{BASE_URL}{}", route.path);
    let mut request = route.genuine().header_set("content-type", "application/json");
    request.body = br#"{"Body":"Y"}"#.to_vec();
    request.header_set(signature::HEADER, &signature::sign(&AUTH_TOKEN.into(), &url, &Form::default()))
}

pub(crate) fn huge_body(stage: &mut Stage) -> Playing<'_> {
    Box::pin(async move {
        for route in Route::all(stage).await {
            let response =
                stage.answer(route.signed_body(|body| format!("{body}&x={}", "x".repeat(10 << 20)))).await;
            let older = route.path == "/webhook/sms";
            assert_eq!(response.status.as_u16(), if older { 401 } else { 403 }, "{}", route.path);
        }
        let mut last = None;
        for (method, path) in [
            (Method::POST, "/login"),
            (Method::PUT, "/v1/users/{ann}"),
            (Method::POST, "/v1/users/{ann}/contacts"),
            (Method::PUT, "/v1/users/{ann}/contacts/1"),
            (Method::DELETE, "/v1/users/{ann}/contacts/1"),
            (Method::PUT, "/v1/users/{ann}/probe_settings"),
            (Method::POST, "/v1/incidents/{incident}/resolve"),
        ] {
            let body = json!({ "first_name": "x".repeat(10 << 20) });
            let response = api(stage, method.clone(), path, &body).await;
            assert_eq!(response.status.as_u16(), 413, "{method} {path}");
            last = Some(response);
        }
        Answer::Http(last.unwrap())
    })
}

pub(crate) fn replayed_after_a_day(stage: &mut Stage) -> Playing<'_> {
    Box::pin(async move {
        let ann = stage.number(stage.ann).await;
        let first = text(stage, &ann, "SM1", "Y").await;
        // The next question, on Wednesday at six.
        stage.world.clock().advance(SignedDuration::from_hours(31));
        woken(stage, ActorId::Deadman(stage.ann)).await;
        assert!(stage.deadman(stage.ann).await.probe().is_some());
        stage.mark().await;
        let again = text(stage, &ann, "SM1", "Y").await;
        assert_eq!(again, first);
        assert!(stage.deadman(stage.ann).await.probe().is_some(), "it answers another question than it did");
        Answer::Http(again)
    })
}
