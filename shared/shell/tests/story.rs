//! A missed check-in through the real shell and the real store, with a carrier that does as it is told: what is written
//! when, how many AWS calls it takes, and what is left when the process dies between two lines.

mod support;

use jiff::SignedDuration;
use lucius_core::{
    actor::ActorId,
    deadman::{CheckIn, Medium, Proof, State},
    decide::{ContactAct, Event, Scope},
    effect::CallProgress,
    history::What,
    incident::Status,
    policy::later,
    voice::Reply,
    words::Answer,
};
use lucius_shell::{
    RunError,
    ports::{NotArranged, Ports as _},
    run,
    sweep::{Invoker, sweep},
    wake::wake,
};
use lucius_store::Store as _;
use support::{Did, Script, Stage};

/// A question is asked, nobody answers, and the first contact's phone rings.
#[tokio::test]
async fn a_missed_check_in_rings_the_first_contact() {
    let stage = Stage::new().await;
    let user = stage.armed_user(2).await;
    stage.wake(ActorId::Deadman(user)).await;
    assert_eq!(stage.carrier.take(), [Did::Texted("+12025550001".to_owned())]);
    stage.pass_deadline(user).await;
    stage.wake(ActorId::Deadman(user)).await;
    let did = stage.carrier.take();
    assert_eq!(did.len(), 2, "one call and one text to the first contact: {did:?}");
    assert!(did.contains(&Did::Called("+12025551001".to_owned())));
    assert!(did.contains(&Did::Texted("+12025551001".to_owned())));
    let incident = stage.incident(user).await;
    assert!(matches!(incident.status, Status::Escalating { .. }));
    assert!(incident.due().unwrap().at > stage.now());
}

/// Where lines are short, those for whom nobody has been called yet go first: in the first half of each ten seconds all others have
/// slots only while less than a quarter is taken, and what is left then is for everybody.
#[tokio::test]
async fn first_calls_go_before_repeats() {
    let mut stage = Stage::new().await;
    stage.shell.pace.calls_per_second = 1;
    let (ann, bob) = (stage.armed_user(1).await, stage.another_armed_user().await);
    for user in [ann, bob] {
        stage.wake(ActorId::Deadman(user)).await;
    }
    stage.pass_deadline(ann).await;
    stage.wake(ActorId::Deadman(ann)).await;
    let incident = stage.incident(ann).await;
    let call = incident.contacts[0].calls[0].clone();
    let told = Event::CallTold {
        effect: "c0-call-page".parse().unwrap(),
        attempt: call.attempt,
        sid: call.sid,
        progress: CallProgress::NoAnswer,
    };
    run(&stage.shell, Scope::IncidentAlone(incident.id), told).await.unwrap();
    let calls = |stage: &Stage| {
        let did = stage.carrier.take();
        did.iter().filter(|did| matches!(did, Did::Called(_))).count()
    };

    let window = stage.passes_to_window(incident.id, 1).await;
    for _ in 0..2 {
        assert!(stage.store().slot("AC1", window, 10).await.unwrap().is_some());
    }
    drop(stage.carrier.take());
    stage.wake(ActorId::Incident(incident.id)).await;
    assert_eq!(calls(&stage), 0, "a quarter of ten are taken: her second call waits");
    stage.wake(ActorId::Deadman(bob)).await;
    assert_eq!(calls(&stage), 1, "his first does not");

    let window = stage.passes_to_window(incident.id, 6).await;
    for _ in 0..9 {
        assert!(stage.store().slot("AC1", window, 10).await.unwrap().is_some());
    }
    stage.wake(ActorId::Incident(incident.id)).await;
    assert_eq!(calls(&stage), 1, "what is left in the second half is for everybody");
}

/// The budgets of AWS calls: what is asserted here is what an operator pays for.
#[tokio::test]
async fn each_event_stays_within_its_budget_of_calls() {
    let stage = Stage::new().await;
    let user = stage.armed_user(1).await;
    stage.forget_calls();
    stage.wake(ActorId::Deadman(user)).await;
    // Claim and outcome; the reads before them.
    assert_eq!(stage.writes(), 2, "asking: claim and outcome");
    stage.pass_deadline(user).await;
    stage.forget_calls();
    stage.wake(ActorId::Deadman(user)).await;
    assert_eq!(stage.writes(), 3, "opening and first attempt: claim (one transaction), slot, outcomes");
    let incident = stage.incident(user).await;
    let call = incident.contacts[0].calls[0].clone();
    stage.forget_calls();
    let told = Event::CallTold {
        effect: "c0-call-page".parse().unwrap(),
        attempt: call.attempt,
        sid: call.sid.clone(),
        progress: CallProgress::NoAnswer,
    };
    run(&stage.shell, Scope::IncidentAlone(incident.id), told.clone()).await.unwrap();
    assert_eq!((stage.reads(), stage.writes()), (1, 1), "a call that is over: one read, one write");
    run(&stage.shell, Scope::IncidentAlone(incident.id), told).await.unwrap();
    stage.forget_calls();
    let again = Event::CallTold {
        effect: "c0-call-page".parse().unwrap(),
        attempt: call.attempt,
        sid: call.sid,
        progress: CallProgress::NoAnswer,
    };
    run(&stage.shell, Scope::IncidentAlone(incident.id), again).await.unwrap();
    assert_eq!(stage.writes(), 0, "a callback that adds nothing is answered without a write");
}

