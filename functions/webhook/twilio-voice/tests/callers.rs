//! Who calls, from which phone, and what they may find out.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world has to stop")]

mod support;

use lucius_core::{
    deadman::Tries,
    decide::{ContactAct, Event, Scope},
    id::UserId,
    incident::TextAnswer,
    phone::PhoneNumber,
};
use lucius_shell::{
    run,
    testing::{World, contact},
};
use lucius_store::Store as _;
use support::{PIN, emergency, ends, heard, number, open, turn, user};

const STRANGER: &str = "+12025559999";

/// A user whose contact has the number `phone`, with an emergency.
async fn in_need_of(world: &World, phone: &str) -> UserId {
    let phone: PhoneNumber = phone.parse().unwrap();
    let id = world
        .user(|deadman| {
            let mut contact = contact(1, deadman.created_at);
            contact.phone = phone;
            deadman.contacts = vec![contact];
        })
        .await;
    emergency(world, id, &format!("sos of {id}")).await;
    id
}

async fn wrong_codes(world: &World, user: UserId) -> u8 {
    open(world, user).await.unwrap().contacts.first().unwrap().wrong_codes
}

#[tokio::test]
async fn a_locked_account_sounds_like_a_wrong_pin_from_another_phone() {
    let world = World::new().await;
    let keyring = world.app.keyring.clone();
    let id = world
        .user(|deadman| {
            deadman.profile.pin = Some(keyring.pin_digest(deadman.id, PIN));
            deadman.tries = Tries { wrong: 1000, since: Some(deadman.created_at) };
        })
        .await;
    let from = number(&world.deadman(id).await.unwrap());
    let account = from.trim_start_matches('+').to_owned();
    turn(&world, "CA1", STRANGER, "/inbound/login", PIN).await;
    let locked = turn(&world, "CA1", STRANGER, "/inbound/account/1", &account).await;
    turn(&world, "CA2", STRANGER, "/inbound/login", PIN).await;
    let nobody = turn(&world, "CA2", STRANGER, "/inbound/account/1", "12025550000").await;
    assert_eq!(locked, nobody);
    let own = turn(&world, "CA3", &from, "/inbound/login", PIN).await;
    assert!(own.contains("Too many attempts. Goodbye."), "{own}");
}

#[tokio::test]
async fn a_pin_that_waits_for_its_account_is_not_kept() {
    let world = World::new().await;
    let id = user(&world).await;
    let account = number(&world.deadman(id).await.unwrap()).trim_start_matches('+').to_owned();
    turn(&world, "CA1", STRANGER, "/inbound/login", PIN).await;
    let kept = world.store().load_call("CA1").await.unwrap().unwrap().body;
    assert!(kept.contains("unclaimed") && !kept.contains(PIN), "{kept}");
    // Silence costs nothing, and the PIN still counts.
    let again = turn(&world, "CA1", STRANGER, "/inbound/account/1", "").await;
    assert!(again.contains("/inbound/account/2#") && !again.contains("not right"), "{again}");
    let menu = turn(&world, "CA1", STRANGER, "/inbound/account/2", &account).await;
    assert!(menu.contains("Hello Ann."), "{menu}");
}

#[tokio::test]
async fn a_user_without_a_pin_hears_that_there_is_none_and_nothing_is_counted() {
    let world = World::new().await;
    let id = world.user(|_| ()).await;
    let from = number(&world.deadman(id).await.unwrap());
    for nth in 1..=4 {
        let said = turn(&world, &format!("CA{nth}"), &from, "/inbound/login", "1234").await;
        assert!(said.contains("There is no PIN for your account") && said.contains("<Hangup"), "{said}");
    }
    assert_eq!(world.deadman(id).await.unwrap().tries, Tries::default());
    // From another phone it sounds like any account.
    turn(&world, "CA9", STRANGER, "/inbound/login", "1234").await;
    let said = turn(&world, "CA9", STRANGER, "/inbound/account/1", from.trim_start_matches('+')).await;
    assert!(said.contains("That is not right."), "{said}");
}

