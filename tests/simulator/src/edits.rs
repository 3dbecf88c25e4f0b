//! Changes by the API: contacts come and go and get other numbers, questions are asked otherwise, later or not at all; with the right
//! PIN, with a wrong one, with none. They come at any time, and often when something is due, asked or open.

use lucius_core::{
    deadman::{
        Contact, ContactChange, Deadman, Edit, NewContact, Pause, ProbeChange, ProfileChange, Proof, State,
    },
    decide::{Case, Event, Rejected, Scope},
    phone::PhoneNumber,
    schedule::{CronExpression, IntervalMinutes, Schedule, TimeZone},
};
use lucius_invariants::Act as Meant;
use lucius_shell::RunError;
use lucius_store::Keyring;

use crate::{
    faults::Climate,
    functions::Invocation,
    people::Act,
    world::{HOUR, Happening, Inner, MINUTE, Millis, SECOND, instant},
};

/// Nobody's PIN.
const WRONG_PIN: &str = "0000";

/// The most contacts that somebody enters.
const CONTACTS_MAX: usize = 10;

impl Inner {
    /// The user changes how they are asked, or a contact.
    pub(crate) fn changes(&mut self, user: usize, ring: &Keyring) {
        let Some(deadman) = self.deadman_of(user) else { return };
        let proof = self.some_proof(user, ring);
        let Some(edit) = self.some_edit(user, &deadman, proof) else { return };
        if !deadman.settings.active {
            // Who has switched it off switches it on again, sooner or later.
            let later = self.between(10 * MINUTE, 2 * HOUR);
            self.soon(later, Happening::Person(Act::Change { user }));
        }
        self.edits(&deadman, edit);
    }

    /// A user whom nobody is called for enters somebody, until it has worked.
    pub(crate) fn enlists(&mut self, user: usize, ring: &Keyring) {
        let Some(deadman) = self.deadman_of(user).filter(|deadman| deadman.contacts.is_empty()) else {
            return;
        };
        let again = self.between(2 * MINUTE, 5 * MINUTE);
        self.soon(again, Happening::Person(Act::Enlist { user }));
        let pin = self.people.users.get(user).and_then(|user| user.pin.clone());
        let proof = pin.map_or(Proof::None, |pin| Proof::Pin(ring.pin_digest(deadman.id, &pin)));
        let Some(contact) = self.newcomer(user, true) else { return };
        self.edits(&deadman, Edit::AddContact { contact, proof });
    }

    pub(crate) fn edits(&mut self, deadman: &Deadman, edit: Edit) {
        let edit = Box::new((Scope::User(deadman.id), Event::Edit(edit)));
        self.soon(0, Happening::Invoke(Invocation::Edit(edit)));
    }

    pub(crate) fn deadman_of(&self, user: usize) -> Option<Deadman> {
        let id = self.people.users.get(user)?.id;
        self.checks.deadman(id).cloned()
    }

    fn some_proof(&mut self, user: usize, ring: &Keyring) -> Proof {
        let known = self.people.users.get(user).map(|user| (user.id, user.pin.clone()));
        let Some((id, pin)) = known else { return Proof::None };
        let pin = match (self.chance.u8(0..20), pin) {
            (0..3, _) => WRONG_PIN.to_owned(),
            (3..12, Some(pin)) => pin,
            (_, _) => return Proof::None,
        };
        Proof::Pin(ring.pin_digest(id, &pin))
    }

    fn some_edit(&mut self, user: usize, deadman: &Deadman, proof: Proof) -> Option<Edit> {
        if !deadman.settings.active && self.odds(500) {
            let change = ProbeChange { active: Some(true), ..ProbeChange::default() };
            return Some(Edit::Probes { change, pause: Pause::Keep, proof });
        }
        // Who has nobody enters somebody, and forgets to say that they are to be called.
        if deadman.contacts.is_empty() {
            let emergency = self.odds(300);
            let contact = self.newcomer(user, emergency)?;
            return Some(Edit::AddContact { contact, proof });
        }
        match self.chance.u8(0..10) {
            0 | 1 => {
                let marked = deadman.contacts.iter().any(|contact| contact.is_emergency_contact);
                let emergency = self.odds(if marked { 800 } else { 300 });
                let contact = self.newcomer(user, emergency)?;
                Some(Edit::AddContact { contact, proof })
            }
            2..6 => self.edit_of_contact(deadman, proof),
            6 => {
                let change = Box::new(self.other_profile());
                Some(Edit::Profile { change, proof })
            }
            _ => {
                let (change, pause) = self.other_settings(deadman);
                Some(Edit::Probes { change, pause, proof })
            }
        }
    }

