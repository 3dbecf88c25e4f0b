//! A key of the menu means what the caller was told that it means, whatever has happened since.

mod support;

use jiff::SignedDuration;
use lucius_core::incident::Cause;
use lucius_shell::{ports::Nature as _, testing::World};
use lucius_store::{CallSession, Store as _};
use support::{PIN, emergency, ends, number, open, turn, user};

const CALLING: &str = "We are calling your contacts now";
const BEGUN: &str = "An emergency has begun since you were asked";

#[tokio::test]
async fn a_nine_that_comes_twice_starts_an_emergency_and_does_not_end_it() {
    let world = World::new().await;
    let id = user(&world).await;
    let from = number(&world.deadman(id).await.unwrap());
    let menu = turn(&world, "CA1", &from, "/inbound/login", PIN).await;
    assert!(
        menu.contains("There is no emergency.") && menu.contains("To start an emergency, press 9"),
        "{menu}"
    );
    let before = world.store().load_call("CA1").await.unwrap().unwrap();
    let first = turn(&world, "CA1", &from, "/inbound/menu/1", "9").await;
    assert!(first.contains(CALLING), "{first}");

    // The session of that turn was lost: the carrier sends it again.
    let now = world.store().load_call("CA1").await.unwrap().unwrap().version;
    let lost = CallSession { version: now + 1, ..before };
    assert!(world.store().save_call("CA1", &lost, Some(now)).await.unwrap());
    let again = turn(&world, "CA1", &from, "/inbound/menu/1", "9").await;
    assert_eq!(again, first);
    assert_eq!(open(&world, id).await.unwrap().causes, [Cause::Emergency]);
}

#[tokio::test]
async fn two_deliveries_at_once_say_the_same_and_start_one_emergency() {
    let world = World::new().await;
    let id = user(&world).await;
    let from = number(&world.deadman(id).await.unwrap());
    turn(&world, "CA1", &from, "/inbound/login", PIN).await;
    let nine = || turn(&world, "CA1", &from, "/inbound/menu/1", "9");
    let (one, two, three) = tokio::join!(nine(), nine(), nine());
    assert!(one.contains(CALLING) && one == two && two == three, "{one}\n{two}\n{three}");
    assert_eq!(open(&world, id).await.unwrap().causes, [Cause::Emergency]);
}

#[tokio::test]
async fn a_nine_to_start_joins_an_emergency_that_has_begun_since() {
    let world = World::new().await;
    let id = user(&world).await;
    let from = number(&world.deadman(id).await.unwrap());
    turn(&world, "CA1", &from, "/inbound/login", PIN).await;
    emergency(&world, id, "elsewhere").await;
    let joined = turn(&world, "CA1", &from, "/inbound/menu/1", "9").await;
    assert!(joined.contains(CALLING) && joined.contains("To end the emergency, press 9"), "{joined}");
    assert!(open(&world, id).await.is_some());
    // Now that it has been offered, 9 ends it.
    let ended = turn(&world, "CA1", &from, "/inbound/menu/2", "9").await;
    assert!(ended.contains("The alert is over") && ended.contains("There is no emergency."), "{ended}");
    assert!(open(&world, id).await.is_none());
}

#[tokio::test]
async fn a_one_does_not_end_an_emergency_that_the_caller_has_not_heard_of() {
    let world = World::new().await;
    let id = user(&world).await;
    let from = number(&world.deadman(id).await.unwrap());
    turn(&world, "CA1", &from, "/inbound/login", PIN).await;
    emergency(&world, id, "elsewhere").await;
    let told = turn(&world, "CA1", &from, "/inbound/menu/1", "1").await;
    assert!(
        told.contains(BEGUN) && told.contains("To check in, which ends the emergency, press 1"),
        "{told}"
    );
    assert!(open(&world, id).await.is_some());
    let ended = turn(&world, "CA1", &from, "/inbound/menu/2", "1").await;
    assert!(ended.contains("You are checked in") && ended.contains("The alert is over"), "{ended}");
    assert!(open(&world, id).await.is_none());
}

