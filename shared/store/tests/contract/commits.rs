//! All or nothing, once, and only on what was read.

use lucius_core::{
    actor::ActorId,
    deadman::{CONTACTS_MAX, Deadman, State},
    history::{Entry, ProbeRecord, ProbeStatus, Row, What},
    incident::{EndedBy, Incident, Status},
    turn::Pointer,
};
use lucius_store::{Change, Commit, CommitError, Store};

use crate::{
    story::{Story, at, incident_id, nothing, op, phone, user, user_id},
    world::{World, draw},
};

/// A user in the store, at version 1.
async fn entered(store: &impl Store) -> Deadman {
    let deadman = user(draw() * 100);
    store.create_user(&deadman, false, op()).await.unwrap();
    deadman
}

fn renamed(deadman: &Deadman, name: &str) -> Deadman {
    let mut next = deadman.clone();
    name.clone_into(&mut next.profile.first_name);
    next
}

fn update(deadman: &Deadman, version: u64, name: &str) -> Commit {
    let change = Change::Update { version, to: renamed(deadman, name) };
    Commit { deadman: Some(change), ..nothing(at(0)) }
}

/// An incident as a real story opens it.
async fn opened(store: &impl Store) -> Incident {
    Story::alarmed(store, 2).await.incident().await
}

fn line(incident: &Incident, words: &str) -> Row {
    Row::Timeline { incident: incident.id, entry: Entry::new(at(9), What::Note, words) }
}

async fn name_of(store: &impl Store, deadman: &Deadman) -> String {
    store.load_deadman(deadman.id).await.unwrap().unwrap().state.profile.first_name
}

async fn of_two_only_one_holds(store: &impl Store) {
    let deadman = entered(store).await;
    assert_eq!(store.commit(&update(&deadman, 1, "Eve")).await, Ok(()));
    assert_eq!(store.commit(&update(&deadman, 1, "Mallory")).await, Err(CommitError::Conflict));
    let loaded = store.load_deadman(deadman.id).await.unwrap().unwrap();
    assert_eq!((loaded.version, loaded.state.profile.first_name.as_str()), (2, "Eve"));
}

async fn many_at_once_lose_nothing(store: &impl Store) {
    let deadman = entered(store).await;
    let commits: Vec<_> = (0..8).map(|n| update(&deadman, 1, &format!("No. {n}"))).collect();
    let done = futures::future::join_all(commits.iter().map(|commit| store.commit(commit))).await;
    assert_eq!(done.iter().filter(|done| done.is_ok()).count(), 1, "{done:?}");
    assert!(done.iter().all(|done| matches!(done, Ok(()) | Err(CommitError::Conflict))), "{done:?}");
    assert_eq!(store.load_deadman(deadman.id).await.unwrap().unwrap().version, 2);
}

async fn an_id_in_use_is_a_conflict(store: &impl Store) {
    let incident = opened(store).await;
    let before = store.load_incident(incident.id).await.unwrap();
    let commit = Commit { incident: Some(Change::New(incident.clone())), ..nothing(at(0)) };
    assert_eq!(store.commit(&commit).await, Err(CommitError::Conflict));
    assert_eq!(store.load_incident(incident.id).await.unwrap(), before);
}

async fn the_same_commit_again_is_a_success(store: &impl Store) {
    let (deadman, incident) = (entered(store).await, opened(store).await);
    let version = store.load_incident(incident.id).await.unwrap().unwrap().version;
    let alone = update(&deadman, 1, "Eve");
    let both = Commit {
        incident: Some(Change::Update { version, to: incident.clone() }),
        rows: vec![line(&incident, "hello")],
        ..update(&deadman, 2, "Adam")
    };
    for commit in [alone, both] {
        assert_eq!(store.commit(&commit).await, Ok(()));
        let written = store.load_deadman(deadman.id).await.unwrap();
        assert_eq!(written.as_ref().map(|loaded| loaded.op), Some(commit.op));
        assert_eq!(store.commit(&commit).await, Ok(()));
        assert_eq!(store.load_deadman(deadman.id).await.unwrap(), written);
    }
}

async fn one_stale_actor_stops_both(store: &impl Store) {
    let (deadman, incident) = (entered(store).await, opened(store).await);
    let lines = store.timeline(incident.id).await.unwrap();
    let stale = Commit {
        incident: Some(Change::Update { version: 999, to: incident.clone() }),
        rows: vec![line(&incident, "never"), Row::Listed { user: deadman.id, incident: incident.id }],
        pointers: vec![Pointer::ContactOf { user: deadman.id, old: None, new: Some(phone(7)) }],
        ..update(&deadman, 1, "Eve")
    };
    assert_eq!(store.commit(&stale).await, Err(CommitError::Conflict));
    assert_eq!(name_of(store, &deadman).await, "Ann");
    assert_eq!(store.timeline(incident.id).await.unwrap(), lines);
    assert_eq!(store.incidents(deadman.id, 1, 10).await.unwrap().total, 0);
    assert_eq!(store.number(&phone(7), at(0)).await.unwrap().contact_of, []);
}

