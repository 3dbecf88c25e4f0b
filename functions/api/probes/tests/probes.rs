//! Probe settings and probes.

use http::{Method, StatusCode};
use jiff::SignedDuration;
use lucius_core::{
    deadman::State,
    decide::{Event, Scope},
    id::UserId,
};
use lucius_shell::{
    Request, Response, run,
    testing::{World, contact, request},
};
use serde_json::{Value, json};

async fn send(world: &World, request: &Request) -> Response {
    probes::handle(&world.app, request).await
}

fn path(user: UserId) -> String {
    format!("/v1/users/{user}/probe_settings")
}

async fn put(world: &World, user: UserId, body: &Value) -> Response {
    let token = world.token(user).await;
    send(world, &request(Method::PUT, &path(user)).bearer(&token).json(body)).await
}

/// A user with an emergency contact.
async fn ready(world: &World) -> UserId {
    world.user(|deadman| deadman.contacts = vec![contact(1, deadman.created_at)]).await
}

/// The same with the PIN 4711, armed by the API.
async fn armed(world: &World) -> UserId {
    let user = world
        .user(|deadman| {
            deadman.profile.pin = Some(world.app.keyring.pin_digest(deadman.id, "4711"));
            deadman.contacts = vec![contact(1, deadman.created_at)];
        })
        .await;
    put(world, user, &json!({ "active": true })).await.expect(StatusCode::OK);
    user
}

#[tokio::test]
async fn settings_are_shown_with_the_next_three_times() {
    let world = World::new().await;
    let user = ready(&world).await;
    let token = world.token(user).await;
    let get = request(Method::GET, &format!("{}/", path(user))).bearer(&token);
    let at = "2026-03-03T12:00:00Z";
    let mut settings = json!({
        "id": user.get(), "user_id": user.get(), "created_at": at, "updated_at": at, "active": false,
        "cron_expression": "0 18 * * 3", "check_interval_minutes": null, "max_retries": 3,
        "wait_time_in_minutes": 60, "channels": ["sms"], "pin_in_reply": false, "paused_until": null,
        "time_zone": "UTC", "next_probe_times": [],
    });
    assert_eq!(send(&world, &get).await.expect(StatusCode::OK)["data"], settings);

    let reply = put(&world, user, &json!({ "cron_expression": "0 18 * * */1", "active": true })).await;
    settings["cron_expression"] = "0 18 * * */1".into();
    settings["active"] = true.into();
    settings["next_probe_times"] =
        json!(["2026-03-03T18:00:00Z", "2026-03-04T18:00:00Z", "2026-03-05T18:00:00Z"]);
    assert_eq!(reply.expect(StatusCode::OK)["data"], settings);
    assert_eq!(send(&world, &get).await.expect(StatusCode::OK)["data"], settings);
    let planned = world.app.shell.ports.planner.entries();
    assert_eq!(planned, [(user, "2026-03-03T18:00:00Z".parse().unwrap())], "the scheduler knows");
}

#[tokio::test]
async fn an_interval_counts_from_now_and_from_each_check_in() {
    let world = World::new().await;
    let user = ready(&world).await;
    let body = json!({
        "check_interval_minutes": 90, "active": true, "max_retries": 0, "wait_time_in_minutes": 5,
        "channels": ["call", "sms"],
    });
    let reply = put(&world, user, &body).await.expect(StatusCode::OK);
    let data = &reply["data"];
    assert_eq!((&data["cron_expression"], &data["check_interval_minutes"]), (&Value::Null, &json!(90)));
    assert_eq!((&data["max_retries"], &data["wait_time_in_minutes"]), (&json!(0), &json!(5)));
    assert_eq!(data["channels"], json!(["call", "sms"]));
    let times = json!(["2026-03-03T13:30:00Z", "2026-03-03T15:00:00Z", "2026-03-03T16:30:00Z"]);
    assert_eq!(data["next_probe_times"], times);
}

#[tokio::test]
async fn a_pause_begins_ends_and_shows_what_comes_after_it() {
    let world = World::new().await;
    let user = armed(&world).await;
    let pause = json!({ "paused_until": "2026-03-12T10:00:00+01:00", "pin": "4711" });
    let reply = put(&world, user, &pause).await.expect(StatusCode::OK);
    assert_eq!(reply["data"]["paused_until"], "2026-03-12T09:00:00Z");
    let times = json!(["2026-03-18T18:00:00Z", "2026-03-25T18:00:00Z", "2026-04-01T18:00:00Z"]);
    assert_eq!(reply["data"]["next_probe_times"], times);
    // Another change leaves the pause alone.
    let reply = put(&world, user, &json!({ "wait_time_in_minutes": 30 })).await.expect(StatusCode::OK);
    assert_eq!(reply["data"]["paused_until"], "2026-03-12T09:00:00Z");
    let reply = put(&world, user, &json!({ "paused_until": null })).await.expect(StatusCode::OK);
    assert_eq!(reply["data"]["paused_until"], Value::Null);
    assert_eq!(reply["data"]["next_probe_times"][0], "2026-03-04T18:00:00Z");
}

