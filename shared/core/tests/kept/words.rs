//! Words that are stored, sent or logged: each as it has to be, read back, and no two the same.

use std::{collections::BTreeSet, fmt::Debug, str::FromStr};

use jiff::Timestamp;
use lucius_core::{
    actor::{ActorId, Due, NotAnActor, Rank, Seen},
    decide::Scope,
    effect::{CallProgress, Channel, Effect, EffectId, NotAnEffect, Party, Pending, Purpose},
    history::{Entry, ProbeStatus, What},
    id::{ContactId, IncidentId, OpId, ProbeId, UserId},
    incident::{Cause, EndedBy, Status, callback_path, listen_path},
    ivr::{Offered, Unclaimed, Wanted, login_path},
    phone::PhoneNumber,
    secret::Digest,
    text::gsm_friendly,
    voice::{Login, Prompt, Reply},
};
use serde::{Serialize, de::DeserializeOwned};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn incident(id: u64) -> IncidentId {
    id.try_into().unwrap()
}

/// Each value is written as the text beside it, and read back as itself; no two texts are the same.
fn json<T: Serialize + DeserializeOwned + PartialEq + Debug>(rows: &[(T, &str)]) {
    for (value, text) in rows {
        assert_eq!(serde_json::to_string(value).unwrap(), *text, "{value:?}");
        assert_eq!(serde_json::from_str::<T>(text).unwrap(), *value, "{text}");
    }
    let texts: BTreeSet<_> = rows.iter().map(|(_, text)| text).collect();
    assert_eq!(texts.len(), rows.len());
}

/// The same, as plain text.
fn plain<T: ToString + FromStr + PartialEq + Debug>(rows: &[(T, &str)])
where
    T::Err: Debug,
{
    for (value, text) in rows {
        assert_eq!(value.to_string(), *text, "{value:?}");
        assert_eq!(text.parse::<T>().unwrap(), *value, "{text}");
    }
}

#[test]
fn actors() {
    let deadman = ActorId::Deadman(UserId::try_from(7).unwrap());
    let incident = ActorId::Incident(incident(7));
    plain(&[(deadman, "DEADMAN#7"), (incident, "INCIDENT#7")]);
    json(&[(deadman, "\"DEADMAN#7\""), (incident, "\"INCIDENT#7\"")]);
    for junk in ["", "7", "DEADMAN", "DEADMAN#", "DEADMAN#x", "INCIDENT#-1", "deadman#7", "USER#7", "#7"] {
        assert_eq!(junk.parse::<ActorId>(), Err(NotAnActor), "{junk}");
        assert!(serde_json::from_str::<ActorId>(&format!("{junk:?}")).is_err(), "{junk}");
    }
    assert_eq!(NotAnActor.to_string(), "an actor is written DEADMAN#<user id> or INCIDENT#<incident id>");
}

#[test]
fn scopes() {
    let (user, id) = (UserId::try_from(7).unwrap(), incident(8));
    for (scope, actor) in [
        (Scope::User(user), ActorId::Deadman(user)),
        (Scope::Incident(id), ActorId::Incident(id)),
        (Scope::IncidentAlone(id), ActorId::Incident(id)),
    ] {
        assert_eq!(scope.actor(), actor);
    }
    assert_eq!(Scope::of(ActorId::Deadman(user)), Scope::User(user));
    assert_eq!(Scope::of(ActorId::Incident(id)), Scope::IncidentAlone(id));
}

#[test]
fn ranks_and_what_comes_first() {
    let rows = [(Rank::FirstPage, 0), (Rank::Work, 1), (Rank::Schedule, 2)];
    for (rank, number) in rows {
        assert_eq!((rank.number(), Rank::from_number(number)), (number, rank));
    }
    assert!((3..=u8::MAX).all(|number| Rank::from_number(number) == Rank::Work));
    let [early, late] = ["2026-03-02T10:00:00Z", "2026-03-02T10:00:01Z"].map(at);
    let due = |at, rank| Some(Due { at, rank });
    let first = due(early, Rank::Schedule);
    for (a, b, earliest) in [
        (None, None, None),
        (first, None, first),
        (first, due(late, Rank::FirstPage), first),
        (due(early, Rank::Work), first, due(early, Rank::Work)),
    ] {
        assert_eq!((Due::earliest(a, b), Due::earliest(b, a)), (earliest, earliest));
    }
}

