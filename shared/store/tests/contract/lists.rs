//! Probes, incidents and timelines.

use lucius_core::{
    effect::Channel,
    history::{Entry, ProbeRecord, ProbeStatus, Row, What},
    id::{ProbeId, UserId},
};
use lucius_store::{Change, Commit, Store};

use crate::{
    story::{Story, at, incident_id, nothing, user_id, went_out},
    world::{World, draw},
};

fn probe(user: UserId, id: u64, status: ProbeStatus) -> ProbeRecord {
    ProbeRecord {
        id: ProbeId::try_from(id).unwrap(),
        user_id: user,
        created_at: at(0),
        updated_at: at(1),
        status,
        last_response: "Yes\u{2026} \"I am\"".to_owned(),
        retry_count: 1,
        max_retries: 2,
        wait_time_in_minutes: 5,
        deadline: at(300),
    }
}

fn rows(rows: Vec<Row>) -> Commit {
    Commit { rows, ..nothing(at(0)) }
}

async fn probes_are_listed_newest_first(store: &impl Store) {
    let (me, other) = (user_id(draw()), user_id(draw()));
    store.commit(&rows(vec![Row::Probe(probe(other, 50, ProbeStatus::Good))])).await.unwrap();
    // Ids of different length: their order is that of numbers.
    let ids = [9, 10, 99, 100, 101, 8_999_999_999_999_999];
    for id in ids {
        store.commit(&rows(vec![Row::Probe(probe(me, id, ProbeStatus::Pending))])).await.unwrap();
    }
    // The last writing counts, in one commit too.
    let again = [ProbeStatus::Bad, ProbeStatus::Cancelled].map(|status| Row::Probe(probe(me, 100, status)));
    store.commit(&rows(again.to_vec())).await.unwrap();
    let page = store.probes(me, 1, 4).await.unwrap();
    assert_eq!(page.total, 6);
    assert_eq!(page.items.iter().map(|probe| probe.id.get()).collect::<Vec<_>>(), [ids[5], 101, 100, 99]);
    assert_eq!(page.items[2], probe(me, 100, ProbeStatus::Cancelled));
    let page = store.probes(me, 2, 4).await.unwrap();
    assert_eq!((page.total, page.items.len()), (6, 2));
    assert_eq!(store.probes(user_id(draw()), 1, 4).await.unwrap().total, 0);
}

async fn incidents_are_listed_newest_first(store: &impl Store) {
    let me = user_id(draw());
    let ids = [7, 70, 700].map(incident_id);
    let listed = ids.map(|incident| Row::Listed { user: me, incident });
    store.commit(&rows(listed.to_vec())).await.unwrap();
    let page = store.incidents(me, 1, 2).await.unwrap();
    assert_eq!((page.items, page.total), (vec![ids[2], ids[1]], 3));
    let tale = Story::alarmed(store, 1).await;
    let page = store.incidents(tale.user, 1, 2).await.unwrap();
    assert_eq!((page.items, page.total), (vec![tale.incident.unwrap()], 1));
    assert_eq!(store.probes(tale.user, 1, 2).await.unwrap().items[0].status, ProbeStatus::Unavailable);
}

fn attempt(second: i64, attempt: u32, outcome: &str) -> Entry {
    let (how, outcome) = (Some(Channel::Call), Some(outcome.to_owned()));
    Entry { how, outcome, attempt: Some(attempt), ..Entry::new(at(second), What::Attempt, "") }
}

/// Lines are shown in the order of their time, whenever they were written; the last writing of a line counts.
async fn a_timeline_is_in_order(store: &impl Store) {
    let incident = Story::alarmed(store, 1).await.incident().await;
    let version = store.load_incident(incident.id).await.unwrap().unwrap().version;
    let first = store.timeline(incident.id).await.unwrap();
    assert!(first.iter().any(|entry| entry.what == What::Opened));
    let line = |entry| Row::Timeline { incident: incident.id, entry };
    let base = 100_000;
    let commits = [
        vec![attempt(base + 5, 2, "ringing"), attempt(base, 1, "ringing"), attempt(base, 1, "ringing again")],
        vec![attempt(base, 1, "busy"), Entry::new(at(base + 3), What::Note, "between")],
        vec![attempt(base + 5, 2, "no answer")],
    ];
    for (version, entries) in (version..).zip(commits) {
        let change = Change::Update { version, to: incident.clone() };
        // The clock of whoever commits later may be behind.
        let now = at(base - i64::try_from(version).unwrap());
        let rows = entries.into_iter().map(line).collect();
        store.commit(&Commit { incident: Some(change), rows, ..nothing(now) }).await.unwrap();
    }
    let lines = store.timeline(incident.id).await.unwrap();
    let (old, new) = lines.split_at(first.len());
    assert_eq!(old, first);
    let between = Entry::new(at(base + 3), What::Note, "between");
    assert_eq!(new, [attempt(base, 1, "busy"), between, attempt(base + 5, 2, "no answer")]);
}

/// A line may be written by a commit that has only read its incident.
async fn a_line_needs_no_change(store: &impl Store) {
    let incident = Story::alarmed(store, 1).await.incident().await;
    let version = store.load_incident(incident.id).await.unwrap().unwrap().version;
    let before = store.timeline(incident.id).await.unwrap().len();
    for n in 0..2 {
        let entry = Entry::new(at(100_000 + n), What::Note, "heard");
        let check = Some(Change::Check { id: incident.id, version });
        let rows = vec![Row::Timeline { incident: incident.id, entry }];
        store.commit(&Commit { incident: check, rows, ..nothing(at(0)) }).await.unwrap();
    }
    assert_eq!(store.timeline(incident.id).await.unwrap().len(), before + 2);
}

async fn a_story_is_told(store: &impl Store) {
    let mut tale = Story::alarmed(store, 2).await;
    let decided = tale.settle(went_out).await;
    let told = store.timeline(tale.incident.unwrap()).await.unwrap();
    assert!(!decided.rows.is_empty());
    for row in decided.rows {
        if let Row::Timeline { entry, .. } = row {
            assert!(told.contains(&entry), "{entry:?}");
        }
    }
    assert!(told.is_sorted_by_key(|entry| entry.at));
    assert_eq!(store.timeline(incident_id(draw())).await.unwrap(), []);
}

#[tokio::test]
async fn lists_are_newest_first() {
    let world = World::new().await;
    probes_are_listed_newest_first(&world.store).await;
    incidents_are_listed_newest_first(&world.store).await;
}

#[tokio::test]
async fn timelines_are_in_order() {
    let world = World::new().await;
    a_timeline_is_in_order(&world.store).await;
    a_line_needs_no_change(&world.store).await;
    a_story_is_told(&world.store).await;
}
