//! Log-in, keys, health and everything that is not there.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails like a test")]

use http::{Method, StatusCode};
use jiff::SignedDuration;
use lucius_auth::password;
use lucius_shell::{
    Request, Response,
    ports::Nature as _,
    testing::{World, request},
};
use serde_json::{Value, json};

const PASSWORD: &str = "very-secure";

/// A world with one user, and their address.
async fn world() -> (World, String) {
    let world = World::new().await;
    let hash = password::hash(PASSWORD, 7).unwrap();
    let user = world.user(|deadman| deadman.profile.password = hash).await;
    let email = world.deadman(user).await.unwrap().profile.email;
    (world, email)
}

async fn send(world: &World, request: &Request) -> Response {
    token::handle(&world.app, request).await
}

async fn login(world: &World, email: &str, password: &str) -> Response {
    send(world, &request(Method::POST, "/login").json(&json!({ "email": email, "password": password }))).await
}

#[tokio::test]
async fn a_log_in_gives_a_session() {
    let (world, email) = world().await;
    for path in ["/login", "/login/"] {
        let body = json!({ "email": format!(" {} ", email.to_uppercase()), "password": PASSWORD });
        let reply = send(&world, &request(Method::POST, path).json(&body)).await.expect(StatusCode::OK);
        let token = reply["data"]["token"].as_str().unwrap();
        let session = world.app.sessions.as_ref().unwrap().read(token, world.clock().now()).unwrap();
        assert_eq!(world.deadman(session.user).await.unwrap().profile.email, email);
        assert!(!session.is_admin);
    }
}

#[tokio::test]
async fn wrong_password_and_unknown_address_are_answered_alike() {
    let (world, email) = world().await;
    let wrong = login(&world, &email, "very-secure2").await;
    assert_eq!(wrong.expect(StatusCode::UNAUTHORIZED)["errors"], json!(["email/password is invalid"]));
    assert_eq!(login(&world, "nobody@example.com", PASSWORD).await, wrong);
    assert_eq!(login(&world, "", "").await, wrong);
    assert_eq!(login(&world, "' OR 1=1 --", PASSWORD).await, wrong);
}

#[tokio::test]
async fn ten_wrong_passwords_lock_the_address_for_a_while() {
    let (world, email) = world().await;
    for _ in 0..10 {
        login(&world, &email, "wrong").await.expect(StatusCode::UNAUTHORIZED);
    }
    let locked = login(&world, &email, PASSWORD).await;
    locked.expect(StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(locked.headers, [("retry-after", "900".to_owned())]);
    // Others log in all the same, and so does this one when the window is over.
    login(&world, "another@example.com", "wrong").await.expect(StatusCode::UNAUTHORIZED);
    world.clock().advance(SignedDuration::from_mins(15));
    login(&world, &email, PASSWORD).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_right_password_forgets_the_wrong_ones() {
    let (world, email) = world().await;
    for _ in 0..2 {
        for _ in 0..9 {
            login(&world, &email, "wrong").await.expect(StatusCode::UNAUTHORIZED);
        }
        login(&world, &email, PASSWORD).await.expect(StatusCode::OK);
    }
}

#[tokio::test]
async fn bodies_that_are_no_log_in_say_why() {
    let (world, email) = world().await;
    for (body, status, why) in [
        (String::new(), 400, "the body is missing"),
        ("{".to_owned(), 400, "not valid"),
        (r#"{"email":"a@b.c","password":"x"} {}"#.to_owned(), 400, "trailing characters"),
        ("null".to_owned(), 400, "not a JSON object"),
        (r#"["a@b.c","x"]"#.to_owned(), 400, "not a JSON object"),
        ("{}".to_owned(), 400, "missing field `email`"),
        (r#"{"email":"a@b.c"}"#.to_owned(), 400, "missing field `password`"),
        (
            r#"{"email":"a@b.c","password":12345}"#.to_owned(),
            400,
            "password: invalid type, expected a string",
        ),
        (r#"{"email":["a@b.c"],"password":"x"}"#.to_owned(), 400, "email: invalid type"),
        (r#"{"email":"a@b.c","password":"x","is_admin":true}"#.to_owned(), 400, "unknown field `is_admin`"),
        (r#"{"email":"a@b.c","password":"x","password":"y"}"#.to_owned(), 400, "duplicate field `password`"),
        (r#"{"email":"a@b.c","password":NaN}"#.to_owned(), 400, "password: expected value"),
        (format!("email={email}&password={PASSWORD}"), 400, "not a JSON object"),
        (format!(r#"{{"email":"a@b.c","password":"{}"}}"#, "x".repeat(1 << 20)), 413, "larger than"),
    ] {
        let mut login = request(Method::POST, "/login");
        login.body = body.clone().into_bytes();
        let reply = send(&world, &login).await.expect(StatusCode::from_u16(status).unwrap());
        assert!(reply["errors"][0].as_str().unwrap().contains(why), "{reply}");
    }
    let mut login = request(Method::POST, "/login");
    login.body = b"{\"email\":\"\xff\",\"password\":\"x\"}".to_vec();
    send(&world, &login).await.expect(StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn keys_and_health_are_public() {
    let (world, _) = world().await;
    let keys = send(&world, &request(Method::GET, "/jwks")).await.expect(StatusCode::OK);
    assert_eq!(keys["data"]["keys"][0]["kty"], "RSA");
    assert_eq!(keys["data"]["keys"][0].get("d"), None, "a private half");
    assert_eq!(
        send(&world, &request(Method::GET, "/health/")).await.expect(StatusCode::OK),
        json!({ "success": true })
    );
}

#[tokio::test]
async fn every_other_path_and_method_is_told_so() {
    let (world, _) = world().await;
    for (method, path, allow) in [
        (Method::GET, "/login", "POST"),
        (Method::DELETE, "/login/", "POST"),
        (Method::POST, "/jwks", "GET"),
        (Method::PUT, "/health", "GET"),
    ] {
        let response = send(&world, &request(method, path)).await;
        response.expect(StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(response.headers, [("allow", allow.to_owned())], "{path}");
    }
    for path in [
        "/",
        "",
        "/login/x",
        "/Login",
        "/v1/users",
        "/jwks/../login",
        "/%6cogin",
        "/.env",
        "//evil.example//",
    ] {
        let reply: Value = send(&world, &request(Method::POST, path)).await.expect(StatusCode::NOT_FOUND);
        assert_eq!(reply, json!({ "success": false, "errors": ["not found"] }), "{path}");
    }
}
