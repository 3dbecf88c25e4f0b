//! The phone line, turn by turn: what a caller hears, what is written, and what each turn costs.

mod support;

use http::{Method, StatusCode};
use lucius_shell::{
    Request, Response,
    testing::{World, request, webhook},
};
use support::{PIN, heard, number, turn, user};

async fn handle(world: &World, request: &Request) -> Response {
    Box::pin(twilio_voice::handle(&world.app, request)).await
}

#[tokio::test]
async fn each_turn_stays_within_its_budget_of_calls() {
    let world = World::new().await;
    let id = user(&world).await;
    let from = number(&world.deadman(id).await.unwrap());
    let _ = world.take_calls();

    let page = turn(&world, "CA1", &from, "/inbound/answer", "").await;
    assert!(page.contains("I am Lucius") && page.contains("/inbound/login"), "{page}");
    assert_eq!(world.take_calls(), (1, 0), "the first page: whose number is it");

    let menu = turn(&world, "CA1", &from, "/inbound/login", PIN).await;
    assert!(menu.contains("Hello Ann.") && menu.contains("/inbound/menu/1"), "{menu}");
    assert_eq!(world.take_calls(), (3, 1), "a login: the call, the number, the switch; the call");

    let done = turn(&world, "CA1", &from, "/inbound/menu/1", "1").await;
    assert!(done.contains("You are checked in"), "{done}");
    assert_eq!(world.take_calls(), (2, 2), "a check-in: the call; the switch, read and written");

    let again = turn(&world, "CA1", &from, "/inbound/menu/1", "1").await;
    assert_eq!(again, done, "a turn that comes twice is answered as it was the first time");
    assert_eq!(world.take_calls(), (1, 0));

    let help = turn(&world, "CA1", &from, "/inbound/menu/2", "7").await;
    assert!(help.contains("I do not know that choice"), "{help}");
}

#[tokio::test]
async fn the_wrong_pin_is_said_three_times_and_ends_the_call() {
    let world = World::new().await;
    let id = user(&world).await;
    let from = number(&world.deadman(id).await.unwrap());
    let mut path = "/inbound/login".to_owned();
    for nth in 1..=2 {
        let said = turn(&world, "CA2", &from, &path, "999999").await;
        assert!(said.contains("That is not right") && said.contains("PIN"), "{said}");
        path = format!("/inbound/login/{nth}");
    }
    let said = turn(&world, "CA2", &from, &path, "999999").await;
    assert!(said.contains("<Hangup") || !said.contains("<Gather"), "{said}");
    let late = turn(&world, "CA2", &from, "/inbound/login/3", PIN).await;
    assert_eq!(world.deadman(id).await.unwrap().last_check_in, None, "{late}");
}

#[tokio::test]
async fn silence_is_asked_again_and_ends_after_three_rounds() {
    let world = World::new().await;
    let from = "+12025559999";
    for path in ["/inbound/answer", "/inbound/answer/2", "/inbound/answer/3"] {
        let page = turn(&world, "CA3", from, path, "").await;
        assert!(page.contains("<Gather"), "{path}: {page}");
    }
    let end = turn(&world, "CA3", from, "/inbound/answer/4", "").await;
    assert!(!end.contains("<Gather") && end.contains("<Say"), "{end}");
}

#[tokio::test]
async fn what_is_not_signed_or_not_ours_is_refused() {
    let world = World::new().await;
    let mut forged = webhook("/inbound/login", &[("CallSid", "CA4"), ("Digits", "1")]);
    forged.body.push(b'1');
    assert_eq!(handle(&world, &forged).await.status, StatusCode::FORBIDDEN);
    let get = request(Method::GET, "/inbound/login");
    assert_eq!(handle(&world, &get).await.status, StatusCode::METHOD_NOT_ALLOWED);
    let page = handle(&world, &request(Method::GET, "/inbound/answer")).await;
    assert!(page.status == StatusCode::OK && page.body.contains("I am Lucius"), "{}", page.body);
    for path in ["/inbound/nowhere/1", "/inbound/menu/x", "/inbound"] {
        let reply = handle(&world, &webhook(path, &[("CallSid", "CA4")])).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn from_another_phone_the_account_is_asked_for_and_a_wrong_one_sounds_like_a_wrong_pin() {
    let world = World::new().await;
    let id = user(&world).await;
    let account = number(&world.deadman(id).await.unwrap()).trim_start_matches('+').to_owned();
    let from = "+12025559999";
    let asked = turn(&world, "CA5", from, "/inbound/login", PIN).await;
    assert!(asked.contains("/inbound/account/1"), "{asked}");
    let wrong = turn(&world, "CA5", from, "/inbound/account/1", "12025550000").await;
    assert!(wrong.contains("That is not right"), "{wrong}");
    let asked = turn(&world, "CA5", from, "/inbound/login/2", "000000").await;
    assert!(asked.contains("/inbound/account/3"), "{asked}");
    let wrong_pin = turn(&world, "CA5", from, "/inbound/account/3", &account).await;
    assert!(wrong_pin.contains("That is not right"), "{wrong_pin}");

    turn(&world, "CA6", from, "/inbound/login", PIN).await;
    let menu = turn(&world, "CA6", from, "/inbound/account/1", &account).await;
    assert!(menu.contains("Hello Ann."), "{menu}");
}

/// As in a text: a cry for help needs no PIN. Whoever is afraid may not recall it.
#[tokio::test]
async fn a_cry_for_help_needs_no_pin() {
    for (key, said) in [
        ("Digits", "9"),
        ("Digits", "99"),
        ("Digits", "911"),
        ("SpeechResult", "Help me!"),
        ("SpeechResult", "help"),
        ("SpeechResult", "help he is in the house"),
    ] {
        let world = World::new().await;
        let id = user(&world).await;
        let from = number(&world.deadman(id).await.unwrap());
        let heard = heard(&world, "CA1", &from, "/inbound/login", &[(key, said)]).await;
        assert!(heard.contains("We are calling your contacts now") && heard.contains("<Hangup"), "{heard}");
        assert!(world.deadman(id).await.unwrap().incident.is_some(), "{said}");
        turn(&world, "CA2", &from, "/inbound/login", PIN).await;
        let over = turn(&world, "CA2", &from, "/inbound/menu/1", "9").await;
        assert!(over.contains("The alert is over"), "{over}");
    }
}

#[tokio::test]
async fn a_cry_for_help_from_an_unknown_number_is_told_that_nobody_was_called() {
    let world = World::new().await;
    let said = heard(&world, "CA1", "+12025559999", "/inbound/login", &[("SpeechResult", "help me")]).await;
    assert!(said.contains("nobody was called") && said.contains("<Gather"), "{said}");
}
