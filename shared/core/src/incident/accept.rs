//! Only a human accepts: a key in a call that we placed, or a text that is the code.

use super::{Contact, Incident, Status, WRONG_CODES_MAX, attempt, call, end, round, round::Wish, script};
use crate::{
    effect::{Channel, Effect, EffectId, Party, Pending, Purpose},
    history::{Entry, What},
    policy::{earlier, later},
    turn::Turn,
    voice::{Prompt, Reply},
};

/// Accepts are renewed this often; then the others are called again, whatever the acceptor says.
const RENEWALS_MAX: u8 = 2;

/// How a person said that they are going.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Via<'a> {
    /// In this try, a call with this carrier id.
    Call(u32, &'a str),
    /// By text or by code in a call of theirs.
    Code,
}

/// The last part of the address that a key goes to: the number of the turn, with `end` before it after a first 9. No turn of a
/// call has the address of another, so that the same key at the same address is the same event.
fn step_of(step: &str) -> (bool, u32) {
    match step.strip_prefix("end") {
        Some(turn) => (true, turn.parse().unwrap_or(1)),
        None => (false, step.parse().unwrap_or(1)),
    }
}

/// A key pressed (or silence) in a call that we placed to the contact at `place`.
///
/// `step` is the last part of the address that the key went to: the number of the turn, or `end` and the number after a
/// first 9.
#[must_use]
pub fn press(
    incident: &mut Incident,
    turn: &mut Turn<'_>,
    place: usize,
    attempt: u32,
    sid: &str,
    step: &str,
    digits: Option<&str>,
) -> Reply {
    let Some(contact) = incident.contacts.get(place) else {
        return Reply::Prompt(Prompt::goodbye(vec!["This call is out of date. Goodbye.".to_owned()]));
    };
    let language = contact.language.clone();
    let mine = incident.acceptor() == Some(place);
    let (ending, number) = step_of(step);
    let next = number.saturating_add(1);
    let prompt = match digits {
        Some("1") => {
            let say = accept(incident, turn, place, &Via::Call(attempt, sid));
            Prompt::key(say, script::listen_path(incident.id, place, attempt, next))
        }
        Some("9") if mine && ending => {
            heard(incident, place, sid, "it is over");
            end::end_by_contact(incident, turn, place, sid);
            Prompt::goodbye(vec!["Thank you. Everybody is told that it is over. Goodbye.".to_owned()])
        }
        Some("9") if mine => Prompt::key(
            vec![format!("If {} is safe and it is over, press 9 again.", incident.subject.name)],
            script::end_path(incident.id, place, attempt, next),
        ),
        Some("5") if !incident.is_open() => {
            heard(incident, place, sid, "started again");
            Prompt::goodbye(end::reopen_by_contact(incident, turn, place))
        }
        _ => script::call_prompt(incident, place, attempt, number),
    };
    Reply::Prompt(prompt.in_language(language))
}

/// Whether these keys mean something at some time. One that means nothing as things stand might later: it is remembered that it
/// was pressed before.
#[must_use]
pub fn means_something(digits: Option<&str>) -> bool {
    matches!(digits, Some("1" | "5" | "9"))
}

/// What the listener of a call did, for the timeline.
fn heard(incident: &mut Incident, place: usize, sid: &str, what: &str) {
    let calls = incident.contacts.get_mut(place).map(|contact| &mut contact.calls);
    if let Some(call) = calls.into_iter().flatten().find(|call| call.sid == sid) {
        call.heard = Some(what.to_owned());
    }
}

/// The contact at `place` says: I am going. The answer is what they are told.
fn accept(incident: &mut Incident, turn: &mut Turn<'_>, place: usize, via: &Via<'_>) -> Vec<String> {
    let name = incident.subject.name.clone();
    if let Via::Call(attempt, sid) = via {
        call::answered(incident, turn, place, *attempt, sid);
        heard(incident, place, sid, "pressed 1");
    }
    let Some(contact) = incident.contacts.get_mut(place) else { return Vec::new() };
    contact.alerted = true;
    incident.reached = true;
    if !contact.trusted {
        return untrusted(incident, turn, place);
    }
    match incident.status {
        Status::Escalating { .. } => {
            take(incident, turn, place, via);
            // Who texted or keyed in the code is in no call of ours.
            let end = match via {
                Via::Call(..) => "When it is over, press 9 twice, in this call or the next.",
                Via::Code => "When it is over, press 9 twice in our next call.",
            };
            vec![
                format!("Thank you. You have it: you are going to {name}. We stop calling the others."),
                end.to_owned(),
            ]
        }
        Status::Accepted { by, .. } if by == place => renew(incident, turn, place),
        Status::Accepted { by, .. } => {
            back_up(incident, turn, place);
            vec![format!("{} is going to {name}. You are noted as back-up. Thank you.", incident.name_of(by))]
        }
        Status::Ended { .. } => vec![format!(
            "The alert for {name} is over. If that is wrong, press 5 or reply REOPEN and the code to start it again."
        )],
    }
}

