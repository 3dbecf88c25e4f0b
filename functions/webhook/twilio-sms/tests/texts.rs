//! Texts to our number: what is answered, what is written, and what each costs.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world has to stop")]

#[path = "../../twilio-voice/tests/support/broken.rs"]
mod table;

use http::StatusCode;
use jiff::SignedDuration;
use lucius_core::{
    deadman::{Edit, Proof, State},
    decide::{Event, Scope},
    id::UserId,
};
use lucius_shell::{
    Response,
    ports::Nature as _,
    run,
    testing::{SERVICE_NUMBER, World, contact, webhook},
};
use lucius_store::Store as _;
use table::{Alarms, broken, then};

/// A user whom the question has just reached.
async fn asked(world: &World) -> (UserId, String) {
    let user = world
        .user(|deadman| {
            deadman.contacts = vec![contact(1, deadman.created_at)];
            deadman.settings.active = true;
            deadman.armed_once = true;
            deadman.state = State::Waiting { next_probe_at: deadman.created_at };
        })
        .await;
    run(&world.app.shell, Scope::User(user), Event::Wake).await.unwrap();
    let deadman = world.deadman(user).await.unwrap();
    assert!(matches!(deadman.state, State::Probing(_)), "{:?}", deadman.state);
    (user, deadman.profile.phone.as_str().to_owned())
}

async fn text(world: &World, path: &str, sid: &str, from: &str, body: &str) -> Response {
    let fields = [("MessageSid", sid), ("From", from), ("To", SERVICE_NUMBER), ("Body", body)];
    Box::pin(twilio_sms::handle(&world.app, &webhook(path, &fields))).await
}

#[tokio::test]
async fn a_good_answer_costs_two_reads_and_one_write() {
    let world = World::new().await;
    let (user, from) = asked(&world).await;
    let _ = world.take_calls();
    let reply = text(&world, "/inbound/sms", "SM1", &from, "Y").await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(reply.body.contains("Thank you, Ann."), "{}", reply.body);
    assert_eq!(world.take_calls(), (2, 1), "the number and the switch; one transaction");
    assert!(matches!(world.deadman(user).await.unwrap().state, State::Waiting { .. }));
    let _ = world.take_calls();

    let again = text(&world, "/inbound/sms", "SM1", &from, "Y").await;
    assert_eq!(again.body, reply.body, "the carrier sends a text again whose answer it did not get");
    assert_eq!(world.take_calls(), (2, 0));
}

#[tokio::test]
async fn strangers_and_machines_are_not_answered() {
    let world = World::new().await;
    for (sid, from, body) in [
        ("SM1", "+12025559999", "Y"),
        ("SM2", "+12025559999", "I am away from my desk"),
        ("SM3", "MyBank", "Your parcel"),
        ("SM4", "+12025559999", ""),
    ] {
        let reply = text(&world, "/inbound/sms", sid, from, body).await;
        assert_eq!(reply.status, StatusCode::OK);
        assert!(!reply.body.contains("<Message"), "{from} {body}: {}", reply.body);
    }
}

#[tokio::test]
async fn a_wrong_signature_is_403_and_401_on_the_old_address() {
    let world = World::new().await;
    let (user, from) = asked(&world).await;
    let before = world.deadman(user).await;
    for (path, status) in [
        ("/inbound/sms", StatusCode::FORBIDDEN),
        ("/inbound/sms/", StatusCode::FORBIDDEN),
        ("/webhook/sms", StatusCode::UNAUTHORIZED),
    ] {
        let mut forged = webhook(path, &[("MessageSid", "SM1"), ("From", &from), ("Body", "Y")]);
        forged.body.extend_from_slice(b"&x=1");
        let reply = Box::pin(twilio_sms::handle(&world.app, &forged)).await;
        assert_eq!(reply.status, status, "{path}");
    }
    assert_eq!(world.deadman(user).await, before);
    let reply = text(&world, "/webhook/sms", "SM1", &from, "Y").await;
    assert!(reply.body.contains("Thank you"), "{}", reply.body);
}

#[tokio::test]
async fn stop_is_remembered_and_never_answered() {
    let world = World::new().await;
    let (user, from) = asked(&world).await;
    for word in ["STOP", "Unsubscribe", "stopall"] {
        let reply = text(&world, "/inbound/sms", &format!("SM{word}"), &from, word).await;
        assert!(!reply.body.contains("<Message"), "{}", reply.body);
        assert!(world.deadman(user).await.unwrap().text_stopped, "{word}");
        let reply = text(&world, "/inbound/sms", &format!("SM{word}-start"), &from, "START").await;
        assert_eq!(reply.status, StatusCode::OK);
        assert!(!world.deadman(user).await.unwrap().text_stopped, "{word}, then START");
        world.clock().advance(SignedDuration::from_secs(1));
    }
}

