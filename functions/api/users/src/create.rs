//! `POST /v1/users`: the first user, by whoever holds the deployment's setup token; later ones, by an administrator.

use http::StatusCode;
use jiff::Timestamp;
use lucius_auth::password;
use lucius_core::{
    deadman::{Deadman, ProbeSettings, Profile},
    id::UserId,
    schedule::{CronExpression, Schedule, TimeZone},
};
use lucius_shell::{
    App, Request, Response,
    api::fields,
    ports::{Nature as _, Ports},
    respond, session,
};
use lucius_store::{CreateError, Store as _};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use subtle::ConstantTimeEq as _;

use crate::view::View;

/// How many ids are drawn before it is given up. Two draws of one millisecond meet once in 4,096 times.
const DRAWS: usize = 5;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewUser {
    first_name: String,
    last_name: String,
    email: String,
    password: String,
    phone_number: String,
    pin: Option<String>,
    time_zone: Option<String>,
    language: Option<String>,
    message: Option<String>,
}

/// The user as created.
pub(crate) async fn handle<P: Ports>(app: &App<P>, request: &Request) -> Result<Response, Response> {
    let is_first = authorised(app, request).await?;
    let new: NewUser = respond::body(request)?;
    let pin = new.pin.as_deref().map(fields::pin).transpose()?;
    let profile = profile(app, &new, is_first)?;
    for _ in 0..DRAWS {
        let deadman = draw(app, profile.clone(), pin);
        let created =
            app.shell.ports.store().create_user(&deadman, is_first, app.shell.ports.nature().op()).await;
        return match created {
            Ok(()) => Ok(respond::ok(View::new(app, &deadman))),
            Err(CreateError::IdTaken) => continue,
            Err(CreateError::PhoneTaken) => {
                Err(fields::refused("phone_number", "another user has this number already"))
            }
            Err(CreateError::EmailTaken) => {
                Err(fields::refused("email", "another user has this address already"))
            }
            Err(CreateError::AdminExists) => Err(first_is_there()),
            Err(CreateError::Store(error)) => Err(respond::storage(&error)),
        };
    }
    tracing::error!("no id was free");
    Err(respond::fail(StatusCode::SERVICE_UNAVAILABLE, "please try again").with("retry-after", "1"))
}

/// Whether this is the first user, who becomes administrator; for the others an administrator has to ask.
async fn authorised<P: Ports>(app: &App<P>, request: &Request) -> Result<bool, Response> {
    let shown = session::bearer(request).unwrap_or_default();
    let setup = app.setup_token.as_ref().map(|token| token.expose_secret().trim());
    let is_setup =
        setup.is_some_and(|token| !token.is_empty() && token.as_bytes().ct_eq(shown.as_bytes()).into());
    let admin_exists =
        app.shell.ports.store().admin_exists().await.map_err(|error| respond::storage(&error))?;
    match (admin_exists, is_setup) {
        (false, true) => Ok(true),
        (false, false) => Err(session::unauthorized(
            "the first user is created with the deployment's setup token, as \"Authorization: Bearer <token>\"",
        )),
        (true, true) => Err(first_is_there()),
        (true, false) => session::admin(app, request).await.map(|_| false),
    }
}

/// The setup token is worth nothing any more.
fn first_is_there() -> Response {
    session::unauthorized("there is an administrator already: log in as one (POST /login)")
}

fn profile<P: Ports>(app: &App<P>, new: &NewUser, is_admin: bool) -> Result<Profile, Response> {
    Ok(Profile {
        first_name: fields::name("first_name", &new.first_name)?,
        last_name: fields::name("last_name", &new.last_name)?,
        email: fields::email(&new.email)?,
        phone: fields::phone(app, &new.phone_number)?,
        is_admin,
        language: new.language.as_deref().map(fields::language).transpose()?,
        time_zone: new.time_zone.as_deref().map_or_else(|| Ok(TimeZone::utc()), fields::time_zone)?,
        message: new.message.as_deref().map(fields::message).transpose()?,
        pin: None,
        // Last: it is what costs.
        password: hashed(app, &new.password)?,
    })
}

/// A password as it is stored.
pub(crate) fn hashed<P: Ports>(app: &App<P>, text: &str) -> Result<String, Response> {
    let text = fields::password(text)?;
    password::hash(text, app.shell.ports.nature().chance()).map_err(|error| {
        tracing::error!(error = %error, "a user was refused");
        respond::fail(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal error: nothing has changed; please try again",
        )
    })
}

/// A user with an id of their own. The PIN's digest is made with it.
fn draw<P: Ports>(app: &App<P>, mut profile: Profile, pin: Option<&str>) -> Deadman {
    let nature = app.shell.ports.nature();
    let now = nature.now();
    let id = UserId::new(now, u16::try_from(nature.chance() & 0xFFFF).unwrap_or_default());
    profile.pin = pin.map(|pin| app.keyring.pin_digest(id, pin));
    Deadman::new(id, profile, settings(now), now)
}

/// What every user begins with: not armed, Wednesdays at six.
fn settings(now: Timestamp) -> ProbeSettings {
    #[expect(clippy::expect_used, reason = "a constant that every test of this route reads")]
    let wednesdays = CronExpression::parse("0 18 * * 3").expect("it is cron");
    ProbeSettings {
        active: false,
        schedule: Schedule::Cron(wednesdays),
        max_retries: 3,
        wait_minutes: 60,
        by_sms: true,
        by_call: false,
        pin_in_reply: false,
        updated_at: now,
    }
}