    /// Somebody whom the user has not entered before, with a phone of their own, or one whom another user has entered.
    fn newcomer(&mut self, user: usize, emergency: bool) -> Option<NewContact> {
        let deadman = self.deadman_of(user)?;
        if deadman.contacts.len() >= CONTACTS_MAX {
            return None;
        }
        let phone = self.new_number(&deadman)?;
        let by_call = self.odds(700);
        Some(NewContact {
            first_name: "Newcomer".to_owned(),
            last_name: "Doe".to_owned(),
            phone,
            email: None,
            is_emergency_contact: emergency,
            priority: if self.odds(500) { Some(self.chance.u8(1..4)) } else { None },
            by_call,
            by_sms: !by_call || self.odds(600),
            language: None,
            consented: true,
        })
    }

    fn edit_of_contact(&mut self, deadman: &Deadman, proof: Proof) -> Option<Edit> {
        let place = self.chance.usize(0..deadman.contacts.len().max(1));
        // Often whoever is in doubt: what the PIN says of them hangs on what it came with.
        let doubted = deadman.unproven.first().filter(|_| self.odds(400)).map(|doubt| doubt.contact);
        let doubted = deadman.contacts.iter().find(|contact| Some(contact.id) == doubted);
        let contact = doubted.or_else(|| deadman.contacts.get(place))?;
        if self.odds(200) {
            return Some(Edit::RemoveContact { id: contact.id, proof });
        }
        let change = self.other_contact(deadman, contact)?;
        Some(Edit::ChangeContact { id: contact.id, change, proof })
    }

    /// Somebody's number, or one that was a contact's until it was replaced without the PIN.
    fn new_number(&mut self, deadman: &Deadman) -> Option<PhoneNumber> {
        let former = deadman.unproven.iter().find_map(|doubt| doubt.former.clone());
        match former.filter(|_| self.odds(400)) {
            Some(former) => Some(former),
            None => self.meets().parse().ok(),
        }
    }

    fn other_contact(&mut self, deadman: &Deadman, contact: &Contact) -> Option<ContactChange> {
        let none = ContactChange::default();
        Some(match self.chance.u8(0..8) {
            0 => ContactChange { priority: Some(self.chance.u8(1..5)), ..none },
            1 => ContactChange { by_sms: Some(self.chance.bool()), ..none },
            2 => ContactChange { by_call: Some(self.chance.bool()), ..none },
            3 => ContactChange { by_call: Some(!contact.by_call), by_sms: Some(contact.by_call), ..none },
            4 | 5 => ContactChange { is_emergency_contact: Some(!contact.is_emergency_contact), ..none },
            6 => ContactChange { phone: Some(self.new_number(deadman)?), ..none },
            _ => {
                let is_emergency_contact = self.odds(300).then_some(true);
                ContactChange { phone: Some(self.new_number(deadman)?), is_emergency_contact, ..none }
            }
        })
    }

    fn other_profile(&mut self) -> ProfileChange {
        let none = ProfileChange::default();
        if self.odds(300) {
            let message = Some("I live on the third floor.".to_owned());
            return ProfileChange { message: Some(message), ..none };
        }
        let zone = self.one_of("Europe/Berlin", &["America/New_York", "Australia/Lord_Howe", "UTC"]);
        ProfileChange { time_zone: TimeZone::parse(zone).ok(), ..none }
    }

    fn other_settings(&mut self, deadman: &Deadman) -> (ProbeChange, Pause) {
        let none = ProbeChange::default();
        let change = match self.chance.u8(0..12) {
            0 => ProbeChange { schedule: self.other_schedule(), ..none },
            1 => ProbeChange { wait_minutes: Some(self.wait_minutes()), ..none },
            2 => ProbeChange { max_retries: Some(self.chance.u8(0..3)), ..none },
            3 => ProbeChange { active: Some(!deadman.settings.active), ..none },
            4 => {
                let by_call = self.chance.bool();
                ProbeChange { by_call: Some(by_call), by_sms: Some(!by_call || self.odds(500)), ..none }
            }
            5 | 10 => ProbeChange { pin_in_reply: Some(self.chance.bool()), ..none },
            6 | 7 => {
                let least = instant(self.now + self.between(5 * MINUTE, 3 * HOUR));
                let until = match &deadman.settings.schedule {
                    // Until the very time at which the next question comes.
                    Schedule::Cron(expression) if self.odds(500) => {
                        expression.next_after(&deadman.profile.time_zone, least).unwrap_or(least)
                    }
                    Schedule::Cron(_) | Schedule::Interval { .. } => least,
                };
                return (none, Pause::Until(until));
            }
            8 => ProbeChange { active: Some(true), ..none },
            // Whoever saves the form without a change sends all of it, and the end of a pause that there is none of.
            9 => return (ProbeChange::from(deadman.settings.clone()), Pause::End),
            _ => return (none, Pause::End),
        };
        (change, Pause::Keep)
    }

    fn other_schedule(&mut self) -> Option<Schedule> {
        if self.odds(500) {
            return CronExpression::parse("0 */2 * * *").ok().map(Schedule::Cron);
        }
        let minutes = self.one_of(60, &[90, 120]);
        Some(Schedule::Interval { minutes: IntervalMinutes::new(minutes).ok()? })
    }

