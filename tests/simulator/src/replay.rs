//! Old requests: somebody has kept what the carrier once signed, and sends it again, byte for byte, minutes to hours later.
//!
//! What was answered before must change nothing any more: whoever has kept a person's answer must not be able to silence a
//! check-in with it, to accept, to end, or to keep a contact's line busy.

use std::collections::BTreeMap;

use lucius_core::{
    decide::Case,
    incident::{Contact, Incident, Status},
    ivr::SORRY,
};
use lucius_invariants::Act;
use lucius_shell::Response;

use crate::{
    carrier::place_in,
    functions::{Invocation, Post, ReplyTo},
    people::Act as Doing,
    world::{HOUR, Happening, Inner, MINUTE, Millis, SECOND, instant},
};

/// More of a contact's callbacks than anybody remembers one by one: told again in a row, from so many on.
const ROW: usize = 12;

/// More than the last eight.
const FORGOTTEN: Millis = 12;

/// The carrier asks no further time.
const LAST_TRY: u32 = 2;

/// What was told of the calls to each contact of an incident.
#[derive(Debug, Default)]
pub(crate) struct Kept(BTreeMap<(u64, usize), Vec<Post>>);

impl Kept {
    /// The incident is long over.
    pub(crate) fn forget(&mut self, incident: u64) {
        self.0.retain(|(id, _), _| *id != incident);
    }
}

/// Nobody was thanked for what is not recorded.
pub(crate) fn is_recorded(response: &Response) -> bool {
    let apologises =
        ["not recorded", SORRY, "out of order"].iter().any(|words| response.body.contains(words));
    response.status.is_success() && !apologises
}

impl Inner {
    /// A request was answered. From now on it is an old one, and somebody may have kept it.
    pub(crate) fn keeps(&mut self, post: &Post, response: &Response) {
        let odds = self.faults.odds.replayed;
        if odds == 0 || post.forged || post.again.is_some() || !is_recorded(response) {
            return;
        }
        // A code that was right counts as a wrong one for the number's other alerts when it comes again once its own has been over for
        // a day: not seen as a fault here, as five of them bring a call in the place of a text.
        let is_code = |post: &Post| post.acts.iter().any(|act| matches!(act, Act::RightCode { .. }));
        if self.people.take_long && is_code(post) {
            return;
        }
        let old = Post {
            reply_to: ReplyTo::Nobody,
            tries: LAST_TRY,
            acts: Vec::new(),
            again: Some(self.now),
            ..post.clone()
        };
        if self.odds(odds) {
            let (least, most) =
                self.one_of((MINUTE, 10 * MINUTE), &[(10 * MINUTE, 2 * HOUR), (2 * HOUR, 12 * HOUR)]);
            let after = self.between(least, most);
            if let Some(phone) = self.user_behind(&old).filter(|_| self.odds(500)) {
                self.is_forgotten(after, &phone);
            }
            self.sends_again(after, old.clone());
        }
        if let Some(key) = place_in(&old.path).filter(|_| old.path.starts_with("/receipt/call/")) {
            self.tells_in_a_row(key, old);
        }
    }

    /// The number of the person at risk who has sent this, or keyed it in.
    fn user_behind(&self, post: &Post) -> Option<String> {
        let by_them = post.path == "/inbound/sms" || post.path.starts_with("/call/ask/");
        let numbers = post.fields.iter().filter(|(name, _)| by_them && ["From", "To"].contains(name));
        let mut numbers = numbers.map(|(_, number)| number);
        numbers.find(|number| self.people.user_at(number).is_some()).cloned()
    }

    /// Who sends old requests again can also make up a sender: before `after`, more texts come from this number than an actor
    /// remembers the answers of.
    fn is_forgotten(&mut self, after: Millis, phone: &str) {
        for number in 0..FORGOTTEN {
            let (from, body) = (phone.to_owned(), "who is this?".to_owned());
            let before = (FORGOTTEN - number) * SECOND;
            self.soon(after - before, Happening::Person(Doing::Text { from, body }));
        }
    }

    /// What was told of a contact's calls is told again, one after the other.
    fn tells_in_a_row(&mut self, key: (u64, usize), old: Post) {
        let told = self.kept.0.entry(key).or_default();
        told.push(old);
        if !told.len().is_multiple_of(ROW) {
            return;
        }
        let row = told.clone();
        let begin = self.between(MINUTE, 20 * MINUTE);
        for (at, old) in (0..).zip(row) {
            self.sends_again(begin + at * SECOND, old);
        }
    }

    fn sends_again(&mut self, after: Millis, old: Post) {
        self.strikes_quietly("old webhook again");
        self.soon(after, Happening::Invoke(Invocation::Webhook(old)));
    }

    /// A function that was invoked with a request that had been answered `since` then has committed something.
    pub(crate) fn believed_again(&mut self, before: &Case, after: &Case, since: Millis) {
        self.checks.made += 1;
        // Whatever reaches an alert that is open beside nothing makes the switch take it up again, with who came meanwhile.
        let takes_up = takes_up(before, after);
        let what = if before.deadman == after.deadman || takes_up {
            match (&before.incident, &after.incident) {
                (Some(was), Some(is)) if was.id == is.id => {
                    changed(was, is, since).or_else(|| if takes_up { None } else { caught_up(was, is) })
                }
                (None, None) => None,
                (_, _) => Some("opens an incident"),
            }
        } else {
            Some("changes a switch")
        };
        if let Some(what) = what {
            self.violated("I8", format!("a request that was answered at {} {what}", instant(since)));
        }
    }
}

/// The switch had forgotten an alert that is open, and has it again.
fn takes_up(before: &Case, after: &Case) -> bool {
    let (Some(was), Some(is)) = (&before.deadman, &after.deadman) else { return false };
    let open = before.incident.as_ref().filter(|incident| incident.is_open()).map(|incident| incident.id);
    was.incident.is_none() && open.is_some() && is.incident == open
}

/// What matters of an incident, and has changed.
fn changed(was: &Incident, is: &Incident, since: Millis) -> Option<&'static str> {
    if was.causes != is.causes || was.doubt != is.doubt || !same_status(&was.status, &is.status) {
        return Some("changes where an incident stands");
    }
    let pairs = || was.contacts.iter().zip(&is.contacts);
    // An incident that was not there when it was sent takes a wrong code for one that was sent to it.
    if was.opened_at.as_millisecond() <= since && pairs().any(|(was, is)| is.wrong_codes > was.wrong_codes) {
        return Some("counts a code again");
    }
    let stopped = was.subject.text_stopped != is.subject.text_stopped;
    if stopped || pairs().any(|(was, is)| was.text_stopped != is.text_stopped) {
        return Some("stops or starts texts again");
    }
    let rings = |was: &Contact, is: &Contact| {
        is.calls.iter().any(|call| was.calls.iter().all(|known| known.sid != call.sid))
    };
    pairs().any(|(was, is)| rings(was, is)).then_some("brings an old call back to life")
}

/// What follows the switch, and has changed.
fn caught_up(was: &Incident, is: &Incident) -> Option<&'static str> {
    if was.subject != is.subject {
        return Some("changes what is told of the person at risk");
    }
    (was.contacts.len() != is.contacts.len()).then_some("adds a contact")
}

/// Where an incident stands. That the last call of a round is over may let the next tier come earlier.
fn same_status(was: &Status, is: &Status) -> bool {
    match (was, is) {
        (Status::Escalating { tier: was, next_at: then }, Status::Escalating { tier: is, next_at: now }) => {
            was == is && now <= then
        }
        _ => was == is,
    }
}