async fn what_was_read_is_checked(store: &impl Store) {
    let (deadman, incident) = (entered(store).await, opened(store).await);
    let before = store.load_incident(incident.id).await.unwrap().unwrap();
    let check = |version| Some(Change::Check { id: incident.id, version });
    let moved = Commit { incident: check(before.version - 1), ..update(&deadman, 1, "Eve") };
    assert_eq!(store.commit(&moved).await, Err(CommitError::Conflict));
    let rests = Commit { incident: check(before.version), ..update(&deadman, 1, "Eve") };
    assert_eq!(store.commit(&rests).await, Ok(()));
    assert_eq!(store.load_incident(incident.id).await.unwrap().unwrap(), before);
    assert_eq!(name_of(store, &deadman).await, "Eve");
}

fn probe_of(deadman: &Deadman) -> Row {
    Row::Probe(ProbeRecord {
        id: 5.try_into().unwrap(),
        user_id: deadman.id,
        created_at: at(0),
        updated_at: at(0),
        status: ProbeStatus::Cancelled,
        last_response: String::new(),
        retry_count: 0,
        max_retries: 0,
        wait_time_in_minutes: 5,
        deadline: at(300),
    })
}

/// The largest commit there can be: an incident with 40 numbers ends after each of them was tried on three channels.
async fn the_largest_commit_is_one_transaction(store: &impl Store) {
    let (deadman, mut incident) = (entered(store).await, opened(store).await);
    let version = store.load_incident(incident.id).await.unwrap().unwrap().version;
    let first = incident.contacts[0].clone();
    incident.contacts = (0..40)
        .map(|n| {
            let (phone, code) = (phone(8_000_000 + n), format!("{n:06}"));
            lucius_core::incident::Contact { phone, code, ..first.clone() }
        })
        .collect();
    incident.status = Status::Ended { ended: EndedBy::User, at: at(10) };
    let lines = (0..160).map(|n| {
        let entry = Entry {
            attempt: Some(n),
            detail: Some("x".repeat(160)),
            ..Entry::new(at(10), What::Attempt, "")
        };
        Row::Timeline { incident: incident.id, entry }
    });
    let until = |contact: &lucius_core::incident::Contact| Pointer::CodeUntil {
        phone: contact.phone.clone(),
        code: contact.code.clone(),
        until: Some(at(86_400)),
    };
    let commit = Commit {
        rows: lines
            .chain([probe_of(&deadman), Row::Listed { user: deadman.id, incident: incident.id }])
            .collect(),
        pointers: incident.contacts.iter().map(until).collect(),
        incident: Some(Change::Update { version, to: incident.clone() }),
        ..update(&deadman, 1, "Eve")
    };
    let before = store.timeline(incident.id).await.unwrap().len();
    assert_eq!(store.commit(&commit).await, Ok(()));
    assert_eq!(store.timeline(incident.id).await.unwrap().len(), before + 160);
    let card = store.number(&phone(8_000_039), at(20)).await.unwrap();
    assert_eq!(card.find("000039").map(|pointer| pointer.place), Some(39));
}

async fn a_removed_user_leaves_no_pointer(store: &impl Store) {
    let tale = Story::alarmed(store, 3).await;
    let loaded = store.load_deadman(tale.user).await.unwrap().unwrap();
    let (mine, theirs) = (loaded.state.profile.phone.clone(), loaded.state.contacts[0].phone.clone());
    let commit = Commit {
        deadman: Some(Change::Update { version: loaded.version, to: loaded.state.clone() }),
        removed: true,
        ..nothing(at(0))
    };
    let stale = Commit {
        deadman: Some(Change::Update { version: loaded.version - 1, to: loaded.state.clone() }),
        ..Commit { op: op(), ..commit.clone() }
    };
    assert_eq!(store.commit(&stale).await, Err(CommitError::Conflict));
    assert_eq!(store.commit(&commit).await, Ok(()));
    // The same again, and somebody else with the same idea.
    assert_eq!(store.commit(&commit).await, Ok(()));
    assert_eq!(store.commit(&Commit { op: op(), ..commit }).await, Ok(()));
    assert_eq!(store.load_deadman(tale.user).await.unwrap(), None);
    assert_eq!(store.number(&mine, at(0)).await.unwrap().user, None);
    assert_eq!(store.number(&theirs, at(0)).await.unwrap().contact_of, []);
    assert_eq!(store.user_by_email(&loaded.state.profile.email).await.unwrap(), None);
    assert!(!store.users(1, 100).await.unwrap().items.contains(&tale.user));
    // The incident outlives its user, and its codes with it.
    assert!(tale.incident().await.is_open());
    assert_eq!(store.number(&theirs, at(0)).await.unwrap().codes.len(), 1);
    // Number and address are free again.
    let mut next = user(draw() * 100);
    next.profile.phone = mine;
    next.profile.email = loaded.state.profile.email;
    assert_eq!(store.create_user(&next, false, op()).await, Ok(()));
}