    /// Somebody changes something `after` so long, once in so many times.
    fn tempted(&mut self, per_mille: u32, id: u64, after: Millis) {
        if !self.odds(per_mille) {
            return;
        }
        if let Some(user) = self.people.users.iter().position(|user| user.id.get() == id) {
            self.soon(after, Happening::Person(Act::Change { user }));
        }
    }
}

/// What a change means, for those who judge.
pub(crate) fn meant(inner: &Inner, (scope, event): &(Scope, Event)) -> Vec<Meant> {
    let proof = match event {
        Event::Edit(Edit::Resolve { .. }) => return vec![Meant::Resolved],
        Event::Edit(
            Edit::Profile { proof, .. }
            | Edit::Probes { proof, .. }
            | Edit::AddContact { proof, .. }
            | Edit::ChangeContact { proof, .. }
            | Edit::RemoveContact { proof, .. },
        ) => *proof,
        Event::Wake
        | Event::Settled(_)
        | Event::CallTold { .. }
        | Event::TextFailed { .. }
        | Event::Contact { .. }
        | Event::CheckIn(_)
        | Event::Emergency { .. }
        | Event::Login { .. }
        | Event::TextsStopped { .. }
        | Event::Remove { .. } => return Vec::new(),
    };
    let number = matches!(event, Event::Edit(Edit::ChangeContact { change, .. }) if change.phone.is_some());
    vec![Meant::Edited { proven: is_right(inner, *scope, proof) == Some(true), number }]
}

/// Whether this is the PIN of whom the change is about; none: no PIN came with it.
fn is_right(inner: &Inner, scope: Scope, proof: Proof) -> Option<bool> {
    let (Proof::Pin(given), Scope::User(id)) = (proof, scope) else { return None };
    let pin = inner.checks.deadman(id).and_then(|deadman| deadman.profile.pin);
    Some(pin == Some(given))
}

/// A change of a contact that came with a wrong PIN changes nothing, and where somebody guesses, each try counts.
pub(crate) fn ended(inner: &mut Inner, (scope, event): &(Scope, Event), done: Result<(), &RunError>) {
    let (Event::Edit(edit), Scope::User(id)) = (event, *scope) else { return };
    let proof = match edit {
        Edit::AddContact { proof, .. }
        | Edit::ChangeContact { proof, .. }
        | Edit::RemoveContact { proof, .. } => *proof,
        // Those that do not weaken anything do not look at the PIN.
        Edit::Profile { .. } | Edit::Probes { .. } | Edit::Resolve { .. } => return,
    };
    if is_right(inner, *scope, proof) != Some(false) {
        return;
    }
    inner.checks.made += 1;
    let guarded = inner.checks.deadman(id).is_some_and(|deadman| deadman.profile.pin.is_some());
    let counted =
        inner.running.cases.iter().any(|case| {
            case.deadman.as_ref().is_some_and(|deadman| deadman.id == id && deadman.tries.wrong > 0)
        });
    match done {
        Ok(()) => inner.violated("I8", format!("{id} was changed with a wrong PIN")),
        Err(RunError::Rejected(Rejected::Forbidden(words))) if words.contains("wrong") => {
            let locked = words.contains("too many");
            if guarded && !locked && !counted {
                inner.violated("I8", format!("a wrong PIN of {id} was not counted"));
            }
        }
        Err(_) => {}
    }
}

/// Changes come when they are least wanted: around the instant at which a question is due, while one is open, and in the middle of an
/// alert.
pub(crate) fn followed(inner: &mut Inner, before: &Case, after: &Case) {
    match inner.faults.climate {
        Climate::Herd => return,
        Climate::Calm
        | Climate::Unheard
        | Climate::Mild
        | Climate::Rough
        | Climate::Crowd
        | Climate::Batches => {}
    }
    if let Some(deadman) = &after.deadman
        && before.deadman.as_ref().is_none_or(|before| before.state != deadman.state)
    {
        let id = deadman.id.get();
        match &deadman.state {
            State::Waiting { next_probe_at } => {
                let until = next_probe_at.as_millisecond() - inner.now;
                let after = until + inner.between(-2 * SECOND, 40 * SECOND);
                inner.tempted(15, id, after);
            }
            State::Probing(probe) => {
                let until = probe.deadline.as_millisecond() - inner.now;
                let after = inner.between(SECOND, until.max(SECOND));
                inner.tempted(25, id, after);
            }
            State::Off | State::Paused { .. } => {}
        }
    }
    let known = before.incident.as_ref().map(|incident| incident.id);
    if let Some(incident) = after.incident.as_ref().filter(|incident| Some(incident.id) != known) {
        let user = incident.subject.user.get();
        for _ in 0..2 {
            let after = inner.between(SECOND, 10 * MINUTE);
            inner.tempted(150, user, after);
        }
        inner.lures(incident.subject.user);
        if incident.contacts.is_empty()
            && let Some(user) = inner.people.users.iter().position(|known| known.id.get() == user)
        {
            let after = inner.between(SECOND, 20 * MINUTE);
            inner.soon(after, Happening::Person(Act::Enlist { user }));
        }
    }
}
