//! How and when the user is asked.

use jiff::Timestamp;

use super::{authorise, not_in_incident, notify};
use crate::{
    deadman::{Deadman, ProbeSettings, Proof, State},
    decide::Rejected,
    history::ProbeStatus,
    policy::later,
    schedule::Schedule,
    turn::Turn,
};

/// What changes of how and when to ask; `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProbeChange {
    /// The switch is armed.
    pub active: Option<bool>,
    /// When to ask.
    pub schedule: Option<Schedule>,
    /// Follow-up questions before the alarm, 0 to 6.
    pub max_retries: Option<u8>,
    /// How long each question waits for an answer, in minutes, 5 to 120.
    pub wait_minutes: Option<u32>,
    /// Ask by text.
    pub by_sms: Option<bool>,
    /// Ask by call.
    pub by_call: Option<bool>,
    /// A text answers only with the PIN in it.
    pub pin_in_reply: Option<bool>,
}

impl ProbeChange {
    fn apply(&self, old: &ProbeSettings, now: Timestamp) -> ProbeSettings {
        ProbeSettings {
            active: self.active.unwrap_or(old.active),
            schedule: self.schedule.clone().unwrap_or_else(|| old.schedule.clone()),
            max_retries: self.max_retries.unwrap_or(old.max_retries),
            wait_minutes: self.wait_minutes.unwrap_or(old.wait_minutes),
            by_sms: self.by_sms.unwrap_or(old.by_sms),
            by_call: self.by_call.unwrap_or(old.by_call),
            pin_in_reply: self.pin_in_reply.unwrap_or(old.pin_in_reply),
            updated_at: now,
        }
    }
}

impl From<ProbeSettings> for ProbeChange {
    /// All of them.
    fn from(all: ProbeSettings) -> Self {
        Self {
            active: Some(all.active),
            schedule: Some(all.schedule),
            max_retries: Some(all.max_retries),
            wait_minutes: Some(all.wait_minutes),
            by_sms: Some(all.by_sms),
            by_call: Some(all.by_call),
            pin_in_reply: Some(all.pin_in_reply),
        }
    }
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

pub(super) fn change(
    deadman: &mut Deadman,
    turn: &mut Turn<'_>,
    change: &ProbeChange,
    pause: Pause,
    proof: Proof,
) -> Result<(), Rejected> {
    let old = deadman.settings.clone();
    let new = change.apply(&old, turn.now);
    if pause != Pause::Keep && pause != Pause::End && !new.active {
        return Err(Rejected::Invalid(
            "paused_until: probes are not active: there is nothing to pause".to_owned(),
        ));
    }
    if new.pin_in_reply && deadman.profile.pin.is_none() {
        return Err(Rejected::Invalid(
            "pin_in_reply: set a PIN first (PUT /v1/users/{uid} with \"pin\")".to_owned(),
        ));
    }
    if new.active && !deadman.contacts.iter().any(|contact| contact.is_emergency_contact) {
        return Err(Rejected::Forbidden(
            "add an emergency contact first (POST /v1/users/{uid}/contacts with \"is_emergency_contact\": true)".to_owned(),
        ));
    }
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
        authorise(deadman, turn, proof, "pin")?;
        let phone = deadman.profile.phone.clone();
        notify(
            deadman,
            turn,
            phone,
            if new.active { "your probe settings were changed." } else { "your probes were switched off." },
        );
    }
    deadman.armed_once |= new.active;
    deadman.settings = new;
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
            let longest = later(turn.now, turn.policy.days(90));
            deadman.state = State::Paused { until: until.min(longest) };
        }
        (true, Pause::End, &State::Paused { until }) => deadman.pause_ended(turn, until),
        (true, Pause::Keep | Pause::End, State::Off) => {
            // An interval starts when the switch is armed.
            deadman.last_check_in = Some(turn.now);
            deadman.rearm(turn);
        }
        (true, Pause::Keep | Pause::End, State::Waiting { .. }) if changed => deadman.rearm(turn),
        // The end of a pause that there is none of must not skip a question that is due.
        (true, Pause::Keep | Pause::End, State::Waiting { .. } | State::Probing(_))
        | (true, Pause::Keep, State::Paused { .. }) => {}
    }
}
