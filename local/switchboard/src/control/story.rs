//! The story that a newcomer can watch: a user who does not answer, and two contacts whose phones ring.

use super::api::Api;
use super::body::Body;
use super::watch::Watch;
use super::{Done, Refused};
use crate::board::Board;
use crate::phone::{Behaviour, Plan};
use crate::sid;
use axum::Json;
use axum::extract::State;
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// Area codes that the story takes numbers from; 555-01xx is kept free for fiction in each.
const AREAS: [&str; 8] = ["202", "212", "303", "312", "404", "415", "503", "617"];
/// The administrator that the story creates in a fresh stack.
const ADMIN: (&str, &str) = ("operator@lucius.example", "Operator-of-the-story-1");
/// Password of the story's user, who exists only on this machine.
const PASSWORD: &str = "Anna-of-the-story-1";

/// How far the story is.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Story {
    state: &'static str,
    /// What has been done, in words for the page.
    steps: Vec<String>,
    error: Option<String>,
    people: Vec<Person>,
}

/// Somebody in the story.
#[derive(Clone, Debug, Serialize)]
struct Person {
    name: &'static str,
    last_name: &'static str,
    role: &'static str,
    number: String,
}

/// Where the product is; what is missing comes from `stack.json`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Stack {
    api_url: Option<String>,
    setup_token: Option<String>,
}

/// How far the story is.
pub(super) async fn show(State(board): State<Arc<Board>>) -> Json<Value> {
    Json(json!({ "story": board.followed().story }))
}

/// Creates the people through the product's API and arms the user, then lets things happen.
pub(super) async fn start(State(board): State<Arc<Board>>, Body(given): Body<Stack>) -> Done {
    let file = read_stack(&board).await;
    let text = |name: &str| file.get(name).and_then(Value::as_str).map(str::to_owned);
    let api_url = given.api_url.or_else(|| text("api_url"));
    let setup_token = given.setup_token.or_else(|| text("setup_token")).unwrap_or_default();
    let api_url =
        api_url.ok_or_else(|| Refused::conflict("no stack.json: start the switchboard with make up"))?;
    {
        let mut followed = board.followed();
        if followed.story.state == "preparing" {
            return Err(Refused::conflict("the story is being prepared"));
        }
        followed.story = Story { state: "preparing", people: cast(), ..Story::default() };
    }
    tokio::spawn(async move {
        let outcome = prepare(&board, &api_url, &setup_token).await;
        let mut followed = board.followed();
        match outcome {
            Ok(()) => followed.story.state = "running",
            Err(error) => {
                followed.story.state = "failed";
                followed.story.error = Some(error);
            }
        }
    });
    Ok(Json(json!({ "ok": true })))
}

/// Ends the story: its incidents are resolved, and no more questions come.
pub(super) async fn stop(State(board): State<Arc<Board>>) -> Done {
    let watch = board.followed().watch.clone().ok_or_else(|| Refused::conflict("no story"))?;
    retire(&board, &watch).await.map_err(|error| Refused::conflict(&error))?;
    board.followed().story.state = "ended";
    Ok(Json(json!({ "ok": true })))
}

/// Resolves a user's open incidents, then disarms the user.
async fn retire(board: &Board, watch: &Watch) -> Result<(), String> {
    let api = Api { courier: &board.courier, url: &watch.api_url, token: &watch.token };
    let base = format!("/v1/users/{}", id_text(&watch.user_id));
    let incidents = api.get(&format!("{base}/incidents")).await.unwrap_or_default();
    for incident in incidents.as_array().into_iter().flatten() {
        let over = incident.get("status").and_then(Value::as_str) == Some("ended");
        if let Some(id) = incident.get("id").filter(|_| !over) {
            let path = format!("/v1/incidents/{}/resolve", id_text(id));
            api.send(Method::POST, &path, Some(&json!({}))).await?;
        }
    }
    api.send(Method::PUT, &format!("{base}/probe_settings"), Some(&json!({ "active": false })))
        .await
        .map(drop)
}

