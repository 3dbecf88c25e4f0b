//! What people do of their own accord: they text, ring us, end an alert, change their minds; some pretend to be others.

use lucius_core::{
    deadman::{Deadman, Edit, Proof},
    decide::{Event, Scope},
    incident::Incident,
};
use lucius_invariants::{Act as Meant, Knows};
use lucius_store::Keyring;

use crate::{
    carrier::SERVICE,
    checks::opened,
    functions::{Invocation, Post, ReplyTo},
    heard::{CRIES, HELP_KEYS, is_keyword},
    people::Act,
    world::{HOUR, Happening, Inner, MINUTE, instant},
};

impl Inner {
    /// Somebody does something of their own accord.
    pub(crate) fn act(&mut self, act: Act, ring: &Keyring) {
        self.tell(|| format!("{act:?}"));
        match act {
            Act::Text { from, body } => self.texts(&from, &body),
            Act::RingIn { user, keys } => {
                let Some(phone) = self.people.users.get(user).map(|user| user.phone.clone()) else {
                    return;
                };
                self.ring_in(&phone, keys);
            }
            Act::RingBack { phone, incident } => self.rings_back(&phone, incident),
            Act::Over { user, incident } => self.over(user, incident, ring),
            Act::Forge => self.forge(),
            Act::Spoof => self.spoof(),
            Act::Change { user } => self.changes(user, ring),
            Act::Enlist { user } => self.enlists(user, ring),
            Act::Intrude { user, more } => self.intrudes(user, more),
            Act::Stops { user } => self.stops(user),
            Act::Leave { user } => self.leaves(user, ring),
            Act::Emergency { user } => {
                let Some(pin) = self.people.users.get(user).map(|user| user.pin.clone()) else { return };
                if self.odds(200) {
                    // Who does not recall it, or has no time for it.
                    let key = self.one_of("9", &HELP_KEYS).to_owned();
                    self.act(Act::RingIn { user, keys: vec![key] }, ring);
                } else if let Some(pin) = pin {
                    let keys = self.keys_in(&pin, "9");
                    self.act(Act::RingIn { user, keys }, ring);
                } else {
                    let phone =
                        self.people.users.get(user).map(|user| user.phone.clone()).unwrap_or_default();
                    self.texts(&phone, "SOS");
                }
            }
        }
    }

    /// A contact rings the number that has called them: they ask for a call, or key in the code of our text.
    fn rings_back(&mut self, phone: &str, incident: u64) {
        let code = self.people.friends.get(phone).and_then(|friend| friend.code(incident));
        let keys = match (self.chance.u8(0..10), code) {
            (0..2, Some(code)) => vec![code],
            (2..4, Some(code)) => vec!["000000".to_owned(), code],
            (4, _) => vec![String::new(), "1".to_owned()],
            (5, _) => vec!["#".to_owned(), "1".to_owned()],
            (_, _) => vec!["1".to_owned()],
        };
        self.ring_in(phone, keys);
    }

    /// What a person at risk keys in on our line who wants this. Some listen to the help for so long that they are asked for the PIN again.
    fn keys_in(&mut self, pin: &str, key: &str) -> Vec<String> {
        let lingers = if self.odds(200) { self.chance.usize(12..24) } else { 0 };
        let help = std::iter::repeat_n("*", lingers);
        std::iter::once(pin).chain(help).chain([key, pin, "#"]).map(str::to_owned).collect()
    }

    fn texts(&mut self, from: &str, body: &str) {
        let acts = self.meant(from, body);
        self.posts_text(from, body, acts);
    }