/// The process dies after the commit and before the request: after the lease the call is dialled, once.
#[tokio::test]
async fn a_death_between_commit_and_perform_costs_one_lease() {
    let stage = Stage::new().await;
    let user = stage.armed_user(1).await;
    stage.wake(ActorId::Deadman(user)).await;
    stage.pass_deadline(user).await;
    stage.carrier.take();
    stage.die_before_performing(ActorId::Deadman(user)).await;
    assert!(stage.carrier.take().is_empty());
    let incident = stage.incident(user).await;
    stage.advance(SignedDuration::from_secs(5));
    stage.wake(ActorId::Incident(incident.id)).await;
    assert!(stage.carrier.take().is_empty(), "nobody touches what is leased");
    stage.advance(SignedDuration::from_secs(26));
    stage.wake(ActorId::Incident(incident.id)).await;
    stage.advance(SignedDuration::from_secs(2));
    stage.wake(ActorId::Incident(incident.id)).await;
    assert_eq!(stage.carrier.take(), [Did::Called("+12025551001".to_owned())]);
}

/// A carrier that takes every call and never answers in time: two rings per contact and round, no more.
#[tokio::test]
async fn an_unknown_outcome_is_dialled_again_once_a_round() {
    let stage = Stage::new().await;
    let user = stage.armed_user(1).await;
    stage.wake(ActorId::Deadman(user)).await;
    stage.pass_deadline(user).await;
    stage.carrier.take();
    stage.carrier.script(Script::TimesOut);
    stage.wake(ActorId::Deadman(user)).await;
    let incident = stage.incident(user).await;
    for _ in 0..20 {
        stage.advance(SignedDuration::from_secs(2));
        stage.wake(ActorId::Incident(incident.id)).await;
    }
    let rings = stage.carrier.take().iter().filter(|did| matches!(did, Did::Called(_))).count();
    assert_eq!(rings, 2);
    let incident = stage.incident(user).await;
    assert!(matches!(incident.status, Status::Escalating { .. }), "and the rounds go on");
}

/// Two contacts press 1 in the same instant: one has it, the other is back-up, and nobody else is called.
#[tokio::test]
async fn the_first_accept_wins() {
    let stage = Stage::new().await;
    let user = stage.armed_user(2).await;
    stage.wake(ActorId::Deadman(user)).await;
    stage.pass_deadline(user).await;
    stage.wake(ActorId::Deadman(user)).await;
    stage.advance(SignedDuration::from_secs(61));
    let id = stage.incident(user).await.id;
    stage.wake(ActorId::Incident(id)).await;
    let press = |place: usize| {
        let act = ContactAct::Press {
            attempt: 1,
            sid: format!("CA{place}"),
            step: "1".to_owned(),
            digits: Some("1".to_owned()),
        };
        run(&stage.shell, Scope::Incident(id), Event::Contact { place, act })
    };
    let (a, b) = futures::join!(press(0), press(1));
    let said: Vec<String> = [a, b]
        .map(|done| match done.unwrap().reply {
            Reply::Prompt(prompt) => prompt.say.join(" "),
            other @ (Reply::Silence | Reply::Words(_) | Reply::Login(_)) => panic!("{other:?}"),
        })
        .to_vec();
    assert_eq!(said.iter().filter(|words| words.contains("You have it")).count(), 1, "{said:?}");
    assert_eq!(said.iter().filter(|words| words.contains("back-up")).count(), 1, "{said:?}");
    let timeline = stage.store().timeline(id).await.unwrap();
    assert_eq!(timeline.iter().filter(|entry| entry.what == What::Accepted).count(), 1);
}

/// An actor that cannot be read is postponed, and stops nobody.
#[tokio::test]
async fn a_poisoned_actor_waits() {
    let stage = Stage::new().await;
    let user = stage.armed_user(1).await;
    stage.poison(ActorId::Deadman(user)).await;
    wake(&stage.shell, ActorId::Deadman(user)).await.unwrap();
    let due = stage.due_of(ActorId::Deadman(user)).await.unwrap();
    assert!(due > stage.now(), "it comes again later");
}

