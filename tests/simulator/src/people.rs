//! People: those at risk, who answer or do not, and their contacts, who pick up or do not.

use std::collections::BTreeMap;

use jiff::Timestamp;
use lucius_core::{
    deadman::{Contact, Deadman, Edit, ProbeSettings, Profile, Proof, State},
    decide::{Event, Scope},
    id::{ContactId, UserId},
    phone::PhoneNumber,
    schedule::{CronExpression, Schedule, TimeZone},
};
use lucius_store::Keyring;

use lucius_invariants::Act as Meant;

use crate::{
    carrier::{Delivery, SERVICE, Step, action_of, place_in, redirect_of},
    faults::Climate,
    functions::{Invocation, Post, ReplyTo},
    world::{HOUR, Happening, Inner, MINUTE, Millis, SECOND, instant},
};

/// How a phone is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pickup {
    /// It is engaged.
    Busy,
    /// It cannot be reached.
    Fails,
    /// Nobody answers.
    Never,
    /// A machine does, after so long.
    Voicemail(Millis),
    /// A person does, after so long.
    Human(Millis),
}

/// What somebody does of their own accord.
#[derive(Debug)]
pub(crate) enum Act {
    /// They text us.
    Text { from: String, body: String },
    /// The user rings us and keys this in.
    RingIn { user: usize, keys: Vec<String> },
    /// The user says that it is over, in whichever way they can.
    Over { user: usize, incident: u64 },
    /// Somebody pretends to be the carrier.
    Forge,
    /// Somebody texts from a number that is not theirs.
    Spoof,
    /// The user changes something.
    Change { user: usize },
    /// The user calls for help, unasked.
    Emergency { user: usize },
}

/// One person at risk, and what they are like.
#[derive(Debug)]
pub(crate) struct User {
    pub(crate) id: UserId,
    pub(crate) phone: String,
    pub(crate) pin: Option<String>,
    /// The last probe they have made up their mind about.
    decided: Option<u64>,
    /// How often in a thousand they do not answer a probe at all.
    misses: u32,
}

/// A contact, and what they are like.
#[derive(Debug)]
struct Friend {
    answers: u32,
    accepts: u32,
    texts_back: u32,
    /// The codes they were sent, by incident.
    codes: BTreeMap<u64, String>,
}

/// Everybody.
#[derive(Debug, Default)]
pub(crate) struct People {
    pub(crate) users: Vec<User>,
    friends: BTreeMap<String, Friend>,
}

impl People {
    /// Whose phone it is.
    fn user_at(&self, phone: &str) -> Option<usize> {
        self.users.iter().position(|user| user.phone == phone)
    }
}

fn number(area: u64, id: u64) -> String {
    format!("+1{area}5550{id:03}")
}

impl Inner {
    /// Somebody moves in: a user with three to five contacts.
    pub(crate) fn moves_in(&mut self, ring: &Keyring, index: usize) -> anyhow::Result<Deadman> {
        let now = instant(self.now);
        let herd = self.faults.climate == Climate::Herd;
        // An id has room for 4,096 of one millisecond.
        let born = instant(self.now - i64::try_from(index / 4_096)?);
        let id = UserId::new(born, u16::try_from(index % 4_096)?);
        let nobody_answers = herd || self.odds(150);
        let contacts: Result<Vec<Contact>, _> = (0..self.chance.u64(3..6))
            .map(|place| self.befriend(index, place, nobody_answers, now))
            .collect();
        let has_pin = self.odds(700);
        let pin = has_pin.then(|| format!("{:04}", 2000 + index));
        let phone = number(212, u64::try_from(index)?);
        let minutes = self.one_of(60, &[60, 90, 120]);
        let schedule = if herd || self.odds(500) {
            Schedule::Interval { minutes: minutes.try_into()? }
        } else {
            Schedule::Cron(CronExpression::parse("0 */2 * * *")?)
        };
        let zone = self.one_of("Europe/Berlin", &["America/New_York", "Australia/Lord_Howe", "UTC"]);
        let by_call = self.odds(300);
        let profile = Profile {
            first_name: "Ann".to_owned(),
            last_name: format!("Lee{index}"),
            email: format!("ann{index}@example.com"),
            phone: phone.parse()?,
            password: "no hash".to_owned(),
            is_admin: false,
            language: None,
            time_zone: TimeZone::parse(zone)?,
            pin: pin.as_deref().map(|pin| ring.pin_digest(id, pin)),
            message: None,
        };
        let settings = ProbeSettings {
            active: true,
            schedule,
            max_retries: if herd { 0 } else { self.chance.u8(0..3) },
            wait_minutes: if herd { 10 } else { u32::from(self.chance.u8(5..15)) },
            by_sms: !by_call || self.odds(300),
            by_call,
            pin_in_reply: has_pin && self.odds(300),
            updated_at: now,
        };
        let mut deadman = Deadman::new(id, profile, settings, now);
        deadman.contacts = contacts?;
        deadman.armed_once = true;
        deadman.last_check_in = Some(now);
        let first =
            self.now + if herd { self.between(9 * MINUTE, 10 * MINUTE) } else { self.between(MINUTE, HOUR) };
        deadman.state = State::Waiting { next_probe_at: instant(first) };
        let misses = if herd { 1_000 } else { self.chance.u32(200..900) };
        self.people.users.push(User { id, phone, pin, decided: None, misses });
        Ok(deadman)
    }

