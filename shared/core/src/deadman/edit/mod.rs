//! Changes by the API. Whatever weakens the alarm needs the PIN where one is set, is told to the user's number, and is
//! refused while an incident is open.
//!
//! Until the switch is armed for the first time there is no alarm to weaken, and nobody is asked for anything.

mod contacts;
mod probes;

pub use contacts::{ContactChange, NewContact};
pub use probes::{Pause, ProbeChange};

use super::{Deadman, Line, Profile, Proof, Proven, State};
use crate::{
    decide::Rejected,
    id::{ContactId, IncidentId},
    incident::{self, EndedBy, Incident},
    open::{changed as changed_in_alert, tell},
    phone::PhoneNumber,
    schedule::TimeZone,
    turn::{Pointer, Turn},
};

/// What changes of a user; `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileChange {
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// E-mail address, in lower case.
    pub email: Option<String>,
    /// Number.
    pub phone: Option<PhoneNumber>,
    /// Where their clock hangs.
    pub time_zone: Option<TimeZone>,
    /// Language; `Some(None)` takes it away.
    pub language: Option<Option<String>>,
    /// What contacts are told; `Some(None)` takes it away.
    pub message: Option<Option<String>>,
    /// The new password, hashed.
    pub password: Option<String>,
    /// The new PIN.
    pub pin: Option<crate::secret::Digest>,
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
        /// What.
        change: ProbeChange,
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
        Edit::Profile { change, proof } => profile(deadman, turn, change, *proof)
            .map(|()| tell_contacts(deadman, incident, turn, &before.profile, *proof)),
        Edit::Probes { change, pause, proof } => probes::change(deadman, turn, change, *pause, *proof),
        Edit::AddContact { contact, proof } => contacts::add(deadman, incident, turn, contact, *proof),
        Edit::ChangeContact { id, change, proof } => {
            contacts::change(deadman, incident, turn, *id, change, *proof)
        }
        Edit::RemoveContact { id, proof } => contacts::remove(deadman, turn, *id, *proof),
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

/// Asks for the PIN where one is set and the switch has been armed before. `field` is where a request carries it.
///
/// # Errors
/// [`Rejected::Forbidden`], in words for the person.
pub(crate) fn authorise(
    deadman: &mut Deadman,
    turn: &Turn<'_>,
    proof: Proof,
    field: &str,
) -> Result<Proven, Rejected> {
    let needed = deadman.profile.pin.is_some() && deadman.armed_once;
    let forbidden = |words: String| Err(Rejected::Forbidden(words));
    match deadman.prove(turn, proof, Line::Open) {
        Proven::Yes => Ok(Proven::Yes),
        Proven::NotGiven if !needed => Ok(Proven::NotGiven),
        Proven::NotGiven => {
            forbidden(format!("this change can weaken the alarm: send your PIN with it, as \"{field}\""))
        }
        Proven::Wrong => forbidden("the PIN is wrong".to_owned()),
        Proven::Locked => forbidden("too many wrong PINs today: try again tomorrow".to_owned()),
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

fn changed(old: &Profile, change: &ProfileChange) -> Profile {
    Profile {
        first_name: change.first_name.clone().unwrap_or_else(|| old.first_name.clone()),
        last_name: change.last_name.clone().unwrap_or_else(|| old.last_name.clone()),
        email: change.email.clone().unwrap_or_else(|| old.email.clone()),
        phone: change.phone.clone().unwrap_or_else(|| old.phone.clone()),
        password: change.password.clone().unwrap_or_else(|| old.password.clone()),
        is_admin: old.is_admin,
        language: change.language.clone().unwrap_or_else(|| old.language.clone()),
        time_zone: change.time_zone.clone().unwrap_or_else(|| old.time_zone.clone()),
        pin: change.pin.or(old.pin),
        message: change.message.clone().unwrap_or_else(|| old.message.clone()),
    }
}

/// What was changed is told in an open alert. A wrong PIN is counted as anywhere, for what becomes of it can be seen, and changes no more than
/// none: somebody in danger may have mistyped it.
fn tell_contacts(
    deadman: &mut Deadman,
    incident: &mut Option<Incident>,
    turn: &mut Turn<'_>,
    old: &Profile,
    proof: Proof,
) {
    if incident.as_ref().is_some_and(Incident::is_open) {
        let proven = match deadman.prove(turn, proof, Line::Open) {
            Proven::Yes => true,
            Proven::NotGiven => deadman.profile.pin.is_none(),
            Proven::Wrong | Proven::Locked => false,
        };
        changed_in_alert(deadman, incident, turn, old, proven);
    }
}

fn profile(
    deadman: &mut Deadman,
    turn: &mut Turn<'_>,
    change: &ProfileChange,
    proof: Proof,
) -> Result<(), Rejected> {
    let old = deadman.profile.clone();
    let new = changed(&old, change);
    let moved = new.time_zone != old.time_zone;
    let renewed = new.phone != old.phone || change.pin.is_some();
    // Whoever has the password has the switch, and whoever has the address gets the next password.
    let taken_over = new.password != old.password || new.email != old.email;
    // Another time zone can put the next question off by a day.
    if renewed || taken_over || (moved && deadman.settings.active) {
        not_in_incident(deadman, "a new phone number, PIN, password, e-mail address or time zone")?;
        authorise(deadman, turn, proof, "current_pin")?;
        let what = if renewed {
            "your phone number or PIN was changed."
        } else if taken_over {
            "your password or e-mail address was changed."
        } else {
            "your time zone was changed."
        };
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