#[tokio::test]
async fn digits_that_may_be_a_pin_are_not_kept() {
    let world = World::new().await;
    let (user, from) = asked(&world).await;
    text(&world, "/inbound/sms", "SM1", &from, "my number is 1234, thanks").await;
    let deadman = world.deadman(user).await.unwrap();
    assert_eq!(deadman.probe().unwrap().last_response, "my number is ****, thanks");
}

#[tokio::test]
async fn six_digits_of_a_user_with_alerts_count_as_a_code_unless_they_are_the_pin() {
    let world = World::new().await;
    let keyring = world.app.keyring.clone();
    let ann =
        world.user(|deadman| deadman.profile.pin = Some(keyring.pin_digest(deadman.id, "271828"))).await;
    let from = world.deadman(ann).await.unwrap().profile.phone;
    let bob = world
        .user(|deadman| {
            let mut contact = contact(1, deadman.created_at);
            contact.phone = from.clone();
            deadman.contacts = vec![contact];
        })
        .await;
    let sos = Event::Emergency { key: "sos".to_owned() };
    let incident = run(&world.app.shell, Scope::User(bob), sos).await.unwrap().case.incident.unwrap().id;
    let count =
        async || world.store().load_incident(incident).await.unwrap().unwrap().state.contacts[0].wrong_codes;
    let reply = text(&world, "/inbound/sms", "SM1", from.as_str(), "OK 999999").await;
    assert!(reply.body.contains("neither your PIN nor the code"), "{}", reply.body);
    assert_eq!(count().await, 1);
    text(&world, "/inbound/sms", "SM1", from.as_str(), "OK 999999").await;
    assert_eq!(count().await, 1, "the same text again");
    let reply = text(&world, "/inbound/sms", "SM2", from.as_str(), "OK 271828").await;
    assert!(reply.body.contains("Thank you, Ann."), "{}", reply.body);
    assert_eq!(count().await, 1, "the PIN is no wrong code");
}

#[test]
fn a_text_that_is_not_recorded_wakes_the_operator() {
    let (world, from) = broken(async |world| asked(world).await.1);
    let (alarms, _guard) = Alarms::listen();
    then(async {
        let reply = text(&world, "/inbound/sms", "SM1", &from, "Y").await;
        assert!(reply.body.contains("That was not recorded. Please send it again."), "{}", reply.body);
        assert_eq!(alarms.take(), ["NotRecorded"]);
    });
}

#[tokio::test]
async fn a_command_changes_nothing_and_says_so() {
    let world = World::new().await;
    let user = world.user(|deadman| deadman.contacts = vec![contact(1, deadman.created_at)]).await;
    let before = world.deadman(user).await.unwrap();
    let from = before.profile.phone.as_str().to_owned();
    for (sid, command) in [("SM1", "pause 2d"), ("SM2", "probe -wait 120")] {
        let reply = text(&world, "/inbound/sms", sid, &from, command).await;
        assert!(reply.body.contains("Nothing was changed"), "{command}: {}", reply.body);
    }
    assert_eq!(world.deadman(user).await.unwrap().settings, before.settings);
}

/// Captured with its signature, and sent again while another question is open: it would silence a check-in that nobody made.
#[tokio::test]
async fn a_text_that_was_kept_answers_no_later_question() {
    let world = World::new().await;
    let (user, from) = asked(&world).await;
    let reply = text(&world, "/inbound/sms", "SMkept", &from, "Y").await;
    assert!(reply.body.contains("Thank you"), "{}", reply.body);
    for n in 0..9 {
        text(&world, "/inbound/sms", &format!("SM{n}"), &from, "hello").await;
    }
    let State::Waiting { next_probe_at } = world.deadman(user).await.unwrap().state else { unreachable!() };
    world.clock().advance(next_probe_at.duration_since(world.clock().now()));
    run(&world.app.shell, Scope::User(user), Event::Wake).await.unwrap();
    let before = world.deadman(user).await.unwrap();
    assert!(before.probe().is_some(), "{:?}", before.state);
    let _ = world.take_calls();
    let reply = text(&world, "/inbound/sms", "SMkept", &from, "Y").await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(!reply.body.contains("<Message"), "{}", reply.body);
    assert_eq!(world.take_calls(), (2, 1), "one transaction that is refused");
    assert_eq!(world.deadman(user).await.unwrap(), before, "the question is still open");
    let reply = text(&world, "/inbound/sms", "SMnew", &from, "Y").await;
    assert!(reply.body.contains("Thank you"), "{}", reply.body);
}

