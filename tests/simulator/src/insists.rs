//! Whoever insists: a person at risk who cries for help again although somebody goes, a contact who says that it is not over.

use lucius_core::incident::{EndedBy, Incident, Status};

use crate::{
    faults::Climate,
    people::Act,
    world::{HOUR, Happening, Inner, MINUTE, Millis},
};

/// Of a thousand people in trouble, so many cry for help again.
const CRY_AGAIN: u32 = 40;
/// Of a thousand incidents that are over, so many are opened again by a text.
const REOPEN: u32 = 20;
/// Of a thousand people whose alert is over, so many delete their account then, or somebody makes them.
const LEAVE: u32 = 10;

impl Inner {
    pub(crate) fn texts_after(&mut self, least: Millis, most: Millis, from: &str, body: &str) {
        let (from, body) = (from.to_owned(), body.to_owned());
        let after = self.between(least, most);
        self.soon(after, Happening::Person(Act::Text { from, body }));
    }
}

/// It has been opened. Who has nobody who could be called enters somebody.
pub(crate) fn opened(inner: &mut Inner, incident: &Incident) {
    let user = inner.people.users.iter().position(|user| user.id == incident.subject.user);
    if let Some(user) = user.filter(|_| incident.contacts.is_empty() && inner.faults.climate != Climate::Herd)
    {
        let after = inner.between(MINUTE, 10 * MINUTE);
        inner.soon(after, Happening::Person(Act::Change { user }));
    }
    if inner.faults.climate != Climate::Herd && inner.odds(CRY_AGAIN) {
        let phone = incident.subject.phone.as_str();
        inner.texts_after(MINUTE, 10 * MINUTE, phone, "SOS");
        inner.texts_after(2 * MINUTE, 20 * MINUTE, phone, "SOS");
    }
}

/// It is over, and a contact does not believe it. The person at risk answers once more, without their PIN.
pub(crate) fn ended(inner: &mut Inner, incident: &Incident) {
    let Status::Ended { ended, .. } = &incident.status else { return };
    leaves(inner, incident);
    let odds = match ended {
        // Rare, and nothing of what it was opened for is left.
        EndedBy::AnsweredInTime => 700,
        EndedBy::User | EndedBy::Contact { .. } => REOPEN,
    };
    let (true, Some(contact)) = (inner.odds(odds), incident.contacts.first()) else { return };
    let body = inner.reopens(&contact.code);
    inner.texts_after(MINUTE, 20 * MINUTE, contact.phone.as_str(), &body);
    inner.texts_after(20 * MINUTE, HOUR, incident.subject.phone.as_str(), "Y");
    let user = inner.people.users.iter().position(|user| user.id == incident.subject.user);
    if let Some(user) = user {
        let after = inner.between(HOUR, 2 * HOUR);
        inner.soon(after, Happening::Person(Act::Over { user, incident: incident.id.get() }));
    }
}

/// The person at risk is gone, and a contact says that it is not over.
fn leaves(inner: &mut Inner, incident: &Incident) {
    let user = inner.people.users.iter().position(|user| user.id == incident.subject.user);
    let (true, Some(user), Some(contact)) = (inner.odds(LEAVE), user, incident.contacts.first()) else {
        return;
    };
    let after = inner.between(MINUTE, 5 * MINUTE);
    inner.soon(after, Happening::Person(Act::Leave { user }));
    let body = inner.reopens(&contact.code);
    inner.texts_after(10 * MINUTE, HOUR, contact.phone.as_str(), &body);
}
