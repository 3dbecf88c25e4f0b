//! Calls that we placed: what the listener hears next.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world has to stop")]

#[path = "../../twilio-voice/tests/support/broken.rs"]
mod table;

use http::StatusCode;
use jiff::SignedDuration;
use lucius_core::{
    actor::ActorId,
    deadman::{CheckIn, Medium, Proof, State, Tries},
    decide::{Event, Report, Scope},
    effect::Outcome,
    id::UserId,
    words::Answer,
};
use lucius_shell::{
    ports::Nature as _,
    run,
    testing::{SERVICE_NUMBER, World, contact, webhook},
};
use lucius_store::Store as _;
use table::{Alarms, broken, then};

const PIN: &str = "271828";

/// A user with a PIN whom we are asking by call, and the address of the first turn without its number.
async fn asked(world: &World, max_retries: u8, tries: u32) -> (UserId, String) {
    let keyring = world.app.keyring.clone();
    let user = world
        .user(|deadman| {
            deadman.profile.pin = Some(keyring.pin_digest(deadman.id, PIN));
            deadman.contacts = vec![contact(1, deadman.created_at)];
            deadman.own_tries = Tries { wrong: tries, since: Some(deadman.created_at) };
            deadman.settings.active = true;
            deadman.settings.max_retries = max_retries;
            deadman.settings.by_sms = false;
            deadman.settings.by_call = true;
            deadman.armed_once = true;
            deadman.state = State::Waiting { next_probe_at: deadman.created_at };
        })
        .await;
    run(&world.app.shell, Scope::User(user), Event::Wake).await.unwrap();
    let deadman = world.deadman(user).await.unwrap();
    let probe = deadman.probe().unwrap().id;
    (user, format!("/call/ask/{user}/{probe}/1"))
}

async fn turn(world: &World, path: &str, more: &[(&str, &str)]) -> String {
    let fields =
        [("CallSid", "CA1"), ("To", "+12025551234"), ("From", SERVICE_NUMBER), ("CallStatus", "in-progress")];
    let request = webhook(path, &[&fields[..], more].concat());
    let response = Box::pin(twilio_call::handle(&world.app, &request)).await;
    assert_eq!(response.status, StatusCode::OK, "{path}: {}", response.body);
    response.body
}

#[tokio::test]
async fn after_too_many_wrong_pins_the_same_call_still_takes_the_nine() {
    let world = World::new().await;
    let (user, path) = asked(&world, 0, 1000).await;
    let locked = turn(&world, &format!("{path}/3"), &[("Digits", "1111")]).await;
    assert!(locked.contains("press 9 now") && locked.contains(&format!("{path}/4#")), "{locked}");
    assert!(!locked.contains("call us back"), "{locked}");
    let end = turn(&world, &format!("{path}/4"), &[("Digits", "1111")]).await;
    assert!(end.contains("<Hangup") && end.contains("text S O S"), "{end}");
    let help = turn(&world, &format!("{path}/4"), &[("Digits", "9")]).await;
    assert!(help.contains("We are calling your contacts now"), "{help}");
    assert!(world.deadman(user).await.unwrap().incident.is_some());
}

#[tokio::test]
async fn a_right_pin_counts_in_a_turn_in_which_a_wrong_one_was_entered_before() {
    let world = World::new().await;
    let (user, path) = asked(&world, 0, 0).await;
    // They were told that it was not recorded, and it was by a copy.
    let wrong = turn(&world, &format!("{path}/1"), &[("Digits", "7777")]).await;
    assert!(wrong.contains("That PIN is not right"), "{wrong}");
    let right = turn(&world, &format!("{path}/1"), &[("Digits", PIN)]).await;
    assert!(right.contains("Thank you"), "{right}");
    assert!(world.deadman(user).await.unwrap().probe().is_none());
    let again = turn(&world, &format!("{path}/1"), &[("Digits", PIN)]).await;
    assert!(again.contains("Thank you"), "{again}");
}

/// What was not believed when it was said is not believed when somebody sends it again, long after the switch has forgotten it.
#[tokio::test]
async fn a_pin_that_came_when_none_was_taken_any_more_does_not_count_later() {
    let world = World::new().await;
    let tries = world.app.shell.policy.pin_tries_per_day;
    let (user, path) = asked(&world, 0, tries).await;
    let locked = turn(&world, &format!("{path}/1"), &[("Digits", PIN)]).await;
    assert!(locked.contains("Too many wrong PINs today"), "{locked}");
    world.clock().advance(SignedDuration::from_hours(25));
    for number in 0..20 {
        let text = CheckIn {
            key: format!("SM{number}"),
            answer: Answer::Unclear,
            sos: false,
            medium: Medium::Sms,
            arrived_at: world.clock().now(),
            proof: Proof::None,
            logged_in: false,
            unless: None,
            heard: None,
            words: None,
            text: "who is this?".to_owned(),
        };
        run(&world.app.shell, Scope::User(user), Event::CheckIn(text)).await.unwrap();
    }
    let late = turn(&world, &format!("{path}/1"), &[("Digits", PIN)]).await;
    assert!(late.contains("We have that already"), "{late}");
    assert!(world.deadman(user).await.unwrap().probe().is_some());
}

#[tokio::test]
async fn what_decides_nothing_is_not_remembered_where_the_actor_was_put_off() {
    let world = World::new().await;
    let (user, _) = asked(&world, 0, 0).await;
    let proof = Proof::Pin(world.app.keyring.pin_digest(user, PIN));
    let login = Event::Login { key: "CA1-1".to_owned(), proof };
    for _ in 0..2 {
        let version = world.store().load_deadman(user).await.unwrap().unwrap().version;
        let actor = ActorId::Deadman(user);
        assert!(world.store().postpone(actor, version, world.clock().now()).await.unwrap());
        run(&world.app.shell, Scope::User(user), login.clone()).await.unwrap();
    }
}

