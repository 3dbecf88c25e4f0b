//! Who is asked by which channel: whoever takes no texts is asked by call.

use lucius_core::{
    deadman::Deadman,
    effect::{Channel, EffectId, Party, Purpose},
};

use crate::{Act, Invariant, Transition, Violation, step::of_deadman, violation::ensure};

pub(crate) fn check(step: &Transition<'_>) -> Result<(), Violation> {
    let Some((before, after)) = step.deadmen() else { return Ok(()) };
    let Some(probe) = after.probe() else { return Ok(()) };
    let is_new = before.probe().is_none_or(|was| {
        was.id != probe.id || was.asked != probe.asked || was.asked_late != probe.asked_late
    });
    // One that had gone out by call as well need not come again.
    let told = step.has(|act| *act == Act::TextsStopped);
    let stops = told && after.text_stopped && !before.text_stopped && !before.settings.by_call;
    let ask = |channel| EffectId { party: Party::User, channel, purpose: Purpose::Ask };
    let asked = |deadman: &Deadman, channel| deadman.pending.contains_key(&ask(channel));
    let by_call = after.settings.by_call || !after.settings.by_sms || after.text_stopped;
    let by_text = after.settings.by_sms && !after.text_stopped;
    let holds = (!by_call || asked(after, Channel::Call)) && (!by_text || asked(after, Channel::Sms));
    ensure(holds || !is_new, Invariant::Questions, of_deadman(after), || {
        "a question was opened, and is not asked".to_owned()
    })?;
    ensure(!stops || asked(after, Channel::Call), Invariant::Questions, of_deadman(after), || {
        "they have stopped our texts, and are not asked by call".to_owned()
    })
}
