//! Entering users: nobody twice, and one first administrator.

use futures::future::join_all;
use lucius_core::deadman::Deadman;
use lucius_store::{CreateError, Store};

use crate::{
    story::{at, op, phone, user, user_id},
    world::{World, draw},
};

/// A user like `first` in all but id, number and address.
fn other() -> Deadman {
    user(draw() * 100)
}

async fn each_thing_is_had_once(store: &impl Store) {
    let first = other();
    assert_eq!(store.create_user(&first, false, op()).await, Ok(()));
    let mut same_id = other();
    same_id.id = first.id;
    assert_eq!(store.create_user(&same_id, false, op()).await, Err(CreateError::IdTaken));
    let mut same_number = other();
    same_number.profile.phone = first.profile.phone.clone();
    assert_eq!(store.create_user(&same_number, false, op()).await, Err(CreateError::PhoneTaken));
    let mut same_address = other();
    same_address.profile.email = first.profile.email.to_uppercase();
    assert_eq!(store.create_user(&same_address, false, op()).await, Err(CreateError::EmailTaken));
    // A refused user has left nothing.
    assert_eq!(store.load_deadman(same_address.id).await.unwrap(), None);
    assert_eq!(store.number(&same_address.profile.phone, at(0)).await.unwrap().user, None);
    assert_eq!(store.load_deadman(first.id).await.unwrap().unwrap().state, first);
}

async fn of_many_at_once_one_is_created(store: &impl Store) {
    let address = format!("race{}@example.com", draw());
    let users: Vec<_> = (0..6)
        .map(|_| {
            let mut user = other();
            user.profile.email.clone_from(&address);
            user
        })
        .collect();
    let done = join_all(users.iter().map(|user| store.create_user(user, false, op()))).await;
    let won: Vec<_> =
        users.iter().zip(&done).filter(|(_, done)| done.is_ok()).map(|(user, _)| user.id).collect();
    assert_eq!(won.len(), 1, "{done:?}");
    assert_eq!(store.user_by_email(&address).await.unwrap(), Some(won[0]));
}

async fn the_same_again_is_a_success(store: &impl Store) {
    let (user, op) = (other(), op());
    assert_eq!(store.create_user(&user, false, op).await, Ok(()));
    assert_eq!(store.create_user(&user, false, op).await, Ok(()));
}

async fn there_is_one_first_administrator(store: &impl Store) {
    assert!(!store.admin_exists().await.unwrap());
    let users: Vec<_> = (0..4).map(|_| other()).collect();
    let done = join_all(users.iter().map(|user| store.create_user(user, true, op()))).await;
    assert_eq!(done.iter().filter(|done| done.is_ok()).count(), 1, "{done:?}");
    assert!(store.admin_exists().await.unwrap());
    assert_eq!(store.create_user(&other(), true, op()).await, Err(CreateError::AdminExists));
}

async fn the_list_is_newest_first(store: &impl Store) {
    assert_eq!(store.users(1, 10).await.unwrap().items, []);
    for id in [3, 11, 7] {
        let mut user = user(id);
        user.profile.phone = phone(id + 9_000_000);
        store.create_user(&user, false, op()).await.unwrap();
    }
    let page = async |page, per_page| store.users(page, per_page).await.unwrap();
    assert_eq!(page(1, 10).await.items, [11, 7, 3].map(user_id));
    assert_eq!(page(1, 2).await.items, [11, 7].map(user_id));
    assert_eq!(page(2, 2).await.items, [3].map(user_id));
    assert_eq!(page(3, 2).await.items, []);
    for n in 1..=4 {
        assert_eq!(page(n, 2).await.total, 3);
    }
    assert_eq!(page(u32::MAX, u32::MAX).await.total, 3);
    assert_eq!(page(0, 0).await.items, [user_id(11)]);
}

#[tokio::test]
async fn users_are_entered_once() {
    let world = World::new().await;
    each_thing_is_had_once(&world.store).await;
    of_many_at_once_one_is_created(&world.store).await;
    the_same_again_is_a_success(&world.store).await;
}

#[tokio::test]
async fn the_first_administrator_is_entered_once() {
    there_is_one_first_administrator(&World::new().await.store).await;
}

#[tokio::test]
async fn users_are_listed() {
    the_list_is_newest_first(&World::new().await.store).await;
}
