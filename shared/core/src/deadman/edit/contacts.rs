//! Contacts: who is called. A number that came without the PIN is called and texted, but cannot accept.

use jiff::Timestamp;

use super::{authorise, not_in_incident, notify};
use crate::{
    deadman::{CONTACTS_MAX, Contact, Deadman, Proof, UNPROVEN_MAX, Unproven},
    decide::Rejected,
    id::ContactId,
    incident::{self, Incident},
    open::edited,
    phone::PhoneNumber,
    turn::{Pointer, Turn},
};

/// A contact as entered.
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own, named as in the API")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewContact {
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Their number.
    pub phone: PhoneNumber,
    /// E-mail address, in lower case.
    pub email: Option<String>,
    /// They are called in an emergency.
    pub is_emergency_contact: bool,
    /// Lower is called earlier; none: after everybody who is there already.
    pub priority: Option<u8>,
    /// They want to be called.
    pub by_call: bool,
    /// They want to be texted.
    pub by_sms: bool,
    /// BCP 47 language.
    pub language: Option<String>,
    /// They have agreed.
    pub consented: bool,
}

/// What changes of a contact; `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContactChange {
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// Number.
    pub phone: Option<PhoneNumber>,
    /// E-mail address; `Some(None)` takes it away.
    pub email: Option<Option<String>>,
    /// Whether they are called in an emergency.
    pub is_emergency_contact: Option<bool>,
    /// Priority.
    pub priority: Option<u8>,
    /// Whether they are called.
    pub by_call: Option<bool>,
    /// Whether they are texted.
    pub by_sms: Option<bool>,
    /// Language; `Some(None)` takes it away.
    pub language: Option<Option<String>>,
    /// Whether they have agreed.
    pub consented: Option<bool>,
}

/// Numbers and addresses are unique within a user's contacts, and none of them is the user's own.
fn unique(
    deadman: &Deadman,
    except: Option<ContactId>,
    phone: &PhoneNumber,
    email: Option<&String>,
) -> Result<(), Rejected> {
    let invalid = |words: &str| Err(Rejected::Invalid(words.to_owned()));
    if deadman.profile.phone == *phone {
        return invalid("phone_number: this is your own number; a contact has to be somebody else");
    }
    let mut others = deadman.contacts.iter().filter(|contact| Some(contact.id) != except);
    if others.clone().any(|contact| contact.phone == *phone) {
        return invalid("phone_number: another contact of yours has this number already");
    }
    if email.is_some() && others.any(|contact| contact.email.as_ref() == email) {
        return invalid("email: another contact of yours has this address already");
    }
    Ok(())
}

fn room_for(deadman: &Deadman, emergency: bool, except: Option<ContactId>) -> Result<(), Rejected> {
    let others = deadman.contacts.iter().filter(|contact| Some(contact.id) != except);
    if emergency
        && others.clone().filter(|contact| contact.is_emergency_contact).count() >= incident::CONTACTS_MAX
    {
        return Err(Rejected::Invalid(format!(
            "is_emergency_contact: there are {} emergency contacts already, the most that are called",
            incident::CONTACTS_MAX
        )));
    }
    if others.count() >= CONTACTS_MAX {
        return Err(Rejected::Invalid(format!(
            "there are {CONTACTS_MAX} contacts already: remove one first"
        )));
    }
    Ok(())
}