    /// What a text means, for those who judge.
    fn meant(&self, from: &str, body: &str) -> Vec<Meant> {
        let mut acts = Vec::new();
        if is_keyword(body) {
            acts.push(Meant::TextsStopped);
        }
        if let Some(user) = self.people.user_at(from).and_then(|user| self.people.users.get(user)) {
            let wants_pin = self.checks.deadman(user.id).is_some_and(Deadman::wants_pin_in_reply);
            let with_pin = user.pin.as_ref().is_some_and(|pin| body.ends_with(pin.as_str()));
            let arrived_at = instant(self.now);
            match body {
                "N" => acts.push(Meant::CriedForHelp),
                _ if CRIES.contains(&body) => acts.push(Meant::CriedForHelp),
                "Y" | "OK" | "YES" if !wants_pin => {
                    acts.push(Meant::CheckedIn { arrived_at, proven: false, knows: Knows::All });
                }
                _ if with_pin => acts.push(Meant::CheckedIn { arrived_at, proven: true, knows: Knows::All }),
                _ => {}
            }
        }
        let bare = body.strip_prefix("OK, ").unwrap_or(body);
        acts.extend(self.coded(from, bare.strip_suffix('.').unwrap_or(bare)));
        let reopens = body.to_lowercase().starts_with("reopen");
        let mut numbers = body.split(|letter: char| !letter.is_ascii_digit());
        if let Some(code) = numbers.find(|number| number.len() == 6).filter(|_| reopens) {
            for (id, place) in self.checks.places_of(from) {
                let Ok(incident) = id.try_into() else { continue };
                acts.push(if self.checks.is_code(id, place, code) {
                    Meant::AskedToReopen { incident, place }
                } else {
                    Meant::WrongCode { incident, place }
                });
            }
        }
        acts
    }

