//! How and when the user is asked.

use jiff::Timestamp;

use super::{authorise, not_in_incident, notify};
use crate::{
    deadman::{Deadman, ProbeSettings, Proof, State},
    decide::Rejected,
    history::ProbeStatus,
    policy::later,
    turn::Turn,
};

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