#[test]
fn eight_answers_are_remembered() {
    let mut seen = Seen::default();
    for n in 0..9 {
        seen.remember(format!("SM{n}"), n);
    }
    assert_eq!(
        (seen.reply("SM0"), seen.reply("SM1"), seen.reply("SM8"), seen.reply("SM")),
        (None, Some(1), Some(8), None)
    );
}

#[test]
fn effects() {
    let purposes = [
        (Purpose::Ask, "ask"),
        (Purpose::Page, "page"),
        (Purpose::Confirm, "confirm"),
        (Purpose::Tell(7), "tell-7"),
        (Purpose::Cancel("CA1-x".to_owned()), "cancel-CA1-x"),
        (Purpose::Poll("CA1-x".to_owned()), "poll-CA1-x"),
    ];
    for (party, who) in [(Party::User, "user"), (Party::Contact(0), "c0"), (Party::Contact(12), "c12")] {
        for (channel, how) in [(Channel::Call, "call"), (Channel::Sms, "sms")] {
            for (purpose, why) in &purposes {
                let (id, name) =
                    (EffectId { party, channel, purpose: purpose.clone() }, format!("{who}-{how}-{why}"));
                plain(&[(id.clone(), name.as_str())]);
                json(&[(id, format!("{name:?}").as_str())]);
            }
        }
    }
    for junk in [
        "",
        "user",
        "user-",
        "user-call",
        "c-call-page",
        "cx-call-page",
        "d1-call-page",
        "user-fax-page",
        "user-sms-tell",
        "user-sms-tell-x",
        "user-sms-ask-1",
        "c0-call-page-1",
        "c0-call-confirm-1",
        "c0-call-cancel",
        "c0-call-poll",
        "c0-call-other",
    ] {
        assert_eq!(junk.parse::<EffectId>(), Err(NotAnEffect), "{junk}");
        assert!(serde_json::from_str::<EffectId>(&format!("{junk:?}")).is_err(), "{junk}");
    }
    assert_eq!(NotAnEffect.to_string(), "not the name of an effect");
    json(&[(Channel::Call, "\"call\""), (Channel::Sms, "\"sms\"")]);
    assert_eq!([Channel::Call.as_str(), Channel::Sms.as_str()], ["call", "sms"]);
    assert_eq!([Channel::Call.other(), Channel::Sms.other()], [Channel::Sms, Channel::Call]);
}

#[test]
fn what_is_under_way() {
    let number: PhoneNumber = "+12025550100".parse().unwrap();
    let now = at("2026-03-02T10:00:00Z");
    let pending = |effect| Pending::new(effect, 3, now);
    let rest = r#","try":3,"failures":0,"decided_at":"2026-03-02T10:00:00Z","not_before":"2026-03-02T10:00:00Z","lease_until":null}"#;
    let texts = [
        r#"{"do":"text","to":"+12025550100","body":"Hi","until":null}"#,
        r#"{"do":"cancel","sid":"CA1"}"#,
        r#"{"do":"poll","sid":"CA1"}"#,
    ]
    .map(|effect| format!("{{\"effect\":{effect}{rest}"));
    let [text, cancel, poll] = [
        Effect::Text { to: number, body: "Hi".to_owned(), until: None },
        Effect::Cancel { sid: "CA1".to_owned() },
        Effect::Poll { sid: "CA1".to_owned() },
    ]
    .map(pending);
    json(&[(text.clone(), &texts[0]), (cancel, &texts[1]), (poll, &texts[2])]);
    let leased = Pending { lease_until: Some(at("2026-03-02T10:00:30Z")), ..text.clone() };
    assert_eq!((text.due_at(), leased.due_at()), (now, at("2026-03-02T10:00:30Z")));
}

#[test]
fn calls() {
    let rows = [
        (CallProgress::Queued, "queued", "queued", false),
        (CallProgress::Ringing, "ringing", "ringing", false),
        (CallProgress::InProgress, "in_progress", "in progress", false),
        (CallProgress::Completed, "completed", "answered, no key pressed (voicemail?)", true),
        (CallProgress::Busy, "busy", "busy", true),
        (CallProgress::NoAnswer, "no_answer", "no answer", true),
        (CallProgress::Failed, "failed", "could not be connected", true),
        (CallProgress::Canceled, "canceled", "cancelled", true),
    ];
    for (progress, word, outcome, over) in rows {
        json(&[(progress, format!("{word:?}").as_str())]);
        assert_eq!((progress.outcome(), progress.is_over()), (outcome, over), "{word}");
    }
}