/// A contact added during the incident without the PIN could be anybody's.
fn untrusted(incident: &mut Incident, turn: &mut Turn<'_>, place: usize) -> Vec<String> {
    note(
        incident,
        turn,
        place,
        What::Note,
        "says that they are going; their word alone does not stop the calls",
    );
    vec!["Thank you. Please go if you can. We keep calling the others as well.".to_owned()]
}

fn note(incident: &Incident, turn: &mut Turn<'_>, place: usize, what: What, detail: &str) {
    let Some(contact) = incident.contacts.get(place) else { return };
    let entry = Entry::new(turn.now, what, detail);
    let entry = Entry { contact_id: Some(contact.id), who: Some(contact.name.clone()), ..entry };
    turn.note(incident.id, entry);
}

/// The first accept: pages still to come are dropped, calls that ring are cancelled, the others and the person are told.
fn take(incident: &mut Incident, turn: &mut Turn<'_>, place: usize, via: &Via<'_>) {
    let confirm_by = later(turn.now, turn.policy.accept());
    let ask_at = earlier(confirm_by, turn.policy.confirm_ahead());
    incident.status = Status::Accepted {
        by: place,
        at: turn.now,
        confirm_by,
        ask_at,
        asked: false,
        renewals: 0,
        backups: Vec::new(),
    };
    note(incident, turn, place, What::Accepted, "is going");
    let own = match via {
        Via::Call(_, sid) => Some(*sid),
        Via::Code => None,
    };
    end::hush(incident, turn, own, "cancelled: somebody has accepted");
    for other in 0..incident.contacts.len() {
        if other != place {
            tell_accepted(incident, turn, other, place);
        }
    }
    let body = script::coming_text(incident, place);
    end::tell_user(incident, turn, body);
}

/// Texts the contact at `to` that the one at `by` is going.
pub(super) fn tell_accepted(incident: &mut Incident, turn: &Turn<'_>, to: usize, by: usize) {
    let Some(contact) = incident.contacts.get(to).filter(|contact| contact.alerted) else { return };
    let body = script::accepted_text(&turn.policy.texts, incident, by, contact);
    end::tell_contact(incident, turn, to, body);
}

/// The acceptor says it again. Near the end of the accept it renews it, up to a limit.
fn renew(incident: &mut Incident, turn: &mut Turn<'_>, place: usize) -> Vec<String> {
    let name = incident.subject.name.clone();
    let Status::Accepted { confirm_by, ask_at, asked, renewals, .. } = &mut incident.status else {
        return Vec::new();
    };
    if turn.now >= *ask_at {
        if *renewals >= RENEWALS_MAX {
            round::lapse(incident, turn, "it has taken long: the others are called again");
            return vec![format!(
                "Thank you. As it has taken this long, we call the others for {name} again as well."
            )];
        }
        *renewals = renewals.saturating_add(1);
        *asked = false;
        *confirm_by = later(turn.now, turn.policy.accept());
        *ask_at = earlier(*confirm_by, turn.policy.confirm_ahead());
        attempt::withdraw(incident, |id, _| id.purpose != Purpose::Confirm);
        note(incident, turn, place, What::Renewed, "is still on it");
    }
    vec![format!("You have it: you are going to {name}."), "When it is over, press 9 twice.".to_owned()]
}

fn back_up(incident: &mut Incident, turn: &mut Turn<'_>, place: usize) {
    let Status::Accepted { backups, .. } = &mut incident.status else { return };
    if backups.contains(&place) {
        return;
    }
    backups.push(place);
    note(incident, turn, place, What::Backup, "can go as well");
}

/// What a contact's text says, once its code is known to be right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextAnswer {
    /// They are going.
    Accept,
    /// It is not over.
    Reopen,
}

