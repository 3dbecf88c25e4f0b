//! The edge: who may speak to us at all.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Stack, Story, together};

#[tokio::test]
async fn a_wrong_signature_changes_nothing_on_any_webhook() {
    let _house = together().await;
    let story = Story::new(1).await;
    story.ana.phone.sends("SOS").await;
    let ben = &story.contacts[0];
    ben.is("no_answer").await;
    let incident = story.incident("escalating").await;
    let id = &incident["id"];
    let params = json!({
        "CallSid": "CA00000000000000000000000000000001", "MessageSid": "SM00000000000000000000000000000001",
        "From": ben.number, "CallStatus": "completed", "MessageStatus": "failed", "Digits": "1", "Body": "ok 739182",
    });
    let uid = story.ana.id;
    for path in [
        "/inbound/answer".to_owned(),
        "/inbound/login".to_owned(),
        "/inbound/menu/2".to_owned(),
        "/inbound/callback/1".to_owned(),
        "/inbound/sms".to_owned(),
        format!("/call/incident/{id}/0/1/1"),
        format!("/call/ask/{uid}/1/1/1"),
        format!("/receipt/call/incident/{id}/c0-call-page/1"),
        format!("/receipt/text/incident/{id}/c0-sms-page/1"),
    ] {
        for signature in ["wrong", "none", "AAAA"] {
            assert_eq!(
                story.stack.forge("POST", &path, &params, signature).await.0,
                403,
                "{path} {signature}"
            );
        }
    }
    let (status, body) = story.stack.forge("POST", "/webhook/sms", &params, "wrong").await;
    assert_eq!(status, 401);
    assert!(body.contains("<Response"), "{body}");
    let after = story.ana.newest().await.unwrap();
    assert_eq!(after["status"], "escalating");
    assert_eq!(after["accepted_by"], Value::Null);
    ben.accept_all().await;
    story.ana.phone.accept_all().await;
    story.finish().await;
}

#[tokio::test]
async fn a_get_accepts_nothing_and_a_browser_gets_the_first_page() {
    let _house = together().await;
    let story = Story::new(1).await;
    story.ana.phone.sends("SOS").await;
    let ben = &story.contacts[0];
    ben.is("no_answer").await;
    let incident = story.incident("escalating").await;
    let path = format!("/call/incident/{}/0/1/1", incident["id"]);
    let params = json!({ "CallSid": "CA00000000000000000000000000000001", "Digits": "1" });
    assert_eq!(story.stack.forge("GET", &path, &params, "valid").await.0, 405);
    assert_eq!(story.ana.newest().await.unwrap()["status"], "escalating");
    let url = format!("{}/inbound/answer", story.stack.fact("api_url"));
    let page = story.stack.http.get(url).send().await.unwrap();
    assert_eq!(page.status(), 200);
    let page = page.text().await.unwrap();
    assert!(page.contains("I am Lucius. Here to help.") && page.contains("/inbound/login"), "{page}");
    ben.accept_all().await;
    story.ana.phone.accept_all().await;
    story.finish().await;
}

#[tokio::test]
async fn bad_requests_get_a_clear_answer_in_the_envelope() {
    let _house = together().await;
    let story = Story::new(0).await;
    let big = "x".repeat(1_000_000);
    for (method, path, body, expected) in [
        (Method::GET, "/nowhere", Value::Null, 404),
        (Method::PATCH, "/v1/users", Value::Null, 405),
        (Method::GET, "/v1/users/abc", Value::Null, 404),
        (Method::POST, "/v1/users/{uid}/contacts", json!({ "first_name": 7 }), 400),
        (Method::POST, "/v1/users/{uid}/contacts", json!({ "nonsense": true }), 400),
        (Method::POST, "/v1/users/{uid}/contacts", json!({ "first_name": big }), 413),
        (Method::PUT, "/v1/users/{uid}/probe_settings", json!({ "active": true }), 403),
        (Method::PUT, "/v1/users/{uid}/probe_settings", json!({ "cron_expression": "0 0 30 2 *" }), 400),
        (Method::PUT, "/v1/users/{uid}/probe_settings", json!({ "wait_time_in_minutes": 4 }), 400),
    ] {
        let (status, answer) = story.ana.api(method.clone(), path, &body).await;
        assert_eq!(status, expected, "{method} {path}: {answer}");
        assert_eq!(answer["success"], false, "{answer}");
        assert!(!answer["errors"][0].as_str().unwrap_or_default().is_empty(), "{answer}");
    }
    let stack = Stack::new();
    assert_eq!(stack.api(Method::GET, "/v1/users/1", "not.a.token", &Value::Null).await.0, 401);
    assert_eq!(stack.api(Method::GET, "/health/", "", &Value::Null).await.0, 200);
    story.finish().await;
}
