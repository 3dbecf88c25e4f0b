//! Opening an incident, or joining the one that is open.

use std::mem::discriminant;

use crate::{
    deadman::{self, Deadman},
    effect::Party,
    history::{Entry, Row, What},
    id::IncidentId,
    incident::{self, CONTACTS_MAX, Cause, Contact, Incident, Line, NewsVia, Status, Subject},
    text::shorten,
    turn::{Pointer, Turn},
};

/// Calls for help: opens an incident, or adds the cause to the open one and starts it again if it was accepted.
///
/// `current` is the user's incident as loaded with the switch; one that turns out to be over counts as none. `words` came with the call,
/// for those who may be on the way.
pub(crate) fn open_or_join(
    deadman: &mut Deadman,
    current: &mut Option<Incident>,
    turn: &mut Turn<'_>,
    cause: Cause,
    words: Option<&str>,
) {
    match current.as_mut().filter(|incident| incident.is_open()) {
        Some(incident) => join(deadman, incident, turn, cause, words),
        None => open(deadman, current, turn, &cause, words),
    }
}

/// Who cries for help is heard at once, although the next round may be a quarter of an hour away: once for each kind of cause, so that the
/// calls of an hour are not used up by somebody who asks again and again.
fn join(deadman: &Deadman, incident: &mut Incident, turn: &mut Turn<'_>, cause: Cause, words: Option<&str>) {
    let kind = discriminant(&cause);
    let is_news = incident.causes.iter().all(|known| discriminant(known) != kind);
    let line = format!("{} {}", incident.subject.name, cause.words());
    incident.doubt = None;
    if !incident.causes.contains(&cause) {
        incident.causes.push(cause);
    }
    turn.note(incident.id, Entry::new(turn.now, What::Opened, line));
    let news = words.and_then(|words| incident::write_down(incident, NewsVia::Text, words));
    match incident.status {
        Status::Accepted { .. } => incident::reopen(incident, turn, "there is a new reason"),
        Status::Escalating { tier: 0, .. } if is_news => incident::from_the_first(incident, turn),
        // Whoever was called in this round for another reason is called in a minute after it, and not in a quarter of an hour.
        Status::Escalating { .. } if is_news => incident.paced_from = incident.round.saturating_sub(1),
        Status::Escalating { .. } | Status::Ended { .. } => {}
    }
    catch_up(deadman, incident, turn);
    // Who is paged anew reads it there.
    if let Some(news) = news {
        incident::tell(incident, turn, &news);
    }
}

fn open(
    deadman: &mut Deadman,
    current: &mut Option<Incident>,
    turn: &mut Turn<'_>,
    cause: &Cause,
    words: Option<&str>,
) {
    let id = turn.fresh.incident;
    let mut incident = Incident {
        id,
        opened_at: turn.now,
        subject: subject(deadman, turn),
        silent: false,
        causes: vec![cause.clone()],
        words: Vec::new(),
        times_told: 0,
        doubt: None,
        status: Status::Escalating { tier: 0, next_at: turn.now },
        round: 0,
        paced_from: 0,
        reached: false,
        called: false,
        contacts: Vec::new(),
        told: 0,
        pending: crate::effect::Pendings::new(),
        seen: crate::actor::Seen::default(),
    };
    if let Some(words) = words {
        let _already_in_the_page = incident::write_down(&mut incident, NewsVia::Text, words);
    }
    let line = format!("{} {}", incident.subject.name, cause.words());
    turn.note(id, Entry::new(turn.now, What::Opened, line));
    turn.rows.push(Row::Listed { user: deadman.id, incident: id });
    for (contact, trusted) in deadman.called() {
        let contact = copy(turn, id, &contact, trusted);
        enlist(&mut incident, turn, contact);
    }
    incident::advance(&mut incident, turn);
    deadman.incident_opened(turn, id);
    *current = Some(incident);
}

