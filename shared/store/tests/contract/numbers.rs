//! Who is behind a number, and what a code from it speaks for.

use lucius_core::{
    deadman::Deadman,
    id::IncidentId,
    incident::{EndedBy, Incident, Status, TextAnswer},
    once::EventName,
    phone::PhoneNumber,
    turn::Pointer,
};
use lucius_store::{Change, Commit, CommitError, Store, Taken};

use crate::{
    story::{Story, at, incident_id, nothing, op, phone, user, user_id},
    world::{World, draw},
};

fn code(phone: &PhoneNumber, code: &str, incident: IncidentId, place: usize) -> Pointer {
    Pointer::Code { phone: phone.clone(), code: code.to_owned(), incident, place }
}

fn commit_of(pointers: Vec<Pointer>) -> Commit {
    Commit { pointers, ..nothing(at(0)) }
}

/// What the code `code` from `phone` speaks for at second `second`.
async fn speaks_for(
    store: &impl Store,
    phone: &PhoneNumber,
    code: &str,
    second: i64,
) -> Option<(IncidentId, usize)> {
    let card = store.number(phone, at(second)).await.unwrap();
    card.find(code).map(|pointer| (pointer.incident, pointer.place))
}

async fn codes_find_their_contacts(store: &impl Store) {
    let tale = Story::alarmed(store, 3).await;
    let incident = tale.incident().await;
    for (place, contact) in incident.contacts.iter().enumerate() {
        let found = speaks_for(store, &contact.phone, &contact.code, 0).await;
        assert_eq!(found, Some((incident.id, place)));
        assert_eq!(speaks_for(store, &contact.phone, "wrong", 0).await, None);
        let other = &incident.contacts[(place + 1) % 3];
        assert_eq!(speaks_for(store, &other.phone, &contact.code, 0).await, None);
    }
}

async fn a_code_in_use_is_a_conflict(store: &impl Store) {
    let number = phone(draw() * 100);
    store.commit(&commit_of(vec![code(&number, "123456", incident_id(1), 0)])).await.unwrap();
    let tale = Story::begin(store, 1).await;
    let loaded = store.load_deadman(tale.user).await.unwrap().unwrap();
    let commit = Commit {
        deadman: Some(Change::Update { version: loaded.version, to: loaded.state.clone() }),
        ..commit_of(vec![
            code(&number, "654321", incident_id(2), 0),
            code(&number, "123456", incident_id(2), 1),
        ])
    };
    assert_eq!(store.commit(&commit).await, Err(CommitError::Conflict));
    assert_eq!(store.load_deadman(tale.user).await.unwrap(), Some(loaded));
    assert_eq!(speaks_for(store, &number, "123456", 0).await, Some((incident_id(1), 0)));
    assert_eq!(speaks_for(store, &number, "654321", 0).await, None);
    // Another number's code is another code.
    let commit = commit_of(vec![code(&phone(draw() * 100), "123456", incident_id(2), 0)]);
    assert_eq!(store.commit(&commit).await, Ok(()));
}

/// An incident of one contact, who has ended it.
async fn ended<S: Store>(store: &S) -> (Story<'_, S>, Incident) {
    let mut tale = Story::alarmed(store, 1).await;
    tale.over().await;
    let incident = tale.incident().await;
    (tale, incident)
}

fn seconds(tale: &Story<'_, impl Store>) -> i64 {
    tale.now.as_second() - at(0).as_second()
}

async fn a_code_lives_a_day_longer_than_its_incident(store: &impl Store) {
    let (mut tale, incident) = ended(store).await;
    let (number, words) = (&incident.contacts[0].phone, incident.contacts[0].code.clone());
    let end = seconds(&tale);
    assert_eq!(speaks_for(store, number, &words, end + 86_399).await, Some((incident.id, 0)));
    assert_eq!(speaks_for(store, number, &words, end + 86_400).await, None);

    // Opened again, it lives as long as the incident.
    tale.later(60).code(0, TextAnswer::Reopen).await;
    assert!(tale.incident().await.is_open());
    assert_eq!(speaks_for(store, number, &words, end + 10 * 86_400).await, Some((incident.id, 0)));
}

