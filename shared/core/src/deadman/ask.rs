//! Asking: the probe exists before its question is sent, so that a carrier that fails still runs into the deadline.

use jiff::Timestamp;

use super::{Deadman, Probe, State};
use crate::{
    effect::{Channel, Effect, EffectId, Outcome, Party, Pending, Purpose},
    history::ProbeStatus,
    id::{ProbeId, UserId},
    incident::{Cause, Incident},
    open::open_or_join,
    policy::{GRACE, fill, later},
    turn::{Alarm, Turn},
    voice::Prompt,
};

/// How long the question waits that is asked because we were down at the deadline, in minutes.
const LATE_WAIT_MINUTES: u32 = 5;

/// Does what is due, or nothing. `incident` is the user's open incident, if they have one.
pub fn wake(deadman: &mut Deadman, incident: &mut Option<Incident>, turn: &mut Turn<'_>) {
    expire_leases(deadman, turn);
    look(deadman, incident.as_ref(), turn);
    deadman.pending.retain(|_, pending| match &pending.effect {
        Effect::Text { until: Some(until), .. } => pending.lease_until.is_some() || turn.now < *until,
        Effect::Text { until: None, .. }
        | Effect::Call { .. }
        | Effect::Cancel { .. }
        | Effect::Poll { .. } => true,
    });
    match deadman.state.clone() {
        State::Off => {}
        State::Paused { until } => {
            if turn.now >= until {
                deadman.pause_ended(turn, until);
                // A pause may end exactly when the next question is due, or have ended before that.
                if let State::Waiting { next_probe_at } = deadman.state
                    && deadman.incident.is_none()
                    && turn.now >= next_probe_at
                {
                    open_probe(deadman, turn);
                }
            }
        }
        State::Waiting { next_probe_at } => {
            if deadman.incident.is_none() && turn.now >= next_probe_at {
                open_probe(deadman, turn);
            }
        }
        State::Probing(probe) => {
            if turn.now >= later(probe.deadline, GRACE) {
                deadline(deadman, incident, turn, probe);
            }
        }
    }
}

/// The hourly look at the open incident: one that is over, or gone, no longer stops the questions.
fn look(deadman: &mut Deadman, incident: Option<&Incident>, turn: &Turn<'_>) {
    if deadman.incident.is_none() {
        return;
    }
    if !incident.is_some_and(Incident::is_open) {
        deadman.incident_ended(turn);
    } else if deadman.look_at.is_none_or(|at| turn.now >= at) {
        deadman.look_again(turn);
    }
}

fn open_probe(deadman: &mut Deadman, turn: &mut Turn<'_>) {
    let probe = Probe {
        id: turn.fresh.probe,
        opened_at: turn.now,
        asked: 1,
        deadline: later(turn.now, turn.policy.minutes(deadman.settings.wait_minutes)),
        last_response: String::new(),
        planned: None,
        asked_late: false,
    };
    ask(deadman, turn, &probe);
    deadman.state = State::Probing(probe);
}

/// A question has run out: ask again, or call for help.
fn deadline(deadman: &mut Deadman, incident: &mut Option<Incident>, turn: &mut Turn<'_>, mut probe: Probe) {
    let late = turn.now > later(later(probe.deadline, GRACE), turn.policy.we_were_down());
    probe.deadline = if probe.asked <= deadman.settings.max_retries {
        next_deadline(deadman, turn, &mut probe)
    } else if late && !probe.asked_late {
        // We were down, and so may the answer have been. Once per probe: the next time it alarms however late.
        turn.alarms.push(Alarm::DeadlineLate);
        probe.asked_late = true;
        later(turn.now, turn.policy.minutes(LATE_WAIT_MINUTES))
    } else {
        deadman.close_probe(turn, &probe, ProbeStatus::Unavailable);
        deadman.rearm(turn);
        let cause = Cause::Unavailable { probe: probe.id, deadline: probe.deadline };
        open_or_join(deadman, incident, turn, cause, None);
        return;
    };
    ask(deadman, turn, &probe);
    deadman.state = State::Probing(probe);
}

