//! Slots, log-ins, callers and the sweep's two clocks.

use futures::future::join_all;
use lucius_store::{CallSession, LOGIN_WINDOW_SECONDS, Store};

use crate::{story::at, world::World};

async fn slots_are_never_more_than_the_limit(store: &impl Store) {
    let taken = join_all((0..20).map(|_| store.slot("AC1", 100, 8))).await;
    let mut taken: Vec<_> = taken.into_iter().filter_map(Result::unwrap).collect();
    taken.sort_unstable();
    assert_eq!(taken, (1..=8).collect::<Vec<_>>());
    // A refusal takes nothing: whoever may take more still finds room.
    assert_eq!(store.slot("AC1", 100, 2).await.unwrap(), None);
    assert_eq!(store.slot("AC1", 100, 10).await.unwrap(), Some(9));
    assert_eq!(store.slot("AC1", 101, 2).await.unwrap(), Some(1));
    assert_eq!(store.slot("AC2", 100, 2).await.unwrap(), Some(1));
    assert_eq!(store.slot("AC3", 100, 0).await.unwrap(), None);
}

async fn log_ins_are_counted(store: &impl Store) {
    let (ann, now) = ("Ann@example.com", at(0));
    for n in 1..=3 {
        assert_eq!(store.login_try(ann, now).await.unwrap(), n);
    }
    assert_eq!(store.login_try("ann@example.com", now).await.unwrap(), 4);
    assert_eq!(store.login_try("eve@example.com", now).await.unwrap(), 1);
    assert_eq!(store.login_try(ann, at(LOGIN_WINDOW_SECONDS)).await.unwrap(), 1);
    store.login_reset(ann, now).await.unwrap();
    assert_eq!(store.login_try(ann, now).await.unwrap(), 1);
}

async fn a_caller_stands_in_one_place(store: &impl Store) {
    let session = |version, body: &str| CallSession { version, body: body.to_owned(), expires_at: at(600) };
    assert_eq!(store.load_call("CA1").await.unwrap(), None);
    assert!(!store.save_call("CA1", &session(2, "two"), Some(1)).await.unwrap());
    assert!(store.save_call("CA1", &session(1, "one"), None).await.unwrap());
    assert!(!store.save_call("CA1", &session(1, "uno"), None).await.unwrap());
    assert!(store.save_call("CA1", &session(2, "two"), Some(1)).await.unwrap());
    assert!(!store.save_call("CA1", &session(2, "due"), Some(1)).await.unwrap());
    assert_eq!(store.load_call("CA1").await.unwrap(), Some(session(2, "two")));
    assert_eq!(store.load_call("CA2").await.unwrap(), None);
    assert!(!format!("{:?}", session(1, "4711")).contains("4711"));
}

async fn of_two_clocks_one_sweeps(store: &impl Store) {
    assert!(store.sweep_needed(at(0)).await.unwrap());
    store.sweep_finished(at(32)).await.unwrap();
    assert!(!store.sweep_needed(at(71)).await.unwrap());
    assert!(store.sweep_needed(at(72)).await.unwrap());
    store.sweep_finished(at(72)).await.unwrap();
    assert!(!store.sweep_needed(at(73)).await.unwrap());
    // A clock that is far ahead stops nobody.
    store.sweep_finished(at(9_999)).await.unwrap();
    assert!(store.sweep_needed(at(120)).await.unwrap());
}

#[tokio::test]
async fn counters_count() {
    let world = World::new().await;
    slots_are_never_more_than_the_limit(&world.store).await;
    log_ins_are_counted(&world.store).await;
}

#[tokio::test]
async fn callers_and_clocks_do_not_run_into_each_other() {
    let world = World::new().await;
    a_caller_stands_in_one_place(&world.store).await;
    of_two_clocks_one_sweeps(&world.store).await;
}
