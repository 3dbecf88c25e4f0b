//! Whoever is answered well was heard: what a human has done, and we have answered without an apology, shows in what is recorded.

use jiff::Timestamp;
use lucius_core::{
    deadman::Deadman,
    id::IncidentId,
    incident::{Status, WRONG_CODES_MAX},
    phone::PhoneNumber,
};
use lucius_invariants::Act;
use lucius_shell::Response;

use crate::{
    faults::Climate,
    functions::Post,
    listen::ASKED_AGAIN,
    replay::is_recorded,
    world::{Inner, Millis, SECOND},
};

/// Texts that cry for help, whether or not anything was asked.
pub(crate) const CRIES: [&str; 4] = ["SOS", "S.O.S.", "Help me, he is in the house", "sos 1425 Oak Street"];

/// What does, keyed in or said where a PIN is asked for.
pub(crate) const HELP_KEYS: [&str; 7] =
    ["9", "99", "999", "911", "112", "help", "Help me, he is in the house."];

/// A cry for help that needs no open question.
fn cries(post: &Post) -> bool {
    let by_text = post.field("Body").is_some_and(|body| CRIES.contains(&body));
    by_text || ["/inbound/menu", "/inbound/login"].iter().any(|page| post.path.starts_with(page))
}

/// Whoever wants to check in on our line hears that they have to prove who they are, or that an alert has begun that they do not know of.
fn is_asked_again(post: &Post, response: &Response) -> bool {
    let words = [ASKED_AGAIN, "An emergency has begun since you were asked"];
    let on_our_line = post.field("CallSid").is_some() && post.path.starts_with("/inbound/");
    on_our_line && words.iter().any(|words| response.body.contains(words))
}

/// What the carrier takes for STOP or START.
pub(crate) fn is_keyword(body: &str) -> bool {
    ["STOP", "START", "YES"].contains(&body)
}

impl Inner {
    /// A request that a human has caused was answered by a function that began then.
    pub(crate) fn is_heard(&mut self, post: &Post, response: &Response, began: Millis) {
        if post.forged || post.again.is_some() {
            return;
        }
        if !is_recorded(response) {
            // Where nothing fails, there is nothing to apologise for.
            if !post.acts.is_empty() && matches!(self.faults.climate, Climate::Calm | Climate::Unheard) {
                self.violated("I4", format!("{:?} is met with an apology, and nothing fails", post.acts));
            }
            return;
        }
        // A copy that the carrier sends beside the first is answered like it; what came in between may have changed everything.
        if post.acts.is_empty() || !self.checks.first_answer(post) {
            return;
        }
        let began = self.checks.first_begun(post).map_or(began, |first| first.min(began));
        // What was not recorded is keyed in again, under another address.
        let call = post.field("CallSid").and_then(|sid| self.network.calls.get(sid));
        // Who was told that it was not recorded, and has keyed in something else since, is answered that.
        if call.is_some_and(|call| call.inbound && call.last.as_deref() != post.said()) {
            return;
        }
        let began = call.filter(|call| call.inbound).map_or(began, |call| call.keyed_at.min(began));
        let acts = post.acts.clone();
        for act in &acts {
            self.checks.made += 1;
            let lost = match act {
                Act::RightCode { incident, place } => self.still_calls(*incident, *place, began, true),
                Act::PressedOne { incident, place } => self.still_calls(*incident, *place, began, false),
                Act::CriedForHelp if cries(post) => self.nobody_is_called(post, began),
                Act::CheckedIn { .. } if is_asked_again(post, response) => false,
                Act::CriedForHelp | Act::CheckedIn { .. } => self.question_stays(post, began),
                Act::AskedToReopen { incident, place } => self.stays_over(*incident, *place, began),
                Act::TextsStopped => self.takes_texts_as_before(post),
                Act::WrongCode { .. }
                | Act::PressedNineTwice { .. }
                | Act::AskedToBeCalled { .. }
                | Act::Resolved
                | Act::Edited { .. } => false,
            };
            if lost {
                self.violated("I4", format!("{act:?} was answered as if it had been heard, and is lost"));
            }
        }
    }