/// Kept with its signature, what somebody once said of our texts is not said again months later.
#[tokio::test]
async fn a_stop_that_was_kept_is_not_believed_again() {
    let world = World::new().await;
    let (user, from) = asked(&world).await;
    let phone = from.parse().unwrap();
    let stopped = async || {
        let card = world.store().number(&phone, world.clock().now()).await.unwrap();
        (card.stopped, world.deadman(user).await.unwrap().text_stopped)
    };
    text(&world, "/inbound/sms", "SMstop", &from, "STOP").await;
    assert_eq!(stopped().await, (Some(true), true));
    text(&world, "/inbound/sms", "SMstart", &from, "START").await;
    assert_eq!(stopped().await, (Some(false), false));
    // Somebody else takes them on since then, and is not told of it either.
    let other = world
        .user(|deadman| {
            let mut contact = contact(1, deadman.created_at);
            contact.phone = from.parse().unwrap();
            deadman.contacts = vec![contact];
        })
        .await;
    let reply = text(&world, "/inbound/sms", "SMstop", &from, "STOP").await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(stopped().await, (Some(false), false), "sent again");
    assert!(!world.deadman(other).await.unwrap().contacts[0].text_stopped);
    text(&world, "/inbound/sms", "SMagain", &from, "STOP").await;
    assert_eq!(stopped().await, (Some(true), true), "said again");
    assert!(world.deadman(other).await.unwrap().contacts[0].text_stopped);
}

/// "ok" of somebody who is asked and called at once is no answer, then or later.
#[tokio::test]
async fn a_yes_that_could_mean_two_things_is_no_answer_when_it_is_sent_again() {
    let world = World::new().await;
    let (ann, from) = asked(&world).await;
    let bob = world
        .user(|deadman| {
            let mut contact = contact(1, deadman.created_at);
            contact.phone = from.parse().unwrap();
            deadman.contacts = vec![contact];
        })
        .await;
    let sos = Event::Emergency { key: "sos".to_owned() };
    let case = run(&world.app.shell, Scope::User(bob), sos).await.unwrap().case;
    let reply = text(&world, "/inbound/sms", "SMok", &from, "ok").await;
    assert!(reply.body.contains("Which do you mean?"), "{}", reply.body);
    let incident = case.incident.unwrap().id;
    let over = Event::Edit(Edit::Resolve { incident, proof: Proof::None });
    run(&world.app.shell, Scope::User(bob), over).await.unwrap();
    world.clock().advance(SignedDuration::from_hours(25));
    for n in 0..9 {
        text(&world, "/inbound/sms", &format!("SM{n}"), &from, "hello").await;
    }
    let before = world.deadman(ann).await.unwrap();
    assert!(before.probe().is_some(), "{:?}", before.state);
    text(&world, "/inbound/sms", "SMok", &from, "ok").await;
    assert_eq!(world.deadman(ann).await.unwrap(), before, "the question is still open");
}

/// The carrier takes YES as consent to texts and says so. It is an answer all the same.
#[tokio::test]
async fn a_yes_that_the_carrier_takes_as_consent_is_an_answer_too() {
    let world = World::new().await;
    let (user, from) = asked(&world).await;
    let fields = [
        ("MessageSid", "SM1"),
        ("From", from.as_str()),
        ("To", SERVICE_NUMBER),
        ("Body", "YES"),
        ("OptOutType", "START"),
    ];
    let reply = Box::pin(twilio_sms::handle(&world.app, &webhook("/inbound/sms", &fields))).await;
    assert!(reply.body.contains("Thank you"), "{}", reply.body);
    assert!(matches!(world.deadman(user).await.unwrap().state, State::Waiting { .. }));
}

/// Whoever waits for help that nobody was called for has to hear so.
#[tokio::test]
async fn a_cry_for_help_from_an_unknown_number_is_answered() {
    let world = World::new().await;
    for (sid, body) in [("SM1", "SOS"), ("SM2", "S.O.S."), ("SM3", "Help me, he is in the house")] {
        let reply = text(&world, "/inbound/sms", sid, "+12025559999", body).await;
        assert!(reply.body.contains("nobody was called") && reply.body.contains("call us"), "{}", reply.body);
    }
}