#[tokio::test]
async fn arming_needs_an_emergency_contact() {
    let world = World::new().await;
    let user = world
        .user(|deadman| {
            let mut friend = contact(1, deadman.created_at);
            friend.is_emergency_contact = false;
            deadman.contacts = vec![friend];
        })
        .await;
    let before = world.deadman(user).await;
    let reply = put(&world, user, &json!({ "active": true })).await.expect(StatusCode::FORBIDDEN);
    assert!(reply["errors"][0].as_str().unwrap().contains("emergency contact"), "{reply}");
    assert_eq!(world.deadman(user).await, before);
}

#[tokio::test]
async fn what_makes_no_settings_is_refused_by_name() {
    let world = World::new().await;
    let user = armed(&world).await;
    let before = world.deadman(user).await;
    for (name, value) in [
        ("active", json!("true")),
        ("active", json!(1)),
        ("cron_expression", json!("")),
        ("cron_expression", json!("0 18 * *")),
        ("cron_expression", json!("0 0 18 * * 3")),
        ("cron_expression", json!("0 18 30 2 *")),
        ("cron_expression", json!("61 18 * * *")),
        ("cron_expression", json!("@reboot")),
        ("cron_expression", json!("* * * * * ; rm -rf /")),
        ("cron_expression", json!(5)),
        ("check_interval_minutes", json!(59)),
        ("check_interval_minutes", json!(-60)),
        ("check_interval_minutes", json!(43_201)),
        ("check_interval_minutes", json!(1e18)),
        ("check_interval_minutes", json!(60.5)),
        ("max_retries", json!(-1)),
        ("max_retries", json!(7)),
        ("max_retries", json!("3")),
        ("max_retries", json!(u64::MAX)),
        ("wait_time_in_minutes", json!(4)),
        ("wait_time_in_minutes", json!(121)),
        ("wait_time_in_minutes", json!(-5)),
        ("channels", json!([])),
        ("channels", json!(["email"])),
        ("pin_in_reply", json!("no")),
        ("paused_until", json!("tomorrow")),
        ("paused_until", json!("2026-03-12")),
        ("paused_until", json!("2026-03-12T09:00:00")),
        ("paused_until", json!("2026-03-03T12:00:00Z")),
        ("paused_until", json!("1969-01-01T00:00:00Z")),
        ("paused_until", json!("99999-01-01T00:00:00Z")),
        ("paused_until", json!(1_772_000_000)),
        ("pin", json!(4711)),
        ("time_zone", json!("UTC")),
        ("next_probe_at", json!("2026-03-12T09:00:00Z")),
        ("id", json!(1)),
    ] {
        let reply = put(&world, user, &json!({ name: value })).await.expect(StatusCode::BAD_REQUEST);
        assert!(reply["errors"][0].as_str().unwrap().contains(name), "{name}: {reply}");
    }
    let both = json!({ "cron_expression": "0 18 * * *", "check_interval_minutes": 60 });
    put(&world, user, &both).await.expect(StatusCode::BAD_REQUEST);
    for body in [
        "",
        "[]",
        "null",
        "{\"max_retries\": NaN}",
        "{\"max_retries\": 1e999}",
        "{\"active\":true,\"active\":false}",
    ] {
        let mut put = request(Method::PUT, &path(user)).bearer(&world.token(user).await);
        put.body = body.into();
        send(&world, &put).await.expect(StatusCode::BAD_REQUEST);
    }
    assert_eq!(world.deadman(user).await, before);

    let idle = world.user(|_| {}).await;
    for body in [json!({ "paused_until": "2026-03-12T09:00:00Z" }), json!({ "pin_in_reply": true })] {
        put(&world, idle, &body).await.expect(StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn weakening_an_armed_switch_needs_the_pin() {
    let world = World::new().await;
    let user = armed(&world).await;
    let before = world.deadman(user).await;
    let weakening = [
        json!({ "active": false }),
        json!({ "wait_time_in_minutes": 120 }),
        json!({ "max_retries": 6 }),
        json!({ "cron_expression": "0 18 1 1 *" }),
        json!({ "channels": ["call"] }),
        json!({ "paused_until": "2026-03-12T09:00:00Z" }),
    ];
    for body in &weakening {
        put(&world, user, body).await.expect(StatusCode::FORBIDDEN);
    }
    assert_eq!(world.deadman(user).await, before);
    let token = world.token(user).await;
    let off = request(Method::PUT, &path(user)).bearer(&token).json(&weakening[0]);
    send(&world, &off.clone().header_set("lucius-pin", "0000")).await.expect(StatusCode::FORBIDDEN);
    assert_eq!(world.deadman(user).await.unwrap().tries.wrong, 1);
    send(&world, &off.header_set("lucius-pin", "4711")).await.expect(StatusCode::OK);
    assert_eq!(world.deadman(user).await.unwrap().state, State::Off);
}

#[tokio::test]
async fn during_an_incident_nothing_weakens() {
    let world = World::new().await;
    let user = armed(&world).await;
    run(&world.app.shell, Scope::User(user), Event::Emergency { key: "e".to_owned() }).await.unwrap();
    let before = world.deadman(user).await;
    let off = json!({ "active": false, "pin": "4711" });
    put(&world, user, &off).await.expect(StatusCode::CONFLICT);
    assert_eq!(world.deadman(user).await, before);
    let get = request(Method::GET, &path(user)).bearer(&world.token(user).await);
    assert_eq!(send(&world, &get).await.expect(StatusCode::OK)["data"]["next_probe_times"], json!([]));
}

#[tokio::test]
async fn probes_are_listed_newest_first_and_by_status() {
    let world = World::new().await;
    let user = ready(&world).await;
    put(&world, user, &json!({ "active": true, "check_interval_minutes": 60 })).await.expect(StatusCode::OK);
    world.clock().advance(SignedDuration::from_mins(60));
    run(&world.app.shell, Scope::User(user), Event::Wake).await.unwrap();
    // Switching off cancels what is pending.
    put(&world, user, &json!({ "active": false })).await.expect(StatusCode::OK);
    put(&world, user, &json!({ "active": true })).await.expect(StatusCode::OK);
    world.clock().advance(SignedDuration::from_mins(60));
    run(&world.app.shell, Scope::User(user), Event::Wake).await.unwrap();

    let token = world.token(user).await;
    let get = async |query: &str| {
        let path = format!("/v1/users/{user}/probes{query}");
        send(&world, &request(Method::GET, &path).bearer(&token)).await
    };
    let reply = get("").await.expect(StatusCode::OK);
    assert_eq!(reply["paging"], json!({ "total": 2, "page": 1, "pages": 1 }));
    let newest = &reply["data"][0];
    assert_eq!(newest["created_at"], "2026-03-03T14:00:00Z");
    assert_eq!((&newest["status"], &newest["user_id"]), (&json!("pending"), &json!(user.get())));
    assert_eq!((&newest["last_response"], &newest["retry_count"]), (&json!(""), &json!(0)));
    assert_eq!((&newest["max_retries"], &newest["wait_time_in_minutes"]), (&json!(3), &json!(60)));
    assert_eq!(reply["data"][1]["status"], "cancelled");
    for (status, found) in [("pending", 1), ("cancelled", 1), ("good", 0), ("bad", 0), ("unavailable", 0)] {
        let reply = get(&format!("?status={status}&page=1")).await.expect(StatusCode::OK);
        assert_eq!(reply["paging"]["total"], found, "{status}");
        assert_eq!(reply["data"].as_array().unwrap().len(), found, "{status}");
    }
    assert_eq!(get("?page=2").await.expect(StatusCode::OK)["data"], json!([]));
    for bad in ["?status=", "?status=Good", "?status=x", "?page=0", "?page=x"] {
        get(bad).await.expect(StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn settings_and_probes_are_the_users_own() {
    let world = World::new().await;
    let ann = armed(&world).await;
    let before = world.deadman(ann).await;
    let admin = world.user(|deadman| deadman.profile.is_admin = true).await;
    let token = world.token(admin).await;
    for request in [
        request(Method::GET, &path(ann)),
        request(Method::PUT, &path(ann)).json(&json!({ "active": false })),
        request(Method::GET, &format!("/v1/users/{ann}/probes")),
        request(Method::GET, "/v1/users/12345/probes"),
    ] {
        send(&world, &request).await.expect(StatusCode::UNAUTHORIZED);
        send(&world, &request.bearer(&token)).await.expect(StatusCode::FORBIDDEN);
    }
    let no_id = request(Method::GET, "/v1/users/me/probes").bearer(&token);
    send(&world, &no_id).await.expect(StatusCode::NOT_FOUND);
    assert_eq!(world.deadman(ann).await, before);
}

#[tokio::test]
async fn other_paths_and_methods_are_told_so() {
    let world = World::new().await;
    for (method, path, allow) in [
        (Method::POST, "/v1/users/1/probe_settings", "GET, PUT"),
        (Method::DELETE, "/v1/users/1/probes", "GET"),
    ] {
        let response = send(&world, &request(method, path)).await;
        response.expect(StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(response.headers, [("allow", allow.to_owned())]);
    }
    for path in ["/v1/users/1/probes/2", "/v1/users/1/probe_settings/2", "/v1/users/1"] {
        send(&world, &request(Method::GET, path)).await.expect(StatusCode::NOT_FOUND);
    }
}
