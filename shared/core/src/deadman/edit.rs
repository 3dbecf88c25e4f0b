//! Changes by the API. Whatever weakens the alarm needs the PIN where one is set, is told to the user's number, and is
//! refused while an incident is open.
//!
//! Until the switch is armed for the first time there is no alarm to weaken, and nobody is asked for anything.

use jiff::Timestamp;

use super::{CONTACTS_MAX, Contact, Deadman, Line, ProbeSettings, Profile, Proof, Proven, State, Unproven};
use crate::{
    decide::Rejected,
    history::ProbeStatus,
    id::{ContactId, IncidentId},
    incident::{self, EndedBy, Incident},
    open::{add_to, tell},
    phone::PhoneNumber,
    policy::later,
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

/// What changes of a user; `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileChange {
    /// The profile as it should be, all but `password` and `pin` taken from it.
    pub profile: Option<Profile>,
    /// The new password, hashed.
    pub password: Option<String>,
    /// The new PIN.
    pub pin: Option<crate::secret::Digest>,
}

/// What becomes of a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pause {
    /// As it is.
    Keep,
    /// Nothing is asked before this.
    Until(Timestamp),
    /// It ends now.
    End,
}

/// A change by the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Of the user.
    Profile {
        /// What.
        change: Box<ProfileChange>,
        /// What came with it.
        proof: Proof,
    },
    /// Of how and when to ask.
    Probes {
        /// The settings as they should be.
        settings: ProbeSettings,
        /// What becomes of a pause.
        pause: Pause,
        /// What came with it.
        proof: Proof,
    },
    /// A new contact.
    AddContact {
        /// Who.
        contact: NewContact,
        /// What came with it.
        proof: Proof,
    },
    /// Of a contact.
    ChangeContact {
        /// Which.
        id: ContactId,
        /// What.
        change: ContactChange,
        /// What came with it.
        proof: Proof,
    },
    /// A contact goes.
    RemoveContact {
        /// Which.
        id: ContactId,
        /// What came with it.
        proof: Proof,
    },
    /// The user ends their incident.
    Resolve {
        /// Which.
        incident: IncidentId,
        /// What came with it.
        proof: Proof,
    },
}

/// Applies a change, or says why not.
///
/// `Ok(Some(_))` is a refusal that has still to be committed, because a wrong PIN was counted.
///
/// # Errors
/// [`Rejected`]: nothing has changed.
pub fn edit(
    deadman: &mut Deadman,
    incident: &mut Option<Incident>,
    turn: &mut Turn<'_>,
    edit: &Edit,
) -> Result<Option<Rejected>, Rejected> {
    let before = deadman.clone();
    let done = match edit {
        Edit::Profile { change, proof } => profile(deadman, turn, change, *proof),
        Edit::Probes { settings, pause, proof } => probes(deadman, turn, settings, *pause, *proof),
        Edit::AddContact { contact, proof } => add_contact(deadman, incident, turn, contact, *proof),
        Edit::ChangeContact { id, change, proof } => {
            change_contact(deadman, incident, turn, *id, change, *proof)
        }
        Edit::RemoveContact { id, proof } => remove_contact(deadman, turn, *id, *proof),
        Edit::Resolve { incident: id, proof } => resolve(deadman, incident, turn, *id, *proof),
    };
    match done {
        Ok(()) => Ok(None),
        Err(why) if deadman.tries != before.tries => {
            // Only the count of tries survives a refusal.
            let tries = deadman.tries;
            *deadman = Deadman { tries, ..before };
            turn.rows.clear();
            turn.pointers.clear();
            Ok(Some(why))
        }
        Err(why) => Err(why),
    }
}

/// Asks for the PIN where one is set and the switch has been armed before.
///
/// # Errors
/// [`Rejected::Forbidden`], in words for the person.
pub(crate) fn authorise(deadman: &mut Deadman, turn: &Turn<'_>, proof: Proof) -> Result<Proven, Rejected> {
    let needed = deadman.profile.pin.is_some() && deadman.armed_once;
    let forbidden = |words: &str| Err(Rejected::Forbidden(words.to_owned()));
    match deadman.prove(turn, proof, Line::Open) {
        Proven::Yes => Ok(Proven::Yes),
        Proven::NotGiven if !needed => Ok(Proven::NotGiven),
        Proven::NotGiven => forbidden("this change can weaken the alarm: send your PIN with it, as \"pin\""),
        Proven::Wrong => forbidden("the PIN is wrong"),
        Proven::Locked => forbidden("too many wrong PINs today: try again tomorrow"),
    }
}

fn not_in_incident(deadman: &Deadman, what: &str) -> Result<(), Rejected> {
    if deadman.incident.is_none() {
        return Ok(());
    }
    Err(Rejected::Conflict(format!("an incident is open: {what} has to wait until it is over")))
}