#[tokio::test]
async fn whoever_speaks_is_there() {
    let world = World::new().await;
    let id = user(&world).await;
    let from = number(&world.deadman(id).await.unwrap());
    let mut path = "/inbound/login".to_owned();
    for nth in 1..=5 {
        let said = heard(&world, "CA1", &from, &path, &[("SpeechResult", "please wait a moment")]).await;
        assert!(said.contains("I did not understand that.") && said.contains("<Gather"), "{said}");
        assert!(said.contains(r#"speechTimeout="auto""#) && said.contains("pound key"), "{said}");
        path = format!("/inbound/login/{nth}");
    }
    for nth in 6..=9 {
        heard(&world, "CA1", &from, &path, &[("SpeechResult", "and now the news")]).await;
        path = format!("/inbound/login/{nth}");
    }
    let end = heard(&world, "CA1", &from, &path, &[("SpeechResult", "and the weather")]).await;
    assert!(end.contains("<Hangup"), "{end}");
    let page = turn(&world, "CA2", &from, "/inbound/answer", "").await;
    assert!(page.contains(r#"speechTimeout="auto""#) && page.contains("pound key"), "{page}");
}

#[tokio::test]
async fn the_menu_says_what_is_being_done() {
    let world = World::new().await;
    let id = user(&world).await;
    let from = number(&world.deadman(id).await.unwrap());
    let menu = turn(&world, "CA1", &from, "/inbound/login", PIN).await;
    assert!(menu.contains("There is no emergency."), "{menu}");
    let menu = turn(&world, "CA1", &from, "/inbound/menu/1", "9").await;
    assert!(menu.contains("There is an emergency: your contacts are being called."), "{menu}");
    let incident = open(&world, id).await.unwrap();
    let code = incident.contacts[0].code.clone();
    let act = ContactAct::Code { key: "SM1".to_owned(), code, answer: TextAnswer::Accept };
    let accepts = Event::Contact { place: 0, act };
    run(&world.app.shell, Scope::Incident(incident.id), accepts).await.unwrap();
    let menu = turn(&world, "CA1", &from, "/inbound/menu/2", "").await;
    let who = format!("There is an emergency: {} is on the way.", incident.name_of(0));
    assert!(menu.contains(&who) && !menu.contains("being called"), "{menu}");

    let alone =
        world.user(|deadman| deadman.profile.pin = Some(world.app.keyring.pin_digest(deadman.id, PIN))).await;
    let from = number(&world.deadman(alone).await.unwrap());
    turn(&world, "CA2", &from, "/inbound/login", PIN).await;
    let menu = turn(&world, "CA2", &from, "/inbound/menu/1", "9").await;
    assert!(menu.contains("there is nobody whom we could call") && !menu.contains("being called"), "{menu}");
}

#[tokio::test]
async fn a_contact_who_rings_back_hears_what_the_open_alert_says() {
    let world = World::new().await;
    let from = "+12025557777";
    for _ in 0..4 {
        let over = in_need_of(&world, from).await;
        ends(&world, over, &format!("end of {over}")).await;
    }
    let user = in_need_of(&world, from).await;
    let page = turn(&world, "CA1", from, "/inbound/answer", "").await;
    assert!(page.contains("If you need help yourself, press star, then the pound key."), "{page}");
    let end = turn(&world, "CA1", from, "/inbound/callback/0", "1").await;
    assert!(end.contains("we call you in a moment"), "{end}");
    // Six digits that are no code count on this page and behind the star.
    turn(&world, "CA2", from, "/inbound/callback/0", "999999").await;
    let star = turn(&world, "CA2", from, "/inbound/callback/1", "*").await;
    assert!(star.contains("Please enter or say your PIN"), "{star}");
    assert_eq!(wrong_codes(&world, user).await, 1);
    let account = turn(&world, "CA2", from, "/inbound/login/2", "888888").await;
    assert!(account.contains("/inbound/account/3#"), "{account}");
    assert_eq!(wrong_codes(&world, user).await, 2);
    // What nobody would guess with is no wrong code.
    for (call, said) in [("CA3", "#"), ("CA4", "9999"), ("CA5", "1111111"), ("CA6", "0")] {
        let again = turn(&world, call, from, "/inbound/callback/0", said).await;
        assert!(again.contains("That is not the code of the alert.") && again.contains("press 1"), "{again}");
    }
    assert_eq!(wrong_codes(&world, user).await, 2);
}

#[tokio::test]
async fn wrong_codes_of_somebody_who_is_a_user_as_well_are_counted() {
    let world = World::new().await;
    let ann = user(&world).await;
    let from = number(&world.deadman(ann).await.unwrap());
    let bob = in_need_of(&world, &from).await;
    let said = turn(&world, "CA1", &from, "/inbound/login", "999999").await;
    assert!(said.contains("That is not right."), "{said}");
    assert_eq!(wrong_codes(&world, bob).await, 1);
    // Not six digits, and so nobody's code.
    turn(&world, "CA1", &from, "/inbound/login/1", "9999").await;
    assert_eq!(wrong_codes(&world, bob).await, 1);
    let menu = turn(&world, "CA1", &from, "/inbound/login/2", PIN).await;
    assert!(menu.contains("Hello Ann."), "{menu}");
    assert_eq!(wrong_codes(&world, bob).await, 1, "the PIN of a user is no wrong code");
}
