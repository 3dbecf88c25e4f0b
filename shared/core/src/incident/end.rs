//! The end of an incident, and how everybody hears of it.

use super::{EndedBy, Incident, Status, attempt, call, round};
use crate::{
    effect::{Channel, Party, Purpose},
    history::{Entry, What},
    policy::fill,
    turn::Turn,
};

/// Drops the pages still to come and cancels the calls that ring, but for the call `own`. What is in a performer's hands
/// cannot be dropped: its outcome, when it comes, cancels what it placed.
pub(super) fn hush(incident: &mut Incident, turn: &mut Turn<'_>, own: Option<&str>, why: &str) {
    attempt::withdraw(incident, |id, _| match &id.purpose {
        Purpose::Page | Purpose::Confirm | Purpose::Poll(_) => false,
        Purpose::Ask | Purpose::Tell(_) | Purpose::Cancel(_) => true,
    });
    let mut ringing = Vec::new();
    for (place, contact) in incident.contacts.iter_mut().enumerate() {
        for call in &contact.calls {
            if own != Some(call.sid.as_str()) {
                ringing.push((place, call.clone()));
            }
        }
        contact.calls.retain(|call| own == Some(call.sid.as_str()));
        contact.wants_call = false;
    }
    for (place, call) in ringing {
        call::cancel(incident, turn.now, place, &call.sid);
        let Some(contact) = incident.contacts.get_mut(place) else { continue };
        contact.forget(&call.sid);
        let entry = Entry {
            at: call.placed_at,
            what: What::Attempt,
            contact_id: Some(contact.id),
            who: Some(contact.name.clone()),
            how: Some(Channel::Call),
            attempt: Some(call.attempt),
            outcome: Some(call.heard.unwrap_or_else(|| why.to_owned())),
            detail: None,
        };
        turn.note(incident.id, entry);
    }
}

/// Texts the person at risk, unless the incident is silent or they have stopped our texts.
pub(super) fn tell_user(incident: &mut Incident, turn: &Turn<'_>, body: String) {
    if !incident.silent && !incident.subject.text_stopped {
        incident.put_text(turn, Party::User, body);
    }
}

/// Texts the contact at `place`, unless they have stopped our texts.
pub(super) fn tell_contact(incident: &mut Incident, turn: &Turn<'_>, place: usize, body: String) {
    if incident.contacts.get(place).is_some_and(|contact| !contact.text_stopped) {
        incident.put_text(turn, Party::Contact(place), body);
    }
}

/// Ends the incident: nobody is called any more, and everyone who was alerted is told.
pub fn end(incident: &mut Incident, turn: &mut Turn<'_>, ended: EndedBy) {
    end_in(incident, turn, ended, None);
}

/// The same, in the call `own`, which goes on.
fn end_in(incident: &mut Incident, turn: &mut Turn<'_>, ended: EndedBy, own: Option<&str>) {
    if !incident.is_open() {
        return;
    }
    hush(incident, turn, own, "cancelled: it is over");
    // Nobody needs to hear any more who was going.
    incident
        .pending
        .retain(|id, pending| !matches!(id.purpose, Purpose::Tell(_)) || pending.lease_until.is_some());
    for contact in &mut incident.contacts {
        for call in std::mem::take(&mut contact.calls) {
            contact.forget(&call.sid);
        }
    }
    let why = why(incident, &ended);
    turn.note(incident.id, Entry::new(turn.now, What::Ended, why.clone()));
    for place in 0..incident.contacts.len() {
        if incident.contacts.get(place).is_some_and(|contact| contact.alerted) {
            tell_ended(incident, turn, place, &ended);
        }
    }
    if let EndedBy::Contact { .. } = ended {
        let body = format!("lucius: {why}. We go on asking you as before. If you need help, reply SOS.");
        tell_user(incident, turn, body);
    }
    incident.status = Status::Ended { ended, at: turn.now };
}

/// Texts the contact at `place` that it is over.
pub(super) fn tell_ended(incident: &mut Incident, turn: &Turn<'_>, place: usize, ended: &EndedBy) {
    let body = all_clear(incident, turn, ended, place, &why(incident, ended));
    tell_contact(incident, turn, place, body);
}

/// The reason of an end, in a sentence without its full stop.
fn why(incident: &Incident, ended: &EndedBy) -> String {
    let name = &incident.subject.name;
    match ended {
        EndedBy::User if incident.subject.has_pin => format!("{name} has checked in with their PIN"),
        EndedBy::User => format!("{name} has checked in"),
        EndedBy::Contact { place } => format!("{} says that it is over", incident.name_of(*place)),
        EndedBy::AnsweredInTime => format!("{name} had answered in time"),
    }
}

/// What the contact at `place` is told at the end.
#[must_use]
pub fn all_clear(incident: &Incident, turn: &Turn<'_>, ended: &EndedBy, place: usize, why: &str) -> String {
    let words = fill(&turn.policy.texts.all_clear, &[("name", &incident.subject.name), ("other", why)]);
    let mut text = format!("{words} {why}. Thank you.");
    if *ended != (EndedBy::Contact { place })
        && let Some(contact) = incident.contacts.get(place)
    {
        // Without a full stop behind it, which would be copied with it.
        text.extend([" If that is wrong, reply REOPEN ", &contact.code]);
    }
    text
}

/// The acceptor pressed 9 twice, in the call `sid`.
pub(super) fn end_by_contact(incident: &mut Incident, turn: &mut Turn<'_>, place: usize, sid: &str) {
    if incident.acceptor() == Some(place) {
        end_in(incident, turn, EndedBy::Contact { place }, Some(sid));
    }
}

/// A contact says that it is not over. The answer is what they are told. Whoever ended it, any contact may open it again: the
/// person may have been made to check in.
pub(super) fn reopen_by_contact(incident: &mut Incident, turn: &mut Turn<'_>, place: usize) -> Vec<String> {
    let name = incident.subject.name.clone();
    match incident.status {
        Status::Ended { .. } => {
            let who = incident.name_of(place).to_owned();
            reopen(incident, turn, &format!("{who} says that it is not over"));
            vec![format!("Thank you. The alert for {name} is open again, and everybody is called.")]
        }
        Status::Escalating { .. } | Status::Accepted { .. } => {
            vec![format!("The alert for {name} is open. Press 1 or reply with the code if you are going.")]
        }
    }
}

/// Calls everybody again, from the first tier, at once.
pub fn reopen(incident: &mut Incident, turn: &mut Turn<'_>, why: &str) {
    turn.note(incident.id, Entry::new(turn.now, What::Reopened, why));
    // Who said before that they are okay says nothing about this.
    incident.doubt = None;
    round::again(incident, turn);
}
