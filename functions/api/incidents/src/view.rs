//! An incident as its user sees it.

use jiff::Timestamp;
use lucius_core::{
    history::Entry,
    id::{ContactId, IncidentId, UserId},
    incident::{Cause, Contact, EndedBy, Incident, Line, Status},
};
use serde::Serialize;

/// How many lines of a timeline are shown, the newest: with ten incidents a page stays below the 6 MB that a function may
/// answer. An incident that nobody accepts writes about 200 lines an hour.
const LINES: usize = 2_000;

/// An incident.
#[derive(Debug, Serialize)]
pub(crate) struct View {
    id: IncidentId,
    user_id: UserId,
    status: &'static str,
    opened_at: Timestamp,
    causes: Vec<&'static str>,
    round: u32,
    accepted_by: Option<Accepted>,
    ended: Option<Ended>,
    contacts: Vec<ContactView>,
    timeline: Vec<Entry>,
    /// How many older lines are left out.
    timeline_omitted: usize,
}

/// Who is going.
#[derive(Debug, Serialize)]
struct Accepted {
    contact_id: Option<ContactId>,
    name: String,
    at: Timestamp,
    confirm_by: Timestamp,
    backups: Vec<String>,
}

/// Who said that it is over.
#[derive(Debug, Serialize)]
struct Ended {
    by: &'static str,
    who: Option<String>,
    at: Timestamp,
}

/// A contact, and how reaching them went last.
#[derive(Debug, Serialize)]
struct ContactView {
    contact_id: ContactId,
    name: String,
    phone_number: String,
    priority: u8,
    attempts: u32,
    alerted: bool,
    call: Last,
    sms: Last,
}

/// The last attempt on a channel.
#[derive(Debug, Serialize)]
struct Last {
    outcome: Option<String>,
    at: Option<Timestamp>,
}

impl View {
    /// `incident` with what happened in it.
    pub(crate) fn new(incident: &Incident, mut timeline: Vec<Entry>) -> Self {
        let timeline_omitted = timeline.len().saturating_sub(LINES);
        let timeline = timeline.split_off(timeline_omitted);
        Self {
            id: incident.id,
            user_id: incident.subject.user,
            status: incident.status_word(),
            opened_at: incident.opened_at,
            causes: incident.causes.iter().map(Cause::kind).collect(),
            round: incident.round,
            accepted_by: accepted(incident),
            ended: ended(incident),
            contacts: incident.contacts.iter().map(contact).collect(),
            timeline,
            timeline_omitted,
        }
    }
}

fn accepted(incident: &Incident) -> Option<Accepted> {
    match &incident.status {
        Status::Accepted { by, at, confirm_by, backups, .. } => Some(Accepted {
            contact_id: incident.contacts.get(*by).map(|contact| contact.id),
            name: incident.name_of(*by).to_owned(),
            at: *at,
            confirm_by: *confirm_by,
            backups: backups.iter().map(|place| incident.name_of(*place).to_owned()).collect(),
        }),
        Status::Escalating { .. } | Status::Ended { .. } => None,
    }
}

fn ended(incident: &Incident) -> Option<Ended> {
    let Status::Ended { ended, at } = &incident.status else { return None };
    let (by, who) = match ended {
        EndedBy::User => ("user", Some(incident.subject.name.clone())),
        EndedBy::Contact { place } => ("contact", Some(incident.name_of(*place).to_owned())),
        EndedBy::AnsweredInTime => ("answered_in_time", None),
    };
    Some(Ended { by, who, at: *at })
}

fn contact(contact: &Contact) -> ContactView {
    let last = |line: &Line| Last { outcome: line.last.clone(), at: line.last_at };
    ContactView {
        contact_id: contact.id,
        name: contact.name.clone(),
        phone_number: contact.phone.as_str().to_owned(),
        priority: contact.priority,
        attempts: contact.attempts,
        alerted: contact.alerted,
        call: last(&contact.call),
        sms: last(&contact.sms),
    }
}