pub(super) fn add(
    deadman: &mut Deadman,
    incident: &mut Option<Incident>,
    turn: &mut Turn<'_>,
    new: &NewContact,
    proof: Proof,
) -> Result<(), Rejected> {
    unique(deadman, None, &new.phone, new.email.as_ref())?;
    room_for(deadman, new.is_emergency_contact, None)?;
    let trusted = entering(deadman, incident.as_ref(), turn, proof)?;
    let last = deadman.contacts.iter().map(|contact| contact.priority).max().unwrap_or(0);
    let contact = Contact {
        id: turn.fresh.contact,
        created_at: turn.now,
        updated_at: turn.now,
        first_name: new.first_name.clone(),
        last_name: new.last_name.clone(),
        phone: new.phone.clone(),
        email: new.email.clone(),
        is_emergency_contact: new.is_emergency_contact,
        priority: new.priority.unwrap_or_else(|| last.saturating_add(1)),
        by_call: new.by_call,
        by_sms: new.by_sms,
        language: new.language.clone(),
        consented: new.consented,
        text_stopped: false,
    };
    turn.pointers.push(Pointer::ContactOf { user: deadman.id, old: None, new: Some(new.phone.clone()) });
    let phone = deadman.profile.phone.clone();
    notify(deadman, turn, phone, &format!("{} was added to your contacts.", contact.name()));
    if !trusted {
        doubt(deadman, contact.id, None, true);
    }
    deadman.contacts.push(contact.clone());
    edited(deadman, incident, turn, &contact, true);
    Ok(())
}

/// May a number be entered, and may its owner accept? During an incident anybody with a session may, but only the PIN
/// makes the number trusted. Where none is set, a session ends the incident anyway.
fn entering(
    deadman: &mut Deadman,
    incident: Option<&Incident>,
    turn: &Turn<'_>,
    proof: Proof,
) -> Result<bool, Rejected> {
    if deadman.incident.is_none() || proof != Proof::None {
        authorise(deadman, turn, proof, "pin")?;
        return Ok(true);
    }
    if deadman.profile.pin.is_none() {
        return Ok(true);
    }
    // Strangers must not take all the places that an incident has.
    let copies = incident.map_or(0, |open| open.contacts.iter().filter(|contact| !contact.trusted).count());
    if copies.max(deadman.unproven.len()) >= UNPROVEN_MAX {
        return Err(Rejected::Forbidden(format!(
            "{UNPROVEN_MAX} numbers have come without your PIN: send it with this one, as \"pin\""
        )));
    }
    Ok(false)
}

/// Remembers beyond the incident who came without the PIN, and the number that was theirs before.
fn doubt(deadman: &mut Deadman, contact: ContactId, former: Option<PhoneNumber>, chosen: bool) {
    match deadman.unproven.iter_mut().find(|known| known.contact == contact) {
        // The first number stays the one that is beyond doubt.
        Some(known) => known.chosen |= chosen,
        None => deadman.unproven.push(Unproven { contact, former, chosen }),
    }
}

/// The PIN speaks for a number, or for who is to be called, if that is what it was sent with. A number that was beyond doubt is so again.
fn vouch(deadman: &mut Deadman, new: &Contact, change: &ContactChange, proof: Proof) {
    if proof != Proof::None && change.phone.is_some() {
        deadman.unproven.retain(|known| known.contact != new.id);
    }
    let marks = proof != Proof::None && change.is_emergency_contact.is_some();
    for known in deadman.unproven.iter_mut().filter(|known| known.contact == new.id && marks) {
        known.chosen &= known.former.is_none();
    }
    let is_back = |known: &Unproven| !known.chosen && known.former.as_ref() == Some(&new.phone);
    deadman.unproven.retain(|known| known.contact != new.id || !is_back(known));
}

