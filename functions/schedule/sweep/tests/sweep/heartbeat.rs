//! The watcher outside hears from the sweep exactly when all that is due was found, handed over, and is not late.

use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::SignedDuration;
use lucius_core::{
    actor::ActorId,
    decide::{Event, Scope},
};
use lucius_shell::{
    ports::Nature as _,
    run,
    testing::{Alarms, World, contact},
    wake::wake,
};
use lucius_store::{SHARDS, Store as _};
use sweep::turn;

use crate::support::{Taker, Watcher, due_for, response, tick};

const HEARD: [&str; 1] = ["GET /ping/hush HTTP/1.1"];

/// The heartbeat comes once everything overdue is handed over and the cycle is written down as done.
#[tokio::test]
async fn a_full_cycle_is_told_outside() {
    let world = World::new().await;
    let late = due_for(&world, 30).await;
    let _later = due_for(&world, -600).await;
    let (watcher, taker) = (Watcher::content().await, Taker::default());
    turn(&world.app, &taker, Some(&watcher.heartbeat), &tick()).await.unwrap();
    assert_eq!(watcher.heard(), HEARD);
    assert_eq!(taker.taken(), [ActorId::Deadman(late)]);
    // The other clock comes a moment later, and has nothing to add.
    turn(&world.app, &taker, Some(&watcher.heartbeat), &tick()).await.unwrap();
    assert_eq!(watcher.heard().len(), 1);
    world.clock().advance(SignedDuration::from_secs(60));
    turn(&world.app, &taker, Some(&watcher.heartbeat), &tick()).await.unwrap();
    assert_eq!(watcher.heard().len(), 2);
}

/// Whether the other clock has just swept saves a cycle, and is no reason to leave one out.
#[tokio::test]
async fn a_cycle_of_which_nobody_knows_whether_it_is_needed_is_done() {
    let world = World::new().await;
    let (watcher, taker) = (Watcher::content().await, Taker::default());
    turn(&world.app, &taker, Some(&watcher.heartbeat), &tick()).await.unwrap();
    let late = due_for(&world, 30).await;
    turn(&world.app, &taker, Some(&watcher.heartbeat), &tick()).await.unwrap();
    assert_eq!((watcher.heard().len(), taker.taken()), (1, Vec::new()));
    world.lose(Some("SYSTEM#sweep"));
    turn(&world.app, &taker, Some(&watcher.heartbeat), &tick()).await.unwrap();
    assert_eq!((watcher.heard().len(), taker.taken()), (2, vec![ActorId::Deadman(late)]));
}

#[tokio::test]
async fn without_an_address_nothing_is_told() {
    let world = World::new().await;
    turn(&world.app, &Taker::default(), None, &tick()).await.unwrap();
    assert!(!world.store().sweep_needed(world.clock().now()).await.unwrap());
}

/// Whichever shard it is that cannot be read: what was found in the others is handed over, and nobody says that all is well.
#[tokio::test]
async fn a_shard_that_cannot_be_read_is_not_well() {
    let world = World::new().await;
    let (alarms, _guard) = Alarms::listen();
    let (watcher, taker) = (Watcher::content().await, Taker::default());
    for _ in 0..8 {
        let _user = due_for(&world, 30).await;
    }
    for shard in 0..SHARDS {
        world.lose(Some(&format!("{shard:02}")));
        turn(&world.app, &taker, Some(&watcher.heartbeat), &tick()).await.unwrap_err();
        assert_eq!(alarms.take(), ["SweepFailed"], "shard {shard}");
        assert!(world.store().sweep_needed(world.clock().now()).await.unwrap(), "the other clock goes on");
    }
    assert!(watcher.heard().is_empty());
    // Each was found in all cycles but the one that could not see it.
    assert_eq!(taker.taken().len(), 8 * (usize::from(SHARDS) - 1));
    world.lose(None);
    turn(&world.app, &taker, Some(&watcher.heartbeat), &tick()).await.unwrap();
    assert_eq!(watcher.heard(), HEARD);
}

#[tokio::test]
async fn a_hand_over_that_fails_is_not_well() {
    let world = World::new().await;
    let (alarms, _guard) = Alarms::listen();
    let _late = due_for(&world, 30).await;
    let watcher = Watcher::content().await;
    turn(&world.app, &Taker::refusing(), Some(&watcher.heartbeat), &tick()).await.unwrap_err();
    assert_eq!(alarms.take(), ["SweepFailed"]);
    assert!(watcher.heard().is_empty());
}

/// Handing over is not enough: who is handed over again and again and stays due is not worked on.
#[tokio::test]
async fn whoever_stays_due_for_five_minutes_is_not_well() {
    let world = World::new().await;
    let (alarms, _guard) = Alarms::listen();
    let user = due_for(&world, 299).await;
    let (watcher, taker) = (Watcher::content().await, Taker::default());
    turn(&world.app, &taker, Some(&watcher.heartbeat), &tick()).await.unwrap();
    assert_eq!((watcher.heard().len(), alarms.take().len()), (1, 0));
    world.clock().advance(SignedDuration::from_secs(60));
    turn(&world.app, &taker, Some(&watcher.heartbeat), &tick()).await.unwrap();
    assert_eq!((watcher.heard().len(), alarms.take()), (1, vec!["Overdue".to_owned()]));
    assert_eq!(taker.taken(), [ActorId::Deadman(user); 2], "and is handed over all the same");
    wake(&world.app.shell, ActorId::Deadman(user)).await.unwrap();
    world.clock().advance(SignedDuration::from_secs(60));
    turn(&world.app, &taker, Some(&watcher.heartbeat), &tick()).await.unwrap();
    assert_eq!((watcher.heard().len(), alarms.take().len()), (2, 0));
}