/// Counts a question more, and says until when it waits: its time, but where we were away, no longer than until the time at which it
/// would have run out, or for a few minutes. An outage must not be waited for twice.
fn next_deadline(deadman: &Deadman, turn: &Turn<'_>, probe: &mut Probe) -> Timestamp {
    probe.asked = probe.asked.saturating_add(1);
    let wait = turn.policy.minutes(deadman.settings.wait_minutes);
    let full = later(turn.now, wait);
    let planned = later(probe.planned.unwrap_or(probe.deadline), wait);
    probe.planned = Some(planned).filter(|planned| full > later(*planned, turn.policy.we_were_down()));
    match probe.planned {
        Some(planned) => planned.max(later(turn.now, turn.policy.minutes(LATE_WAIT_MINUTES))).min(full),
        None => full,
    }
}

/// Puts the question among the effects, on every channel that is chosen and usable.
fn ask(deadman: &mut Deadman, turn: &mut Turn<'_>, probe: &Probe) {
    deadman.record_probe(turn, probe, ProbeStatus::Pending);
    let by_sms = deadman.settings.by_sms && !deadman.text_stopped;
    // Whoever has stopped our texts is called.
    let by_call = deadman.settings.by_call || !by_sms;
    if by_sms {
        ask_by(deadman, turn, probe, Channel::Sms);
    }
    if by_call {
        ask_by(deadman, turn, probe, Channel::Call);
    }
}

fn ask_by(deadman: &mut Deadman, turn: &Turn<'_>, probe: &Probe, channel: Channel) {
    deadman.attempts = deadman.attempts.saturating_add(1);
    let attempt = deadman.attempts;
    let to = deadman.profile.phone.clone();
    let effect = match channel {
        Channel::Sms => Effect::Text { to, body: question(deadman, turn, probe), until: None },
        Channel::Call => Effect::Call {
            to,
            prompt: ask_prompt(deadman, probe.id, attempt, 0),
            ring: turn.policy.ring(),
            limit: turn.policy.call_limit(),
            first: false,
        },
    };
    let id = EffectId { party: Party::User, channel, purpose: Purpose::Ask };
    deadman.pending.insert(id, Pending::new(effect, attempt, turn.now));
}

fn question(deadman: &Deadman, turn: &Turn<'_>, probe: &Probe) -> String {
    let texts = &turn.policy.texts;
    let template = if probe.asked <= 1 && !probe.asked_late { &texts.ask } else { &texts.ask_again };
    let mut text = fill(template, &[("name", &deadman.profile.first_name)]);
    if deadman.wants_pin_in_reply() {
        text.push_str(" Add your PIN to the answer.");
    }
    text
}

/// Where an answer to a question by call goes.
#[must_use]
pub fn ask_path(user: UserId, probe: ProbeId, attempt: u32, turn: u32) -> String {
    format!("/call/ask/{user}/{probe}/{attempt}/{turn}")
}

/// A question by call. Where a PIN is set it has to be keyed in, so that whoever holds the phone cannot answer.
#[must_use]
pub fn ask_prompt(deadman: &Deadman, probe: ProbeId, attempt: u32, turn: u32) -> Prompt {
    let path = ask_path(deadman.id, probe, attempt, turn.saturating_add(1));
    let hello = format!("This is lucius. Are you okay, {}?", deadman.profile.first_name);
    let prompt = if deadman.profile.pin.is_some() {
        let how = "If you are, please enter your PIN, then the pound key. If you need help, press 9, then the pound key.";
        Prompt::digits(vec![hello, how.to_owned()], path)
    } else {
        Prompt::key(vec![hello, "If you are, press 1. If you need help, press 9.".to_owned()], path)
    };
    prompt.in_language(deadman.profile.language.clone())
}