/// Whoever says that it is not over has to hear whether that called anybody.
#[tokio::test]
async fn reopen_works_as_people_write_it_and_is_answered_where_it_does_not() {
    let world = World::new().await;
    let user = world.user(|deadman| deadman.contacts = vec![contact(1, deadman.created_at)]).await;
    let deadman = world.deadman(user).await.unwrap();
    let (ann, bob) = (&deadman.profile.phone, &deadman.contacts[0].phone);
    let none = text(&world, "/inbound/sms", "SM0", bob.as_str(), "REOPEN 123456").await;
    assert!(none.body.contains("nobody was called"), "{}", none.body);
    text(&world, "/inbound/sms", "SM1", ann.as_str(), "SOS").await;
    let id = world.deadman(user).await.unwrap().incident.unwrap();
    let alert = async || world.store().load_incident(id).await.unwrap().unwrap().state;
    let code = alert().await.contacts[0].code.clone();
    // Ann has no PIN: it is her session that ends it.
    let over = async || {
        let end = Edit::Resolve { incident: id, proof: Proof::None };
        run(&world.app.shell, Scope::User(user), Event::Edit(end)).await.unwrap();
    };
    let without = text(&world, "/inbound/sms", "SM2", bob.as_str(), "Reopen!").await;
    assert!(without.body.contains("no code in that"), "{}", without.body);
    for (n, body) in [format!("REOPEN {code}."), format!("Reopen: {code} she is not home")].iter().enumerate()
    {
        over().await;
        assert!(!alert().await.is_open());
        let again = text(&world, "/inbound/sms", &format!("SM-re-{n}"), bob.as_str(), body).await;
        assert!(again.body.contains("is open again") && alert().await.is_open(), "{}", again.body);
    }
    over().await;
    world.clock().advance(SignedDuration::from_hours(25));
    let old = text(&world, "/inbound/sms", "SM8", bob.as_str(), &format!("REOPEN {code}")).await;
    assert!(old.body.contains("nobody was called") && !alert().await.is_open(), "{}", old.body);
}

/// Bob has an account as well: what he says of Ann's alert is no answer about himself.
#[tokio::test]
async fn a_user_who_says_that_it_is_not_over_hears_that_nobody_was_called() {
    let world = World::new().await;
    let bob = world.user(|_| {}).await;
    let phone = world.deadman(bob).await.unwrap().profile.phone;
    let says = async |sid: &str, body: &str| text(&world, "/inbound/sms", sid, phone.as_str(), body).await;
    for (sid, body) in [("SM1", "REOPEN"), ("SM2", "REOPEN 123456"), ("SM3", "Reopen?")] {
        let reply = says(sid, body).await.body;
        assert!(reply.contains("nobody was called") && reply.contains("reply SOS"), "{reply}");
    }
    let ann = world
        .user(|deadman| {
            deadman.contacts = vec![contact(1, deadman.created_at)];
            deadman.contacts[0].phone = phone.clone();
        })
        .await;
    let from = world.deadman(ann).await.unwrap().profile.phone;
    text(&world, "/inbound/sms", "SM4", from.as_str(), "SOS").await;
    let without = says("SM5", "Reopen").await.body;
    assert!(without.contains("no code in that"), "{without}");
    let wrong = says("SM6", "REOPEN 000001").await.body;
    assert!(wrong.contains("neither your PIN nor the code"), "{wrong}");
}

#[tokio::test]
async fn a_contact_who_cries_for_help_hears_that_nobody_was_called_for_them() {
    let world = World::new().await;
    let user = world.user(|deadman| deadman.contacts = vec![contact(1, deadman.created_at)]).await;
    let deadman = world.deadman(user).await.unwrap();
    let (ann, bob) = (&deadman.profile.phone, &deadman.contacts[0].phone);
    text(&world, "/inbound/sms", "SM1", ann.as_str(), "SOS").await;
    let reply = text(&world, "/inbound/sms", "SM2", bob.as_str(), "SOS he is here").await;
    assert!(
        reply.body.contains("nobody was called for you") && reply.body.contains("six digits"),
        "{}",
        reply.body
    );
}

#[tokio::test]
async fn a_cry_for_help_reaches_contacts_in_its_own_words_but_for_a_pin() {
    let rows = [
        ("sos at 1425 Oak Street", Some("sos at 1425 Oak Street")),
        ("Help me, he is in the \"red\" barn", Some("Help me, he is in the 'red' barn")),
        ("sos barn 4711", Some("sos barn")),
        ("SOS", None),
        ("help me please!", None),
    ];
    for (body, told) in rows {
        let world = World::new().await;
        let user = world.user(|deadman| deadman.contacts = vec![contact(1, deadman.created_at)]).await;
        let from = world.deadman(user).await.unwrap().profile.phone.as_str().to_owned();
        text(&world, "/inbound/sms", "SM1", &from, body).await;
        let id = world.deadman(user).await.unwrap().incident.unwrap();
        let incident = world.store().load_incident(id).await.unwrap().unwrap().state;
        let line = told.map(|told| format!("A text from their number says: \"{told}\""));
        assert_eq!(incident.words.first(), line.as_ref(), "{body}");
    }
}