    /// Others are still called, although the contact at `place` has accepted.
    fn still_calls(&self, id: IncidentId, place: usize, began: Millis, by_code: bool) -> bool {
        let Some(incident) = self.checks.incidents.get(&id.get()) else { return false };
        let Some(contact) = incident.contacts.get(place) else { return false };
        let counts = contact.trusted && (!by_code || contact.wrong_codes < WRONG_CODES_MAX);
        let escalates = matches!(incident.status, Status::Escalating { .. });
        // An accept may have lapsed, or an end been taken back, since.
        let turned =
            self.checks.facts.get(&id.get()).is_some_and(|facts| facts.turned >= began - 30 * SECOND);
        counts && escalates && !turned
    }

    /// A person has cried for help, by text or on our line, and no alert is open.
    fn nobody_is_called(&self, post: &Post, began: Millis) -> bool {
        let Some(deadman) = self.person(post) else { return false };
        let user = deadman.id.get();
        if self.checks.facts.values().any(|facts| facts.user == user && facts.turned >= began) {
            return false;
        }
        !deadman.contacts.is_empty() && deadman.incident.is_none()
    }

    /// A person has answered a question, well or badly, and the same question is still open.
    fn question_stays(&self, post: &Post, began: Millis) -> bool {
        let Some(deadman) = self.person(post) else { return false };
        let before = |at: Timestamp, by: Millis| at.as_millisecond() < began - by;
        // After too many wrong PINs none is taken; and what an answer must bring may have changed at that moment.
        let most = self.checks.policy.pin_tries_per_day;
        let taken = deadman.tries.wrong < most && deadman.own_tries.wrong < most;
        let as_it_was = before(deadman.settings.updated_at, 30 * SECOND);
        taken && as_it_was && deadman.probe().is_some_and(|probe| before(probe.opened_at, 3 * SECOND))
    }

    /// A contact has said that it is not over, and no alert is open for the same person.
    fn stays_over(&self, id: IncidentId, place: usize, began: Millis) -> bool {
        let Some(incident) = self.checks.incidents.get(&id.get()) else { return false };
        let Some(contact) = incident.contacts.get(place) else { return false };
        // Whoever has deleted their account meanwhile may have been made to.
        let deadman = self.checks.deadman(incident.subject.user);
        // Who says so before it is over is told that it is open.
        let turned = self
            .checks
            .facts
            .get(&id.get())
            .is_some_and(|facts| facts.turned >= began - 30 * SECOND || facts.ended_at >= began);
        let other = deadman.is_some_and(|deadman| deadman.incident.is_some());
        contact.wrong_codes < WRONG_CODES_MAX && !incident.is_open() && !other && !turned
    }

    fn person(&self, post: &Post) -> Option<&Deadman> {
        let from = if post.path.starts_with("/inbound/") { "From" } else { "To" };
        let user = self.people.user_at(post.field(from)?)?;
        self.checks.deadman(self.people.users.get(user)?.id)
    }

    /// A number has stopped our texts or takes them again, nothing was said since, and somebody has not heard of it.
    fn takes_texts_as_before(&self, post: &Post) -> bool {
        let (Some(from), Some(body)) = (post.field("From"), post.field("Body")) else { return false };
        let Ok(phone) = from.parse::<PhoneNumber>() else { return false };
        if self.people.last_word.get(from).map(String::as_str) != post.field("MessageSid") {
            return false;
        }
        if body == "YES" && post.field("OptOutType").is_none() {
            // Consent only where we know that they had stopped them.
            return false;
        }
        let (stopped, now) = (body == "STOP", self.now);
        let contacts = self.checks.deadmen.values().flat_map(|deadman| &deadman.contacts);
        let copies = self.checks.open.iter().filter_map(|id| self.checks.incidents.get(id));
        // One that was opened at that moment may have been copied from what was known a moment before.
        let copies = copies.filter(|incident| incident.opened_at.as_millisecond() < now - 30 * SECOND);
        let copies = copies.flat_map(|incident| &incident.contacts);
        let mut users = self.checks.deadmen.values().filter(|deadman| deadman.profile.phone == phone);
        users.any(|deadman| deadman.text_stopped != stopped)
            || contacts
                .filter(|contact| contact.phone == phone)
                .any(|contact| contact.text_stopped != stopped)
            || copies.filter(|contact| contact.phone == phone).any(|contact| contact.text_stopped != stopped)
    }
}
