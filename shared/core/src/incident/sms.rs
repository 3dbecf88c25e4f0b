//! Texts to contacts and to the person at risk.

use super::{
    Incident, Status, accept,
    attempt::{held_back, is_live, not_reached, not_sent_words, record, refused, refused_words},
    end,
};
use crate::{
    effect::{Channel, EffectId, Outcome, Party, Purpose, TextFailure},
    turn::{Alarm, Turn},
};

/// A text is done: one that may have been sent counts as sent.
pub(super) fn text_settled(
    incident: &mut Incident,
    turn: &mut Turn<'_>,
    id: &EffectId,
    place: Option<usize>,
    attempt: u32,
    outcome: &Outcome,
) {
    if !is_live(incident, id, attempt) {
        // One whose fate is unknown counts as sent.
        if let (Outcome::Done | Outcome::Placed { .. } | Outcome::Unknown, Purpose::Page, Some(place)) =
            (outcome, &id.purpose, place)
        {
            came_late(incident, turn, place, attempt);
        }
        return;
    }
    match outcome {
        Outcome::Placed { .. } | Outcome::Done | Outcome::Polled(_) => {
            incident.pending.remove(id);
            if let Some(contact) = place.and_then(|place| incident.contacts.get_mut(place)) {
                contact.alerted = true;
                contact.sms.works = true;
                // Where somebody is to be called, a text that the carrier took has reached no phone yet.
                incident.reached |= !contact.by_call;
            }
            record(incident, turn, id, attempt, turn.now, "sent");
        }
        Outcome::Unknown => {
            incident.pending.remove(id);
            if let Some(contact) = place.and_then(|place| incident.contacts.get_mut(place)) {
                contact.alerted = true;
                contact.sms.works = false;
            }
            record(incident, turn, id, attempt, turn.now, "unknown: the carrier did not answer in time");
        }
        Outcome::Permanent { code } => {
            if let Some(place) = place {
                refused(incident, turn, id, place, attempt, &refused_words(*code));
            } else {
                incident.pending.remove(id);
                record(incident, turn, id, attempt, turn.now, &refused_words(*code));
            }
        }
        Outcome::Account { code } => {
            held_back(incident, turn, id, attempt, &format!("carrier account error {code}"), Some(*code));
        }
        Outcome::NotSent { why } => held_back(incident, turn, id, attempt, not_sent_words(*why), None),
    }
}

/// What the carrier tells of a text that it had taken and that did not arrive. Only a number that cannot take texts at all
/// rests; what is wrong with our account, or will pass, is no fault of theirs.
pub fn text_told(
    incident: &mut Incident,
    turn: &mut Turn<'_>,
    id: &EffectId,
    attempt: u32,
    code: u32,
    failure: TextFailure,
) {
    if failure == TextFailure::Account {
        turn.alarms.push(Alarm::CarrierAccount { code });
    }
    let (Party::Contact(place), Channel::Sms) = (id.party, id.channel) else { return };
    let Some(contact) = incident.contacts.get(place) else { return };
    let words = format!("not delivered ({code})");
    // Only the last text of this contact says how its line fares, and says it once.
    let last = contact.sms.last_try == Some(attempt) && contact.sms.last.as_deref() != Some(words.as_str());
    if !incident.is_open() || !(last || is_live(incident, id, attempt)) {
        return;
    }
    match failure {
        TextFailure::Number => refused(incident, turn, id, place, attempt, &words),
        TextFailure::Account | TextFailure::Passing => {
            not_reached(incident, turn, id, place, attempt, &words);
        }
    }
}

/// A text that was in a performer's hands when somebody accepted, or when it was over, has gone out all the same. Whoever
/// got it must not be left alone with it, unless they have been told since.
fn came_late(incident: &mut Incident, turn: &mut Turn<'_>, place: usize, attempt: u32) {
    let Some(contact) = incident.contacts.get_mut(place) else { return };
    contact.alerted = true;
    // Nothing else says that they know: a call of theirs that was placed as late may have been cancelled before anybody heard it.
    if contact.told_after.is_some_and(|begun| attempt <= begun) {
        return;
    }
    match incident.status.clone() {
        Status::Escalating { .. } => {}
        Status::Accepted { by, .. } => {
            if by != place {
                accept::tell_accepted(incident, turn, place, by);
            }
        }
        Status::Ended { ended, .. } => end::tell_ended(incident, turn, place, &ended),
    }
}