/// Tells the user's number of a change, once the switch has been armed.
fn notify(deadman: &mut Deadman, turn: &Turn<'_>, to: PhoneNumber, what: &str) {
    if deadman.armed_once && !deadman.text_stopped {
        let body = format!("lucius: {what} If that was not you, log in and change it back.");
        tell(deadman, turn, to, body);
    }
}

fn profile(
    deadman: &mut Deadman,
    turn: &mut Turn<'_>,
    change: &ProfileChange,
    proof: Proof,
) -> Result<(), Rejected> {
    let old = deadman.profile.clone();
    let mut new = change.profile.clone().unwrap_or_else(|| old.clone());
    new.password = change.password.clone().unwrap_or_else(|| old.password.clone());
    new.pin = change.pin.or(old.pin);
    let moved = new.time_zone != old.time_zone;
    let renewed = new.phone != old.phone || change.pin.is_some();
    // Another time zone can put the next question off by a day.
    if renewed || (moved && deadman.settings.active) {
        not_in_incident(deadman, "a new phone number, PIN or time zone")?;
        authorise(deadman, turn, proof)?;
        let what =
            if renewed { "your phone number or PIN was changed." } else { "your time zone was changed." };
        notify(deadman, turn, old.phone.clone(), what);
    }
    if deadman.contacts.iter().any(|contact| contact.phone == new.phone) {
        return Err(Rejected::Invalid("phone_number: this is the number of one of your contacts".to_owned()));
    }
    if new.phone != old.phone {
        turn.pointers.push(Pointer::UserPhone {
            user: deadman.id,
            old: Some(old.phone.clone()),
            new: Some(new.phone.clone()),
        });
        deadman.text_stopped = false;
    }
    if new.email != old.email {
        turn.pointers.push(Pointer::UserEmail {
            user: deadman.id,
            old: Some(old.email),
            new: Some(new.email.clone()),
        });
    }
    deadman.profile = new;
    deadman.updated_at = turn.now;
    if moved && matches!(deadman.state, State::Waiting { .. }) {
        deadman.rearm(turn);
    }
    Ok(())
}

fn probes(
    deadman: &mut Deadman,
    turn: &mut Turn<'_>,
    new: &ProbeSettings,
    pause: Pause,
    proof: Proof,
) -> Result<(), Rejected> {
    if new.active && !deadman.contacts.iter().any(|contact| contact.is_emergency_contact) {
        return Err(Rejected::Forbidden(
            "add an emergency contact first (POST /v1/users/{uid}/contacts with \"is_emergency_contact\": true)".to_owned(),
        ));
    }
    let old = deadman.settings.clone();
    let pausing = matches!(pause, Pause::Until(_));
    let slower = new.wait_minutes > old.wait_minutes
        || new.max_retries > old.max_retries
        || new.schedule != old.schedule;
    let quieter = (old.by_call && !new.by_call)
        || (old.by_sms && !new.by_sms)
        || (old.pin_in_reply && !new.pin_in_reply);
    let weakens = pausing || (old.active && (!new.active || slower || quieter));
    if weakens {
        not_in_incident(deadman, "a change that weakens the alarm")?;
        authorise(deadman, turn, proof)?;
        let phone = deadman.profile.phone.clone();
        notify(
            deadman,
            turn,
            phone,
            if new.active { "your probe settings were changed." } else { "your probes were switched off." },
        );
    }
    deadman.settings = ProbeSettings { updated_at: turn.now, ..new.clone() };
    deadman.armed_once |= new.active;
    restart(deadman, turn, &old, pause);
    Ok(())
}

