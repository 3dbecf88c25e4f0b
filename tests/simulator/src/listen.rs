//! Whoever listens to a call: what they key in, what it means, and what the carrier does with our answer.

use lucius_core::{
    id::{IncidentId, UserId},
    ivr::SORRY,
};
use lucius_invariants::{Act as Meant, Knows};

use crate::{
    carrier::{Call, Step, action_of, place_in, redirect_of},
    functions::{Post, ReplyTo},
    heard::HELP_KEYS,
    people::Pickup,
    world::{Inner, Millis, SECOND, instant},
};

/// What a caller hears who wants to check in and has given the PIN a while ago.
pub(crate) const ASKED_AGAIN: &str = "To be sure that it is you";
/// For so long the PIN speaks for a caller, and a little longer: two clocks may be wrong.
const PIN_FRESH: Millis = 130 * SECOND;

/// So many callers of a thousand have somebody with them who texts for help in their name.
const CRY_BESIDE: u32 = 30;

impl Inner {
    /// Whoever listens to a call does something.
    pub(crate) fn react(&mut self, sid: &str) {
        let (now, changes_their_mind) = (self.now, self.odds(500));
        let Some(call) = self.network.calls.get_mut(sid) else { return };
        call.turns += 1;
        let (phone, path, turns) = (call.phone.clone(), call.path.clone(), call.turns);
        let is_machine = matches!(call.pickup, Pickup::Voicemail(_));
        let Some(action) = action_of(&call.twiml) else {
            let redirect = redirect_of(&call.twiml);
            match redirect {
                Some(redirect) if turns < 8 => self.ask_for_twiml(sid, redirect, None, Vec::new()),
                Some(_) | None => self.call_later(sid, SECOND, Step::Over("completed")),
            }
            return;
        };
        if turns > 6 && call.keys.is_empty() {
            self.call_later(sid, SECOND, Step::Over("completed"));
            return;
        }
        let keys = if call.inbound {
            // What was not recorded is keyed in again, or what was to come next is keyed in instead.
            let at_menu = action.starts_with("/inbound/menu");
            let last = call.last.clone().filter(|_| call.twiml.contains(SORRY));
            let again = match last.as_deref() {
                Some(_) if !changes_their_mind => last,
                Some("1") if at_menu => Some("9".to_owned()),
                Some("9") if at_menu => Some("1".to_owned()),
                Some(_) | None => None,
            };
            call.keyed_at = if again.is_some() && !changes_their_mind { call.keyed_at } else { now };
            // A menu takes one key, and a star is help there alone: what does not fit is not keyed in.
            while call.keys.front().is_some_and(|keys| if at_menu { keys.len() > 1 } else { keys == "*" }) {
                call.keys.pop_front();
            }
            let keys = again.or_else(|| call.keys.pop_front());
            call.last.clone_from(&keys);
            keys
        } else if is_machine || self.odds(100) {
            Some(String::new())
        } else {
            self.keys_in_call(&phone, &path, &action)
        };
        match keys {
            Some(keys) if keys.is_empty() => self.is_silent(sid, action),
            Some(keys) => {
                self.tell(|| format!("somebody presses or says {keys} at {action}"));
                if let Some(call) = self.network.calls.get_mut(sid)
                    && HELP_KEYS.contains(&keys.as_str())
                {
                    call.cried_at = Some(action.clone());
                }
                let acts = self.pressed(sid, &phone, &path, &action, &keys);
                self.ask_for_twiml(sid, action, Some(&keys), acts);
            }
            None => self.call_later(sid, SECOND, Step::Over("completed")),
        }
    }

    /// Nothing is keyed in for as long as we listen. Whoever needs longer is asked again.
    fn is_silent(&mut self, sid: &str, action: String) {
        self.tell(|| format!("silence at {action}"));
        let Some(call) = self.network.calls.get(sid) else { return };
        if call.twiml.contains(r#"actionOnEmptyResult="true""#) {
            let nothing = if self.odds(500) { Some("") } else { None };
            self.ask_for_twiml(sid, action, nothing, Vec::new());
        } else if let Some(redirect) = redirect_of(&call.twiml) {
            self.ask_for_twiml(sid, redirect, None, Vec::new());
        } else {
            self.violated("dead line", format!("silence at {action} ends the call: nobody is asked again"));
        }
    }

