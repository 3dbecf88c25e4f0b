//! Incidents: their story, and their end by the user.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails like a test")]

use http::{Method, StatusCode};
use jiff::SignedDuration;
use lucius_core::{
    decide::{Event, Scope},
    id::{IncidentId, UserId},
};
use lucius_shell::{
    Request, Response,
    ports::Nature as _,
    run,
    testing::{World, contact, request},
};
use lucius_store::{Change, Commit, Store as _};
use serde_json::{Value, json};

async fn send(world: &World, request: &Request) -> Response {
    incidents::handle(&world.app, request).await
}

/// A user with the PIN 4711 and two contacts.
async fn user(world: &World) -> UserId {
    world
        .user(|deadman| {
            deadman.profile.pin = Some(world.app.keyring.pin_digest(deadman.id, "4711"));
            deadman.contacts = vec![contact(1, deadman.created_at), contact(2, deadman.created_at)];
        })
        .await
}

/// Opens an incident.
async fn emergency(world: &World, user: UserId) -> IncidentId {
    let key = world.clock().chance().to_string();
    let done = run(&world.app.shell, Scope::User(user), Event::Emergency { key }).await.unwrap();
    done.case.incident.unwrap().id
}

async fn list(world: &World, user: UserId, query: &str) -> Value {
    let path = format!("/v1/users/{user}/incidents{query}");
    send(world, &request(Method::GET, &path).bearer(&world.token(user).await)).await.expect(StatusCode::OK)
}

async fn resolve(world: &World, user: UserId, incident: IncidentId, body: Option<Value>) -> Response {
    let post = request(Method::POST, &format!("/v1/incidents/{incident}/resolve"));
    let post = post.bearer(&world.token(user).await);
    send(world, &body.map_or_else(|| post.clone(), |body| post.clone().json(&body))).await
}

/// Makes an incident one that its user must not notice.
async fn silence(world: &World, incident: IncidentId) {
    let loaded = world.store().load_incident(incident).await.unwrap().unwrap();
    let mut silent = loaded.state;
    silent.silent = true;
    let commit = Commit {
        op: world.clock().op(),
        now: world.clock().now(),
        deadman: None,
        incident: Some(Change::Update { version: loaded.version, to: silent }),
        removed: false,
        rows: Vec::new(),
        pointers: Vec::new(),
        event: None,
    };
    world.store().commit(&commit).await.unwrap();
}

#[tokio::test]
async fn an_incident_is_shown_with_its_story() {
    let world = World::new().await;
    let user = user(&world).await;
    assert_eq!(list(&world, user, "").await["data"], json!([]));
    let incident = emergency(&world, user).await;
    let reply = list(&world, user, "/").await;
    assert_eq!(reply["paging"], json!({ "total": 1, "page": 1, "pages": 1 }));
    let shown = &reply["data"][0];
    assert_eq!((&shown["id"], &shown["user_id"]), (&json!(incident.get()), &json!(user.get())));
    assert_eq!((&shown["status"], &shown["causes"]), (&json!("escalating"), &json!(["emergency"])));
    assert_eq!((&shown["opened_at"], &shown["round"]), (&json!("2026-03-03T12:00:00Z"), &json!(1)));
    assert_eq!((&shown["accepted_by"], &shown["ended"]), (&Value::Null, &Value::Null));
    let nothing = json!({ "outcome": null, "at": null });
    assert_eq!(shown["contacts"][0]["name"], "Contact1 Doe");
    assert_eq!(shown["contacts"][0]["call"], nothing);
    assert_eq!(shown["contacts"].as_array().unwrap().len(), 2);
    let whats: Vec<_> =
        shown["timeline"].as_array().unwrap().iter().map(|entry| entry["what"].clone()).collect();
    assert_eq!(whats[..2], [json!("opened"), json!("round")], "{shown}");
    assert_eq!(shown["timeline"][0]["at"], "2026-03-03T12:00:00Z");
    assert_eq!(shown["timeline_omitted"], 0);
    let code = &world.store().load_incident(incident).await.unwrap().unwrap().state.contacts[0].code;
    assert!(!reply.to_string().contains(&format!("\"{code}\"")), "codes are the contacts'");
}

#[tokio::test]
async fn only_the_right_pin_ends_it() {
    let world = World::new().await;
    let user = user(&world).await;
    let incident = emergency(&world, user).await;
    let before = world.store().load_incident(incident).await.unwrap();
    for body in [None, Some(json!({})), Some(json!({ "pin": "" })), Some(json!({ "pin": "0000" }))] {
        resolve(&world, user, incident, body).await.expect(StatusCode::FORBIDDEN);
    }
    for body in [json!({ "pin": 4711 }), json!({ "pin": "4711", "force": true }), json!([]), json!("4711")] {
        resolve(&world, user, incident, Some(body)).await.expect(StatusCode::BAD_REQUEST);
    }
    assert_eq!(world.store().load_incident(incident).await.unwrap().unwrap().state, before.unwrap().state);
    assert_eq!(world.deadman(user).await.unwrap().tries.wrong, 1);

    let reply = resolve(&world, user, incident, Some(json!({ "pin": "4711" }))).await.expect(StatusCode::OK);
    assert_eq!((&reply["data"]["status"], &reply["data"]["id"]), (&json!("ended"), &json!(incident.get())));
    assert_eq!(
        reply["data"]["ended"],
        json!({ "by": "user", "who": "Ann Lee", "at": "2026-03-03T12:00:00Z" })
    );
    let timeline = reply["data"]["timeline"].as_array().unwrap();
    assert!(timeline.iter().any(|entry| entry["what"] == "ended"), "{reply}");
    assert_eq!(world.deadman(user).await.unwrap().incident, None);
    resolve(&world, user, incident, Some(json!({ "pin": "4711" }))).await.expect(StatusCode::CONFLICT);
    assert_eq!(list(&world, user, "").await["data"][0]["status"], "ended");
}