#[tokio::test]
async fn the_nine_counts_in_a_turn_in_which_okay_was_said_before() {
    let world = World::new().await;
    let (user, path) = asked(&world, 0, 0).await;
    let okay = turn(&world, &format!("{path}/1"), &[("Digits", PIN)]).await;
    assert!(okay.contains("Thank you") && world.deadman(user).await.unwrap().incident.is_none(), "{okay}");
    // They were told that it was not recorded, and it was by a copy; now they say something else.
    let help = turn(&world, &format!("{path}/1"), &[("Digits", "9")]).await;
    assert!(help.contains("We are calling your contacts now"), "{help}");
    assert!(world.deadman(user).await.unwrap().incident.is_some());
    // A copy of the first, later still.
    let copy = turn(&world, &format!("{path}/1"), &[("Digits", PIN)]).await;
    assert!(copy.contains("We are calling your contacts now"), "{copy}");
    assert!(world.deadman(user).await.unwrap().incident.is_some());
}

#[tokio::test]
async fn the_nine_stands_against_a_late_copy_of_okay() {
    let world = World::new().await;
    let (user, path) = asked(&world, 0, 0).await;
    turn(&world, &format!("{path}/1"), &[("Digits", "9")]).await;
    let copy = turn(&world, &format!("{path}/1"), &[("Digits", PIN)]).await;
    assert!(copy.contains("We are calling your contacts now"), "{copy}");
    assert!(world.deadman(user).await.unwrap().incident.is_some(), "nobody is called any more");
}

#[tokio::test]
async fn the_last_words_say_what_happens_next() {
    let world = World::new().await;
    for (max_retries, words) in [
        (3, "We will ask again. Goodbye."),
        (0, "If we do not hear from you, we call your contacts. Goodbye."),
    ] {
        let (_, path) = asked(&world, max_retries, 0).await;
        let end = turn(&world, &format!("{path}/3"), &[]).await;
        assert!(end.contains(words) && end.contains("<Hangup"), "{end}");
    }
}

#[tokio::test]
async fn what_is_said_is_no_silence() {
    let world = World::new().await;
    let (user, path) = asked(&world, 0, 0).await;
    for speech in ["yes", "I am watching television"] {
        let said = turn(&world, &format!("{path}/1"), &[("SpeechResult", speech)]).await;
        assert!(said.contains("I did not understand that.") && said.contains("Are you okay"), "{said}");
        assert!(said.contains(r#"speechTimeout="auto""#), "{said}");
    }
    assert_eq!(world.deadman(user).await.unwrap().incident, None);
    for (speech, sid) in [("Help me!", "1"), ("nine one one", "2")] {
        let (user, path) = asked(&world, 0, 0).await;
        let help = turn(&world, &format!("{path}/{sid}"), &[("SpeechResult", speech)]).await;
        assert!(help.contains("We are calling your contacts now"), "{speech}: {help}");
        assert!(world.deadman(user).await.unwrap().incident.is_some());
    }
}

#[test]
fn what_is_not_recorded_is_taken_again_in_the_same_way() {
    let (world, path) = broken(async |world| asked(world, 0, 0).await.1);
    let (alarms, _guard) = Alarms::listen();
    then(async {
        let ask = turn(&world, &format!("{path}/1"), &[("Digits", PIN)]).await;
        assert!(ask.contains("not recorded") && ask.contains(&format!("{path}/1#")), "{ask}");
        assert!(ask.contains(r#"input="dtmf speech""#) && !ask.contains("numDigits"), "{ask}");
        assert!(!ask.contains(r#"finishOnKey="""#), "{ask}");
        assert_eq!(alarms.take(), ["NotRecorded"]);
        let key = turn(&world, "/call/incident/1/0/1/1", &[("Digits", "1")]).await;
        assert!(key.contains("not recorded") && key.contains(r#"numDigits="1""#), "{key}");
        assert!(key.contains("/call/incident/1/0/1/1#"), "{key}");
        assert_eq!(alarms.take(), ["NotRecorded"]);
    });
}

/// Too few keys for a PIN.
#[tokio::test]
async fn whoever_hammers_on_the_nine_is_helped() {
    for keys in ["99", "999", "911", "112"] {
        let world = World::new().await;
        let (user, path) = asked(&world, 0, 0).await;
        let help = turn(&world, &format!("{path}/1"), &[("Digits", keys)]).await;
        assert!(help.contains("We are calling your contacts now"), "{keys}: {help}");
        assert!(world.deadman(user).await.unwrap().incident.is_some(), "{keys}");
    }
}

#[tokio::test]
async fn who_is_deleted_while_we_ask_them_hears_that_nobody_was_called() {
    let world = World::new().await;
    let (user, path) = asked(&world, 0, 0).await;
    let proof = Proof::Pin(world.app.keyring.pin_digest(user, PIN));
    let placed = world.deadman(user).await.unwrap().pending.into_iter().map(|(effect, pending)| Report {
        actor: ActorId::Deadman(user),
        effect,
        attempt: pending.attempt,
        outcome: Outcome::Placed { sid: "CA1".to_owned(), queue: SignedDuration::ZERO },
    });
    for event in [Event::Settled(placed.collect()), Event::Remove { proof }] {
        run(&world.app.shell, Scope::User(user), event).await.unwrap();
    }
    for (at, keys) in ["9", PIN, ""].into_iter().enumerate() {
        let said = turn(&world, &format!("{path}/{}", at + 1), &[("Digits", keys)]).await;
        assert!(
            said.contains("account was deleted, so nobody was called") && said.contains("<Hangup"),
            "{said}"
        );
    }
}