async fn a_code_that_is_over_can_be_given_again(store: &impl Store) {
    let (tale, incident) = ended(store).await;
    let (number, words) = (&incident.contacts[0].phone, incident.contacts[0].code.as_str());
    let end = seconds(&tale);
    let again = commit_of(vec![code(number, words, incident_id(5), 3)]);
    let early = Commit { op: op(), now: at(end + 86_399), ..again.clone() };
    assert_eq!(store.commit(&early).await, Err(CommitError::Conflict));
    let late = Commit { op: op(), now: at(end + 86_400), ..again };
    assert_eq!(store.commit(&late).await, Ok(()));
    assert_eq!(speaks_for(store, number, words, end + 10 * 86_400).await, Some((incident_id(5), 3)));

    // The old incident may end again without touching it: what has become another's is left out.
    let version = store.load_incident(incident.id).await.unwrap().unwrap().version;
    let contact = &incident.contacts[0];
    let until =
        |until| Pointer::CodeUntil { phone: contact.phone.clone(), code: contact.code.clone(), until };
    let ended = Incident { status: Status::Ended { ended: EndedBy::User, at: at(end) }, ..incident.clone() };
    let mut expected = version;
    for until in [until(None), until(Some(at(end + 99_999)))] {
        let change = Some(Change::Update { version: expected, to: ended.clone() });
        let commit = Commit { incident: change, pointers: vec![until], ..nothing(at(end + 90_000)) };
        assert_eq!(store.commit(&commit).await, Ok(()));
        assert_eq!(store.commit(&commit).await, Ok(()));
        expected += 1;
        assert_eq!(store.load_incident(incident.id).await.unwrap().unwrap().version, expected);
        assert_eq!(speaks_for(store, number, words, end + 10 * 86_400).await, Some((incident_id(5), 3)));
    }
}

/// The table may have deleted the code since; opened again, the incident has it back.
async fn a_code_that_is_gone_comes_back(store: &impl Store) {
    let (_, incident) = ended(store).await;
    let version = store.load_incident(incident.id).await.unwrap().unwrap().version;
    let elsewhere = phone(draw() * 100);
    let mut moved = incident;
    moved.contacts[0].phone = elsewhere.clone();
    let words = moved.contacts[0].code.clone();
    let pointer = Pointer::CodeUntil { phone: elsewhere.clone(), code: words.clone(), until: None };
    let id = moved.id;
    let change = Some(Change::Update { version, to: moved });
    store.commit(&Commit { incident: change, pointers: vec![pointer], ..nothing(at(0)) }).await.unwrap();
    assert_eq!(speaks_for(store, &elsewhere, &words, 0).await, Some((id, 0)));
}

async fn a_card_says_all_there_is(store: &impl Store) {
    let number = phone(draw() * 100);
    let empty = store.number(&number, at(0)).await.unwrap();
    assert_eq!((empty.user, empty.contact_of.len(), empty.codes.len(), empty.stopped), (None, 0, 0, None));
    let mut owner = user(draw() * 100);
    owner.profile.phone = number.clone();
    store.create_user(&owner, false, op()).await.unwrap();
    for user in [7, 8] {
        let new = Some(number.clone());
        store
            .commit(&commit_of(vec![Pointer::ContactOf { user: user_id(user), old: None, new }]))
            .await
            .unwrap();
    }
    for n in 0..4_u64 {
        let codes = (0..50).map(|m| code(&number, &format!("{:06}", n * 50 + m), incident_id(n), 7));
        store.commit(&commit_of(codes.collect())).await.unwrap();
    }
    let said = |what: &str| EventName::of_number(&format!("{}-{what}", number.as_str()));
    assert!(!store.is_decided(&said("stop")).await.unwrap());
    store.stop(&number, true, &said("stop"), op(), at(0)).await.unwrap();
    assert!(store.is_decided(&said("stop")).await.unwrap());
    let card = store.number(&number, at(0)).await.unwrap();
    assert_eq!(card.user, Some(owner.id));
    assert_eq!(card.contact_of, [user_id(7), user_id(8)]);
    assert_eq!((card.codes.len(), card.stopped), (200, Some(true)));
    for n in 0..200 {
        assert_eq!(card.find(&format!("{n:06}")).unwrap().incident, incident_id(n / 50));
    }
    assert!(!format!("{card:?}").contains(number.as_str()));
    store.stop(&number, false, &said("start"), op(), at(1)).await.unwrap();
    assert_eq!(store.number(&number, at(0)).await.unwrap().stopped, Some(false));
    store.stop(&number, true, &said("stop"), op(), at(2)).await.unwrap();
    assert_eq!(
        store.number(&number, at(0)).await.unwrap().stopped,
        Some(false),
        "the old text says nothing new"
    );
}