/// Whoever would be called in a new incident is called in this one: they came to it, it was opened again, or it has another reason.
pub(crate) fn catch_up(deadman: &Deadman, incident: &mut Incident, turn: &mut Turn<'_>) {
    for (contact, trusted) in deadman.called() {
        // One number is called once, whoever it belongs to by now.
        let known = incident.contacts.iter_mut().enumerate().find(|(_, copy)| copy.phone == contact.phone);
        let Some((place, copy)) = known else {
            add_to(incident, turn, &contact, trusted);
            continue;
        };
        if trusted || !copy.trusted {
            (copy.id, copy.name) = (contact.id, contact.name());
        }
        copy.trusted |= trusted;
        louder(incident, turn, place, &contact);
    }
}

/// The switch takes this incident up, which was opened again. Who is no contact any more, or not with that number, is still called, but says
/// no more who goes.
pub(crate) fn take_up(deadman: &mut Deadman, incident: &mut Incident, turn: &mut Turn<'_>) {
    deadman.incident_opened(turn, incident.id);
    // The number is changed with the PIN alone; a message that came meanwhile may be somebody's who wants nobody to come.
    let number = Subject { phone: deadman.profile.phone.clone(), ..incident.subject.clone() };
    incident::tell_changes(incident, turn, number);
    beside(deadman, incident, turn);
    for copy in &mut incident.contacts {
        copy.trusted &= deadman.vouches_for(copy.id, &copy.phone);
    }
    catch_up(deadman, incident, turn);
}

/// A contact was entered or changed while an incident is open. Whose number is in the incident and `comes` anew is called at once, marked or
/// not: a call too many.
pub(crate) fn edited(
    deadman: &Deadman,
    incident: &mut Option<Incident>,
    turn: &mut Turn<'_>,
    contact: &deadman::Contact,
    comes: bool,
) {
    let Some(incident) = incident.as_mut().filter(|incident| incident.is_open()) else { return };
    catch_up(deadman, incident, turn);
    let place = incident.contacts.iter().position(|copy| copy.phone == contact.phone);
    if let Some(place) = place.filter(|_| comes) {
        incident::page_added(incident, turn, place);
    }
}

/// A channel that was chosen since is used as well, and at once. None is taken away in an incident.
fn louder(incident: &mut Incident, turn: &mut Turn<'_>, place: usize, contact: &deadman::Contact) {
    let Some(copy) = incident.contacts.get_mut(place) else { return };
    let was = (copy.by_call, copy.by_sms);
    (copy.by_call, copy.by_sms) = (was.0 || contact.by_call, was.1 || contact.by_sms);
    if (copy.by_call, copy.by_sms) != was && matches!(incident.status, Status::Escalating { .. }) {
        incident::page(incident, turn, place);
    }
}

/// The person's name, number or message has changed. Without the PIN it may be somebody who wants nobody to come: what was told before stands,
/// and the new message beside it.
pub(crate) fn changed(
    deadman: &Deadman,
    incident: &mut Option<Incident>,
    turn: &mut Turn<'_>,
    old: &deadman::Profile,
    proven: bool,
) {
    let Some(incident) = incident.as_mut().filter(|incident| incident.is_open()) else { return };
    if proven {
        let subject = subject(deadman, turn);
        incident::tell_changes(incident, turn, subject);
    } else if deadman.profile.message != old.message {
        beside(deadman, incident, turn);
    }
}

/// A message that is not the one that contacts are told stands beside it.
fn beside(deadman: &Deadman, incident: &mut Incident, turn: &mut Turn<'_>) {
    let Some(message) =
        deadman.profile.message.as_ref().filter(|message| **message != incident.subject.message)
    else {
        return;
    };
    let news = incident::write_down(incident, NewsVia::Account, &shorten(message, MESSAGE_MAX));
    if let Some(news) = news {
        incident::tell(incident, turn, &news);
    }
}

