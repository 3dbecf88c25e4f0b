//! Ann, who has missed her check-in, and Bob and Cas, who are to be called.

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use lucius_core::{
    deadman::{Contact, Deadman, Probe, ProbeSettings, Profile, State},
    id::{ContactId, IncidentId, ProbeId, UserId},
    phone::PhoneNumber,
    policy::later,
    schedule::{Schedule, TimeZone},
    secret::Digest,
    turn::Fresh,
};

/// The digest of Ann's PIN.
pub(crate) const PIN: Digest = Digest::new([7; 32]);

fn phone(n: u32) -> Result<PhoneNumber> {
    PhoneNumber::parse(&format!("+1202555{n:04}")).ok().context("a number")
}

fn contact(n: u8, name: &str, now: Timestamp) -> Result<Contact> {
    Ok(Contact {
        id: ContactId::try_from(u64::from(n)).ok().context("an id")?,
        created_at: now,
        updated_at: now,
        first_name: name.to_owned(),
        last_name: String::new(),
        phone: phone(u32::from(n))?,
        email: None,
        is_emergency_contact: true,
        priority: n,
        by_call: true,
        by_sms: false,
        language: None,
        consented: true,
        text_stopped: true,
    })
}

/// Ann was asked an hour ago, and has not answered; her deadline is `now`.
pub(crate) fn ann(now: Timestamp) -> Result<Deadman> {
    let profile = Profile {
        first_name: "Ann".to_owned(),
        last_name: "Lee".to_owned(),
        email: "ann@example.org".to_owned(),
        phone: phone(100)?,
        password: "hash".to_owned(),
        is_admin: false,
        language: None,
        time_zone: TimeZone::utc(),
        pin: Some(PIN),
        message: None,
    };
    let schedule: Schedule = serde_json::from_str(r#"{"interval":{"minutes":1440}}"#)?;
    let settings = ProbeSettings {
        active: true,
        schedule,
        max_retries: 0,
        wait_minutes: 60,
        by_sms: false,
        by_call: true,
        pin_in_reply: false,
        updated_at: now,
    };
    let mut ann = Deadman::new(UserId::try_from(7).ok().context("an id")?, profile, settings, now);
    ann.contacts = vec![contact(1, "Bob", now)?, contact(2, "Cas", now)?];
    ann.text_stopped = true;
    ann.armed_once = true;
    ann.attempts = 1;
    ann.last_check_in = Some(later(now, SignedDuration::from_hours(-25)));
    ann.state = State::Probing(Probe {
        id: ProbeId::try_from(11).ok().context("an id")?,
        opened_at: later(now, SignedDuration::from_hours(-1)),
        asked: 1,
        deadline: now,
        last_response: String::new(),
        planned: None,
        asked_late: false,
    });
    Ok(ann)
}

/// Ids and codes. One incident is opened at most, so that they need not differ.
pub(crate) fn fresh() -> Result<Fresh> {
    Ok(Fresh {
        probe: ProbeId::try_from(12).ok().context("an id")?,
        incident: IncidentId::try_from(13).ok().context("an id")?,
        contact: ContactId::try_from(14).ok().context("an id")?,
        codes: vec!["111111".to_owned(), "222222".to_owned()],
    })
}