    fn befriend(&mut self, user: usize, place: u64, never: bool, now: Timestamp) -> anyhow::Result<Contact> {
        let id = u64::try_from(user)? * 10 + place;
        let phone = number(312, id);
        let friend = Friend {
            answers: if never { 0 } else { self.chance.u32(50..900) },
            accepts: self.chance.u32(100..900),
            texts_back: if never { 0 } else { self.chance.u32(0..200) },
            codes: BTreeMap::new(),
        };
        self.people.friends.insert(phone.clone(), friend);
        // In a herd the time to the first call is measured: everybody is to be called.
        let by_call = self.faults.climate == Climate::Herd || self.odds(850);
        Ok(Contact {
            id: ContactId::try_from(1000 + id)?,
            created_at: now,
            updated_at: now,
            first_name: format!("Contact{id}"),
            last_name: "Doe".to_owned(),
            phone: phone.parse::<PhoneNumber>()?,
            email: None,
            is_emergency_contact: true,
            priority: u8::try_from(1 + place / self.chance.u64(1..3))?,
            by_call,
            by_sms: !by_call || self.odds(700),
            language: None,
            consented: true,
            text_stopped: false,
        })
    }

    /// How the phone will be answered.
    pub(crate) fn pickup(&mut self, phone: &str, path: &str) -> Pickup {
        let asked = self.people.user_at(phone).filter(|_| path.contains("-ask"));
        let answers = match asked {
            Some(user) if self.will_answer(user) => 900,
            Some(_) => 0,
            None => self.people.friends.get(phone).map_or(0, |friend| friend.answers),
        };
        if self.odds(answers) {
            return Pickup::Human(self.between(2 * SECOND, 22 * SECOND));
        }
        match self.chance.u8(0..10) {
            0..4 => Pickup::Voicemail(self.between(8 * SECOND, 24 * SECOND)),
            4..6 => Pickup::Busy,
            6 => Pickup::Fails,
            _ => Pickup::Never,
        }
    }

    /// Whether the user answers the probe that is open, made up once for each.
    fn will_answer(&mut self, user: usize) -> bool {
        let Some((id, decided, misses)) =
            self.people.users.get(user).map(|user| (user.id, user.decided, user.misses))
        else {
            return false;
        };
        let probe = self.checks.probe_of(id);
        if probe.is_some() && decided != probe {
            let answers = !self.odds(misses);
            if let Some(user) = self.people.users.get_mut(user) {
                user.decided = probe;
                user.misses = if answers { user.misses } else { user.misses | 0x1_0000 };
            }
            return answers;
        }
        self.people.users.get(user).is_some_and(|user| user.misses & 0x1_0000 == 0)
    }

    /// A text arrives.
    pub(crate) fn reads(&mut self, text: &Delivery) {
        self.tell(|| format!("text arrives: {}", text.path));
        if self.odds(self.faults.odds.refused / 8) {
            self.strikes_quietly("text undelivered");
            let code = self.one_of("30003", &["30005", "30006", "21610"]);
            let fields = vec![
                ("MessageSid", format!("SM{:032x}", self.number())),
                ("MessageStatus", "undelivered".to_owned()),
                ("ErrorCode", code.to_owned()),
            ];
            let path = text.path.clone();
            self.posts(Post {
                path,
                fields,
                reply_to: ReplyTo::Nobody,
                tries: 0,
                forged: false,
                acts: Vec::new(),
            });
            return;
        }
        if let Some(user) = self.people.user_at(&text.to) {
            if text.path.contains("-ask") {
                self.asked(user);
            }
            return;
        }
        self.alerted(text);
    }