/// So many characters of a message that was changed without the PIN are told beside the one that stands.
const MESSAGE_MAX: usize = 300;

fn subject(deadman: &Deadman, turn: &Turn<'_>) -> Subject {
    let profile = &deadman.profile;
    Subject {
        user: deadman.id,
        name: profile.name(),
        phone: profile.phone.clone(),
        message: profile.message.clone().unwrap_or_else(|| turn.policy.texts.message.clone()),
        text_stopped: deadman.text_stopped,
        has_pin: profile.pin.is_some(),
        language: profile.language.clone(),
    }
}

/// A contact of the user's list as the incident keeps it.
pub(crate) fn copy(
    turn: &mut Turn<'_>,
    id: IncidentId,
    contact: &deadman::Contact,
    trusted: bool,
) -> Contact {
    // Without a code left (more contacts than were drawn for), the incident's own id gives six digits; a collision is
    // refused by the commit like any other.
    let spare =
        || format!("{:06}", id.get().wrapping_add(contact.id.get()).checked_rem(1_000_000).unwrap_or(0));
    Contact {
        id: contact.id,
        name: contact.name(),
        phone: contact.phone.clone(),
        priority: contact.priority,
        by_call: contact.by_call,
        by_sms: contact.by_sms,
        text_stopped: contact.text_stopped,
        language: contact.language.clone(),
        code: turn.code().unwrap_or_else(spare),
        trusted,
        alerted: false,
        attempts: 0,
        redialled_in: 0,
        called_in: 0,
        called_at: Vec::new(),
        calls: Vec::new(),
        wants_call: false,
        over: Vec::new(),
        unheard: Vec::new(),
        call: Line::default(),
        sms: Line::default(),
        wrong_codes: 0,
    }
}

/// Puts a contact at the end of the incident's list, with the pointer that finds it by number and code.
pub(crate) fn enlist(incident: &mut Incident, turn: &mut Turn<'_>, contact: Contact) {
    let place = incident.contacts.len();
    turn.pointers.push(Pointer::Code {
        phone: contact.phone.clone(),
        code: contact.code.clone(),
        incident: incident.id,
        place,
    });
    incident.contacts.push(contact);
}

/// Adds a contact, or the new number of one, to an open incident and calls it at once.
fn add_to(incident: &mut Incident, turn: &mut Turn<'_>, contact: &deadman::Contact, trusted: bool) {
    // An incident holds twice as many numbers as contacts: a changed number stands beside the old one.
    if incident.contacts.len() >= CONTACTS_MAX.saturating_mul(2) {
        let entry =
            Entry::new(turn.now, What::Note, "is not called: this incident has too many numbers already");
        let who = Some(contact.name());
        turn.note(incident.id, Entry { contact_id: Some(contact.id), who, ..entry });
        return;
    }
    let copied = copy(turn, incident.id, contact, trusted);
    incident::makes_room(incident, contact.priority);
    let words = if trusted { "added" } else { "added without the PIN: is called, but cannot accept" };
    let entry = Entry::new(turn.now, What::Note, words);
    turn.note(incident.id, Entry { contact_id: Some(contact.id), who: Some(contact.name()), ..entry });
    enlist(incident, turn, copied);
    incident::page_added(incident, turn, incident.contacts.len().saturating_sub(1));
}

/// Texts the person at risk through the switch.
pub(crate) fn tell(deadman: &mut Deadman, turn: &Turn<'_>, to: crate::phone::PhoneNumber, body: String) {
    use crate::effect::{Channel, Effect, EffectId, Pending, Purpose};
    deadman.told = deadman.told.saturating_add(1);
    let id = EffectId { party: Party::User, channel: Channel::Sms, purpose: Purpose::Tell(deadman.told) };
    let until = Some(crate::policy::later(turn.now, turn.policy.inform_for()));
    deadman.pending.insert(id, Pending::new(Effect::Text { to, body, until }, 1, turn.now));
}