/// The schedule after a change of its settings.
fn restart(deadman: &mut Deadman, turn: &mut Turn<'_>, old: &ProbeSettings, pause: Pause) {
    if let State::Probing(probe) = deadman.state.clone() {
        if deadman.settings.active && !matches!(pause, Pause::Until(_)) {
            return;
        }
        deadman.close_probe(turn, &probe, ProbeStatus::Cancelled);
        deadman.state = State::Off;
    }
    let changed = old.schedule != deadman.settings.schedule;
    match (deadman.settings.active, pause, &deadman.state) {
        (false, _, _) => deadman.state = State::Off,
        (true, Pause::Until(until), _) => {
            let longest = later(turn.now, turn.policy.minutes(90 * 24 * 60));
            deadman.state = State::Paused { until: until.min(longest) };
        }
        (true, Pause::End, _) => deadman.rearm(turn),
        (true, Pause::Keep, State::Off) => {
            // An interval starts when the switch is armed.
            deadman.last_check_in = Some(turn.now);
            deadman.rearm(turn);
        }
        (true, Pause::Keep, State::Waiting { .. }) if changed => deadman.rearm(turn),
        (true, Pause::Keep, State::Waiting { .. } | State::Paused { .. } | State::Probing(_)) => {}
    }
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

fn add_contact(
    deadman: &mut Deadman,
    incident: &mut Option<Incident>,
    turn: &mut Turn<'_>,
    new: &NewContact,
    proof: Proof,
) -> Result<(), Rejected> {
    unique(deadman, None, &new.phone, new.email.as_ref())?;
    room_for(deadman, new.is_emergency_contact, None)?;
    let trusted = entering(deadman, turn, proof)?;
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
    if let Some(open) =
        incident.as_mut().filter(|incident| incident.is_open() && contact.is_emergency_contact)
    {
        add_to(open, turn, &contact, trusted);
    }
    if !trusted {
        doubt(deadman, contact.id, None);
    }
    deadman.contacts.push(contact);
    Ok(())
}

/// May a number be entered, and may its owner accept? During an incident anybody with a session may, but only the PIN
/// makes the number trusted.
fn entering(deadman: &mut Deadman, turn: &Turn<'_>, proof: Proof) -> Result<bool, Rejected> {
    if deadman.incident.is_some() && proof == Proof::None {
        return Ok(false);
    }
    authorise(deadman, turn, proof)?;
    Ok(true)
}

/// Remembers beyond the incident who came without the PIN, and the number that was theirs before.
fn doubt(deadman: &mut Deadman, contact: ContactId, former: Option<PhoneNumber>) {
    match deadman.unproven.iter().find(|known| known.contact == contact) {
        // The first number stays the one that is beyond doubt.
        Some(_) => {}
        None => deadman.unproven.push(Unproven { contact, former }),
    }
}

fn change_contact(
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
    let mut trusted = true;
    if dropped || (quieter && old.is_emergency_contact) || proof != Proof::None {
        authorise(deadman, turn, proof)?;
    }
    if renumbered || chosen {
        trusted = entering(deadman, turn, proof)?;
    }
    if !trusted {
        doubt(deadman, id, renumbered.then(|| old.phone.clone()));
    }
    let back =
        deadman.unproven.iter().any(|known| known.contact == id && known.former.as_ref() == Some(&new.phone));
    if back || proof != Proof::None {
        // The PIN speaks for this contact as they are now; and a number that was beyond doubt is so again.
        deadman.unproven.retain(|known| known.contact != id);
    }
    if dropped || renumbered {
        let phone = deadman.profile.phone.clone();
        notify(deadman, turn, phone, &format!("your contact {} was changed.", new.name()));
    }
    if renumbered {
        let (old, new) = (Some(old.phone), Some(new.phone.clone()));
        turn.pointers.push(Pointer::ContactOf { user: deadman.id, old, new });
    }
    if let Some(open) = incident.as_mut().filter(|incident| incident.is_open() && new.is_emergency_contact)
        && (renumbered || chosen)
    {
        // The old number is still called as well: the new one may be somebody else's.
        add_to(open, turn, &new, trusted);
    }
    if let Some(slot) = deadman.contacts.iter_mut().find(|contact| contact.id == id) {
        *slot = new;
    }
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

fn remove_contact(
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
    authorise(deadman, turn, proof)?;
    let phone = deadman.profile.phone.clone();
    notify(deadman, turn, phone, &format!("{} was removed from your contacts.", contact.name()));
    turn.pointers.push(Pointer::ContactOf { user: deadman.id, old: Some(contact.phone), new: None });
    deadman.contacts.retain(|contact| contact.id != id);
    deadman.unproven.retain(|known| known.contact != id);
    Ok(())
}

fn resolve(
    deadman: &mut Deadman,
    incident: &mut Option<Incident>,
    turn: &mut Turn<'_>,
    id: IncidentId,
    proof: Proof,
) -> Result<(), Rejected> {
    // A silent incident does not exist for whoever holds this session.
    let open = incident
        .as_mut()
        .filter(|incident| incident.id == id && !incident.silent)
        .ok_or(Rejected::NotFound)?;
    if !open.is_open() {
        return Err(Rejected::Conflict("this incident is over already".to_owned()));
    }
    if deadman.profile.pin.is_some() {
        match deadman.prove(turn, proof, Line::Open) {
            Proven::Yes => {}
            Proven::NotGiven => {
                return Err(Rejected::Forbidden("send your PIN with it, as \"pin\"".to_owned()));
            }
            Proven::Wrong => return Err(Rejected::Forbidden("the PIN is wrong".to_owned())),
            Proven::Locked => {
                return Err(Rejected::Forbidden("too many wrong PINs today: try again tomorrow".to_owned()));
            }
        }
    }
    incident::end(open, turn, EndedBy::User);
    deadman.last_check_in = Some(turn.now);
    deadman.incident_ended(turn);
    Ok(())
}