async fn read_stack(board: &Board) -> Value {
    let Some(path) = &board.config.stack_json else { return Value::Null };
    let text = tokio::fs::read_to_string(path).await.unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

/// Anna, Ben and Carla with numbers that no earlier story used, most likely.
fn cast() -> Vec<Person> {
    let hex = sid::random_hex();
    let pick = |from: usize, to: usize| {
        hex.get(from..to).and_then(|part| usize::from_str_radix(part, 16).ok()).unwrap_or_default()
    };
    let area = AREAS.get(pick(0, 2).checked_rem(AREAS.len()).unwrap_or_default()).copied().unwrap_or("202");
    let first = pick(2, 4).checked_rem(30).unwrap_or_default().saturating_mul(3);
    let number = |offset: usize| format!("+1{area}55501{:02}", first.saturating_add(offset));
    vec![
        Person { name: "Anna", last_name: "Keller", role: "promised to check in", number: number(0) },
        Person { name: "Ben", last_name: "Hale", role: "first contact", number: number(1) },
        Person { name: "Carla", last_name: "Ruiz", role: "second contact", number: number(2) },
    ]
}

async fn prepare(board: &Arc<Board>, api_url: &str, setup_token: &str) -> Result<(), String> {
    let (people, earlier) = {
        let followed = board.followed();
        (followed.story.people.clone(), followed.watch.clone())
    };
    if let Some(watch) = earlier {
        // An earlier story that cannot be ended any more, for its stack is gone, stops no new one.
        let _ = retire(board, &watch).await;
    }
    let [anna, contacts @ ..] = people.as_slice() else { return Err("nobody is in the story".to_owned()) };
    show_phones(board, &people);
    let courier = &board.courier;
    let nobody = Api { courier, url: api_url, token: "" };
    let admin_token = admin(board, &Api { token: setup_token, ..nobody.clone() }).await?;
    let email = format!("anna.{}@lucius.example", anna.number.trim_start_matches('+'));
    let user = json!({
        "first_name": anna.name, "last_name": anna.last_name, "email": email,
        "password": PASSWORD, "phone_number": anna.number,
    });
    let user =
        Api { token: &admin_token, ..nobody.clone() }.send(Method::POST, "/v1/users", Some(&user)).await?;
    let id = user.get("id").or_else(|| user.pointer("/user/id")).cloned().ok_or("the new user has no id")?;
    note(board, "Anna has an account.");
    let token = log_in(&nobody, &email, PASSWORD).await?;
    let anna_api = Api { token: &token, ..nobody };
    let base = format!("/v1/users/{}", id_text(&id));
    for contact in contacts {
        let body = json!({
            "first_name": contact.name, "last_name": contact.last_name, "phone_number": contact.number,
            "email": format!("{}.{}@lucius.example", contact.name.to_lowercase(), contact.number.trim_start_matches('+')),
            "is_emergency_contact": true,
        });
        anna_api.send(Method::POST, &format!("{base}/contacts"), Some(&body)).await?;
        note(board, &format!("{} is an emergency contact.", contact.name));
    }
    board.followed().watch = Some(Watch {
        api_url: api_url.to_owned(),
        token: token.clone(),
        user_id: id,
        name: Some(anna.name.to_owned()),
    });
    let settings = json!({
        "cron_expression": "* * * * *", "active": true, "wait_time_in_minutes": 5, "max_retries": 0,
    });
    anna_api.send(Method::PUT, &format!("{base}/probe_settings"), Some(&settings)).await?;
    note(board, "At the next full minute lucius asks Anna whether she is okay.");
    Ok(())
}

/// The three phones on the page; others that an earlier story left stay in the log only.
fn show_phones(board: &Board, people: &[Person]) {
    let mut state = board.state();
    for person in people {
        let phone = state.phone(&person.number);
        phone.name = Some(person.name.to_owned());
        phone.plan = Plan::of(Behaviour::Manual);
    }
}

/// The administrator's token; the first story in a stack creates the administrator.
async fn admin(board: &Board, setup: &Api<'_>) -> Result<String, String> {
    let (email, password) = ADMIN;
    let nobody = Api { token: "", ..setup.clone() };
    if let Ok(token) = log_in(&nobody, email, password).await {
        return Ok(token);
    }
    let body = json!({
        "first_name": "Olga", "last_name": "Operator", "email": email,
        "password": password, "phone_number": "+12025550199",
    });
    setup.send(Method::POST, "/v1/users", Some(&body)).await?;
    note(board, "The operator has an account.");
    log_in(&nobody, email, password).await
}

async fn log_in(api: &Api<'_>, email: &str, password: &str) -> Result<String, String> {
    let body = json!({ "email": email, "password": password });
    let data = api.send(Method::POST, "/login", Some(&body)).await?;
    data.get("token")
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| "no token in the reply".to_owned())
}

fn id_text(id: &Value) -> String {
    id.as_str().map_or_else(|| id.to_string(), str::to_owned)
}

fn note(board: &Board, step: &str) {
    board.followed().story.steps.push(step.to_owned());
}
