//! What a human has done counts once: not twice at once, not after others, not months later.

use lucius_core::{
    deadman::Deadman,
    decide::{Event, Scope},
    once::EventName,
};
use lucius_store::{Change, Commit, CommitError, Loaded, Store};

use crate::{
    faults::{self, Loses},
    story::{at, nothing, op, user},
    world::{World, draw},
};

/// The name of something that nobody has done before.
fn done() -> EventName {
    let key = format!("SM{:032x}", draw());
    Event::Emergency { key }.name(Scope::User(1.try_into().unwrap())).unwrap()
}

/// The commit that decides `event` over `deadman` as it was read.
fn deciding(deadman: &Loaded<Deadman>, event: Option<&EventName>) -> Commit {
    let change = Change::Update { version: deadman.version, to: deadman.state.clone() };
    Commit { deadman: Some(change), event: event.cloned(), ..nothing(at(0)) }
}

async fn read(store: &impl Store, deadman: &Deadman) -> Loaded<Deadman> {
    store.load_deadman(deadman.id).await.unwrap().unwrap()
}

async fn entered(store: &impl Store) -> Deadman {
    let deadman = user(draw() * 100);
    store.create_user(&deadman, false, op()).await.unwrap();
    deadman
}

async fn after_nine_further_events_it_is_still_known(store: &impl Store) {
    let deadman = entered(store).await;
    let event = done();
    assert_eq!(store.commit(&deciding(&read(store, &deadman).await, Some(&event))).await, Ok(()));
    for _ in 0..9 {
        assert_eq!(store.commit(&deciding(&read(store, &deadman).await, Some(&done()))).await, Ok(()));
    }
    let stands = read(store, &deadman).await;
    assert_eq!(store.commit(&deciding(&stands, Some(&event))).await, Err(CommitError::Known));
    assert_eq!(read(store, &deadman).await, stands, "nothing was written");
    // Whoever it is said to be about.
    let other = entered(store).await;
    let stands = read(store, &other).await;
    assert_eq!(store.commit(&deciding(&stands, Some(&event))).await, Err(CommitError::Known));
    assert_eq!(read(store, &other).await, stands);
}

/// An actor that has moved may remember what was answered: it is read again first.
async fn an_actor_that_moved_comes_before_an_event_that_is_known(store: &impl Store) {
    let deadman = entered(store).await;
    let (event, stale) = (done(), read(store, &deadman).await);
    assert_eq!(store.commit(&deciding(&stale, Some(&event))).await, Ok(()));
    assert_eq!(store.commit(&deciding(&stale, Some(&event))).await, Err(CommitError::Conflict));
}

async fn a_commit_that_does_not_hold_takes_no_name(store: &impl Store) {
    let deadman = entered(store).await;
    let (event, stale) = (done(), read(store, &deadman).await);
    assert_eq!(store.commit(&deciding(&stale, None)).await, Ok(()));
    assert_eq!(store.commit(&deciding(&stale, Some(&event))).await, Err(CommitError::Conflict));
    assert_eq!(store.commit(&deciding(&read(store, &deadman).await, Some(&event))).await, Ok(()));
}

/// The same request, sent again at the same moment, and again.
async fn of_many_at_once_one_counts(store: &impl Store) {
    let deadman = entered(store).await;
    let (event, stands) = (done(), read(store, &deadman).await);
    let commits: Vec<_> = (0..8).map(|_| deciding(&stands, Some(&event))).collect();
    let all = futures::future::join_all(commits.iter().map(|commit| store.commit(commit))).await;
    assert_eq!(all.iter().filter(|done| done.is_ok()).count(), 1, "{all:?}");
    assert!(all.iter().all(|done| matches!(done, Ok(()) | Err(CommitError::Conflict))), "{all:?}");
    let stands = read(store, &deadman).await;
    assert_eq!(stands.version, 2);
    let commits: Vec<_> = (0..8).map(|_| deciding(&stands, Some(&event))).collect();
    let all = futures::future::join_all(commits.iter().map(|commit| store.commit(commit))).await;
    let refused =
        |done: &Result<(), CommitError>| matches!(done, Err(CommitError::Known | CommitError::Conflict));
    assert!(all.iter().all(refused), "{all:?}");
    assert_eq!(read(store, &deadman).await, stands);
}

/// Sent again after somebody else has written, a commit still finds that it was written: the event says by whom.
async fn a_commit_knows_its_own_event(store: &impl Store) {
    let deadman = entered(store).await;
    let commit = deciding(&read(store, &deadman).await, Some(&done()));
    assert_eq!(store.commit(&commit).await, Ok(()));
    assert_eq!(store.commit(&deciding(&read(store, &deadman).await, None)).await, Ok(()));
    let stands = read(store, &deadman).await;
    assert_ne!(stands.op, commit.op);
    assert_eq!(store.commit(&commit).await, Ok(()));
    assert_eq!(read(store, &deadman).await, stands, "once");
    let another = Commit { op: op(), ..commit };
    assert_eq!(store.commit(&another).await, Err(CommitError::Conflict));
}

#[tokio::test]
async fn an_event_counts_once() {
    let world = World::new().await;
    after_nine_further_events_it_is_still_known(&world.store).await;
    an_actor_that_moved_comes_before_an_event_that_is_known(&world.store).await;
    a_commit_that_does_not_hold_takes_no_name(&world.store).await;
    of_many_at_once_one_counts(&world.store).await;
    a_commit_knows_its_own_event(&world.store).await;
}

#[tokio::test]
async fn an_event_whose_answer_is_lost_counts_once() {
    let loses = Loses::default();
    let (world, deadman) = faults::world(&loses).await;
    for answers in [1, 2, 3] {
        let (event, before) = (done(), read(&world.store, &deadman).await);
        let commit = deciding(&before, Some(&event));
        loses.lose(answers);
        assert_eq!(world.store.commit(&commit).await, Ok(()), "{answers}");
        let after = read(&world.store, &deadman).await;
        assert_eq!((after.version, after.op), (before.version + 1, commit.op));
        assert_eq!(world.store.commit(&deciding(&after, Some(&event))).await, Err(CommitError::Known));
    }
}

#[tokio::test]
async fn an_event_is_one_write_that_hides_its_name_and_ends_late() {
    let world = World::new().await;
    let deadman = entered(&world.store).await;
    let (event, stands) = (done(), read(&world.store, &deadman).await);
    let _ = world.counter.take();
    world.store.commit(&deciding(&stands, Some(&event))).await.unwrap();
    assert_eq!(world.counter.take().into_iter().collect::<Vec<_>>(), [("TransactWriteItems".to_owned(), 1)]);
    let items = world.client.scan().table_name(&world.table).send().await.unwrap().items.unwrap();
    let items: Vec<_> = items.iter().filter(|item| item["sk"].as_s().unwrap() == "DECIDED").collect();
    assert_eq!(items.len(), 1);
    assert!(!format!("{items:?}").contains(event.as_str()), "{items:?}");
    let end: i64 = items[0]["ttl"].as_n().unwrap().parse().unwrap();
    // Four hundred days, as they are promised.
    assert_eq!(end, at(0).as_second() + 400 * 24 * 60 * 60 + 1);
}
