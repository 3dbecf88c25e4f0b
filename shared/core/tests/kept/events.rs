//! Which events ask for help.

use jiff::Timestamp;
use lucius_core::{
    deadman::{CheckIn, Edit, Medium, Proof},
    decide::{ContactAct, Event},
    effect::{CallProgress, Channel, EffectId, Party, Purpose, TextFailure},
    incident::TextAnswer,
    words::Answer,
};

fn check_in(answer: Answer, sos: bool) -> Event {
    Event::CheckIn(CheckIn {
        key: "SM1".to_owned(),
        answer,
        sos,
        medium: Medium::Sms,
        arrived_at: Timestamp::UNIX_EPOCH,
        proof: Proof::None,
        logged_in: false,
        unless: None,
        heard: None,
        words: None,
        text: String::new(),
    })
}

#[test]
fn who_asks_for_help() {
    let key = || "SM1".to_owned();
    let effect = || EffectId { party: Party::Contact(0), channel: Channel::Call, purpose: Purpose::Page };
    let code = ContactAct::Code { key: key(), code: "123456".to_owned(), answer: TextAnswer::Reopen };
    let told =
        Event::CallTold { effect: effect(), attempt: 1, sid: "CA1".to_owned(), progress: CallProgress::Busy };
    let failed =
        Event::TextFailed { effect: effect(), attempt: 1, code: 30_003, failure: TextFailure::Passing };
    let resolve = Edit::Resolve { incident: 7.try_into().unwrap(), proof: Proof::None };
    for (event, asks) in [
        (Event::Emergency { key: key() }, true),
        (check_in(Answer::Bad, false), true),
        (check_in(Answer::Bad, true), true),
        // Whatever else a text with SOS says.
        (check_in(Answer::Unclear, true), true),
        (check_in(Answer::Good, false), false),
        (check_in(Answer::Unclear, false), false),
        (Event::Wake, false),
        (Event::Settled(Vec::new()), false),
        (told, false),
        (failed, false),
        (Event::Contact { place: 0, act: code }, false),
        (Event::Login { key: key(), proof: Proof::None }, false),
        (Event::TextsStopped { key: key(), phone: "+12025550100".parse().unwrap(), stopped: true }, false),
        (Event::Edit(resolve), false),
        (Event::Remove { proof: Proof::None }, false),
    ] {
        assert_eq!(event.is_cry_for_help(), asks, "{event:?}");
    }
}