/// A performer's outcome of the try `attempt` of the effect `id`.
pub fn settled(deadman: &mut Deadman, turn: &mut Turn<'_>, id: &EffectId, attempt: u32, outcome: &Outcome) {
    let Some(pending) = deadman.pending.get(id).filter(|pending| pending.attempt == attempt) else { return };
    match outcome {
        // An unknown text counts as sent. An unknown call is dialled again, once for each question.
        Outcome::Unknown if id.channel == Channel::Call && pending.failures == 0 => again(deadman, turn, id),
        Outcome::Placed { .. } | Outcome::Done | Outcome::Polled(_) | Outcome::Unknown => {
            deadman.pending.remove(id);
        }
        Outcome::Account { code } => {
            turn.alarms.push(Alarm::CarrierAccount { code: *code });
            again(deadman, turn, id);
        }
        Outcome::NotSent { .. } => again(deadman, turn, id),
        Outcome::Permanent { code } => refused(deadman, turn, id, *code),
    }
}

/// Puts an effect back for another try. A question that is no longer open is not asked any more.
fn again(deadman: &mut Deadman, turn: &Turn<'_>, id: &EffectId) {
    if id.purpose == Purpose::Ask && deadman.probe().is_none() {
        deadman.pending.remove(id);
        return;
    }
    let tried = deadman.pending.get(id).map_or(0, |pending| pending.attempt);
    deadman.attempts = deadman.attempts.max(tried).saturating_add(1);
    let (attempt, probe) = (deadman.attempts, deadman.probe().map(|probe| probe.id));
    let prompt = probe.map(|probe| ask_prompt(deadman, probe, attempt, 0));
    let Some(pending) = deadman.pending.get_mut(id) else { return };
    pending.back_off(turn.now);
    pending.attempt = attempt;
    if let (Effect::Call { prompt: old, .. }, Some(new)) = (&mut pending.effect, prompt) {
        *old = new;
    }
}

/// The number the carrier gives to a text refused because its receiver has said STOP.
const OPTED_OUT: u32 = 21610;

/// This channel refuses for good: the question goes by the other one.
fn refused(deadman: &mut Deadman, turn: &mut Turn<'_>, id: &EffectId, code: u32) {
    let refused = deadman.pending.remove(id);
    let theirs = refused.is_some_and(|pending| match pending.effect {
        Effect::Text { to, .. } => to == deadman.profile.phone,
        Effect::Call { .. } | Effect::Cancel { .. } | Effect::Poll { .. } => false,
    });
    // A notice may have gone to the number they had before.
    if code == OPTED_OUT && theirs {
        deadman.text_stopped = true;
    }
    let other = EffectId { channel: id.channel.other(), ..id.clone() };
    let usable = other.channel == Channel::Call || !deadman.text_stopped;
    let asked_both = deadman.settings.by_sms && deadman.settings.by_call;
    if id.purpose == Purpose::Ask
        && usable
        && !asked_both
        && !deadman.pending.contains_key(&other)
        // Two channels that both refuse must not chase each other: the deadline does the rest.
        && id.channel == preferred(deadman)
        && let Some(probe) = deadman.probe().cloned()
    {
        ask_by(deadman, turn, &probe, other.channel);
    }
}

fn preferred(deadman: &Deadman) -> Channel {
    if deadman.settings.by_sms { Channel::Sms } else { Channel::Call }
}

/// A lease that ran out means that a performer died: what it did is unknown.
fn expire_leases(deadman: &mut Deadman, turn: &mut Turn<'_>) {
    let expired: Vec<_> = deadman
        .pending
        .iter()
        .filter(|(_, pending)| pending.lease_until.is_some_and(|lease| lease <= turn.now))
        .map(|(id, pending)| (id.clone(), pending.attempt))
        .collect();
    for (id, attempt) in expired {
        settled(deadman, turn, &id, attempt, &Outcome::Unknown);
    }
}

/// An open question whose receiver has stopped our texts is asked by call, unless a call is under way.
pub(super) fn ask_by_call_instead(deadman: &mut Deadman, turn: &Turn<'_>) {
    let id = EffectId { party: Party::User, channel: Channel::Call, purpose: Purpose::Ask };
    if let Some(probe) = deadman.probe().cloned()
        && !deadman.settings.by_call
        && !deadman.pending.contains_key(&id)
    {
        ask_by(deadman, turn, &probe, Channel::Call);
    }
}