/// A text (or keys in a call of theirs) with a code from the number of the contact at `place`.
///
/// A wrong code counts; after five, this number is called instead, and neither its texts nor its call-backs accept.
#[must_use]
pub fn answer_text(
    incident: &mut Incident,
    turn: &mut Turn<'_>,
    place: usize,
    code: &str,
    answer: TextAnswer,
) -> Vec<String> {
    let Some(contact) = incident.contacts.get_mut(place) else { return Vec::new() };
    if contact.code != code {
        contact.wrong_codes = contact.wrong_codes.saturating_add(1);
        if contact.wrong_codes == WRONG_CODES_MAX {
            note(
                incident,
                turn,
                place,
                What::Note,
                "five wrong codes from this number: only a call accepts now",
            );
            round::page_now(incident, turn, place);
        }
        return vec!["That is not the code of the alert. It is in our text: six digits.".to_owned()];
    }
    match answer {
        TextAnswer::Accept => accept(incident, turn, place, &Via::Code),
        TextAnswer::Reopen => end::reopen_by_contact(incident, turn, place),
    }
}

/// The number of the contact at `place` has sent too many wrong codes for this one to count. The right code still opens an alert again that
/// is over: who guesses it does less harm than whoever knows that it is not over, and is not heard.
#[must_use]
pub fn takes_no_codes(incident: &Incident, place: usize, code: &str, answer: TextAnswer) -> bool {
    let Some(contact) = incident.contacts.get(place) else { return false };
    let reopens = !incident.is_open() && answer == TextAnswer::Reopen && contact.code == code;
    has_used_up_codes(contact) && !reopens
}

fn has_used_up_codes(contact: &Contact) -> bool {
    contact.wrong_codes >= WRONG_CODES_MAX
}

/// Such a number is called, if the code is right: whoever guesses must not use up its calls. The answer says how things stand, and nothing
/// of the code.
pub fn call_instead(incident: &mut Incident, turn: &mut Turn<'_>, place: usize, code: &str) -> Reply {
    if incident.contacts.get(place).is_some_and(|contact| contact.code == code) {
        round::page_now(incident, turn, place);
    }
    let then = if !incident.is_open() {
        "The alert is over, and nobody is being called. If that is wrong, reply REOPEN and the code of our text, or call the police."
    } else if round::is_called(incident, place) {
        "We call it instead: please press 1 in that call."
    } else {
        "Call us, and we call you back: please press 1 in that call."
    };
    Reply::words(format!("We take no more codes from this number. {then}"))
}

/// A contact rang us and wants to be called: a call that *we* place proves who holds the phone. The answer is what they are told.
#[must_use]
pub fn call_back(incident: &mut Incident, turn: &mut Turn<'_>, place: usize) -> Reply {
    if !incident.is_open() {
        return Reply::words("There is no alert for this number any more. Goodbye.");
    }
    match round::page_back(incident, turn, place) {
        Wish::Now => {
            note(incident, turn, place, What::Note, "rang us; we call them");
            Reply::words("Thank you. Please hang up now: we call you in a moment.")
        }
        Wish::WhenOver => {
            note(incident, turn, place, What::Note, "rang us; we call them when the call under way is over");
            Reply::words(
                "Thank you. A call of ours to you is still under way, perhaps to your voicemail. Please hang up now: we call you again \
                 as soon as it is over.",
            )
        }
        // Nobody is to wait for a call that does not come.
        Wish::Capped => {
            let instead = if incident.contacts.get(place).is_some_and(has_used_up_codes) {
                "You have had all calls of this hour. Please call us again later, and press 1 when we call you."
            } else {
                "If you are going, reply to our text with its code."
            };
            Reply::words(format!("We cannot call you again just now. {instead}"))
        }
    }
}

impl Incident {
    /// Puts a text for the contact at `place` among the pending effects.
    pub(super) fn put_text(&mut self, turn: &Turn<'_>, party: Party, body: String) {
        let (to, attempt) = match party {
            Party::User => (self.subject.phone.clone(), self.told.saturating_add(1)),
            Party::Contact(place) => {
                let Some(contact) = self.contacts.get_mut(place) else { return };
                (contact.phone.clone(), attempt::next_try(contact))
            }
        };
        self.told = self.told.saturating_add(1);
        let id = EffectId { party, channel: Channel::Sms, purpose: Purpose::Tell(self.told) };
        let until = Some(later(turn.now, turn.policy.inform_for()));
        self.pending.insert(id, Pending::new(Effect::Text { to, body, until }, attempt, turn.now));
    }
}
