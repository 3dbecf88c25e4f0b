//! Somebody has the user's password, and not the PIN. In an alert they may enter and change contacts, as somebody in danger may have no
//! other way; they do so one after another, and the user cries for help again soon after: whoever was called before is to be called then.

use lucius_core::{
    deadman::{Contact, ContactChange, Deadman, Edit, NewContact, Proof},
    id::UserId,
    phone::PhoneNumber,
};

use crate::{
    people::Act,
    world::{HOUR, Happening, Inner, MINUTE, SECOND},
};

const fn is_marked(contact: &Contact) -> bool {
    contact.is_emergency_contact
}

impl Inner {
    /// An alert has begun: now and then somebody else sits at the user's own page, mostly where it is least clear who is called.
    pub(crate) fn lures(&mut self, id: UserId) {
        let Some(user) = self.people.users.iter().position(|user| user.id == id && user.pin.is_some()) else {
            return;
        };
        let marked = self.checks.deadman(id).is_some_and(|deadman| deadman.contacts.iter().any(is_marked));
        if self.odds(if marked { 30 } else { 700 }) {
            let (after, more) = (self.between(20 * SECOND, 4 * MINUTE), self.chance.u8(1..5));
            self.soon(after, Happening::Person(Act::Intrude { user, more }));
        }
    }

    /// They change one thing, and then so many `more`.
    pub(crate) fn intrudes(&mut self, user: usize, more: u8) {
        let Some(deadman) = self.deadman_of(user).filter(|deadman| deadman.incident.is_some()) else {
            return;
        };
        if let Some(edit) = self.tampering(&deadman) {
            self.edits(&deadman, edit);
        }
        if let Some(more) = more.checked_sub(1) {
            let after = self.between(2 * SECOND, MINUTE);
            self.soon(after, Happening::Person(Act::Intrude { user, more }));
        } else {
            for hours in [1, 5] {
                let next = self.between(hours * HOUR, (hours + 3) * HOUR);
                self.soon(next, Happening::Person(Act::Emergency { user }));
            }
        }
    }

    fn tampering(&mut self, deadman: &Deadman) -> Option<Edit> {
        let proof = Proof::None;
        let former = deadman.unproven.iter().find_map(|doubt| doubt.former.clone());
        let place = self.chance.usize(0..deadman.contacts.len().max(1));
        let contact = deadman.contacts.get(place)?;
        let none = ContactChange::default();
        let mark = Some(true).filter(|_| !is_marked(contact));
        // Where nobody is marked, who is marked is what the next alert goes by.
        let way =
            if deadman.contacts.iter().any(is_marked) || self.odds(500) { self.chance.u8(0..6) } else { 3 };
        let change = match (way, former) {
            (0, Some(phone)) => ContactChange { phone: Some(phone), ..none },
            (1 | 2, Some(phone)) => return Some(Edit::AddContact { contact: self.stranger(phone), proof }),
            (0..3, None) => {
                let phone = self.meets().parse().ok()?;
                return Some(Edit::AddContact { contact: self.stranger(phone), proof });
            }
            (3, _) => ContactChange { is_emergency_contact: mark, ..none },
            (4, _) => {
                let phone = self.meets().parse().ok()?;
                ContactChange { phone: Some(phone), is_emergency_contact: mark, ..none }
            }
            (_, _) => ContactChange { phone: Some(self.meets().parse().ok()?), ..none },
        };
        Some(Edit::ChangeContact { id: contact.id, change, proof })
    }

    fn stranger(&mut self, phone: PhoneNumber) -> NewContact {
        let is_emergency_contact = self.odds(500);
        let by_call = self.odds(500);
        NewContact {
            first_name: "Stranger".to_owned(),
            last_name: "Doe".to_owned(),
            phone,
            email: None,
            is_emergency_contact,
            priority: Some(self.chance.u8(0..6)),
            by_call,
            by_sms: !by_call,
            language: None,
            consented: true,
        }
    }
}
