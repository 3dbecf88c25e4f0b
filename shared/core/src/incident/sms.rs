//! Texts to contacts and to the person at risk.

use super::{
    Incident,
    attempt::{held_back, is_live, not_reached, not_sent_words, record, refused, refused_words},
};
use crate::{
    effect::{Channel, EffectId, Outcome, Party, TextFailure},
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
    // One that was withdrawn while a performer had it in hand counts as sent already.
    if !is_live(incident, id, attempt) {
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
