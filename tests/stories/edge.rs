//! Requests that nobody can make sense of: a clear answer in the envelope, and nothing changes.

use lucius_tests::{Story, Value, json, tell};

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn bad_requests_get_a_clear_answer_in_the_envelope() {
    tell(async |story: &Story| {
        let ann = story.user("Ann").await;
        let before = ann.settings().await;
        for (method, path, body, expected) in bad_requests() {
            let answer = ann.asks(method, path, body).await;
            assert_eq!(answer.status, expected, "{method} {path}: {}", answer.body);
            assert_eq!(answer.body["success"], false, "{method} {path}: {}", answer.body);
            let reason = answer.body["errors"][0].as_str().unwrap_or_default();
            assert!(!reason.is_empty(), "{method} {path}: {}", answer.body);
        }
        assert_eq!(ann.settings().await, before);
        assert_eq!(ann.asks("GET", "/health/", None).await.status, 200);
    })
    .await;
}

/// Method, path, body, and the status that it has to have.
fn bad_requests() -> Vec<(&'static str, &'static str, Option<Value>, u16)> {
    let contacts = "/v1/users/{me}/contacts";
    let settings = "/v1/users/{me}/probe_settings";
    vec![
        ("GET", "/nowhere", None, 404),
        ("PATCH", "/v1/users", None, 405),
        ("GET", "/v1/users/abc", None, 404),
        ("POST", contacts, Some(json!({ "first_name": 7 })), 400),
        ("POST", contacts, Some(json!({ "nonsense": true })), 400),
        ("POST", contacts, Some(json!({ "first_name": "x".repeat(1_000_000) })), 413),
        ("PUT", settings, Some(json!({ "active": true })), 403),
        ("PUT", settings, Some(json!({ "cron_expression": "0 0 30 2 *" })), 400),
        ("PUT", settings, Some(json!({ "wait_time_in_minutes": 4 })), 400),
        ("POST", "/v1/incidents/1/resolve", Some(json!({ "pin": "1" })), 404),
    ]
}
