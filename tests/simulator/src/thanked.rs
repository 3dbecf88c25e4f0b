//! Whoever is answered: what was taken without an apology is recorded.

use lucius_core::{
    effect::{Channel, EffectId, Party, Purpose},
    incident::{Contact, Incident, WRONG_CODES_MAX},
};
use lucius_invariants::Act as Meant;
use lucius_shell::Response;

use crate::{functions::Post, replay::is_recorded, requests::about, world::Inner};

/// More alerts than that are not asked by one call-back.
const ALERTS_ASKED: usize = 20;

impl Inner {
    /// The carrier has our answer. Who was not told otherwise believes that it counts.
    pub(crate) fn thanked(&mut self, post: &Post, response: &Response) {
        if post.again.is_some() || !is_recorded(response) {
            return;
        }
        for act in &post.acts {
            let (id, place, what) = match act {
                Meant::RightCode { incident, place } => (incident.get(), *place, "sent the right code"),
                Meant::AskedToBeCalled { incident, place } => (incident.get(), *place, "asked to be called"),
                Meant::PressedOne { .. }
                | Meant::WrongCode { .. }
                | Meant::PressedNineTwice { .. }
                | Meant::AskedToReopen { .. }
                | Meant::CheckedIn { .. }
                | Meant::CriedForHelp
                | Meant::Resolved
                | Meant::Edited { .. }
                | Meant::TextsStopped => continue,
            };
            self.checks.made += 1;
            let Some(key) = key_of(post) else { continue };
            let incident = self.checks.incidents.get(&id).filter(|incident| incident.is_open());
            let (Some(incident), Some(phone)) = (incident, phone_of(post)) else { continue };
            let Some(contact) = incident.contacts.get(place) else { continue };
            let answers = contact.wrong_codes < WRONG_CODES_MAX;
            let known = remembers(incident, &key) || is_called(incident, place, contact);
            let denied = response.body.contains("That is not the code");
            if answers && (denied || !known) && self.checks.places_of(phone).len() <= ALERTS_ASKED {
                self.violated("I5", format!("c{place} of incident {id} {what}, and nobody has heard of it"));
            }
        }
        self.undelivered(post);
    }

    /// A text that did not arrive is known as such where it was the last one.
    fn undelivered(&mut self, post: &Post) {
        let failed = post.fields.iter().any(|(name, value)| {
            *name == "MessageStatus" && ["failed", "undelivered"].contains(&value.as_str())
        });
        if !failed {
            return;
        }
        let Some((lucius_core::actor::ActorId::Incident(id), effect, tried)) = about(&post.path) else {
            return;
        };
        let Party::Contact(place) = effect.party else { return };
        self.checks.made += 1;
        let incident = self.checks.incidents.get(&id.get()).filter(|incident| incident.is_open());
        let line = incident.and_then(|incident| incident.contacts.get(place)).map(|contact| &contact.sms);
        let forgotten = line.is_some_and(|line| {
            let told = line.last.as_ref().is_some_and(|words| words.starts_with("not delivered"));
            line.last_try == Some(tried) && !told
        });
        if forgotten {
            self.violated(
                "rounds",
                format!("a text to c{place} of incident {id} failed, and nobody has heard"),
            );
        }
    }
}

/// Something of this name is remembered, whatever follows in it.
fn remembers(incident: &Incident, name: &str) -> bool {
    serde_json::to_string(&incident.seen).is_ok_and(|seen| seen.contains(&format!("[\"{name}")))
}

/// A call to them is under way.
fn is_called(incident: &Incident, place: usize, contact: &Contact) -> bool {
    let page = EffectId { party: Party::Contact(place), channel: Channel::Call, purpose: Purpose::Page };
    incident.pending.contains_key(&page) || !contact.calls.is_empty()
}

fn field<'a>(post: &'a Post, wanted: &str) -> Option<&'a str> {
    post.fields.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.as_str())
}

fn phone_of(post: &Post) -> Option<&str> {
    field(post, "From")
}

/// With what the name begins by which it is remembered: the text, or the turn of the call.
fn key_of(post: &Post) -> Option<String> {
    if post.path == "/inbound/sms" {
        return field(post, "MessageSid").map(str::to_owned);
    }
    let mut words = post.path.strip_prefix("/inbound/")?.split('/').skip(1);
    let turn: u32 = words.next().map_or(Some(0), |turn| turn.parse().ok())?;
    Some(format!("{}-{}", field(post, "CallSid")?, turn + 1))
}
