//! People: those at risk, who answer or do not, and their contacts, who pick up or do not.

use std::collections::BTreeMap;

use jiff::Timestamp;
use lucius_core::{
    deadman::{Contact, Deadman, ProbeSettings, Profile, State},
    id::{ContactId, UserId},
    phone::PhoneNumber,
    schedule::{CronExpression, Schedule, TimeZone},
};
use lucius_store::Keyring;

use crate::{
    carrier::Delivery,
    faults::Climate,
    functions::{Post, ReplyTo},
    heard::CRIES,
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
    /// A contact rings the number that has called them for this incident.
    RingBack { phone: String, incident: u64 },
    /// The user says that it is over, in whichever way they can.
    Over { user: usize, incident: u64 },
    /// Somebody pretends to be the carrier.
    Forge,
    /// Somebody texts from a number that is not theirs.
    Spoof,
    /// The user stops our texts, and mostly takes them again some hours later.
    Stops { user: usize },
    /// The user changes something.
    Change { user: usize },
    /// Somebody with the user's password and without their PIN changes contacts, and then so many times `more`.
    Intrude { user: usize, more: u8 },
    /// The user enters somebody who is to be called, as there is nobody.
    Enlist { user: usize },
    /// The user deletes their account.
    Leave { user: usize },
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
pub(crate) struct Friend {
    answers: u32,
    pub(crate) accepts: u32,
    texts_back: u32,
    /// The codes they were sent, by incident.
    codes: BTreeMap<u64, String>,
}

impl Friend {
    /// The code they were sent for this incident.
    pub(crate) fn code(&self, incident: u64) -> Option<String> {
        self.codes.get(&incident).cloned()
    }
}

/// Everybody.
#[derive(Debug, Default)]
pub(crate) struct People {
    pub(crate) users: Vec<User>,
    pub(crate) friends: BTreeMap<String, Friend>,
    /// The text with which each number has stopped our texts, or taken them again, last.
    pub(crate) last_word: BTreeMap<String, String>,
    /// How many of them came to somebody's contacts later.
    newcomers: u64,
    /// Some of them leave an alert open for more than a day.
    pub(crate) take_long: bool,
}

impl People {
    /// Whose phone it is.
    pub(crate) fn user_at(&self, phone: &str) -> Option<usize> {
        self.users.iter().position(|user| user.phone == phone)
    }
}

fn number(area: u64, id: u64) -> String {
    format!("+1{area}5550{id:03}")
}

impl Inner {
    /// Nobody is marked, or nobody is there.
    fn leaves_alone(&mut self, deadman: &mut Deadman) {
        let stay = self.odds(700);
        deadman.contacts.retain(|_| stay);
        for contact in &mut deadman.contacts {
            contact.is_emergency_contact = false;
        }
        deadman.settings.active = false;
    }

    /// Somebody moves in: a user with three to five contacts.
    pub(crate) fn moves_in(&mut self, ring: &Keyring, index: usize) -> anyhow::Result<Deadman> {
        let now = instant(self.now);
        let herd = self.faults.climate == Climate::Herd;
        let crowd = matches!(self.faults.climate, Climate::Crowd | Climate::Batches);
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
        let schedule = if herd || (self.odds(500) && !crowd) {
            Schedule::Interval { minutes: minutes.try_into()? }
        } else {
            let hourly = !crowd && self.odds(400);
            Schedule::Cron(CronExpression::parse(if hourly { "0 * * * *" } else { "0 */2 * * *" })?)
        };
        let zone = if crowd {
            "UTC"
        } else {
            self.one_of("Europe/Berlin", &["America/New_York", "Australia/Lord_Howe", "UTC"])
        };
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
            wait_minutes: if herd || crowd { 10 } else { self.wait_minutes() },
            by_sms: !by_call || self.odds(300),
            by_call,
            pin_in_reply: has_pin && self.odds(300),
            updated_at: now,
        };
        let mut deadman = Deadman::new(id, profile, settings, now);
        deadman.contacts = contacts?;
        // Some are alone, or have marked nobody: a switch with nobody to call cannot be armed, but they can cry for help.
        let alone = !herd && self.odds(80);
        if alone {
            self.leaves_alone(&mut deadman);
        }
        deadman.armed_once = true;
        deadman.last_check_in = Some(now);
        let first = self.now
            + if herd {
                self.between(9 * MINUTE, 10 * MINUTE)
            } else if crowd {
                HOUR
            } else {
                self.between(MINUTE, HOUR)
            };
        if !alone {
            deadman.state = State::Waiting { next_probe_at: instant(first) };
        }
        let misses = if herd { 1_000 } else { self.chance.u32(200..900) };
        self.people.users.push(User { id, phone, pin, decided: None, misses });
        Ok(deadman)
    }

    /// How long a question waits. Beyond a quarter of an hour the queue does not reach: the sweep finds it then.
    pub(crate) fn wait_minutes(&mut self) -> u32 {
        if self.odds(250) { self.chance.u32(16..20) } else { self.chance.u32(5..15) }
    }

    fn befriend(&mut self, user: usize, place: u64, never: bool, now: Timestamp) -> anyhow::Result<Contact> {
        let id = u64::try_from(user)? * 10 + place;
        let phone = number(312, id);
        // Now and then one person is a contact of two.
        let shared = user > 0 && !never && self.odds(60);
        let phone = if shared { number(312, id - 10) } else { phone };
        let friend = self.friend(never);
        self.people.friends.entry(phone.clone()).or_insert(friend);
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

    fn friend(&mut self, never: bool) -> Friend {
        Friend {
            answers: if never { 0 } else { self.chance.u32(50..900) },
            accepts: self.chance.u32(100..900),
            texts_back: if never { 0 } else { self.chance.u32(0..200) },
            codes: BTreeMap::new(),
        }
    }

    /// The number of somebody whom a user enters later: mostly somebody new, now and then a contact of somebody.
    pub(crate) fn meets(&mut self) -> String {
        if self.odds(200) {
            let known = self.chance.usize(0..self.people.friends.len().max(1));
            if let Some(phone) = self.people.friends.keys().nth(known).cloned() {
                return phone;
            }
        }
        self.people.newcomers += 1;
        let phone = number(313, self.people.newcomers);
        let friend = self.friend(false);
        self.people.friends.insert(phone.clone(), friend);
        phone
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
        if asked.is_none() {
            self.missed_call(phone, path);
        }
        match self.chance.u8(0..10) {
            0..4 => Pickup::Voicemail(self.between(8 * SECOND, 24 * SECOND)),
            4..6 => Pickup::Busy,
            6 => Pickup::Fails,
            _ => Pickup::Never,
        }
    }

    /// A contact who has not picked up sees later who has called.
    fn missed_call(&mut self, phone: &str, path: &str) {
        let answers = self.people.friends.get(phone).map_or(0, |friend| friend.answers);
        if let Some(incident) = incident_of(path).filter(|_| answers > 0)
            && self.odds(60)
        {
            let soon = self.odds(300);
            let after = self.between(5 * SECOND, if soon { 2 * MINUTE } else { 20 * MINUTE });
            let phone = phone.to_owned();
            self.soon(after, Happening::Person(Act::RingBack { phone, incident }));
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
                ("MessageStatus", self.one_of("undelivered", &["failed"]).to_owned()),
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
                again: None,
                arrived: None,
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
        let deadline = self.people.users.get(user).and_then(|user| self.checks.deadman(user.id));
        let deadline =
            deadline.and_then(|deadman| deadman.probe()).map(|probe| probe.deadline.as_millisecond());
        let last_moment = deadline.map(|deadline| deadline - self.now - self.between(0, 2 * SECOND));
        let after = if let Some(after) = last_moment.filter(|after| *after > 0 && self.odds(50)) {
            // At the last moment: a slow function may decide it when contacts are called already.
            after
        } else if self.odds(100) {
            self.between(MINUTE, 2 * HOUR)
        } else {
            self.between(5 * SECOND, 4 * MINUTE)
        };
        let body = match (self.chance.u8(0..20), pin) {
            (0, _) => "N".to_owned(),
            (1, _) => self.one_of("SOS", &CRIES).to_owned(),
            (2, _) => "what?".to_owned(),
            (3, Some(_)) => "Y 9999".to_owned(),
            (4..8, None) => "YES".to_owned(),
            (_, Some(pin)) => format!("Y {pin}"),
            (_, None) => "Y".to_owned(),
        };
        self.soon(after, Happening::Person(Act::Text { from: phone, body }));
    }

    /// "It is not over", as people write it.
    pub(crate) fn reopens(&mut self, code: &str) -> String {
        match self.chance.u8(0..4) {
            0 => format!("REOPEN {code}."),
            1 => format!("Reopen: {code} she is not home"),
            _ => format!("REOPEN {code}"),
        }
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
        if text.body.contains("REOPEN") {
            if self.odds(if self.people.take_long { 200 } else { 30 }) {
                let body = self.reopens(&code);
                self.soon(after, Happening::Person(Act::Text { from, body }));
            }
            return;
        }
        if self.odds(texts_back) {
            let body = match self.chance.u8(0..8) {
                0 => format!("{code}."),
                1 => format!("OK, {code}"),
                _ => code,
            };
            self.soon(after, Happening::Person(Act::Text { from, body }));
        } else if self.odds(60) {
            let body = match self.chance.u8(0..5) {
                0 => format!("I'm driving. You wrote: {}", text.body),
                1 => "ok".to_owned(),
                2 => "123456".to_owned(),
                3 => {
                    if self.odds(600) {
                        let (from, later) = (from.clone(), after + self.between(MINUTE, HOUR));
                        let body = "START".to_owned();
                        self.soon(later, Happening::Person(Act::Text { from, body }));
                    }
                    "STOP".to_owned()
                }
                _ => "who is this?".to_owned(),
            };
            self.soon(after, Happening::Person(Act::Text { from, body }));
        }
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