/// A user with as many contacts as there may be is removed in one transaction.
async fn the_largest_removal_is_one_transaction(store: &impl Store) {
    let tale = Story::begin(store, 1).await;
    let mut deadman = tale.deadman().await;
    let first = deadman.contacts[0].clone();
    deadman.contacts = (0..CONTACTS_MAX as u64)
        .map(|n| lucius_core::deadman::Contact { phone: phone(7_000_000 + n), ..first.clone() })
        .collect();
    let version = store.load_deadman(deadman.id).await.unwrap().unwrap().version;
    let contacts = deadman.contacts.iter().map(|contact| Pointer::ContactOf {
        user: deadman.id,
        old: None,
        new: Some(contact.phone.clone()),
    });
    let pointers: Vec<_> = contacts.collect();
    let update = Change::Update { version, to: deadman.clone() };
    store.commit(&Commit { deadman: Some(update), pointers, ..nothing(at(0)) }).await.unwrap();
    let last = deadman.contacts[CONTACTS_MAX - 1].phone.clone();
    assert_eq!(store.number(&last, at(0)).await.unwrap().contact_of, [deadman.id]);
    let update = Change::Update { version: version + 1, to: deadman };
    store.commit(&Commit { deadman: Some(update), removed: true, ..nothing(at(0)) }).await.unwrap();
    assert_eq!(store.number(&last, at(0)).await.unwrap().contact_of, []);
}

async fn more_than_a_transaction_takes_is_refused(store: &impl Store) {
    let pointer = |n| Pointer::ContactOf { user: user_id(n), old: None, new: Some(phone(n)) };
    let commit = Commit { pointers: (0..101).map(pointer).collect(), ..nothing(at(0)) };
    let done = store.commit(&commit).await;
    assert_eq!(done.unwrap_err().to_string(), "permanent: TransactWriteItems: TooManyActions");
}

#[tokio::test]
async fn commits_hold_or_do_not() {
    let world = World::new().await;
    of_two_only_one_holds(&world.store).await;
    many_at_once_lose_nothing(&world.store).await;
    an_id_in_use_is_a_conflict(&world.store).await;
    the_same_commit_again_is_a_success(&world.store).await;
}

#[tokio::test]
async fn transactions_write_all_or_nothing() {
    let world = World::new().await;
    one_stale_actor_stops_both(&world.store).await;
    what_was_read_is_checked(&world.store).await;
    the_largest_commit_is_one_transaction(&world.store).await;
    the_largest_removal_is_one_transaction(&world.store).await;
    more_than_a_transaction_takes_is_refused(&world.store).await;
}

#[tokio::test]
async fn users_go_without_a_trace_in_the_way_of_others() {
    a_removed_user_leaves_no_pointer(&World::new().await.store).await;
}

#[tokio::test]
async fn a_commit_is_one_request() {
    let world = World::new().await;
    let deadman = entered(&world.store).await;
    let incident = incident_id(draw() * 1_000);
    let _ = world.counter.take();
    let calls = |world: &World| world.counter.take().into_iter().collect::<Vec<_>>();

    world.store.commit(&update(&deadman, 1, "Eve")).await.unwrap();
    assert_eq!(calls(&world), [("PutItem".to_owned(), 1)]);

    let listed = vec![Row::Listed { user: deadman.id, incident }];
    world.store.commit(&Commit { rows: listed, ..update(&deadman, 2, "Eve") }).await.unwrap();
    assert_eq!(calls(&world), [("TransactWriteItems".to_owned(), 1)]);

    // A conflict costs nothing more: the item comes with the refusal.
    world.store.commit(&update(&deadman, 1, "Mallory")).await.unwrap_err();
    assert_eq!(calls(&world), [("PutItem".to_owned(), 1)]);

    // Nothing to write is not written.
    let check = Some(Change::Check { id: deadman.id, version: 3 });
    world.store.commit(&Commit { deadman: check, ..nothing(at(0)) }).await.unwrap();
    world.store.commit(&nothing(at(0))).await.unwrap();
    assert_eq!(calls(&world), []);

    world.store.load_deadman(deadman.id).await.unwrap();
    world.store.number(&deadman.profile.phone, at(0)).await.unwrap();
    assert_eq!(calls(&world), [("GetItem".to_owned(), 1), ("Query".to_owned(), 1)]);
}

#[tokio::test]
async fn a_commit_forgets_how_often_its_actor_was_postponed() {
    let world = World::new().await;
    let deadman = entered(&world.store).await;
    let actor = ActorId::Deadman(deadman.id);
    let armed = Deadman { state: State::Waiting { next_probe_at: at(60) }, ..deadman };
    let change = |version| Some(Change::Update { version, to: armed.clone() });
    world.store.commit(&Commit { deadman: change(1), ..nothing(at(0)) }).await.unwrap();
    assert!(world.store.postpone(actor, 2, at(90)).await.unwrap());
    assert_eq!(world.raw(actor).await.unwrap()["fails"].as_n().unwrap(), "1");
    world.store.commit(&Commit { deadman: change(2), ..nothing(at(0)) }).await.unwrap();
    assert_eq!(world.raw(actor).await.unwrap()["fails"].as_n().unwrap(), "0");
}
