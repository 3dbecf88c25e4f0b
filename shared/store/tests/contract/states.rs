//! Every state that can be reached comes back as it was written.

use lucius_core::{
    actor::ActorId,
    deadman::{CheckIn, Edit, Medium, Pause, Proof},
    decide::{ContactAct, Event},
    effect::{CallProgress, Channel, EffectId, NotSent, Outcome, Party, Purpose},
    incident::TextAnswer,
    words::Answer,
};
use lucius_store::{DynamoStore, Store};
use proptest::{prelude::*, test_runner::TestRunner};

use crate::{
    story::{Story, contact, settings, user_id, went_out},
    world::{World, draw},
};

fn check_in(answer: Answer, tale: &Story<'_, impl Store>) -> Event {
    Event::CheckIn(CheckIn {
        key: format!("SM{}", draw()),
        answer,
        sos: false,
        medium: Medium::Api,
        arrived_at: tale.now,
        proof: Proof::None,
        logged_in: false,
        unless: None,
        heard: None,
        words: None,
        text: "Ja \u{1f44d} \"quoted\"".to_owned(),
    })
}

async fn story_from_beginning_to_end(store: &impl Store) {
    let mut tale = Story::alarmed(store, 3).await;
    tale.over().await;
    tale.later(60).code(1, TextAnswer::Reopen).await;
    assert!(tale.incident().await.is_open());
    let resolve = Edit::Resolve { incident: tale.incident.unwrap(), proof: Proof::None };
    tale.later(60).goes(Event::Edit(resolve)).await;
    tale.later(60).settle(|_| Outcome::Done).await;
    tale.goes(Event::Remove { proof: Proof::None }).await;
    assert_eq!(store.load_deadman(tale.user).await.unwrap(), None);
}

#[tokio::test]
async fn a_story_is_stored_from_beginning_to_end() {
    story_from_beginning_to_end(&World::new().await.store).await;
}

#[tokio::test]
async fn what_is_not_there_is_none() {
    let world = World::new().await;
    assert_eq!(world.store.load_deadman(user_id(1)).await.unwrap(), None);
    assert_eq!(world.store.load_incident(1.try_into().unwrap()).await.unwrap(), None);
}

/// Something that may happen to a user, as numbers to draw.
type Drawn = (u8, u8, i64);

fn event_of(drawn: Drawn, tale: &Story<'_, DynamoStore>) -> Event {
    let (kind, place, _) = drawn;
    let place = usize::from(place % 4);
    let key = format!("SM{}", draw());
    let effect = EffectId { party: Party::Contact(place), channel: Channel::Call, purpose: Purpose::Page };
    match kind % 12 {
        0..=3 => Event::Wake,
        4 => check_in(Answer::Good, tale),
        5 => check_in(Answer::Bad, tale),
        6 => check_in(Answer::Unclear, tale),
        7 => Event::Contact { place, act: ContactAct::CallBack { key } },
        8 => {
            let act = ContactAct::Press {
                attempt: 1,
                sid: format!("CA{effect}"),
                step: "1".to_owned(),
                digits: Some(["1", "9", "5"][place % 3].to_owned()),
            };
            Event::Contact { place, act }
        }
        9 => {
            let sid = format!("CA{effect}");
            Event::CallTold { effect, attempt: 1, sid, progress: CallProgress::Completed }
        }
        10 => {
            let contact = contact(draw());
            Event::Edit(Edit::AddContact { contact, proof: Proof::None })
        }
        _ => Event::Edit(Edit::Probes {
            change: settings(place > 0).into(),
            pause: Pause::Keep,
            proof: Proof::None,
        }),
    }
}

fn outcome_of(kind: u8) -> impl Fn(&EffectId) -> Outcome {
    move |effect| match kind % 5 {
        0 | 1 => went_out(effect),
        2 => Outcome::Unknown,
        3 => Outcome::Permanent { code: 21_610 },
        _ => Outcome::NotSent { why: NotSent::NoSlot },
    }
}

/// [`Story::event`] compares what is read with what was decided after each event.
#[test]
fn whatever_happens_is_read_as_it_was_written() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let world = runtime.block_on(World::new());
    let drawn = proptest::collection::vec((any::<u8>(), any::<u8>(), 0..4_000_i64), 0..12);
    let config = ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() };
    let done = TestRunner::new(config).run(&drawn, |happenings| {
        runtime.block_on(async {
            let mut tale = Story::armed(&world.store, 3).await;
            for drawn in happenings {
                let event = event_of(drawn, tale.later(drawn.2));
                // What is refused changes nothing, and is nothing to store.
                tale.event(event).await.ok();
                tale.settle(outcome_of(drawn.1)).await;
                in_the_index(&world, &tale).await;
            }
        });
        Ok(())
    });
    done.unwrap();
}

/// The index says of both actors what they say themselves.
async fn in_the_index(world: &World, tale: &Story<'_, DynamoStore>) {
    let deadman = tale.deadman().await;
    let mut actors = vec![(ActorId::Deadman(deadman.id), deadman.due())];
    if let Some(id) = tale.incident {
        actors.push((ActorId::Incident(id), tale.incident().await.due()));
    }
    for (actor, due) in actors {
        let item = world.raw(actor).await.unwrap();
        let rank = due.map(|due| due.rank.number().to_string());
        assert_eq!(item.get("rank").map(|rank| rank.as_n().unwrap().clone()), rank);
        assert_eq!(item.contains_key("due_at"), due.is_some());
        assert_eq!(item.contains_key("due_shard"), due.is_some());
    }
}
