//! What is due is found, earliest first, whatever it is; what cannot be worked on is put off.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use lucius_core::{
    actor::{ActorId, Rank},
    deadman::{Deadman, Edit, Pause, Proof, State},
    decide::Event,
    effect::Outcome,
};
use lucius_store::{Change, Commit, DueEntry, SHARDS, Store, StoreError, Why};

use crate::{
    story::{Story, at, nothing, op, settings, user, went_out},
    world::{World, draw},
};

/// Everything that is due by then, page by page, shard by shard.
async fn due(store: &impl Store, before: Timestamp) -> Vec<DueEntry> {
    let mut found = Vec::new();
    for shard in 0..SHARDS {
        let mut after = None;
        loop {
            let page = store.due(shard, before, after).await.unwrap();
            found.extend(page.entries);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    found
}

/// When and how urgently an actor is due, if ever.
async fn entry(store: &impl Store, actor: ActorId) -> Option<DueEntry> {
    due(store, Timestamp::MAX).await.into_iter().find(|entry| entry.actor == actor)
}

async fn the_index_holds_what_waits(store: &impl Store) {
    let mut tale = Story::begin(store, 2).await;
    let me = ActorId::Deadman(tale.user);
    assert_eq!(entry(store, me).await, None, "off");

    let edit = |active| {
        Event::Edit(Edit::Probes { change: settings(active).into(), pause: Pause::Keep, proof: Proof::None })
    };
    tale.goes(edit(true)).await;
    let waiting = entry(store, me).await.unwrap();
    assert_eq!((waiting.due_at, waiting.rank), (at(3600), Rank::Schedule));

    tale.later(3600).goes(Event::Wake).await;
    let asking = entry(store, me).await.unwrap();
    assert_eq!((asking.due_at, asking.rank), (at(3600), Rank::Work), "its question is to be sent at once");
    tale.settle(went_out).await;
    let probing = entry(store, me).await.unwrap();
    assert_eq!((probing.due_at, probing.rank), (at(3600 + 305), Rank::Work));
    assert_eq!(probing.version, store.load_deadman(tale.user).await.unwrap().unwrap().version);

    tale.later(305).goes(Event::Wake).await;
    let incident = ActorId::Incident(tale.incident.unwrap());
    let paging = entry(store, incident).await.unwrap();
    assert_eq!((paging.due_at, paging.rank, paging.fails), (tale.now, Rank::FirstPage, 0));
    tale.settle(went_out).await;
    assert_eq!(entry(store, incident).await.unwrap().rank, Rank::Work);

    let resolve = Edit::Resolve { incident: tale.incident.unwrap(), proof: Proof::None };
    tale.later(10).goes(Event::Edit(resolve)).await;
    assert!(entry(store, incident).await.is_some(), "everybody has still to be told");
    tale.settle(|_| Outcome::Done).await;
    assert_eq!(entry(store, incident).await, None, "ended, and nothing left to do");
    assert_eq!(entry(store, me).await.unwrap().rank, Rank::Schedule);
    tale.goes(edit(false)).await;
    tale.settle(|_| Outcome::Done).await;
    assert_eq!(entry(store, me).await, None, "off again");
}

/// A user who is due at `second`.
async fn waiting(store: &impl Store, second: i64) -> Deadman {
    let deadman = user(draw() * 100);
    let deadman = Deadman { state: State::Waiting { next_probe_at: at(second) }, ..deadman };
    store.create_user(&deadman, false, op()).await.unwrap();
    deadman
}

async fn pages_go_to_the_end(store: &impl Store) {
    let mut users = Vec::new();
    for second in (0..60).rev() {
        users.push(waiting(store, second).await.id);
    }
    let mut pages = 0;
    let mut found = Vec::new();
    for shard in 0..SHARDS {
        let mut after = None;
        let mut last = Timestamp::MIN;
        loop {
            let page = store.due(shard, at(49), after).await.unwrap();
            pages += 1;
            assert!(page.entries.len() <= 2);
            for entry in page.entries {
                assert!(entry.due_at >= last, "earliest first");
                last = entry.due_at;
                found.push(entry);
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    assert_eq!(found.len(), 50, "up to and including second 49");
    assert!(pages > 25);
    for entry in found {
        let ActorId::Deadman(id) = entry.actor else { panic!("{entry:?}") };
        assert!(users.contains(&id) && entry.rank == Rank::Schedule && entry.version == 1);
    }
}

/// Items that this release cannot read: a newer schema, and states that are no state.
fn unreadable() -> Vec<(Vec<(&'static str, AttributeValue)>, Why)> {
    let (text, number) =
        (|s: &str| AttributeValue::S(s.to_owned()), |n: u32| AttributeValue::N(n.to_string()));
    vec![
        (vec![("schema", number(2)), ("state", AttributeValue::Bool(true))], Why::Schema(Some(2))),
        (vec![("schema", text("one"))], Why::Schema(None)),
        (vec![("state", text("{\"id\": \"+12025550123\"}"))], Why::State { column: 21 }),
        (vec![("state", number(7))], Why::Incomplete),
        (vec![("op", text("?"))], Why::Incomplete),
        (vec![("rank", text("?")), ("fails", number(3)), ("state", text(""))], Why::State { column: 0 }),
    ]
}

#[tokio::test]
async fn the_index_is_sparse() {
    the_index_holds_what_waits(&World::new().await.store).await;
}

#[tokio::test]
async fn the_index_is_read_in_pages() {
    let world = World::new().await;
    pages_go_to_the_end(&world.store.clone().with_due_page(2)).await;
}

#[tokio::test]
async fn what_cannot_be_read_waits() {
    let world = World::new().await;
    for (attributes, expected) in unreadable() {
        let deadman = waiting(&world.store, 0).await;
        let actor = ActorId::Deadman(deadman.id);
        world.deface(actor, &attributes).await;
        let before = world.raw(actor).await.unwrap();
        let error = world.store.load_deadman(deadman.id).await.unwrap_err();
        let StoreError::Undecodable { actor: named, version, fails, why } = error.clone() else {
            panic!("{error}")
        };
        assert_eq!((named, version, why), (actor, 1, expected));
        assert!(!error.to_string().contains("555"), "{error}");

        let listed = entry(&world.store, actor).await.unwrap();
        assert_eq!((listed.version, listed.fails), (1, fails));
        assert!(world.store.postpone(actor, listed.version, at(60)).await.unwrap());
        let listed = entry(&world.store, actor).await.unwrap();
        assert_eq!((listed.due_at, listed.version, listed.fails), (at(60), 1, fails + 1));
        // Nothing else has changed.
        let mut after = world.raw(actor).await.unwrap();
        for name in ["due_at", "fails"] {
            after.insert(name.to_owned(), before[name].clone());
        }
        assert_eq!(after, before);
    }
}

#[tokio::test]
async fn only_the_version_that_was_seen_is_postponed() {
    let world = World::new().await;
    let deadman = waiting(&world.store, 0).await;
    let actor = ActorId::Deadman(deadman.id);
    let id = deadman.id;
    let change = Some(Change::Update { version: 1, to: deadman });
    world.store.commit(&Commit { deadman: change, ..nothing(at(0)) }).await.unwrap();
    for version in [0, 1, 3] {
        assert!(!world.store.postpone(actor, version, at(60)).await.unwrap(), "{version}");
    }
    assert_eq!(entry(&world.store, actor).await.unwrap().due_at, at(0));
    assert!(world.store.postpone(actor, 2, at(60)).await.unwrap());
    assert_eq!(world.store.load_deadman(id).await.unwrap().unwrap().version, 2, "it can still be committed");
    let nobody = ActorId::Deadman(user(draw() * 100).id);
    for version in [0, 1] {
        assert!(!world.store.postpone(nobody, version, at(60)).await.unwrap());
    }
    assert_eq!(world.raw(nobody).await, None);
}

#[tokio::test]
async fn an_item_without_a_version_is_found_and_put_off() {
    let world = World::new().await;
    let deadman = waiting(&world.store, 0).await;
    let actor = ActorId::Deadman(deadman.id);
    let item = world.raw(actor).await.unwrap();
    let keep = |name: &String| ["pk", "sk", "due_shard", "due_at"].contains(&name.as_str());
    let bare = item.into_iter().filter(|(name, _)| keep(name)).collect();
    world.client.put_item().table_name(&world.table).set_item(Some(bare)).send().await.unwrap();
    let listed = entry(&world.store, actor).await.unwrap();
    assert_eq!((listed.version, listed.fails, listed.rank), (0, 0, Rank::Work));
    assert!(world.store.postpone(actor, 0, at(60)).await.unwrap());
    assert_eq!(entry(&world.store, actor).await.unwrap().fails, 1);
}

#[tokio::test]
async fn an_item_whose_version_is_no_number_is_found_and_put_off() {
    let world = World::new().await;
    let deadman = waiting(&world.store, 0).await;
    let actor = ActorId::Deadman(deadman.id);
    world.deface(actor, &[("version", AttributeValue::S("seven".to_owned()))]).await;
    let listed = entry(&world.store, actor).await.unwrap();
    assert_eq!(listed.version, 0);
    assert!(world.store.postpone(actor, 0, at(60)).await.unwrap());
    assert_eq!(entry(&world.store, actor).await.unwrap().due_at, at(60));
}

/// Whether the item can be read otherwise or not: what cannot be put off would be looked at for ever.
#[tokio::test]
async fn an_item_whose_count_is_no_number_is_put_off_and_counted_anew() {
    let world = World::new().await;
    for version in [AttributeValue::N("1".to_owned()), AttributeValue::S("one".to_owned())] {
        let deadman = waiting(&world.store, 0).await;
        let actor = ActorId::Deadman(deadman.id);
        let fails = AttributeValue::S("often".to_owned());
        world.deface(actor, &[("fails", fails), ("version", version)]).await;
        let listed = entry(&world.store, actor).await.unwrap();
        assert_eq!(listed.fails, 0);
        assert!(!world.store.postpone(actor, 7, at(60)).await.unwrap(), "another version");
        assert!(world.store.postpone(actor, listed.version, at(60)).await.unwrap());
        let listed = entry(&world.store, actor).await.unwrap();
        assert_eq!((listed.due_at, listed.fails), (at(60), 1));
        assert!(world.store.postpone(actor, listed.version, at(120)).await.unwrap());
        assert_eq!(entry(&world.store, actor).await.unwrap().fails, 2);
    }
}

/// What a later release has put into the index is counted: whoever reads it can say that somebody waits.
#[tokio::test]
async fn an_actor_of_an_unknown_kind_is_counted() {
    let world = World::new().await;
    let deadman = waiting(&world.store, 0).await;
    let mut item = world.raw(ActorId::Deadman(deadman.id)).await.unwrap();
    item.insert("pk".to_owned(), AttributeValue::S(format!("GROUP#{}", deadman.id)));
    world.client.put_item().table_name(&world.table).set_item(Some(item)).send().await.unwrap();
    let (mut known, mut unknown) = (0, 0);
    for shard in 0..SHARDS {
        let page = world.store.due(shard, at(0), None).await.unwrap();
        known += page.entries.len();
        unknown += page.unknown;
    }
    assert_eq!((known, unknown), (1, 1));
}