#[tokio::test]
async fn without_a_pin_the_session_is_enough() {
    let world = World::new().await;
    let user = world.user(|deadman| deadman.contacts = vec![contact(1, deadman.created_at)]).await;
    let incident = emergency(&world, user).await;
    resolve(&world, user, incident, None).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn anothers_incident_is_not_found() {
    let world = World::new().await;
    let ann = user(&world).await;
    let incident = emergency(&world, ann).await;
    let before = world.store().load_incident(incident).await.unwrap();
    let admin = world.user(|deadman| deadman.profile.is_admin = true).await;
    let bob = user(&world).await;
    let unknown = resolve(&world, bob, IncidentId::try_from(12345).unwrap(), None).await;
    unknown.expect(StatusCode::NOT_FOUND);
    // Neither without an incident of one's own nor beside one.
    for stranger in [admin, bob, bob] {
        assert_eq!(resolve(&world, stranger, incident, Some(json!({ "pin": "4711" }))).await, unknown);
        let get =
            request(Method::GET, &format!("/v1/users/{ann}/incidents")).bearer(&world.token(stranger).await);
        send(&world, &get).await.expect(StatusCode::FORBIDDEN);
        if world.deadman(bob).await.unwrap().incident.is_none() {
            emergency(&world, bob).await;
        }
    }
    assert_eq!(world.store().load_incident(incident).await.unwrap(), before);
    assert_eq!(world.deadman(bob).await.unwrap().tries.wrong, 0);
}

#[tokio::test]
async fn a_silent_incident_does_not_exist() {
    let world = World::new().await;
    let user = user(&world).await;
    let incident = emergency(&world, user).await;
    silence(&world, incident).await;
    let nothing = list(&world, user, "").await;
    assert_eq!((&nothing["data"], &nothing["paging"]["total"]), (&json!([]), &json!(0)));
    let unknown =
        resolve(&world, user, IncidentId::try_from(12345).unwrap(), Some(json!({ "pin": "4711" }))).await;
    let silent = resolve(&world, user, incident, Some(json!({ "pin": "4711" }))).await;
    assert_eq!(silent, unknown);
    silent.expect(StatusCode::NOT_FOUND);
    assert!(world.store().load_incident(incident).await.unwrap().unwrap().state.is_open());
}

#[tokio::test]
async fn pages_are_short_and_newest_first() {
    let world = World::new().await;
    let user = user(&world).await;
    let mut ids = Vec::new();
    for _ in 0..11 {
        let incident = emergency(&world, user).await;
        ids.push(json!(incident.get()));
        resolve(&world, user, incident, Some(json!({ "pin": "4711" }))).await.expect(StatusCode::OK);
        world.clock().advance(SignedDuration::from_mins(1));
    }
    ids.reverse();
    let (first, second) = (list(&world, user, "").await, list(&world, user, "?page=2").await);
    assert_eq!(first["paging"], json!({ "total": 11, "page": 1, "pages": 2 }));
    let shown = first["data"].as_array().unwrap().iter().chain(second["data"].as_array().unwrap());
    assert_eq!(shown.map(|incident| incident["id"].clone()).collect::<Vec<_>>(), ids);
    let bad =
        request(Method::GET, &format!("/v1/users/{user}/incidents?page=0")).bearer(&world.token(user).await);
    send(&world, &bad).await.expect(StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn other_paths_and_methods_are_told_so() {
    let world = World::new().await;
    let user = user(&world).await;
    let token = world.token(user).await;
    for (method, path, allow) in
        [(Method::POST, "/v1/users/1/incidents", "GET"), (Method::GET, "/v1/incidents/1/resolve", "POST")]
    {
        let response = send(&world, &request(method, path)).await;
        response.expect(StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(response.headers, [("allow", allow.to_owned())]);
    }
    for path in [
        "/v1/incidents",
        "/v1/incidents/1",
        "/v1/incidents/x/resolve",
        "/v1/incidents/-1/resolve",
        "/v1/incidents/1/resolve/2",
    ] {
        send(&world, &request(Method::POST, path).bearer(&token)).await.expect(StatusCode::NOT_FOUND);
    }
    send(&world, &request(Method::POST, "/v1/incidents/1/resolve")).await.expect(StatusCode::UNAUTHORIZED);
}
