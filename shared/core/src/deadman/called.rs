//! Who is called in an emergency, and whose word counts.
//!
//! Whoever has a password and no PIN may enter numbers while an incident is open, as whoever is in danger may have no other way. They must
//! not be able to accept with them, nor to have anybody called less or later, in this incident or the next.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Contact, Deadman};
use crate::{id::ContactId, incident::CONTACTS_MAX, phone::PhoneNumber};

/// How many contacts may be in doubt at a time: more need the PIN.
pub const UNPROVEN_MAX: usize = 10;

/// A contact entered, marked or given another number while an incident was open and without the PIN: whoever did it may have wanted to
/// answer the calls themselves. They are called, but cannot accept, until the PIN has been given for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unproven {
    /// Who.
    pub contact: ContactId,
    /// The last number that is beyond doubt: it is called as well. None for who was entered.
    pub former: Option<PhoneNumber>,
    /// They were marked as somebody to call: nobody else is called off by that.
    #[serde(default)]
    pub chosen: bool,
}

impl Unproven {
    /// They call nobody else off.
    const fn is_uninvited(&self) -> bool {
        self.chosen || self.former.is_none()
    }
}

impl Deadman {
    /// Why this contact's word does not count: it came without the PIN. Where no PIN is set, nobody is in doubt.
    #[must_use]
    pub fn doubt(&self, contact: ContactId) -> Option<&Unproven> {
        self.unproven.iter().find(|known| known.contact == contact).filter(|_| self.profile.pin.is_some())
    }

    /// This number is this contact's beyond doubt, and so is that they are called.
    #[must_use]
    pub fn vouches_for(&self, contact: ContactId, phone: &PhoneNumber) -> bool {
        match self.doubt(contact) {
            Some(doubt) => !doubt.chosen && doubt.former.as_ref() == Some(phone),
            None => self.contacts.iter().any(|known| known.id == contact && known.phone == *phone),
        }
    }

    /// Who is called in an emergency, by priority: those marked so; everybody, if none is marked beyond doubt.
    #[must_use]
    pub fn emergency_contacts(&self) -> Vec<&Contact> {
        let marked: Vec<_> = self.contacts.iter().filter(|contact| contact.is_emergency_contact).collect();
        let uninvited = |contact: &&Contact| self.doubt(contact.id).is_some_and(Unproven::is_uninvited);
        let mut called = if marked.iter().all(uninvited) { self.contacts.iter().collect() } else { marked };
        called.sort_by_key(|contact| contact.priority);
        called
    }

    /// The same by number, and whether their word counts. A number that came without the PIN is called too, and so is the one that it took
    /// the place of. What is beyond doubt takes the places first, and comes first and as soon as if there were nothing else.
    #[must_use]
    pub fn called(&self) -> Vec<(Contact, bool)> {
        let (mut sure, mut doubted) = (Vec::new(), Vec::new());
        for contact in self.emergency_contacts() {
            let Some(doubt) = self.doubt(contact.id) else {
                sure.push((contact.clone(), true));
                continue;
            };
            if let Some(phone) = doubt.former.clone() {
                let before = Contact { phone, ..contact.clone() };
                if doubt.chosen { doubted.push((before, false)) } else { sure.push((before, true)) }
            }
            doubted.push((contact.clone(), false));
        }
        sure.truncate(CONTACTS_MAX);
        doubted.truncate(CONTACTS_MAX);
        let mut called = Vec::new();
        for (contact, trusted) in sure {
            call_once(&mut called, contact, trusted);
        }
        let tiers: BTreeSet<u8> = called.iter().map(|(contact, _)| contact.priority).collect();
        for (mut contact, trusted) in doubted {
            let tier = tiers.range(..=contact.priority).next_back().or_else(|| tiers.first());
            contact.priority = tier.copied().unwrap_or(contact.priority);
            call_once(&mut called, contact, trusted);
        }
        called
    }
}

/// Each number is called once, whoever it belongs to, by each channel that was chosen for it.
fn call_once(called: &mut Vec<(Contact, bool)>, contact: Contact, trusted: bool) {
    match called.iter_mut().find(|(known, _)| known.phone == contact.phone) {
        Some((known, _)) => {
            known.by_call |= contact.by_call;
            known.by_sms |= contact.by_sms;
        }
        None => called.push((contact, trusted)),
    }
}