#[test]
fn causes_and_states() {
    let deadline = at("2026-03-02T10:00:00Z");
    let probe = ProbeId::try_from(5).unwrap();
    let rows = [
        (Cause::Unavailable { probe, deadline }, "could not be reached", "unavailable"),
        (Cause::Bad { probe: Some(probe) }, "answered that they are not okay", "bad"),
        (Cause::Emergency, "started an emergency", "emergency"),
        (Cause::Bad { probe: None }, "says that they are not okay", "bad"),
    ];
    for (cause, words, kind) in &rows {
        assert_eq!((cause.words(), cause.kind()), (*words, *kind));
    }
    let [unavailable, bad, emergency, unasked] = rows.map(|(cause, _, _)| cause);
    json(&[
        (unavailable, r#"{"cause":"unavailable","probe":5,"deadline":"2026-03-02T10:00:00Z"}"#),
        (bad, r#"{"cause":"bad","probe":5}"#),
        (unasked, r#"{"cause":"bad","probe":null}"#),
        (emergency, r#"{"cause":"emergency"}"#),
    ]);
    json(&[
        (EndedBy::User, r#"{"by":"user"}"#),
        (EndedBy::Contact { place: 2 }, r#"{"by":"contact","place":2}"#),
        (EndedBy::AnsweredInTime, r#"{"by":"answered_in_time"}"#),
    ]);
    let status = Status::Escalating { tier: 1, next_at: deadline };
    json(&[
        (status, r#"{"status":"escalating","tier":1,"next_at":"2026-03-02T10:00:00Z"}"#),
        (
            Status::Ended { ended: EndedBy::User, at: deadline },
            r#"{"status":"ended","ended":{"by":"user"},"at":"2026-03-02T10:00:00Z"}"#,
        ),
    ]);
    json(&[
        (ProbeStatus::Pending, "\"pending\""),
        (ProbeStatus::Good, "\"good\""),
        (ProbeStatus::Bad, "\"bad\""),
        (ProbeStatus::Cancelled, "\"cancelled\""),
        (ProbeStatus::Unavailable, "\"unavailable\""),
    ]);
}

#[test]
fn lines_of_the_timeline() {
    let rows = [
        (What::Opened, "\"opened\""),
        (What::Round, "\"round\""),
        (What::Attempt, "\"attempt\""),
        (What::Accepted, "\"accepted\""),
        (What::Backup, "\"backup\""),
        (What::Renewed, "\"renewed\""),
        (What::Lapsed, "\"lapsed\""),
        (What::Declined, "\"declined\""),
        (What::Note, "\"note\""),
        (What::Ended, "\"ended\""),
        (What::Reopened, "\"reopened\""),
    ];
    json(&rows);
    let now = at("2026-03-02T10:00:00.123Z");
    let mut keys: Vec<_> = rows.iter().map(|(what, _)| Entry::new(now, *what, "why").key()).collect();
    assert!(keys.is_sorted(), "what happens first stands first: {keys:?}");
    keys.dedup();
    assert_eq!(keys.len(), rows.len());
}

/// A line that is known by its key is written over; any other is kept beside it.
#[test]
fn keys_of_the_timeline() {
    let now = at("2026-03-02T10:00:00.123Z");
    let bob = ContactId::try_from(1).unwrap();
    let entry = Entry {
        contact_id: Some(bob),
        how: Some(Channel::Call),
        attempt: Some(3),
        outcome: Some("ringing".to_owned()),
        detail: None,
        ..Entry::new(now, What::Attempt, "")
    };
    assert_eq!(entry.key(), "1772445600123-2attempt-1-call-3-");
    let later = Entry { outcome: Some("busy".to_owned()), who: Some("Bob".to_owned()), ..entry.clone() };
    assert_eq!(later.key(), entry.key(), "more is known of the same try");
    let others = [
        Entry { at: at("2026-03-02T10:00:00.124Z"), ..entry.clone() },
        Entry { what: What::Note, ..entry.clone() },
        Entry { contact_id: None, ..entry.clone() },
        Entry { how: Some(Channel::Sms), ..entry.clone() },
        Entry { attempt: Some(4), ..entry.clone() },
        Entry { detail: Some("another note".to_owned()), ..entry.clone() },
    ];
    for other in others {
        assert_ne!(other.key(), entry.key(), "{other:?}");
    }
    assert!(Entry::new(Timestamp::UNIX_EPOCH, What::Note, "").key() < entry.key(), "keys sort by time");
}

#[test]
fn answers() {
    let prompt = Prompt::goodbye(vec!["Bye.".to_owned()]);
    json(&[
        (Reply::Silence, r#"{"reply":"silence"}"#),
        (Reply::words("Hi"), r#"{"reply":"words","with":["Hi"]}"#),
        (Reply::Prompt(prompt), r#"{"reply":"prompt","with":{"say":["Bye."],"then":{"then":"hangup"}}}"#),
        (Reply::Login(Login::Right), r#"{"reply":"login","with":"right"}"#),
        (Reply::Login(Login::Wrong), r#"{"reply":"login","with":"wrong"}"#),
        (Reply::Login(Login::Locked), r#"{"reply":"login","with":"locked"}"#),
    ]);
    json(&[
        (
            Prompt::key(Vec::new(), "/k".to_owned()),
            r#"{"say":[],"then":{"then":"listen","path":"/k","one_digit":true,"speech":false,"timeout_seconds":10}}"#,
        ),
        (
            Prompt::digits(Vec::new(), "/d".to_owned()).in_language(Some("de".to_owned())),
            r#"{"say":[],"language":"de","then":{"then":"listen","path":"/d","one_digit":false,"speech":true,"timeout_seconds":10}}"#,
        ),
    ]);
    json(&[(Offered::Start, "\"start\""), (Offered::End(incident(9)), r#"{"end":9}"#)]);
    json(&[(Wanted::CheckIn, "\"check_in\"")]);
}

#[test]
fn addresses() {
    assert_eq!(listen_path(incident(9), 2, 3, 4), "/call/incident/9/2/3/4");
    assert_eq!(callback_path(5), "/inbound/callback/5");
    assert_eq!([login_path(0), login_path(1)], ["/inbound/login", "/inbound/login/1"]);
}

#[test]
fn what_is_secret_is_not_shown() {
    let mut bytes = [0; 32];
    bytes.iter_mut().zip(1..).for_each(|(byte, n)| *byte = n);
    let digest = Digest::new(bytes);
    assert_eq!(format!("{digest:?}"), "Digest(…)");
    assert_eq!(format!("{:?}", Unclaimed("1234".to_owned())), "Unclaimed(…)");
    assert_eq!(format!("{:?}", "+12025550123".parse::<PhoneNumber>().unwrap()), "…23");
    let hex = "\"0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20\"";
    json(&[(digest, hex)]);
    for place in 0..32 {
        let mut other = bytes;
        other.iter_mut().skip(place).take(1).for_each(|byte| *byte ^= 0x80);
        assert_ne!(digest, Digest::new(other), "every byte counts");
    }
    for junk in [
        "\"\"",
        "\"01\"",
        "null",
        &hex.replace("20", "2"),
        &hex.replace("20", "200"),
        &hex.replace("20", "2x"),
    ] {
        assert!(serde_json::from_str::<Digest>(junk).is_err(), "{junk}");
    }
}

#[test]
fn ids_are_time_and_chance() {
    let id = UserId::new(at("2025-01-01T00:00:00.001Z"), 0xFABC);
    assert_eq!((id.get(), u64::from(id), id.created_at()), (0x1ABC, 0x1ABC, at("2025-01-01T00:00:00.001Z")));
    plain(&[(id, "6844")]);
    let op = OpId::new(0xABC);
    plain(&[(op, "00000000000000000000000000000abc")]);
}

/// One curly quote makes a text three times as long.
#[test]
fn signs_that_a_telephone_knows() {
    let rows: [(&str, &str); 7] = [
        ("\u{2018}\u{2019}\u{201A}\u{201B}\u{2032}\u{B4}`", "'"),
        ("\u{201C}\u{201D}\u{201E}\u{201F}\u{AB}\u{BB}\u{2033}", "\""),
        ("\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}\u{2212}", "-"),
        ("\u{A0}\u{2000}\u{2005}\u{200A}\u{202F}\u{205F}\u{3000}", " "),
        ("\u{2026}", "..."),
        ("\u{2022}", "*"),
        ("", ""),
    ];
    for (signs, plain) in rows {
        for sign in signs.chars() {
            assert_eq!(gsm_friendly(&format!("a{sign}b")), format!("a{plain}b"), "{:04x}", u32::from(sign));
        }
    }
    assert_eq!(gsm_friendly("Zoë 李 🆘 a-b"), "Zoë 李 🆘 a-b", "anything else stays");
}