pub(super) fn change(
    deadman: &mut Deadman,
    incident: &mut Option<Incident>,
    turn: &mut Turn<'_>,
    id: ContactId,
    change: &ContactChange,
    proof: Proof,
) -> Result<(), Rejected> {
    let old = deadman.contacts.iter().find(|contact| contact.id == id).cloned().ok_or(Rejected::NotFound)?;
    let new = changed(&old, change, turn.now);
    if !new.by_call && !new.by_sms {
        return Err(Rejected::Invalid("channels: a contact needs at least one of call and sms".to_owned()));
    }
    unique(deadman, Some(id), &new.phone, new.email.as_ref())?;
    room_for(deadman, new.is_emergency_contact, Some(id))?;
    let dropped = old.is_emergency_contact && !new.is_emergency_contact;
    let quieter = (old.by_call && !new.by_call) || (old.by_sms && !new.by_sms) || new.priority > old.priority;
    if dropped {
        not_in_incident(deadman, "taking away an emergency contact")?;
        not_the_last(deadman, id)?;
    }
    let renumbered = new.phone != old.phone;
    let chosen = new.is_emergency_contact && !old.is_emergency_contact;
    let is_called = deadman.emergency_contacts().iter().any(|called| called.id == id);
    let quieter = quieter && is_called;
    if quieter {
        not_in_incident(deadman, "a contact who is called later or by fewer channels")?;
    }
    if dropped || quieter || proof != Proof::None {
        authorise(deadman, turn, proof, "pin")?;
    }
    if (renumbered || chosen) && !entering(deadman, incident.as_ref(), turn, proof)? {
        doubt(deadman, id, Some(old.phone.clone()), chosen);
    }
    vouch(deadman, &new, change, proof);
    if dropped || renumbered || quieter {
        let phone = deadman.profile.phone.clone();
        notify(deadman, turn, phone, &format!("your contact {} was changed.", new.name()));
    }
    if renumbered {
        let (old, new) = (Some(old.phone), Some(new.phone.clone()));
        turn.pointers.push(Pointer::ContactOf { user: deadman.id, old, new });
    }
    if let Some(slot) = deadman.contacts.iter_mut().find(|contact| contact.id == id) {
        slot.clone_from(&new);
    }
    // The old number is still called as well: the new one may be somebody else's.
    edited(deadman, incident, turn, &new, renumbered || chosen);
    Ok(())
}

fn changed(old: &Contact, change: &ContactChange, now: Timestamp) -> Contact {
    let phone = change.phone.clone().unwrap_or_else(|| old.phone.clone());
    Contact {
        id: old.id,
        created_at: old.created_at,
        updated_at: now,
        first_name: change.first_name.clone().unwrap_or_else(|| old.first_name.clone()),
        last_name: change.last_name.clone().unwrap_or_else(|| old.last_name.clone()),
        text_stopped: old.text_stopped && phone == old.phone,
        phone,
        email: change.email.clone().unwrap_or_else(|| old.email.clone()),
        is_emergency_contact: change.is_emergency_contact.unwrap_or(old.is_emergency_contact),
        priority: change.priority.unwrap_or(old.priority),
        by_call: change.by_call.unwrap_or(old.by_call),
        by_sms: change.by_sms.unwrap_or(old.by_sms),
        language: change.language.clone().unwrap_or_else(|| old.language.clone()),
        consented: change.consented.unwrap_or(old.consented),
    }
}

fn not_the_last(deadman: &Deadman, id: ContactId) -> Result<(), Rejected> {
    let mut others =
        deadman.contacts.iter().filter(|contact| contact.id != id && contact.is_emergency_contact);
    if deadman.settings.active && others.next().is_none() {
        return Err(Rejected::Forbidden(
            "this is the last emergency contact of an armed switch: add another one, or switch the probes off first".to_owned(),
        ));
    }
    Ok(())
}

pub(super) fn remove(
    deadman: &mut Deadman,
    turn: &mut Turn<'_>,
    id: ContactId,
    proof: Proof,
) -> Result<(), Rejected> {
    let contact =
        deadman.contacts.iter().find(|contact| contact.id == id).cloned().ok_or(Rejected::NotFound)?;
    not_in_incident(deadman, "removing a contact")?;
    if contact.is_emergency_contact {
        not_the_last(deadman, id)?;
    }
    authorise(deadman, turn, proof, "pin")?;
    let phone = deadman.profile.phone.clone();
    notify(deadman, turn, phone, &format!("{} was removed from your contacts.", contact.name()));
    turn.pointers.push(Pointer::ContactOf { user: deadman.id, old: Some(contact.phone), new: None });
    deadman.contacts.retain(|contact| contact.id != id);
    deadman.unproven.retain(|known| known.contact != id);
    Ok(())
}
