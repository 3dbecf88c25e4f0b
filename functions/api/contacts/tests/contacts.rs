//! Contacts: the user's own, and nobody else's.

#![expect(clippy::indexing_slicing, reason = "a helper of tests fails like a test")]

use http::{Method, StatusCode};
use lucius_core::{
    deadman::Deadman,
    decide::{Event, Scope},
    id::UserId,
};
use lucius_shell::{
    Request, Response, run,
    testing::{World, contact, request},
};
use serde_json::{Value, json};

async fn send(world: &World, request: &Request) -> Response {
    contacts::handle(&world.app, request).await
}

fn path(user: UserId) -> String {
    format!("/v1/users/{user}/contacts")
}

fn hulk() -> Value {
    json!({
        "first_name": "strongest", "last_name": "avenger", "phone_number": "+12345678900",
        "email": "Hulk@avengers.com", "is_emergency_contact": true,
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut body = hulk();
    body[name] = value;
    body
}

/// A user with two emergency contacts and the PIN 4711, whose switch is armed.
async fn armed(world: &World) -> UserId {
    world
        .user(|deadman| {
            deadman.profile.pin = Some(world.app.keyring.pin_digest(deadman.id, "4711"));
            deadman.contacts = vec![contact(1, deadman.created_at), contact(2, deadman.created_at)];
            deadman.settings.active = true;
            deadman.armed_once = true;
        })
        .await
}

#[tokio::test]
async fn a_contact_is_added_changed_listed_and_removed() {
    let world = World::new().await;
    let user = world.user(|_| {}).await;
    let token = world.token(user).await;
    let post = request(Method::POST, &path(user)).bearer(&token).json(&hulk());
    let reply = send(&world, &post).await.expect(StatusCode::OK);
    let id = reply["data"]["id"].as_u64().unwrap();
    let at = "2026-03-03T12:00:00Z";
    let mut hulk = json!({
        "id": id, "created_at": at, "updated_at": at, "first_name": "strongest", "last_name": "avenger",
        "phone_number": "+12345678900", "email": "hulk@avengers.com", "user_id": user.get(),
        "is_emergency_contact": true, "priority": 1, "channels": ["call", "sms"], "language": null,
        "consented": false, "texts_stopped": false,
        "warnings": ["strongest has not agreed to be called: please ask them, and set \"consented\""],
    });
    assert_eq!(reply["data"], hulk);

    let change =
        json!({ "consented": true, "email": null, "channels": ["sms"], "priority": 7, "language": "de" });
    let put = request(Method::PUT, &format!("{}/{id}/", path(user))).bearer(&token).json(&change);
    let reply = send(&world, &put).await.expect(StatusCode::OK);
    hulk["consented"] = true.into();
    hulk["warnings"] = json!([]);
    hulk["email"] = Value::Null;
    hulk["channels"] = json!(["sms"]);
    hulk["priority"] = 7.into();
    hulk["language"] = "de-DE".into();
    assert_eq!(reply["data"], hulk);

    world.clock().advance(jiff::SignedDuration::from_secs(1));
    let thor =
        json!({ "first_name": "Thor", "last_name": "O", "phone_number": "+12345678901", "consented": true });
    let post = request(Method::POST, &path(user)).bearer(&token).json(&thor);
    let thor = send(&world, &post).await.expect(StatusCode::OK)["data"].clone();
    assert_eq!((&thor["priority"], &thor["email"]), (&json!(8), &Value::Null));
    assert_eq!(thor["is_emergency_contact"], false);
    let get = request(Method::GET, &path(user)).bearer(&token);
    let reply = send(&world, &get).await.expect(StatusCode::OK);
    assert_eq!(reply["data"], json!([thor, hulk]), "newest first");
    assert_eq!(reply["paging"], json!({ "total": 2, "page": 1, "pages": 1 }));
    let get = request(Method::GET, &format!("{}?page=2", path(user))).bearer(&token);
    assert_eq!(send(&world, &get).await.expect(StatusCode::OK)["data"], json!([]));

    let delete = request(Method::DELETE, &format!("{}/{id}", path(user))).bearer(&token);
    assert_eq!(send(&world, &delete).await.expect(StatusCode::OK), json!({ "success": true }));
    send(&world, &delete).await.expect(StatusCode::NOT_FOUND);
    assert_eq!(world.deadman(user).await.unwrap().contacts.len(), 1);
}

#[tokio::test]
async fn what_makes_no_contact_is_refused_by_name() {
    let world = World::new().await;
    let user = world.user(|deadman| deadman.contacts = vec![contact(1, deadman.created_at)]).await;
    let token = world.token(user).await;
    let before = world.deadman(user).await.unwrap();
    let (own, theirs) = (before.profile.phone.as_str(), before.contacts[0].phone.as_str());
    for (name, value) in [
        ("first_name", json!("")),
        ("first_name", json!("x".repeat(61))),
        ("last_name", json!({})),
        ("phone_number", json!(own)),
        ("phone_number", json!(theirs)),
        ("phone_number", json!("+19765550123")),
        ("phone_number", json!("+18095550123")),
        ("phone_number", json!("+97912345678")),
        ("phone_number", json!("+88112345678")),
        ("phone_number", json!("911")),
        ("phone_number", json!("tel:+12345678900")),
        ("phone_number", json!("</Dial><Dial>+1")),
        ("phone_number", json!(lucius_shell::testing::SERVICE_NUMBER)),
        ("email", json!("hulk")),
        ("is_emergency_contact", json!("yes")),
        ("priority", json!(-1)),
        ("priority", json!(256)),
        ("priority", json!(1.5)),
        ("priority", json!("1")),
        ("channels", json!([])),
        ("channels", json!(["fax"])),
        ("channels", json!("call")),
        ("language", json!("tlh")),
        ("consented", json!(1)),
        ("pin", json!(4711)),
        ("trusted", json!(true)),
        ("verified", json!(true)),
        ("id", json!(1)),
        ("user_id", json!(1)),
    ] {
        let post = request(Method::POST, &path(user)).bearer(&token).json(&with(name, value.clone()));
        let reply = send(&world, &post).await.expect(StatusCode::BAD_REQUEST);
        assert!(reply["errors"][0].as_str().unwrap().contains(name), "{name}: {reply}");
        let put =
            request(Method::PUT, &format!("{}/1", path(user))).bearer(&token).json(&json!({ name: value }));
        // Its own number is no news to a contact.
        let status = if value == theirs { StatusCode::OK } else { StatusCode::BAD_REQUEST };
        let reply = send(&world, &put).await.expect(status);
        assert!(
            status.is_success() || reply["errors"][0].as_str().unwrap().contains(name),
            "{name}: {reply}"
        );
        assert_eq!(world.deadman(user).await.unwrap().contacts.len(), 1);
    }
    for body in ["", "[]", "null", "{\"priority\": 1e999}", "{\"priority\": NaN}"] {
        let mut post = request(Method::POST, &path(user)).bearer(&token);
        post.body = body.into();
        send(&world, &post).await.expect(StatusCode::BAD_REQUEST);
    }
    let huge = with("first_name", "x".repeat(1 << 20).into());
    let post = request(Method::POST, &path(user)).bearer(&token).json(&huge);
    send(&world, &post).await.expect(StatusCode::PAYLOAD_TOO_LARGE);
    let after = world.deadman(user).await.unwrap();
    assert_eq!(after.profile, before.profile);
    assert_eq!(after.contacts[0].phone, before.contacts[0].phone);
}

#[tokio::test]
async fn contacts_are_the_users_own_admins_not_either() {
    let world = World::new().await;
    let ann = armed(&world).await;
    let before = world.deadman(ann).await;
    let admin = world.user(|deadman| deadman.profile.is_admin = true).await;
    let bob = world.user(|_| {}).await;
    let mut refusals = Vec::new();
    for stranger in [admin, bob] {
        let token = world.token(stranger).await;
        for request in [
            request(Method::GET, &path(ann)),
            request(Method::POST, &path(ann)).json(&hulk()),
            request(Method::PUT, &format!("{}/1", path(ann))).json(&json!({ "first_name": "Eve" })),
            request(Method::DELETE, &format!("{}/1", path(ann))),
            request(Method::DELETE, &format!("{}/99", path(ann))),
            request(Method::GET, "/v1/users/12345/contacts"),
        ] {
            refusals.push(send(&world, &request.bearer(&token)).await);
        }
        // Ann's contact is not found under another's path either.
        let put = request(Method::PUT, &format!("{}/1", path(stranger))).bearer(&token).json(&json!({}));
        send(&world, &put).await.expect(StatusCode::NOT_FOUND);
    }
    for refusal in &refusals {
        refusal.expect(StatusCode::FORBIDDEN);
        assert_eq!(refusal, &refusals[0], "whatever there is");
    }
    send(&world, &request(Method::GET, &path(ann))).await.expect(StatusCode::UNAUTHORIZED);
    assert_eq!(world.deadman(ann).await, before);
}

#[tokio::test]
async fn an_armed_users_contacts_need_the_pin() {
    let world = World::new().await;
    let user = armed(&world).await;
    let token = world.token(user).await;
    let before = world.deadman(user).await.unwrap();
    let one = format!("{}/1", path(user));
    let weakening = || {
        [
            request(Method::POST, &path(user)).json(&hulk()),
            request(Method::PUT, &one).json(&json!({ "phone_number": "+12345678900" })),
            request(Method::PUT, &one).json(&json!({ "is_emergency_contact": false })),
            request(Method::PUT, &one).json(&json!({ "channels": ["sms"] })),
            request(Method::DELETE, &one),
        ]
        .map(|request| request.bearer(&token))
    };
    for request in weakening() {
        let reply = send(&world, &request).await.expect(StatusCode::FORBIDDEN);
        assert!(reply["errors"][0].as_str().unwrap().contains("PIN"), "{reply}");
    }
    assert_eq!(world.deadman(user).await.unwrap(), before);
    for request in weakening() {
        send(&world, &request.header_set("lucius-pin", "0000")).await.expect(StatusCode::FORBIDDEN);
    }
    let after = world.deadman(user).await.unwrap();
    assert_eq!(after.tries.wrong, 5);
    assert_eq!(Deadman { tries: before.tries, ..after }, before);
    // Five more, and even the right one is not taken any more today.
    for request in weakening() {
        send(&world, &request.header_set("lucius-pin", "0001")).await.expect(StatusCode::FORBIDDEN);
    }
    for request in weakening() {
        let reply =
            send(&world, &request.header_set("lucius-pin", "4711")).await.expect(StatusCode::FORBIDDEN);
        assert!(reply["errors"][0].as_str().unwrap().contains("tomorrow"), "{reply}");
    }
    world.clock().advance(jiff::SignedDuration::from_hours(24));
    let token = world.token(user).await;
    let mut post = hulk();
    post["pin"] = "4711".into();
    send(&world, &request(Method::POST, &path(user)).bearer(&token).json(&post)).await.expect(StatusCode::OK);
    let delete = request(Method::DELETE, &one).bearer(&token).json(&json!({ "pin": "4711" }));
    send(&world, &delete).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn the_last_emergency_contact_of_an_armed_user_stays() {
    let world = World::new().await;
    let user = armed(&world).await;
    let token = world.token(user).await;
    let delete = |id: u64| {
        request(Method::DELETE, &format!("{}/{id}", path(user)))
            .bearer(&token)
            .header_set("lucius-pin", "4711")
    };
    send(&world, &delete(1)).await.expect(StatusCode::OK);
    let before = world.deadman(user).await;
    let reply = send(&world, &delete(2)).await.expect(StatusCode::FORBIDDEN);
    assert!(reply["errors"][0].as_str().unwrap().contains("last emergency contact"), "{reply}");
    assert_eq!(world.deadman(user).await, before);
}

#[tokio::test]
async fn during_an_incident_contacts_can_only_be_added() {
    let world = World::new().await;
    let user = armed(&world).await;
    let token = world.token(user).await;
    run(&world.app.shell, Scope::User(user), Event::Emergency { key: "e".to_owned() }).await.unwrap();
    let before = world.deadman(user).await;
    let one = format!("{}/1", path(user));
    for request in [
        request(Method::DELETE, &one),
        request(Method::PUT, &one).json(&json!({ "is_emergency_contact": false })),
    ] {
        let request = request.bearer(&token).header_set("lucius-pin", "4711");
        send(&world, &request).await.expect(StatusCode::CONFLICT);
    }
    assert_eq!(world.deadman(user).await, before);
    let post = request(Method::POST, &path(user)).bearer(&token).json(&hulk());
    let added = send(&world, &post).await.expect(StatusCode::OK)["data"].clone();
    assert_eq!(world.deadman(user).await.unwrap().contacts.len(), 3);
    // Their word counts once the PIN was given for their number.
    let doubted = |view: &Value| view["warnings"].to_string().contains("without your PIN");
    assert!(doubted(&added), "{added}");
    let get = request(Method::GET, &path(user)).bearer(&token);
    assert!(doubted(&send(&world, &get).await.expect(StatusCode::OK)["data"][0]));
    let one = format!("{}/{}", path(user), added["id"]);
    let put = request(Method::PUT, &one).json(&json!({ "phone_number": added["phone_number"] }));
    let put = put.bearer(&token).header_set("lucius-pin", "4711");
    let proven = send(&world, &put).await.expect(StatusCode::OK)["data"].clone();
    assert!(!doubted(&proven), "{proven}");
}

#[tokio::test]
async fn other_paths_and_methods_are_told_so() {
    let world = World::new().await;
    let user = world.user(|_| {}).await;
    let token = world.token(user).await;
    for (method, path, allow) in [
        (Method::PUT, "/v1/users/1/contacts", "GET, POST"),
        (Method::GET, "/v1/users/1/contacts/1", "PUT, DELETE"),
    ] {
        let response = send(&world, &request(method, path)).await;
        response.expect(StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(response.headers, [("allow", allow.to_owned())]);
    }
    let own = path(user);
    for path in
        [format!("{own}/x"), format!("{own}/-1"), format!("{own}/9007199254740992"), format!("{own}/1/2")]
    {
        let put = request(Method::PUT, &path).bearer(&token).json(&json!({}));
        send(&world, &put).await.expect(StatusCode::NOT_FOUND);
    }
    let get = request(Method::GET, "/v1/users/me/contacts").bearer(&token);
    send(&world, &get).await.expect(StatusCode::NOT_FOUND);
}