    /// What somebody keys into a call that we placed; none: they hang up.
    fn keys_in_call(&mut self, phone: &str, path: &str, action: &str) -> Option<String> {
        if let Some(user) = self.people.user_at(phone) {
            let pin = self.people.users.get(user)?.pin.clone();
            return Some(match (self.chance.u8(0..20), pin) {
                (0 | 1, _) => "9".to_owned(),
                (2..4, _) => "7777".to_owned(),
                (_, Some(pin)) => pin,
                (_, None) => "1".to_owned(),
            });
        }
        let (incident, place) = place_in(path)?;
        let accepts = self.people.friends.get(phone)?.accepts;
        if action.rsplit('/').next().is_some_and(|step| step.starts_with("end")) {
            return self.odds(900).then(|| "9".to_owned());
        }
        if self.checks.acceptor(incident) == Some(place) {
            return match self.chance.u8(0..10) {
                0..6 => Some("1".to_owned()),
                6..8 => Some("9".to_owned()),
                _ => None,
            };
        }
        if self.odds(accepts) {
            Some("1".to_owned())
        } else if self.odds(200) {
            Some(self.one_of("2", &["5", "9", "0"]).to_owned())
        } else {
            None
        }
    }

    /// What a key means, for those who judge.
    fn pressed(&self, sid: &str, phone: &str, path: &str, action: &str, keys: &str) -> Vec<Meant> {
        let arrived_at = instant(self.now);
        let rang_us = self.network.calls.get(sid).filter(|call| call.inbound);
        if let Some(user) = self.people.user_at(phone) {
            let pin = self.people.users.get(user).and_then(|user| user.pin.as_deref());
            if let Some(call) = rang_us {
                return self.keyed_by_user(call, action, keys, pin);
            }
            let cried = self.network.calls.get(sid).and_then(|call| call.cried_at.as_deref());
            let knows = if cried == Some(action) { Knows::Unsure } else { Knows::All };
            return match keys {
                _ if HELP_KEYS.contains(&keys) => vec![Meant::CriedForHelp],
                _ if pin == Some(keys) => vec![Meant::CheckedIn { arrived_at, proven: true, knows }],
                "1" if pin.is_none() => vec![Meant::CheckedIn { arrived_at, proven: false, knows }],
                _ => Vec::new(),
            };
        }
        if rang_us.is_some() {
            return self.keyed_by_contact(phone, action, keys);
        }
        let Some((id, place)) = place_in(path) else { return Vec::new() };
        let Ok(incident) = id.try_into() else { return Vec::new() };
        let ends = action.rsplit('/').next().is_some_and(|step| step.starts_with("end"));
        match keys {
            "1" => vec![Meant::PressedOne { incident, place }],
            "9" if ends => vec![Meant::PressedNineTwice { incident, place }],
            "5" => vec![Meant::AskedToReopen { incident, place }],
            _ => Vec::new(),
        }
    }

    /// The person at risk has rung us: keys mean what they were offered last. The PIN alone opens the menu; where it was asked for once
    /// more, as the first was long ago, it is the answer.
    fn keyed_by_user(&self, call: &Call, action: &str, keys: &str, pin: Option<&str>) -> Vec<Meant> {
        let (arrived_at, knows) = (instant(self.now), call.knows);
        let checks_in = Meant::CheckedIn { arrived_at, proven: true, knows };
        let fresh = call.pin_at.is_some_and(|at| self.now - at <= PIN_FRESH);
        if action.starts_with("/inbound/login") && HELP_KEYS.contains(&keys) {
            return vec![Meant::CriedForHelp];
        }
        if !action.starts_with("/inbound/menu") {
            let is_answer = call.page.contains(ASKED_AGAIN) && pin == Some(keys);
            return if is_answer { vec![checks_in] } else { Vec::new() };
        }
        match keys {
            "9" if !call.page.contains("To end the emergency, press 9") => vec![Meant::CriedForHelp],
            "1" | "9" if fresh => vec![checks_in],
            _ => Vec::new(),
        }
    }