/// Whoever was put off, by another release for example, is due again when their state says so: no earlier, and not for ever.
#[tokio::test]
async fn whoever_was_put_off_is_put_right_by_the_next_wake() {
    let stage = Stage::new().await;
    let user = stage.armed_user_later(1).await;
    let actor = ActorId::Deadman(user);
    let due = stage.due_of(actor).await;
    let before = stage.store().load_deadman(user).await.unwrap().unwrap();
    let soon = later(stage.now(), SignedDuration::from_secs(10));
    assert!(stage.store().postpone(actor, before.version, soon).await.unwrap());
    assert_eq!(stage.due_of(actor).await, Some(soon));
    stage.advance(SignedDuration::from_secs(10));
    stage.wake(actor).await;
    assert_eq!(stage.due_of(actor).await, due);
    assert_eq!(stage.store().load_deadman(user).await.unwrap().unwrap().state, before.state);
    stage.forget_calls();
    stage.wake(actor).await;
    assert_eq!(stage.writes(), 0, "once");
}

/// A switch that is woken early does nothing, and writes nothing.
#[tokio::test]
async fn an_early_wake_does_nothing() {
    let stage = Stage::new().await;
    let user = stage.armed_user_later(1).await;
    stage.forget_calls();
    stage.wake(ActorId::Deadman(user)).await;
    assert_eq!(stage.writes(), 0);
    assert!(stage.carrier.take().is_empty());
    let deadman = stage.store().load_deadman(user).await.unwrap().unwrap().state;
    assert!(matches!(deadman.state, State::Waiting { .. }));
}

/// The user checks in with their PIN while the first call is being placed: the call is cancelled.
#[tokio::test]
async fn a_call_placed_into_an_incident_that_has_ended_is_cancelled() {
    let stage = Stage::new().await;
    let user = stage.armed_user(1).await;
    stage.wake(ActorId::Deadman(user)).await;
    stage.pass_deadline(user).await;
    stage.carrier.take();
    stage.carrier.hold_calls();
    let placing = async { stage.wake(ActorId::Deadman(user)).await };
    let ending = async {
        stage.carrier.is_asked().await;
        let event = Event::CheckIn(CheckIn {
            key: "SM1".to_owned(),
            answer: Answer::Good,
            sos: false,
            medium: Medium::Phone,
            arrived_at: stage.now(),
            proof: Proof::None,
            logged_in: true,
            unless: None,
            heard: None,
            words: None,
            text: String::new(),
        });
        run(&stage.shell, Scope::User(user), event).await.unwrap();
        stage.carrier.let_calls_go();
    };
    futures::join!(placing, ending);
    let did = stage.carrier.take();
    assert!(did.contains(&Did::Called("+12025551001".to_owned())), "{did:?}");
    assert!(did.iter().any(|did| matches!(did, Did::Cancelled(_))), "{did:?}");
}

/// Whoever takes overdue actors: notes them.
#[derive(Debug, Default)]
struct Taker(std::sync::Mutex<Vec<ActorId>>, tokio::sync::Notify);

impl Invoker for Taker {
    async fn invoke(&self, actors: &[ActorId]) -> Result<(), NotArranged> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).extend(actors);
        self.1.notify_one();
        Ok(())
    }
}

/// The queue is what may be broken: what is overdue does not wait for it.
#[tokio::test]
async fn a_queue_that_hangs_keeps_nothing_overdue_from_being_handed_over() {
    let stage = Stage::new().await;
    let soon = stage.armed_user(1).await;
    stage.wake(ActorId::Deadman(soon)).await;
    let overdue = stage.another_armed_user().await;
    stage.pass_deadline(soon).await;
    stage.advance(SignedDuration::from_secs(-30));
    stage.shell.ports.queue().hang();
    let deputy = Taker::default();
    let sweeping = std::pin::pin!(sweep(&stage.shell, &deputy));
    let taken = std::pin::pin!(deputy.1.notified());
    let first = futures::future::select(taken, sweeping).await;
    assert!(matches!(first, futures::future::Either::Left(_)), "there are hints that could not be sent");
    assert_eq!(*deputy.0.lock().unwrap(), [ActorId::Deadman(overdue)]);
}

/// A table so slow that nothing could be taken on any more is no fault of the actor that waits for it.
#[tokio::test]
async fn a_wake_that_comes_to_its_claim_too_late_is_woken_again_and_sets_nobody_aside() {
    let stage = Stage::new().await;
    let user = stage.armed_user(1).await;
    let actor = ActorId::Deadman(user);
    let due = stage.due_of(actor).await;
    for seconds in [8, 60] {
        stage.slow_table(SignedDuration::from_secs(seconds));
        let woken = wake(&stage.shell, actor).await;
        stage.slow_table(SignedDuration::ZERO);
        assert!(matches!(woken, Err(RunError::NotRecorded(_))), "{woken:?}");
        assert_eq!(stage.due_of(actor).await, due, "it is not put off");
        assert_eq!(stage.carrier.take(), []);
    }
    // One that is in time takes everything on.
    stage.slow_table(SignedDuration::from_secs(6));
    wake(&stage.shell, actor).await.unwrap();
    assert_eq!(stage.carrier.take(), [Did::Texted("+12025550001".to_owned())]);
}