    /// The user reads "Are you okay?".
    fn asked(&mut self, user: usize) {
        let Some((phone, pin)) =
            self.people.users.get(user).map(|user| (user.phone.clone(), user.pin.clone()))
        else {
            return;
        };
        if !self.will_answer(user) {
            if self.odds(100) {
                let (from, after) = (phone, self.between(MINUTE, HOUR));
                self.soon(after, Happening::Person(Act::Text { from, body: "I'm driving".to_owned() }));
            }
            return;
        }
        let after = if self.odds(100) {
            self.between(MINUTE, 2 * HOUR)
        } else {
            self.between(5 * SECOND, 4 * MINUTE)
        };
        let body = match (self.chance.u8(0..20), pin) {
            (0, _) => "N".to_owned(),
            (1, _) => "SOS".to_owned(),
            (2, _) => "what?".to_owned(),
            (3, Some(_)) => "Y 9999".to_owned(),
            (_, Some(pin)) => format!("Y {pin}"),
            (_, None) => "Y".to_owned(),
        };
        self.soon(after, Happening::Person(Act::Text { from: phone, body }));
    }

    /// A contact reads a text of ours.
    fn alerted(&mut self, text: &Delivery) {
        let Some(incident) = incident_of(&text.path) else { return };
        let code = code_in(&text.body);
        let Some(friend) = self.people.friends.get_mut(&text.to) else { return };
        if let Some(code) = code {
            friend.codes.insert(incident, code);
        }
        let Some(code) = friend.codes.get(&incident).cloned() else { return };
        let texts_back = friend.texts_back;
        let from = text.to.clone();
        let after = self.between(10 * SECOND, 20 * MINUTE);
        if self.odds(texts_back) {
            self.soon(after, Happening::Person(Act::Text { from, body: code }));
        } else if self.odds(60) {
            let body = match self.chance.u8(0..5) {
                0 => format!("I'm driving. You wrote: {}", text.body),
                1 => "ok".to_owned(),
                2 => "123456".to_owned(),
                3 => "STOP".to_owned(),
                _ => "who is this?".to_owned(),
            };
            self.soon(after, Happening::Person(Act::Text { from, body }));
        }
    }

    /// Whoever listens to a call does something.
    pub(crate) fn react(&mut self, sid: &str) {
        let Some(call) = self.network.calls.get_mut(sid) else { return };
        call.turns += 1;
        let (phone, path, turns) = (call.phone.clone(), call.path.clone(), call.turns);
        let Some(action) = action_of(&call.twiml) else {
            let redirect = redirect_of(&call.twiml);
            match redirect {
                Some(redirect) if turns < 8 => self.ask_for_twiml(sid, redirect, None, Vec::new()),
                Some(_) | None => self.call_later(sid, SECOND, Step::Over("completed")),
            }
            return;
        };
        if turns > 6 {
            self.call_later(sid, SECOND, Step::Over("completed"));
            return;
        }
        let keys =
            if call.inbound { call.keys.pop_front() } else { self.keys_in_call(&phone, &path, &action) };
        match keys {
            Some(keys) => {
                self.tell(|| format!("somebody presses {keys} at {action}"));
                let inbound = self.network.calls.get(sid).is_some_and(|call| call.inbound);
                let acts = self.pressed(&phone, &path, &action, &keys, inbound);
                self.ask_for_twiml(sid, action, Some(&keys), acts);
            }
            None => self.call_later(sid, SECOND, Step::Over("completed")),
        }
    }