    /// Of which alert the menu has told whoever is at risk.
    fn told_of(&self, post: &Post, response: &lucius_shell::Response) -> Knows {
        if !response.body.contains("To end the emergency, press 9") {
            return Knows::Only(None);
        }
        let user = post.field("From").and_then(|from| self.people.user_at(from));
        let user = user.and_then(|user| self.people.users.get(user)).map(|user| user.id);
        let open = user.and_then(|user| self.checks.deadman(user)).and_then(|deadman| deadman.incident);
        // Another one that has just begun or ended may be the one that was meant.
        let moment = self.now - 30 * SECOND;
        let alone = |id: IncidentId| {
            !self.checks.facts.iter().any(|(other, facts)| {
                let theirs = Some(facts.user) == user.map(UserId::get);
                *other != id.get() && theirs && (facts.turned >= moment || facts.ended_at >= moment)
            })
        };
        open.filter(|id| alone(*id)).map_or(Knows::Unsure, |id| Knows::Only(Some(id)))
    }

    /// A contact has rung us: a code, or 1 to be called for every alert that is open.
    fn keyed_by_contact(&self, phone: &str, action: &str, keys: &str) -> Vec<Meant> {
        // Who is asked for the number of an account is told that a code is none, and asked again.
        let takes_codes = ["/inbound/callback", "/inbound/login"].iter().any(|page| action.starts_with(page));
        if keys != "1" {
            return if takes_codes { self.coded(phone, keys) } else { Vec::new() };
        }
        let places = self.checks.places_of(phone).into_iter();
        let open =
            places.filter(|(id, _)| action.starts_with("/inbound/callback") && self.checks.is_open(*id));
        open.filter_map(|(id, place)| {
            let incident = id.try_into().ok()?;
            Some(Meant::AskedToBeCalled { incident, place })
        })
        .collect()
    }

    /// The carrier has our answer.
    pub(crate) fn answered(&mut self, post: &Post, response: &lucius_shell::Response) {
        if post.forged {
            if response.status.as_u16() != 403 {
                self.violated(
                    "I8",
                    format!("a forged request to {} was answered {}", post.path, response.status),
                );
            }
            return;
        }
        self.thanked(post, response);
        for act in &post.acts {
            if let Meant::PressedOne { incident, place } = act
                && self.checks.acceptor(incident.get()) == Some(*place)
                && response.body.contains("back-up")
            {
                self.violated("I2", format!("who has accepted {incident} is told that another has"));
            }
        }
        match &post.reply_to {
            ReplyTo::Call(sid) => {
                let (pause, now) = (self.between(SECOND, 15 * SECOND), self.now);
                let knows = self.told_of(post, response);
                if let Some(call) = self.network.calls.get_mut(sid).filter(|call| !call.over) {
                    if response.body.is_empty() {
                        self.violated(
                            "dead line",
                            format!("{} was answered {} and nothing", post.path, response.status),
                        );
                        return;
                    }
                    call.twiml.clone_from(&response.body);
                    let menu = response.body.contains("To check in");
                    if menu || response.body.contains(ASKED_AGAIN) {
                        call.page.clone_from(&response.body);
                    }
                    if menu {
                        call.knows = knows;
                    }
                    let logs_in = menu && post.path.starts_with("/inbound/login");
                    if logs_in {
                        call.pin_at = Some(now);
                    }
                    let phone = call.phone.clone();
                    if logs_in && self.odds(CRY_BESIDE) {
                        self.texts_after(0, 15 * SECOND, &phone, "SOS");
                    }
                    let sid = sid.clone();
                    self.call_later(&sid, pause, Step::React);
                }
            }
            ReplyTo::Nobody => {}
        }
    }
}
