//! The table is down: the caller is told so, asked for the right thing, and not for ever; the operator is woken.

mod support;
#[path = "support/broken.rs"]
mod table;

use support::{forgets, turn};
use table::{Alarms, broken, then};

const NOT_SURE: &str = "I am not sure that was recorded";

#[test]
fn what_cannot_be_recorded_is_asked_for_again_three_times() {
    let (world, ()) = broken(async |_| ());
    let (alarms, _guard) = Alarms::listen();
    then(async {
        for (step, ask, one_key) in [
            ("login", "Please enter or say your PIN", false),
            ("account", "enter the phone number of your account", false),
            ("callback", "enter its six digit code", false),
            ("menu", "Please press the key again", true),
        ] {
            let path = format!("/inbound/{step}/2");
            let said = turn(&world, "CA1", "+12025559999", &path, "9").await;
            assert!(said.contains(NOT_SURE) && said.contains(ask), "{said}");
            assert!(!said.contains("nothing was recorded"), "{said}");
            assert_eq!(said.contains("PIN"), step == "login", "{said}");
            assert_eq!(said.contains(r#"numDigits="1""#), one_key, "{said}");
            assert!(said.contains(&format!("/inbound/{step}/2/1#")), "{said}");
            assert_eq!(alarms.take(), ["NotRecorded"]);
        }
        let third = turn(&world, "CA1", "+12025559999", "/inbound/menu/2/2", "").await;
        assert!(third.contains("/inbound/menu/2/3#"), "{third}");
        let end = turn(&world, "CA1", "+12025559999", "/inbound/menu/2/3", "").await;
        assert!(end.contains("<Hangup") && !end.contains("<Gather"), "{end}");
        assert!(end.contains("call the police or an ambulance yourself"), "{end}");
        let first = turn(&world, "CA1", "+12025559999", "/inbound/login", "1").await;
        assert!(first.contains("/inbound/login/0/1#"), "{first}");
    });
}

#[tokio::test]
async fn a_turn_asked_for_again_goes_on_where_it_was() {
    let world = lucius_shell::testing::World::new().await;
    let id = support::user(&world).await;
    let from = support::number(&world.deadman(id).await.unwrap());
    let menu = turn(&world, "CA1", &from, "/inbound/login/0/1", support::PIN).await;
    assert!(menu.contains("Hello Ann.") && menu.contains("/inbound/menu/1#"), "{menu}");
    let help = turn(&world, "CA1", &from, "/inbound/menu/1/2", "9").await;
    assert!(help.contains("We are calling your contacts now"), "{help}");
}

#[tokio::test]
async fn a_right_pin_that_was_not_remembered_is_right_when_it_is_entered_again() {
    let world = lucius_shell::testing::World::new().await;
    let id = support::user(&world).await;
    let from = support::number(&world.deadman(id).await.unwrap());
    turn(&world, "CA0", &from, "/inbound/login", "9999").await;
    for sid in ["CA1", "CA2"] {
        // Of the wrong one the right one makes an end, so it is recorded.
        turn(&world, sid, &from, "/inbound/login/0/1", support::PIN).await;
        assert_eq!(world.deadman(id).await.unwrap().tries.wrong, 0);
        forgets(&world, sid).await;
        // It would make an end again, and is taken already.
        turn(&world, &format!("{sid}-other"), &from, "/inbound/login", "9999").await;
        let menu = turn(&world, sid, &from, "/inbound/login/0/1", support::PIN).await;
        assert!(menu.contains("Hello Ann.") && menu.contains("/inbound/menu/1#"), "{menu}");
    }
}

/// Who was told that it was not recorded may key in something else. The first was recorded; what was answered may be known or not.
#[tokio::test]
async fn another_key_in_the_same_turn_is_another_act() {
    for known in [true, false] {
        let world = lucius_shell::testing::World::new().await;
        let id = support::user(&world).await;
        let from = support::number(&world.deadman(id).await.unwrap());
        let wrong = turn(&world, "CA1", &from, "/inbound/login", "9999").await;
        assert!(wrong.contains("That is not right."), "{wrong}");
        if !known {
            forgets(&world, "CA1").await;
        }
        let right = turn(&world, "CA1", &from, "/inbound/login/0/1", support::PIN).await;
        assert!(right.contains("Hello Ann."), "{right}");

        support::emergency(&world, id, "sos").await;
        let contact = support::open(&world, id).await.unwrap().contacts.remove(0);
        let (from, code) = (contact.phone.as_str(), contact.code.as_str());
        let wrong = turn(&world, "CA2", from, "/inbound/callback/0", "999999").await;
        assert!(wrong.contains("That is not the code"), "{wrong}");
        if !known {
            forgets(&world, "CA2").await;
        }
        let right = turn(&world, "CA2", from, "/inbound/callback/0/1", code).await;
        assert!(right.contains("You have it: you are going to Ann Lee."), "{right}");
        assert_eq!(support::open(&world, id).await.unwrap().acceptor(), Some(0));
    }
}

#[tokio::test]
async fn a_cry_for_help_instead_of_what_was_answered_unheard_calls_for_help() {
    for first in ["1", "#", "7", "", "9"] {
        let world = lucius_shell::testing::World::new().await;
        let id = support::user(&world).await;
        let from = support::number(&world.deadman(id).await.unwrap());
        turn(&world, "CA1", &from, "/inbound/login", support::PIN).await;
        turn(&world, "CA1", &from, "/inbound/menu/1", first).await;
        let help = turn(&world, "CA1", &from, "/inbound/menu/1/1", "9").await;
        assert!(help.contains("We are calling your contacts now"), "{first}: {help}");
        // What they have keyed in first, held up till now, changes nothing; nor does a copy of this.
        let before = world.deadman(id).await.unwrap();
        for (path, key) in [("/inbound/menu/1", first), ("/inbound/menu/1/1", "9")] {
            assert_eq!(turn(&world, "CA1", &from, path, key).await, help, "{first}");
        }
        assert_eq!(world.deadman(id).await.unwrap(), before);
        assert!(support::open(&world, id).await.is_some());
    }
}

#[tokio::test]
async fn who_keys_in_nothing_more_hears_what_was_answered() {
    let world = lucius_shell::testing::World::new().await;
    let id = support::user(&world).await;
    support::emergency(&world, id, "sos").await;
    let contact = support::open(&world, id).await.unwrap().contacts.remove(0);
    let from = contact.phone.as_str();
    let accepted = turn(&world, "CA1", from, "/inbound/callback/0", &contact.code).await;
    assert!(accepted.contains("You have it: you are going to Ann Lee."), "{accepted}");
    assert_eq!(turn(&world, "CA1", from, "/inbound/callback/0/1", "").await, accepted);
}

#[tokio::test]
async fn a_check_in_instead_of_a_cry_that_was_recorded_unheard_ends_nothing() {
    let world = lucius_shell::testing::World::new().await;
    let id = support::user(&world).await;
    let from = support::number(&world.deadman(id).await.unwrap());
    turn(&world, "CA1", &from, "/inbound/login", support::PIN).await;
    turn(&world, "CA1", &from, "/inbound/menu/1", "9").await;
    let told = turn(&world, "CA1", &from, "/inbound/menu/1/1", "1").await;
    assert!(told.contains("An emergency has begun since you were asked"), "{told}");
    assert!(support::open(&world, id).await.is_some());
    // Now they have heard of it.
    let ended = turn(&world, "CA1", &from, "/inbound/menu/2", "1").await;
    assert!(ended.contains("You are checked in") && ended.contains("The alert is over"), "{ended}");
}

/// Whatever they key in next finds nobody, and is not asked for again: they must not wait for help that does not come.
#[tokio::test]
async fn who_is_deleted_in_the_middle_of_a_call_hears_that_nobody_was_called() {
    for key in ["9", "1", "*", ""] {
        let world = lucius_shell::testing::World::new().await;
        let (alarms, _guard) = Alarms::listen();
        let id = support::user(&world).await;
        let from = support::number(&world.deadman(id).await.unwrap());
        turn(&world, "CA1", &from, "/inbound/login", support::PIN).await;
        support::deleted(&world, id).await;
        let said = turn(&world, "CA1", &from, "/inbound/menu/1", key).await;
        assert!(said.contains("account was deleted, so nobody was called"), "{said}");
        assert!(said.contains("call the police or an ambulance") && said.contains("<Hangup"), "{said}");
        assert!(!said.contains(NOT_SURE) && alarms.take().is_empty(), "{said}");
    }
}