    /// What somebody keys into a call that we placed; none: they hang up.
    fn keys_in_call(&mut self, phone: &str, path: &str, action: &str) -> Option<String> {
        if let Some(user) = self.people.user_at(phone) {
            let pin = self.people.users.get(user)?.pin.clone();
            return Some(match (self.chance.u8(0..20), pin) {
                (0, _) => "9".to_owned(),
                (1, _) => "7777".to_owned(),
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
                0..4 => Some("1".to_owned()),
                4..8 => Some("9".to_owned()),
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
    fn pressed(&mut self, phone: &str, path: &str, action: &str, keys: &str, inbound: bool) -> Vec<Meant> {
        let arrived_at = instant(self.now);
        if let Some(user) = self.people.user_at(phone) {
            let pin = self.people.users.get(user).and_then(|user| user.pin.clone());
            if inbound {
                // Whoever gets as far as the menu has given the PIN.
                return vec![Meant::CheckedIn { arrived_at, proven: true }, Meant::CriedForHelp];
            }
            return match keys {
                "9" => vec![Meant::CriedForHelp],
                _ if pin.as_deref() == Some(keys) => vec![Meant::CheckedIn { arrived_at, proven: true }],
                "1" if pin.is_none() => vec![Meant::CheckedIn { arrived_at, proven: false }],
                _ => Vec::new(),
            };
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
                let pause = self.between(SECOND, 15 * SECOND);
                if let Some(call) = self.network.calls.get_mut(sid).filter(|call| !call.over) {
                    if response.body.is_empty() {
                        self.violated(
                            "dead line",
                            format!("{} was answered {} and nothing", post.path, response.status),
                        );
                        return;
                    }
                    call.twiml.clone_from(&response.body);
                    let sid = sid.clone();
                    self.call_later(&sid, pause, Step::React);
                }
            }
            ReplyTo::Nobody => {}
        }
    }

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
            Act::Over { user, incident } => self.over(user, incident, ring),
            Act::Forge => self.forge(),
            Act::Spoof => self.spoof(),
            Act::Change { user } => self.changes(user, ring),
            Act::Emergency { user } => {
                let Some(pin) = self.people.users.get(user).map(|user| user.pin.clone()) else { return };
                if let Some(pin) = pin {
                    self.act(Act::RingIn { user, keys: vec![pin, "9".to_owned()] }, ring);
                } else {
                    let phone =
                        self.people.users.get(user).map(|user| user.phone.clone()).unwrap_or_default();
                    self.texts(&phone, "SOS");
                }
            }
        }
    }

    fn texts(&mut self, from: &str, body: &str) {
        let acts = self.meant(from, body);
        self.posts_text(from, body, acts);
    }

    /// What a text means, for those who judge.
    fn meant(&self, from: &str, body: &str) -> Vec<Meant> {
        let mut acts = Vec::new();
        if body == "STOP" {
            acts.push(Meant::TextsStopped);
        }
        if let Some(user) = self.people.user_at(from).and_then(|user| self.people.users.get(user)) {
            let wants_pin = self.checks.deadman(user.id).is_some_and(Deadman::wants_pin_in_reply);
            let with_pin = user.pin.as_ref().is_some_and(|pin| body.ends_with(pin.as_str()));
            let arrived_at = instant(self.now);
            match body {
                "N" | "SOS" => acts.push(Meant::CriedForHelp),
                "Y" | "OK" if !wants_pin => acts.push(Meant::CheckedIn { arrived_at, proven: false }),
                _ if with_pin => acts.push(Meant::CheckedIn { arrived_at, proven: true }),
                _ => {}
            }
        }
        if body.len() == 6 && body.bytes().all(|digit| digit.is_ascii_digit()) {
            for (id, place) in self.checks.places_of(from) {
                let Ok(incident) = id.try_into() else { continue };
                acts.push(if self.checks.is_code(id, place, body) {
                    Meant::RightCode { incident, place }
                } else {
                    Meant::WrongCode { incident, place }
                });
            }
        }
        acts
    }

    fn posts_text(&mut self, from: &str, body: &str, acts: Vec<Meant>) {
        let fields = vec![
            ("MessageSid", format!("SM{:032x}", self.number())),
            ("From", from.to_owned()),
            ("To", SERVICE.to_owned()),
            ("Body", body.to_owned()),
        ];
        let reply_to = ReplyTo::Nobody;
        self.posts(Post { path: "/inbound/sms".to_owned(), fields, reply_to, tries: 0, forged: false, acts });
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
        match (pin, self.chance.u8(0..3)) {
            (Some(pin), 0) => self.texts(&phone, &format!("OK {pin}")),
            (Some(pin), 1) => {
                let keys = vec![pin, "1".to_owned(), "#".to_owned()];
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

    /// The user changes how they are asked, or a contact.
    fn changes(&mut self, user: usize, ring: &Keyring) {
        let Some(id) = self.people.users.get(user).map(|user| user.id) else { return };
        let pin = self.people.users.get(user).and_then(|user| user.pin.clone());
        let proof = match pin {
            Some(pin) if self.odds(800) => Proof::Pin(ring.pin_digest(id, &pin)),
            Some(_) | None => Proof::None,
        };
        let Some(edit) = self.checks.some_edit(id, proof, &mut self.chance) else { return };
        self.soon(0, Happening::Invoke(Invocation::Edit(Box::new((Scope::User(id), Event::Edit(edit))))));
    }
}

/// The incident that a path is about.
pub(crate) fn incident_of(path: &str) -> Option<u64> {
    let mut words = path.split('/').skip_while(|word| *word != "incident");
    words.nth(1)?.parse().ok()
}

/// The code in a text of ours: six digits behind "reply".
fn code_in(body: &str) -> Option<String> {
    let (_, rest) = body.split_once("eply ")?;
    let code: String = rest.chars().take(6).filter(char::is_ascii_digit).collect();
    (code.len() == 6).then_some(code)
}