/// What cannot be decided has its own alarm. It is postponed each time, so it is never overdue for long.
#[tokio::test]
async fn whoever_is_postponed_does_not_keep_the_heartbeat_back() {
    let world = World::new().await;
    let user = ActorId::Deadman(due_for(&world, 30).await);
    world.set_attribute(user, "schema", AttributeValue::N("2".to_owned())).await;
    let watcher = Watcher::content().await;
    for minute in 1..=30 {
        let taker = Taker::default();
        turn(&world.app, &taker, Some(&watcher.heartbeat), &tick()).await.unwrap();
        for actor in taker.taken() {
            wake(&world.app.shell, actor).await.unwrap();
        }
        assert_eq!(watcher.heard().len(), minute);
        world.clock().advance(SignedDuration::from_secs(60));
    }
}

/// A switch looks at its open incident every hour. One that cannot be read is postponed when it is woken itself; the switch waits with it.
#[tokio::test]
async fn whose_incident_cannot_be_read_does_not_keep_the_heartbeat_back() {
    let world = World::new().await;
    let user = world.user(|deadman| deadman.contacts = vec![contact(1, deadman.created_at)]).await;
    let cry = Event::Emergency { key: "CA1".to_owned() };
    run(&world.app.shell, Scope::User(user), cry).await.unwrap();
    let incident = ActorId::Incident(world.deadman(user).await.unwrap().incident.unwrap());
    world.set_attribute(incident, "schema", AttributeValue::N("2".to_owned())).await;
    let watcher = Watcher::content().await;
    let mut looked = 0;
    for minute in 1..=130 {
        let taker = Taker::default();
        turn(&world.app, &taker, Some(&watcher.heartbeat), &tick()).await.unwrap();
        for actor in taker.taken() {
            looked += u32::from(actor == ActorId::Deadman(user));
            wake(&world.app.shell, actor).await.unwrap();
        }
        assert_eq!(watcher.heard().len(), minute);
        world.clock().advance(SignedDuration::from_secs(60));
    }
    assert!(looked > 10, "the switch was due {looked} times");
}

/// An actor of a kind that a later release has brought: it waits, it is not passed over in silence, and others are worked on.
#[tokio::test]
async fn an_actor_of_an_unknown_kind_waits_with_an_alarm() {
    let world = World::new().await;
    let (alarms, _guard) = Alarms::listen();
    let known = due_for(&world, 30).await;
    let mut item = world.item(ActorId::Deadman(known)).await;
    item.insert("pk".to_owned(), AttributeValue::S("GROUP#1".to_owned()));
    world.write(item).await;
    let (watcher, taker) = (Watcher::content().await, Taker::default());
    turn(&world.app, &taker, Some(&watcher.heartbeat), &tick()).await.unwrap();
    assert_eq!(taker.taken(), [ActorId::Deadman(known)]);
    assert_eq!(alarms.take(), ["UnknownActor"]);
    assert!(watcher.heard().is_empty());
}

/// When the watcher is asked, the cycle is done; and a watcher that does not answer is not waited for beyond its time.
#[tokio::test]
async fn a_watcher_that_hangs_delays_nothing() {
    let world = World::new().await;
    let late = due_for(&world, 30).await;
    let (watcher, taker) = (Watcher::answering(None).await, Taker::default());
    let began = Instant::now();
    let asked = async {
        watcher.hears().await;
        assert_eq!(taker.taken(), [ActorId::Deadman(late)]);
        assert!(!world.store().sweep_needed(world.clock().now()).await.unwrap());
    };
    let tick = tick();
    let turned = turn(&world.app, &taker, Some(&watcher.heartbeat), &tick);
    let (turned, ()) = tokio::join!(turned, asked);
    turned.unwrap();
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

/// Refused, sent elsewhere, or nobody there: the cycle counts all the same, and nobody else is asked.
#[tokio::test]
async fn a_heartbeat_that_is_not_heard_fails_nothing() {
    let world = World::new().await;
    let elsewhere = Watcher::content().await;
    let location = format!("location: {}/ping\r\n", elsewhere.address);
    let gone = Watcher::content().await.heartbeat;
    for answer in [response("500 Sorry", ""), response("302 Found", &location), "nonsense\r\n\r\n".to_owned()]
    {
        let watcher = Watcher::answering(Some(answer)).await;
        turn(&world.app, &Taker::default(), Some(&watcher.heartbeat), &tick()).await.unwrap();
        assert_eq!(watcher.heard(), HEARD);
        assert!(!world.store().sweep_needed(world.clock().now()).await.unwrap());
        watcher.heartbeat.beat().await.unwrap_err();
        world.clock().advance(SignedDuration::from_secs(60));
    }
    assert!(elsewhere.heard().is_empty(), "a redirection is not followed");
    drop(gone);
}
