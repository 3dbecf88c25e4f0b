//! What is new of the person at risk reaches whoever may be on the way to them.

use super::{Incident, Subject, end, script};
use crate::{
    effect::{Channel, Effect, EffectId, Party, Purpose},
    history::{Entry, What},
    turn::Turn,
};

/// So often in an alert. Whoever has the password, or writes in the name of that number, must not text contacts for ever; and every text that
/// waits stands in the item of the incident.
const TOLD_MAX: u8 = 5;

/// So many characters of what they wrote stand in every page.
const WORDS_MAX: usize = 600;

/// By what way words came. No way proves who wrote them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Via {
    /// A text.
    Text,
    /// Their message, changed without the PIN.
    Account,
}

/// Words as contacts read them: who says it is part of it, and quotes in it do not end it.
fn quoted(via: Via, words: &str) -> String {
    let who = match via {
        Via::Text => "A text from their number says",
        Via::Account => "Somebody with their password writes",
    };
    format!("{who}: \"{}\"", words.replace('"', "'"))
}

/// Keeps what somebody has written: it stands in every page from now on. An address may be the first that was written, so the last is not
/// enough. What is to be told of it; the same again is nothing new.
pub(crate) fn write_down(incident: &mut Incident, via: Via, words: &str) -> Option<String> {
    let line = quoted(via, words);
    if incident.words.contains(&line) {
        return None;
    }
    let body = script::news_text(incident, &line);
    incident.words.push(line);
    let length = |lines: &[String]| lines.iter().map(|line| line.chars().count()).sum::<usize>();
    while length(&incident.words) > WORDS_MAX {
        incident.words.remove(0);
    }
    Some(body)
}

/// Their name, their number or their message is another now.
pub(crate) fn tell_changes(incident: &mut Incident, turn: &mut Turn<'_>, subject: Subject) {
    let of = |subject: &Subject| (subject.name.clone(), subject.phone.clone(), subject.message.clone());
    let is_news = of(&incident.subject) != of(&subject);
    incident.subject = subject;
    if is_news {
        let body = script::changes_text(incident);
        tell(incident, turn, &body);
    }
}

/// A page that waits is written anew; whoever has had theirs, or has it on the way, is texted.
pub(crate) fn tell(incident: &mut Incident, turn: &mut Turn<'_>, body: &str) {
    let may_tell = incident.times_told < TOLD_MAX;
    if may_tell {
        incident.times_told = incident.times_told.saturating_add(1);
        turn.note(
            incident.id,
            Entry::new(turn.now, What::Note, "there is something new that contacts are told"),
        );
    }
    for place in 0..incident.contacts.len() {
        if !is_written_anew(incident, turn, place) && may_tell && has_a_page(incident, place) {
            end::tell_contact(incident, turn, place, body.to_owned());
        }
    }
}

fn page(place: usize) -> EffectId {
    EffectId { party: Party::Contact(place), channel: Channel::Sms, purpose: Purpose::Page }
}

/// The page of the contact at `place` waits to be sent, and nobody has it in hand: it says what is new.
fn is_written_anew(incident: &mut Incident, turn: &Turn<'_>, place: usize) -> bool {
    let Some(contact) = incident.contacts.get(place) else { return false };
    let words = script::page_text(&turn.policy.texts, incident, contact);
    let waiting = incident.pending.get_mut(&page(place)).filter(|pending| pending.lease_until.is_none());
    match waiting.map(|pending| &mut pending.effect) {
        Some(Effect::Text { body, .. }) => {
            *body = words;
            true
        }
        Some(Effect::Call { .. } | Effect::Cancel { .. } | Effect::Poll { .. }) | None => false,
    }
}

/// The contact at `place` has been alerted, or somebody has their page in hand. Who came without the PIN may be the danger: where the person
/// at risk is, is not for them.
fn has_a_page(incident: &Incident, place: usize) -> bool {
    incident.contacts.get(place).is_some_and(|contact| {
        contact.trusted && (contact.alerted || incident.pending.contains_key(&page(place)))
    })
}
