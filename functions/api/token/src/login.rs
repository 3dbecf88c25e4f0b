//! `POST /login`: a session for an e-mail address and a password.
//!
//! An address that nobody has takes the same reads and the same hashing as a wrong password.

use http::StatusCode;
use lucius_auth::{Holder, password};
use lucius_core::id::UserId;
use lucius_shell::{
    App, Request, Response,
    ports::{Nature as _, Ports},
    respond, session,
};
use lucius_store::{LOGIN_WINDOW_SECONDS, Store as _};
use serde::{Deserialize, Serialize};

/// How many log-ins may fail for one address within [`LOGIN_WINDOW_SECONDS`].
const TRIES_MAX: u32 = 10;

/// Nobody's id: it was made at the beginning of 2025, before lucius.
const NOBODY: u64 = 0;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Login {
    email: String,
    password: String,
}

#[derive(Serialize)]
struct Token {
    token: String,
}

/// A session, or one of two answers that tell nothing: wrong, or too often.
pub(crate) async fn handle<P: Ports>(app: &App<P>, request: &Request) -> Result<Response, Response> {
    let Login { email, password } = respond::body(request)?;
    let email = email.trim().to_lowercase();
    let store = app.shell.ports.store();
    let now = app.shell.ports.nature().now();
    let storage = |error| respond::storage(&error);
    if store.login_try(&email, now).await.map_err(storage)? > TRIES_MAX {
        return Err(locked(now.as_second()));
    }
    let user = store.user_by_email(&email).await.map_err(storage)?;
    let user = user.or_else(|| UserId::try_from(NOBODY).ok());
    let account = match user {
        Some(user) => store.load_deadman(user).await.map_err(storage)?,
        None => None,
    };
    let profile = account.as_ref().map(|account| &account.state.profile);
    if !password::verify(&password, profile.map(|profile| profile.password.as_str())) {
        return Err(session::unauthorized("email/password is invalid"));
    }
    let (Some(account), Some(sessions)) = (&account, &app.sessions) else {
        tracing::error!("this function has no session keys");
        return Err(respond::fail(StatusCode::SERVICE_UNAVAILABLE, "sessions are not available here"));
    };
    let profile = &account.state.profile;
    let holder = Holder {
        user: account.state.id,
        first_name: &profile.first_name,
        last_name: &profile.last_name,
        is_admin: profile.is_admin,
    };
    let token = sessions.issue(holder, now).await.map_err(|error| {
        tracing::error!(error = %error, "a session was not issued");
        respond::fail(StatusCode::SERVICE_UNAVAILABLE, "please try again").with("retry-after", "1")
    })?;
    if let Err(error) = store.login_reset(&email, now).await {
        // They are in; the count runs out by itself.
        tracing::warn!(error = %error, "failed log-ins were not forgotten");
    }
    Ok(respond::ok(Token { token }))
}

/// Too many: until the window is over, the right password is not looked at either.
fn locked(second: i64) -> Response {
    let wait = LOGIN_WINDOW_SECONDS.saturating_sub(second.rem_euclid(LOGIN_WINDOW_SECONDS));
    respond::fail(
        StatusCode::TOO_MANY_REQUESTS,
        "too many wrong passwords for this address: try again in 15 minutes",
    )
    .with("retry-after", wait.to_string())
}
