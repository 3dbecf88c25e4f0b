//! Users: made by the right people, seen by the right people, and changed with the right proof.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a helper of tests fails like a test")]

use http::{Method, StatusCode};
use jiff::SignedDuration;
use lucius_core::{
    deadman::Proof,
    decide::{Event, Scope},
    id::UserId,
};
use lucius_shell::{
    Request, Response, run,
    testing::{SETUP_TOKEN, World, contact, request},
};
use lucius_store::Store as _;
use serde_json::{Value, json};

async fn send(world: &World, request: &Request) -> Response {
    users::handle(&world.app, request).await
}

async fn post(world: &World, token: &str, body: &Value) -> Response {
    send(world, &request(Method::POST, "/v1/users").bearer(token).json(body)).await
}

async fn admin(world: &World) -> (UserId, String) {
    let admin = world.user(|deadman| deadman.profile.is_admin = true).await;
    (admin, world.token(admin).await)
}

fn path(user: UserId) -> String {
    format!("/v1/users/{user}")
}

fn stark() -> Value {
    json!({
        "first_name": "tony", "last_name": "stark", "email": "stark@avengers.com", "password": "very-secure",
        "phone_number": "+12345678900",
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut body = stark();
    body[name] = value;
    body
}

async fn total(world: &World) -> u64 {
    world.store().users(1, 100).await.unwrap().total
}

#[tokio::test]
async fn the_first_user_needs_the_setup_token_and_becomes_admin() {
    let world = World::new().await;
    for token in ["", "x", "setup-token-of-this-worlD", "setup-token-of-this-world2", &SETUP_TOKEN[1..]] {
        post(&world, token, &stark()).await.expect(StatusCode::UNAUTHORIZED);
    }
    let basic = request(Method::POST, "/v1/users").json(&stark());
    send(&world, &basic).await.expect(StatusCode::UNAUTHORIZED);
    send(&world, &basic.header_set("authorization", SETUP_TOKEN)).await.expect(StatusCode::UNAUTHORIZED);
    assert_eq!(total(&world).await, 0);

    let reply = post(&world, SETUP_TOKEN, &stark()).await.expect(StatusCode::OK);
    let id = reply["data"]["id"].as_u64().unwrap();
    let at = "2026-03-03T12:00:00Z";
    assert_eq!(
        reply["data"],
        json!({
            "id": id, "created_at": at, "updated_at": at, "first_name": "tony", "last_name": "stark",
            "phone_number": "+12345678900", "email": "stark@avengers.com", "role_id": 1,
            "language": null, "time_zone": "UTC", "message": null,
            "probe_settings": {
                "id": id, "user_id": id, "created_at": at, "updated_at": at, "active": false,
                "cron_expression": "0 18 * * 3", "check_interval_minutes": null, "max_retries": 3,
                "wait_time_in_minutes": 60, "channels": ["sms"], "pin_in_reply": false, "paused_until": null,
                "time_zone": "UTC", "next_probe_times": [],
            },
        })
    );

    // It works once.
    post(&world, SETUP_TOKEN, &with("email", "thor@avengers.com".into()))
        .await
        .expect(StatusCode::UNAUTHORIZED);
    assert_eq!(total(&world).await, 1);
}

#[tokio::test]
async fn later_users_are_made_by_an_admin_who_still_is_one() {
    let world = World::new().await;
    let (admin, token) = admin(&world).await;
    let plain = world.user(|_| {}).await;
    post(&world, &world.token(plain).await, &stark()).await.expect(StatusCode::FORBIDDEN);
    send(&world, &request(Method::POST, "/v1/users").json(&stark())).await.expect(StatusCode::UNAUTHORIZED);

    let extra = json!({
        "pin": "4711", "time_zone": "europe/berlin", "language": "de", "message": "  Call \u{201C}Bob\u{201D}\n",
    });
    let mut body = stark();
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    let response = post(&world, &token, &body).await;
    let reply = response.expect(StatusCode::OK);
    let data = &reply["data"];
    assert_eq!((&data["role_id"], &data["language"]), (&json!(2), &json!("de-DE")));
    assert_eq!((&data["time_zone"], &data["message"]), (&json!("Europe/Berlin"), &json!("Call \"Bob\"")));
    for secret in ["very-secure", "argon2", "4711"] {
        assert!(!response.body.contains(secret), "{secret}");
    }
    let stored = world.deadman(data["id"].as_u64().unwrap().try_into().unwrap()).await.unwrap();
    assert!(stored.profile.password.starts_with("$argon2id$"));
    assert_eq!(stored.profile.pin, Some(world.app.keyring.pin_digest(stored.id, "4711")));

    // The token outlives the account; what it may do does not.
    let gone = request(Method::DELETE, &path(admin)).bearer(&token);
    send(&world, &gone).await.expect(StatusCode::FORBIDDEN);
    assert!(world.deadman(admin).await.is_some(), "somebody has to be left who can enter users");
    run(&world.app.shell, Scope::User(admin), Event::Remove { proof: Proof::None }).await.unwrap();
    post(&world, &token, &with("email", "x@y.z".into())).await.expect(StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn what_makes_no_user_is_refused_by_name() {
    let world = World::new().await;
    let (_, token) = admin(&world).await;
    for (name, value) in [
        ("first_name", json!("")),
        ("first_name", json!(" \u{200B} ")),
        ("first_name", json!("x".repeat(61))),
        ("last_name", json!(null)),
        ("last_name", json!(7)),
        ("email", json!("stark")),
        ("email", json!("a@b@c.d")),
        ("email", json!("a b@c.de")),
        ("email", json!(format!("{}@b.de", "x".repeat(250)))),
        ("password", json!("")),
        ("password", json!("very secure")),
        ("password", json!("x".repeat(257))),
        ("phone_number", json!("2345678900")),
        ("phone_number", json!("+0234567890")),
        ("phone_number", json!("+1234567890123456")),
        ("phone_number", json!("+1-800-FLOWERS")),
        ("phone_number", json!("sip:bob@example.com")),
        ("phone_number", json!("client:bob")),
        ("phone_number", json!("12345")),
        ("phone_number", json!("+19005550123")),
        ("phone_number", json!("+18765550123")),
        ("phone_number", json!("+88212345678")),
        ("phone_number", json!("+97912345678")),
        ("phone_number", json!("+266696687")),
        ("phone_number", json!("+4930901820")),
        ("phone_number", json!(lucius_shell::testing::SERVICE_NUMBER)),
        ("pin", json!("123")),
        ("pin", json!("12345678901234")),
        ("pin", json!("12a4")),
        ("pin", json!(1234)),
        ("time_zone", json!("Europe/Atlantis")),
        ("time_zone", json!("../../etc/passwd")),
        ("time_zone", json!("+05:00")),
        ("language", json!("xx")),
        ("message", json!("\u{7}")),
        ("message", json!("x".repeat(4_097))),
        ("role_id", json!(1)),
        ("is_admin", json!(true)),
        ("verified", json!(true)),
        ("id", json!(1)),
        ("probe_settings", json!({ "active": true })),
    ] {
        let reply = post(&world, &token, &with(name, value.clone())).await.expect(StatusCode::BAD_REQUEST);
        let why = reply["errors"][0].as_str().unwrap();
        assert!(why.contains(name), "{name}: {why}");
    }
    for name in ["first_name", "last_name", "email", "password", "phone_number"] {
        let mut body = stark();
        body.as_object_mut().unwrap().remove(name);
        let reply = post(&world, &token, &body).await.expect(StatusCode::BAD_REQUEST);
        assert!(reply["errors"][0].as_str().unwrap().contains(name), "{reply}");
    }
    post(&world, &token, &with("message", "x".repeat(1 << 20).into()))
        .await
        .expect(StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(total(&world).await, 1);
}

#[tokio::test]
async fn numbers_and_addresses_belong_to_one_user() {
    let world = World::new().await;
    let (_, token) = admin(&world).await;
    post(&world, &token, &stark()).await.expect(StatusCode::OK);
    let reply = post(&world, &token, &with("phone_number", "+12345678901".into()))
        .await
        .expect(StatusCode::BAD_REQUEST);
    assert_eq!(reply["errors"], json!(["email: another user has this address already"]));
    let reply = post(&world, &token, &with("email", "other@avengers.com".into()))
        .await
        .expect(StatusCode::BAD_REQUEST);
    assert_eq!(reply["errors"], json!(["phone_number: another user has this number already"]));
    let same = with("email", "STARK@avengers.com".into());
    post(&world, &token, &same).await.expect(StatusCode::BAD_REQUEST);
    assert_eq!(total(&world).await, 2);

    let other = world.user(|_| {}).await;
    let before = world.deadman(other).await;
    let token = world.token(other).await;
    for body in [json!({ "email": "stark@avengers.com" }), json!({ "phone_number": "+12345678900" })] {
        let put = request(Method::PUT, &path(other)).bearer(&token).json(&body);
        send(&world, &put).await.expect(StatusCode::BAD_REQUEST);
    }
    assert_eq!(world.deadman(other).await, before);
}

#[tokio::test]
async fn users_see_themselves_and_admins_everybody() {
    let world = World::new().await;
    let (admin, admins) = admin(&world).await;
    let (ann, bob) = (world.user(|_| {}).await, world.user(|_| {}).await);
    let anns = world.token(ann).await;
    let get = async |path: &str, token: &str| send(&world, &request(Method::GET, path).bearer(token)).await;
    for (token, user) in [(&anns, ann), (&admins, ann), (&admins, bob), (&admins, admin)] {
        let reply = get(&format!("{}/", path(user)), token).await.expect(StatusCode::OK);
        assert_eq!(reply["data"]["id"], user.get());
    }
    // Whether there is such a user is nobody else's business.
    let theirs = get(&path(bob), &anns).await;
    theirs.expect(StatusCode::FORBIDDEN);
    assert_eq!(get("/v1/users/12345", &anns).await, theirs);
    assert_eq!(get("/v1/users", &anns).await, theirs);
    get("/v1/users/12345", &admins).await.expect(StatusCode::NOT_FOUND);
    for no_id in ["x", "-1", "1.5", "+1", "%31", "9007199254740992", "..", "1e3"] {
        get(&format!("/v1/users/{no_id}"), &anns).await.expect(StatusCode::NOT_FOUND);
    }
    for token in ["", "x", "a.b.c"] {
        get(&path(ann), token).await.expect(StatusCode::UNAUTHORIZED);
    }
    world.clock().advance(SignedDuration::from_hours(24));
    let reply = get(&path(ann), &anns).await.expect(StatusCode::UNAUTHORIZED);
    assert!(reply["errors"][0].as_str().unwrap().contains("expired"));
}

#[tokio::test]
async fn the_list_is_the_admins_and_in_pages() {
    let world = World::new().await;
    let (admin, token) = admin(&world).await;
    world.clock().advance(SignedDuration::from_secs(1));
    let ann = world.user(|_| {}).await;
    let get = async |query: &str| {
        send(&world, &request(Method::GET, &format!("/v1/users{query}")).bearer(&token)).await
    };
    for query in ["", "?page=1", "/?page=1"] {
        let reply = get(query).await.expect(StatusCode::OK);
        assert_eq!(reply["paging"], json!({ "total": 2, "page": 1, "pages": 1 }));
        let ids: Vec<_> =
            reply["data"].as_array().unwrap().iter().map(|user| user["id"].as_u64().unwrap()).collect();
        assert_eq!(ids, [ann.get(), admin.get()], "newest first");
    }
    assert_eq!(get("?page=2").await.expect(StatusCode::OK)["data"], json!([]));
    for bad in ["?page=0", "?page=-1", "?page=x", "?page=", "?page=1e9", "?page=99999999999"] {
        get(bad).await.expect(StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn a_change_leaves_out_what_stays() {
    let world = World::new().await;
    let user = world.user(|deadman| deadman.profile.message = Some("Help".to_owned())).await;
    let token = world.token(user).await;
    let before = world.deadman(user).await.unwrap().profile;
    let put =
        async |body: Value| send(&world, &request(Method::PUT, &path(user)).bearer(&token).json(&body)).await;
    put(json!({})).await.expect(StatusCode::OK);
    assert_eq!(world.deadman(user).await.unwrap().profile, before);
    let reply =
        put(json!({ "first_name": "Eve", "time_zone": "Asia/Tokyo", "language": "fr", "message": null }))
            .await
            .expect(StatusCode::OK);
    let data = &reply["data"];
    assert_eq!((&data["first_name"], &data["last_name"]), (&json!("Eve"), &json!("Lee")));
    assert_eq!((&data["time_zone"], &data["language"]), (&json!("Asia/Tokyo"), &json!("fr-FR")));
    assert_eq!(data["message"], json!(null));
    let now = world.deadman(user).await.unwrap().profile;
    assert_eq!((&now.email, &now.phone, &now.password), (&before.email, &before.phone, &before.password));
    put(json!({ "password": "new-secure", "email": "New@Example.com", "phone_number": "+12345678900" }))
        .await
        .expect(StatusCode::OK);
    assert_eq!(world.store().user_by_email("new@example.com").await.unwrap(), Some(user));
    assert_eq!(world.store().user_by_email(&before.email).await.unwrap(), None);
    for (name, value) in [
        ("first_name", json!("")),
        ("email", json!("x")),
        ("password", json!("a b")),
        ("phone_number", json!("+19005550123")),
        ("pin", json!("12")),
        ("role_id", json!(1)),
        ("is_admin", json!(true)),
        ("armed_once", json!(false)),
        ("incident", json!(null)),
    ] {
        let before = world.deadman(user).await;
        put(json!({ name: value })).await.expect(StatusCode::BAD_REQUEST);
        assert_eq!(world.deadman(user).await, before, "{name}");
    }
}

#[tokio::test]
async fn nobody_changes_another() {
    let world = World::new().await;
    let (_, admins) = admin(&world).await;
    let (ann, bob) = (world.user(|_| {}).await, world.user(|_| {}).await);
    let before = world.deadman(ann).await;
    for token in [&admins, &world.token(bob).await] {
        let put = request(Method::PUT, &path(ann)).bearer(token).json(&json!({ "first_name": "Eve" }));
        send(&world, &put).await.expect(StatusCode::FORBIDDEN);
    }
    let delete = request(Method::DELETE, &path(ann)).bearer(&world.token(bob).await);
    send(&world, &delete).await.expect(StatusCode::FORBIDDEN);
    assert_eq!(world.deadman(ann).await, before);
}

/// A user with the PIN 4711 whose switch has been armed.
async fn armed(world: &World) -> UserId {
    world
        .user(|deadman| {
            deadman.profile.pin = Some(world.app.keyring.pin_digest(deadman.id, "4711"));
            deadman.contacts = vec![contact(1, deadman.created_at)];
            deadman.armed_once = true;
        })
        .await
}

#[tokio::test]
async fn a_new_number_or_pin_needs_the_old_pin() {
    let world = World::new().await;
    let user = armed(&world).await;
    let token = world.token(user).await;
    let before = world.deadman(user).await.unwrap();
    let put =
        async |body: Value| send(&world, &request(Method::PUT, &path(user)).bearer(&token).json(&body)).await;
    for body in [
        json!({ "phone_number": "+12345678900" }),
        json!({ "pin": "0815" }),
        json!({ "pin": "0815", "current_pin": "" }),
        json!({ "pin": "0815", "current_pin": "0000" }),
        json!({ "pin": "0815", "current_pin": "0815" }),
    ] {
        put(body).await.expect(StatusCode::FORBIDDEN);
    }
    let after = world.deadman(user).await.unwrap();
    assert_eq!(after.tries.wrong, 2, "only PINs that were given count");
    assert_eq!(lucius_core::deadman::Deadman { tries: before.tries, ..after }, before);
    let by_header = request(Method::PUT, &path(user)).bearer(&token).header_set("lucius-pin", "4711");
    send(&world, &by_header.json(&json!({ "phone_number": "+12345678900" }))).await.expect(StatusCode::OK);
    put(json!({ "pin": "0815", "current_pin": "4711" })).await.expect(StatusCode::OK);
    let now = world.deadman(user).await.unwrap();
    assert_eq!(now.profile.pin, Some(world.app.keyring.pin_digest(user, "0815")));
    assert_eq!(now.pending.len(), 2, "the old number is told, and then the new one");
}

#[tokio::test]
async fn deleting_needs_the_pin_and_no_open_incident() {
    let world = World::new().await;
    let user = armed(&world).await;
    let token = world.token(user).await;
    let delete = || request(Method::DELETE, &path(user)).bearer(&token);
    send(&world, &delete()).await.expect(StatusCode::FORBIDDEN);
    send(&world, &delete().header_set("lucius-pin", "1234")).await.expect(StatusCode::FORBIDDEN);
    send(&world, &delete().json(&json!({ "pin": "1234" }))).await.expect(StatusCode::FORBIDDEN);
    send(&world, &delete().json(&json!({ "force": true }))).await.expect(StatusCode::BAD_REQUEST);
    assert_eq!(world.deadman(user).await.unwrap().tries.wrong, 2);

    let emergency = Event::Emergency { key: "e".to_owned() };
    run(&world.app.shell, Scope::User(user), emergency).await.unwrap();
    let before = world.deadman(user).await;
    send(&world, &delete().json(&json!({ "pin": "4711" }))).await.expect(StatusCode::CONFLICT);
    assert_eq!(world.deadman(user).await, before);

    let other = armed_elsewhere(&world).await;
    let token = world.token(other).await;
    let delete = request(Method::DELETE, &path(other)).bearer(&token);
    let reply = send(&world, &delete.json(&json!({ "pin": "4711" }))).await.expect(StatusCode::OK);
    assert_eq!(reply, json!({ "success": true }));
    assert_eq!(world.deadman(other).await, None);
    send(&world, &request(Method::GET, &path(other)).bearer(&token)).await.expect(StatusCode::NOT_FOUND);
}

/// Another like [`armed`]; a number may be a contact of several users.
async fn armed_elsewhere(world: &World) -> UserId {
    world.clock().advance(SignedDuration::from_secs(1));
    armed(world).await
}

#[tokio::test]
async fn other_paths_and_methods_are_told_so() {
    let world = World::new().await;
    for (method, path, allow) in [
        (Method::DELETE, "/v1/users", "GET, POST"),
        (Method::POST, "/v1/users/1", "GET, PUT, DELETE"),
        (Method::PATCH, "/v1/users/1/", "GET, PUT, DELETE"),
    ] {
        let response = send(&world, &request(method, path)).await;
        response.expect(StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(response.headers, [("allow", allow.to_owned())]);
    }
    for path in ["/v1/users/1/2", "/v1", "/users", "/v2/users"] {
        send(&world, &request(Method::GET, path)).await.expect(StatusCode::NOT_FOUND);
    }
}
