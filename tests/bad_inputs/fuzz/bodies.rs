//! Bodies of the API: whatever is sent, a refusal changes nothing, and says why without repeating a value.

use http::{Method, StatusCode};
use lucius_bad_inputs::PIN;
use lucius_shell::testing::request;
use serde_json::Value;

use crate::scene::play;

const ROUTES: [(Method, &str); 8] = [
    (Method::PUT, "/v1/users/{ann}"),
    (Method::POST, "/v1/users/{ann}/contacts"),
    (Method::PUT, "/v1/users/{ann}/contacts/1"),
    (Method::DELETE, "/v1/users/{ann}/contacts/1"),
    (Method::PUT, "/v1/users/{ann}/probe_settings"),
    (Method::POST, "/v1/incidents/{incident}/resolve"),
    (Method::DELETE, "/v1/users/{ann}"),
    (Method::POST, "/login"),
];

/// A body, with Ann's session. The first byte chooses the route.
pub(crate) fn body(bytes: &[u8]) {
    let Some((route, body)) = bytes.split_first() else { return };
    let (method, path) = &ROUTES[usize::from(*route) % ROUTES.len()];
    play(async |scene| {
        let mut request = request(method.clone(), &scene.stage.told(path));
        request.body = body.to_vec();
        let request = request.bearer(&scene.stage.world.token(scene.stage.ann).await);
        let response = scene.stage.answer(request).await;
        let changes = scene.stage.changes().await;
        if response.status == StatusCode::OK {
            let sent: Value = serde_json::from_slice(body).unwrap_or_default();
            // Ann is armed: what weakens her alarm needs the PIN.
            let quiet = changes.iter().any(|change| change == "ann.settings" || change == "ann.state");
            assert!(!quiet || sent["pin"] == PIN || sent["active"] == true, "{}", response.body);
            return;
        }
        // The name of a field is repeated, whatever somebody took for one.
        if !["unknown field", "duplicate field"].iter().any(|name| response.body.contains(name)) {
            scene.expect_quiet(&response);
        }
        let body: Value = serde_json::from_str(&response.body).unwrap();
        assert!(body["errors"][0].as_str().is_some_and(|why| !why.is_empty()) && body["success"] == false);
        // Tries are counted, of PINs and of passwords, and that is all.
        let counted = ["ann.tries", "login"];
        assert!(changes.iter().all(|change| counted.contains(&change.as_str())), "{changes:?}: {body}");
    });
}