#[tokio::test]
async fn the_same_holds_while_the_pin_is_asked_for_again() {
    let world = World::new().await;
    let id = user(&world).await;
    let from = number(&world.deadman(id).await.unwrap());
    turn(&world, "CA1", &from, "/inbound/login", PIN).await;
    world.clock().advance(SignedDuration::from_mins(3));
    let asked = turn(&world, "CA1", &from, "/inbound/menu/1", "1").await;
    assert!(asked.contains("To be sure that it is you"), "{asked}");
    emergency(&world, id, "elsewhere").await;
    let told = turn(&world, "CA1", &from, "/inbound/login/2", PIN).await;
    assert!(told.contains(BEGUN), "{told}");
    assert!(open(&world, id).await.is_some());
}

#[tokio::test]
async fn a_nine_to_end_one_emergency_does_not_end_the_next() {
    let world = World::new().await;
    let id = user(&world).await;
    let from = number(&world.deadman(id).await.unwrap());
    emergency(&world, id, "first").await;
    let menu = turn(&world, "CA1", &from, "/inbound/login", PIN).await;
    assert!(menu.contains("To end the emergency, press 9"), "{menu}");
    ends(&world, id, "by web").await;
    world.clock().advance(SignedDuration::from_secs(10));
    emergency(&world, id, "second").await;
    let told = turn(&world, "CA1", &from, "/inbound/menu/1", "9").await;
    assert!(told.contains(BEGUN), "{told}");
    assert!(open(&world, id).await.is_some());
}

#[tokio::test]
async fn a_nine_to_end_what_is_over_starts_nothing() {
    let world = World::new().await;
    let id = user(&world).await;
    let from = number(&world.deadman(id).await.unwrap());
    emergency(&world, id, "first").await;
    turn(&world, "CA1", &from, "/inbound/login", PIN).await;
    ends(&world, id, "by web").await;
    let told = turn(&world, "CA1", &from, "/inbound/menu/1", "9").await;
    assert!(told.contains("There is no emergency."), "{told}");
    assert!(open(&world, id).await.is_none());
}

/// Every request of an old call, captured with its signature and sent again: the 9 that started an emergency then would end the one
/// that is open now, with the PIN beside it.
#[tokio::test]
async fn a_call_that_is_played_again_changes_nothing() {
    let world = World::new().await;
    let id = user(&world).await;
    let from = number(&world.deadman(id).await.unwrap());
    let turns = [("/inbound/login", PIN), ("/inbound/menu/1", "9")];
    let mut said = String::new();
    for (path, keys) in turns {
        said = turn(&world, "CA1", &from, path, keys).await;
    }
    for n in 0..9 {
        ends(&world, id, &format!("end {n}")).await;
        emergency(&world, id, &format!("emergency {n}")).await;
    }
    world.clock().advance(SignedDuration::from_hours(24 * 399));
    let before = world.deadman(id).await.unwrap();
    assert!(open(&world, id).await.is_some());
    for (path, keys) in turns {
        assert_eq!(turn(&world, "CA1", &from, path, keys).await, said, "what was said last");
    }
    assert_eq!(world.deadman(id).await.unwrap(), before);
    assert!(open(&world, id).await.is_some());
    let session = world.store().load_call("CA1").await.unwrap().unwrap();
    let kept = session.expires_at.duration_since(world.clock().now()).as_hours();
    assert!(kept > 0, "the table may not have forgotten it yet");
}

/// The same where the session of the last turn was never written: the event itself is known.
#[tokio::test]
async fn a_turn_that_was_not_remembered_is_known_by_its_event() {
    let world = World::new().await;
    let id = user(&world).await;
    let from = number(&world.deadman(id).await.unwrap());
    turn(&world, "CA1", &from, "/inbound/login", PIN).await;
    let before = world.store().load_call("CA1").await.unwrap().unwrap();
    turn(&world, "CA1", &from, "/inbound/menu/1", "1").await;
    let now = world.store().load_call("CA1").await.unwrap().unwrap().version;
    let lost = CallSession { version: now + 1, ..before };
    assert!(world.store().save_call("CA1", &lost, Some(now)).await.unwrap());
    for n in 0..9 {
        ends(&world, id, &format!("check-in {n}")).await;
    }
    let before = world.deadman(id).await.unwrap();
    let again = turn(&world, "CA1", &from, "/inbound/menu/1", "1").await;
    assert!(again.contains("We have that already.") && again.contains("<Hangup"), "{again}");
    assert_eq!(world.deadman(id).await.unwrap(), before);
}