    /// What six digits from this number mean, by text or keyed in.
    pub(crate) fn coded(&self, from: &str, digits: &str) -> Vec<Meant> {
        let mut acts = Vec::new();
        if digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_digit()) {
            for (id, place) in self.checks.places_of(from) {
                let Ok(incident) = id.try_into() else { continue };
                acts.push(if self.checks.is_code(id, place, digits) {
                    Meant::RightCode { incident, place }
                } else {
                    Meant::WrongCode { incident, place }
                });
            }
        }
        acts
    }

    fn posts_text(&mut self, from: &str, body: &str, acts: Vec<Meant>) {
        let sid = format!("SM{:032x}", self.number());
        if is_keyword(body) {
            self.people.last_word.insert(from.to_owned(), sid.clone());
        }
        let mut fields = vec![
            ("MessageSid", sid),
            ("From", from.to_owned()),
            ("To", SERVICE.to_owned()),
            ("Body", body.to_owned()),
        ];
        if body == "YES" && self.odds(800) {
            // Where the carrier keeps the list of who has stopped texts, this is a word of its own as well.
            fields.push(("OptOutType", "START".to_owned()));
        }
        let reply_to = ReplyTo::Nobody;
        self.posts(Post {
            path: "/inbound/sms".to_owned(),
            fields,
            reply_to,
            tries: 0,
            forged: false,
            acts,
            again: None,
            arrived: None,
        });
    }

    /// The user ends the incident: with the PIN by text or phone, or at the web page.
    fn over(&mut self, user: usize, incident: u64, ring: &Keyring) {
        let Some((id, phone, pin)) =
            self.people.users.get(user).map(|user| (user.id, user.phone.clone(), user.pin.clone()))
        else {
            return;
        };
        if !self.checks.is_open(incident) {
            return;
        }
        // Until it has worked: people in trouble try again.
        let again = self.between(5 * MINUTE, 30 * MINUTE);
        self.soon(again, Happening::Person(Act::Over { user, incident }));
        if self.odds(80) {
            // It gets worse.
            let cry = self.one_of("SOS", &CRIES);
            self.texts(&phone, cry);
            return;
        }
        if self.odds(80) {
            // For those who come.
            let words = self.one_of("I am in the cellar", &["1425 Oak Street", "he is gone", "hurry"]);
            self.texts(&phone, words);
            return;
        }
        match (pin, self.chance.u8(0..3)) {
            (Some(pin), 0) => self.texts(&phone, &format!("OK {pin}")),
            (Some(pin), 1) => {
                let key = self.one_of("1", &["9"]);
                let keys = self.keys_in(&pin, key);
                self.act(Act::RingIn { user, keys }, ring);
            }
            (pin, _) => {
                let proof = pin.map_or(Proof::None, |pin| Proof::Pin(ring.pin_digest(id, &pin)));
                let Ok(incident) = incident.try_into() else { return };
                let edit = Event::Edit(Edit::Resolve { incident, proof });
                let edit = Box::new((Scope::User(id), edit));
                self.soon(0, Happening::Invoke(Invocation::Edit(edit)));
            }
        }
    }

    /// Requests that nobody signed: keys that accept, texts that check in, calls that are over.
    fn forge(&mut self) {
        let Some((incident, contact)) = self.checks.any_open(&mut self.chance) else { return };
        let path = match self.chance.u8(0..3) {
            0 => format!("/call/incident/{incident}/0/1/2"),
            1 => format!("/receipt/call/incident/{incident}/c0-call-page/1"),
            _ => "/inbound/sms".to_owned(),
        };
        let fields = vec![
            ("CallSid", "CA1".to_owned()),
            ("MessageSid", "SM1".to_owned()),
            ("CallStatus", "completed".to_owned()),
            ("Digits", "1".to_owned()),
            ("From", contact),
            ("To", SERVICE.to_owned()),
            ("Body", "OK".to_owned()),
        ];
        self.posts(Post {
            path,
            fields,
            reply_to: ReplyTo::Nobody,
            tries: 0,
            forged: true,
            acts: Vec::new(),
            again: None,
            arrived: None,
        });
    }

    /// Texts with a sender that is made up: no PIN, no code.
    fn spoof(&mut self) {
        let user = self.chance.usize(0..self.people.users.len().max(1));
        let phone = self.people.users.get(user).map(|user| user.phone.clone()).unwrap_or_default();
        let guess = format!("{:06}", self.chance.u32(0..1_000_000));
        let friends: Vec<String> = self.people.friends.keys().cloned().collect();
        let friend = friends.get(self.chance.usize(0..friends.len().max(1))).cloned().unwrap_or_default();
        match self.chance.u8(0..4) {
            // A bare yes is as good as theirs while a question is open, and no better.
            0 => self.texts(&phone, "Y"),
            1 => self.texts(&friend, &guess),
            2 => self.texts(&friend, "OK"),
            _ => self.texts(&phone, "OK 0000"),
        }
    }

    /// The user stops our texts: from now on they are asked by call.
    fn stops(&mut self, user: usize) {
        let Some(from) = self.people.users.get(user).map(|user| user.phone.clone()) else { return };
        self.texts(&from, "STOP");
        if self.odds(800) {
            let later = self.between(5 * MINUTE, 6 * HOUR);
            self.soon(later, Happening::Person(Act::Text { from, body: "START".to_owned() }));
        }
    }

    /// A contact says that it is not over. The codes of it count for as long as it is open, be that for more than a day.
    pub(crate) fn reopened(&mut self, incident: &Incident) {
        let id = incident.id.get();
        for contact in &incident.contacts {
            let from = contact.phone.as_str();
            let code = self.people.friends.get(from).and_then(|friend| friend.code(id));
            if let Some(body) = code.filter(|_| self.people.take_long && self.odds(500)) {
                let after = self.between(24 * HOUR, 30 * HOUR);
                self.soon(after, Happening::Person(Act::Text { from: from.to_owned(), body }));
            }
        }
        let user = incident.subject.user;
        if self.people.take_long
            && let Some(user) = self.people.users.iter().position(|known| known.id == user)
        {
            let after = self.between(25 * HOUR, 40 * HOUR);
            self.soon(after, Happening::Person(Act::Over { user, incident: id }));
        } else {
            opened(self, incident);
        }
    }

    /// The user deletes their account. While somebody is called for them that is refused, and they try again.
    fn leaves(&mut self, user: usize, ring: &Keyring) {
        let Some((id, pin)) = self.people.users.get(user).map(|user| (user.id, user.pin.clone())) else {
            return;
        };
        if self.checks.deadman(id).is_none() {
            return;
        }
        let again = self.between(5 * MINUTE, 2 * HOUR);
        self.soon(again, Happening::Person(Act::Leave { user }));
        let proof = pin.map_or(Proof::None, |pin| Proof::Pin(ring.pin_digest(id, &pin)));
        let edit = Box::new((Scope::User(id), Event::Remove { proof }));
        self.soon(0, Happening::Invoke(Invocation::Edit(edit)));
    }
}
