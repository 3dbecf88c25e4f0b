//! The people of the stories, and small words for what happens to them.

use jiff::{SignedDuration, Timestamp, civil};
use lucius_core::{
    deadman::{Contact, Deadman, NewContact, ProbeSettings, Profile, Proof},
    effect::{CallProgress, Channel, EffectId, NotSent, Outcome, Party, Purpose},
    id::{ContactId, IncidentId, ProbeId, UserId},
    phone::PhoneNumber,
    schedule::{Schedule, TimeZone},
    secret::Digest,
    turn::Fresh,
};

/// Monday, 2 March 2026, in UTC: `10:00`, `10:00:05`, or `3d 10:00` for three days later.
pub(crate) fn t(text: &str) -> Timestamp {
    let (days, time) = text.split_once("d ").unwrap_or(("0", text));
    let time: civil::Time =
        if time.len() == 5 { format!("{time}:00") } else { time.to_owned() }.parse().unwrap();
    let day: i64 = days.parse().unwrap();
    let midnight: Timestamp = "2026-03-02T00:00:00Z".parse().unwrap();
    let seconds = i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second());
    midnight + SignedDuration::from_secs(day * 86_400 + seconds)
}

pub(crate) fn phone(n: u64) -> PhoneNumber {
    PhoneNumber::parse(&format!("+1202555{n:04}")).unwrap()
}

/// Ann's number.
pub(crate) fn ann() -> PhoneNumber {
    phone(100)
}

pub(crate) fn pin(digits: &str) -> Proof {
    Proof::Pin(digest(digits))
}

pub(crate) fn digest(digits: &str) -> Digest {
    let mut bytes = [0; 32];
    bytes.iter_mut().zip(digits.bytes()).for_each(|(byte, digit)| *byte = digit);
    Digest::new(bytes)
}

pub(crate) fn schedule(json: &str) -> Schedule {
    serde_json::from_str(json).unwrap()
}

/// Ann has a PIN (1234), checks in every hour, is asked three times again, and is not armed yet.
pub(crate) fn deadman(now: Timestamp) -> Deadman {
    let profile = Profile {
        first_name: "Ann".to_owned(),
        last_name: "Lee".to_owned(),
        email: "ann@example.org".to_owned(),
        phone: ann(),
        password: "hash".to_owned(),
        is_admin: false,
        language: None,
        time_zone: TimeZone::utc(),
        pin: Some(digest("1234")),
        message: None,
    };
    Deadman::new(UserId::try_from(7).unwrap(), profile, settings(now), now)
}

pub(crate) fn settings(now: Timestamp) -> ProbeSettings {
    ProbeSettings {
        active: true,
        schedule: schedule(r#"{"interval":{"minutes":60}}"#),
        max_retries: 3,
        wait_minutes: 60,
        by_sms: true,
        by_call: false,
        pin_in_reply: false,
        updated_at: now,
    }
}

/// The `n`th emergency contact.
pub(crate) fn contact(name: &str, n: u64, priority: u8, now: Timestamp) -> Contact {
    Contact {
        id: ContactId::try_from(n).unwrap(),
        created_at: now,
        updated_at: now,
        first_name: name.to_owned(),
        last_name: String::new(),
        phone: phone(200 + n),
        email: None,
        is_emergency_contact: true,
        priority,
        by_call: true,
        by_sms: true,
        language: None,
        consented: true,
        text_stopped: false,
    }
}

pub(crate) fn new_contact(name: &str, number: u64) -> NewContact {
    NewContact {
        first_name: name.to_owned(),
        last_name: String::new(),
        phone: phone(number),
        email: None,
        is_emergency_contact: true,
        priority: Some(1),
        by_call: true,
        by_sms: true,
        language: None,
        consented: true,
    }
}

/// The `n`th draw: no two are alike.
pub(crate) fn fresh(n: u64) -> Fresh {
    Fresh {
        probe: ProbeId::try_from(10_000 + n).unwrap(),
        incident: IncidentId::try_from(20_000 + n).unwrap(),
        contact: ContactId::try_from(30_000 + n).unwrap(),
        codes: (0..20).map(|k| format!("{:06}", (n * 20 + k) % 1_000_000)).collect(),
    }
}

pub(crate) fn effect(party: Party, channel: Channel, purpose: Purpose) -> EffectId {
    EffectId { party, channel, purpose }
}

/// The call that pages the contact at `place`.
pub(crate) fn call(place: usize) -> EffectId {
    effect(Party::Contact(place), Channel::Call, Purpose::Page)
}

/// The text that pages the contact at `place`.
pub(crate) fn text(place: usize) -> EffectId {
    effect(Party::Contact(place), Channel::Sms, Purpose::Page)
}

/// The call that asks the contact at `place` whether they are still on it.
pub(crate) fn confirm(place: usize) -> EffectId {
    effect(Party::Contact(place), Channel::Call, Purpose::Confirm)
}

/// The order to stop the call `sid`.
pub(crate) fn cancel(place: usize, sid: &str) -> EffectId {
    effect(Party::Contact(place), Channel::Call, Purpose::Cancel(sid.to_owned()))
}

/// The question what became of the call `sid`.
pub(crate) fn poll(place: usize, sid: &str) -> EffectId {
    effect(Party::Contact(place), Channel::Call, Purpose::Poll(sid.to_owned()))
}

/// The question to Ann.
pub(crate) fn question(channel: Channel) -> EffectId {
    effect(Party::User, channel, Purpose::Ask)
}

pub(crate) fn placed(sid: &str) -> Outcome {
    Outcome::Placed { sid: sid.to_owned(), queue: SignedDuration::ZERO }
}

pub(crate) fn held() -> Outcome {
    Outcome::NotSent { why: NotSent::NoConnection }
}

pub(crate) fn polled(progress: CallProgress) -> Outcome {
    Outcome::Polled(progress)
}