async fn a_contact_changes_numbers(store: &impl Store) {
    let (old, new) = (phone(draw() * 100), phone(draw() * 100));
    let contact = |old, new| commit_of(vec![Pointer::ContactOf { user: user_id(3), old, new }]);
    let of = async |number| store.number(number, at(0)).await.unwrap().contact_of;
    store.commit(&contact(None, Some(old.clone()))).await.unwrap();
    assert_eq!(of(&old).await, [user_id(3)]);
    store.commit(&contact(Some(old.clone()), Some(new.clone()))).await.unwrap();
    assert_eq!((of(&old).await, of(&new).await), (vec![], vec![user_id(3)]));
    // From a number to the same number it stays.
    store.commit(&contact(Some(new.clone()), Some(new.clone()))).await.unwrap();
    assert_eq!(of(&new).await, [user_id(3)]);
    store.commit(&contact(Some(new.clone()), None)).await.unwrap();
    assert_eq!(of(&new).await, []);
}

async fn entered(store: &impl Store) -> Deadman {
    let deadman = user(draw() * 100);
    store.create_user(&deadman, false, op()).await.unwrap();
    deadman
}

async fn a_user_moves_only_to_what_is_free(store: &impl Store) {
    let (ann, eve) = (entered(store).await, entered(store).await);
    let free = phone(draw() * 100);
    let moves = |to: &PhoneNumber, email: &str| Commit {
        deadman: Some(Change::Update { version: 1, to: ann.clone() }),
        ..commit_of(vec![
            Pointer::UserPhone { user: ann.id, old: Some(ann.profile.phone.clone()), new: Some(to.clone()) },
            Pointer::UserEmail {
                user: ann.id,
                old: Some(ann.profile.email.clone()),
                new: Some(email.to_owned()),
            },
        ])
    };
    let done = store.commit(&moves(&eve.profile.phone, "new@example.com")).await;
    assert_eq!(done, Err(CommitError::Taken(Taken::UserPhone)));
    let done = store.commit(&moves(&free, &eve.profile.email.to_uppercase())).await;
    assert_eq!(done, Err(CommitError::Taken(Taken::UserEmail)));
    assert_eq!(store.user_by_email(&ann.profile.email).await.unwrap(), Some(ann.id));
    assert_eq!(store.number(&ann.profile.phone, at(0)).await.unwrap().user, Some(ann.id));

    let address = format!("new{}@example.com", draw());
    assert_eq!(store.commit(&moves(&free, &address)).await, Ok(()));
    assert_eq!(store.user_by_email(&address).await.unwrap(), Some(ann.id));
    assert_eq!(store.user_by_email(&ann.profile.email).await.unwrap(), None);
    assert_eq!(store.number(&free, at(0)).await.unwrap().user, Some(ann.id));
    assert_eq!(store.number(&ann.profile.phone, at(0)).await.unwrap().user, None);

    // What one has no longer, and another has now, is not taken from them.
    let bob = Deadman { profile: ann.profile.clone(), ..user(draw() * 100) };
    store.create_user(&bob, false, op()).await.unwrap();
    let update = Change::Update { version: 2, to: ann.clone() };
    let again = Commit { op: op(), deadman: Some(update), ..moves(&free, &address) };
    assert_eq!(store.commit(&again).await, Ok(()));
    assert_eq!(store.user_by_email(&ann.profile.email).await.unwrap(), Some(bob.id));
    assert_eq!(store.number(&ann.profile.phone, at(0)).await.unwrap().user, Some(bob.id));
    assert_eq!(store.load_deadman(ann.id).await.unwrap().unwrap().version, 3);

    // A stale change is a conflict, even where the number is taken as well: what was read is no longer so.
    let done = store.commit(&moves(&eve.profile.phone, &address)).await;
    assert_eq!(done, Err(CommitError::Conflict));
}

#[tokio::test]
async fn codes_speak_for_contacts() {
    let world = World::new().await;
    codes_find_their_contacts(&world.store).await;
    a_code_in_use_is_a_conflict(&world.store).await;
}

#[tokio::test]
async fn codes_end() {
    let world = World::new().await;
    a_code_lives_a_day_longer_than_its_incident(&world.store).await;
    a_code_that_is_over_can_be_given_again(&world.store).await;
    a_code_that_is_gone_comes_back(&world.store).await;
}

#[tokio::test]
async fn numbers_belong_to_people() {
    let world = World::new().await;
    a_card_says_all_there_is(&world.store).await;
    a_contact_changes_numbers(&world.store).await;
    a_user_moves_only_to_what_is_free(&world.store).await;
}
