//! What may change the switch: I8.

use lucius_core::deadman::{Contact, Deadman, State, Unproven};

use crate::{
    Act, Invariant, Transition, Violation, status::to_be_called, step::of_deadman, violation::ensure,
};

pub(crate) fn check(step: &Transition<'_>) -> Result<(), Violation> {
    let Some((before, after)) = step.deadmen() else { return Ok(()) };
    let actor = of_deadman(after);
    let authentic =
        |holds: bool, why: &str| ensure(holds, Invariant::OnlyAuthentic, actor, || why.to_owned());
    let edited = step.has(|act| matches!(act, Act::Edited { .. }));
    let proven = step.has(|act| matches!(act, Act::Edited { proven: true, .. }));
    let same = before.settings == after.settings
        && before.profile == after.profile
        && listed(before) == listed(after)
        && before.unproven == after.unproven;
    authentic(same || edited, "settings or contacts changed, and nobody changed them")?;
    authentic(proven || !forgotten(before, after), "it was forgotten who came without the PIN")?;
    let paused = |deadman: &Deadman| matches!(deadman.state, State::Paused { .. });
    authentic(edited || paused(before) || !paused(after), "paused, and nobody asked for it")?;
    authentic(after.armed_once || !before.armed_once, "it was forgotten that the switch was armed")?;
    let guarded = before.profile.pin.is_some() && before.armed_once;
    if weakened(before, after) || (paused(after) && !paused(before)) {
        authentic(proven || !guarded, "the alarm was weakened without the PIN")?;
        authentic(before.incident.is_none(), "the alarm was weakened while an incident is open")?;
    }
    let over = before.incident.is_some() && after.incident.is_none();
    let signed = step.has(|act| matches!(act, Act::CheckedIn { .. } | Act::Resolved | Act::Edited { .. }));
    authentic(
        before.last_check_in == after.last_check_in || signed || over,
        "a sign of life was recorded that nobody gave",
    )
}

/// The contacts, but for whether they take texts: that comes from the carrier.
fn listed(deadman: &Deadman) -> Vec<Contact> {
    deadman.contacts.iter().map(|contact| Contact { text_stopped: false, ..contact.clone() }).collect()
}

/// Who came without the PIN is in doubt as long as they are there, or until they have the number again that they had before.
fn forgotten(before: &Deadman, after: &Deadman) -> bool {
    before.unproven.iter().any(|was| {
        let stays = |is: &Unproven| {
            is.contact == was.contact && is.former == was.former && (is.chosen || !was.chosen)
        };
        let contact = after.contacts.iter().find(|contact| contact.id == was.contact);
        let back = |contact: &Contact| !was.chosen && was.former.as_ref() == Some(&contact.phone);
        !after.unproven.iter().any(stays) && contact.is_some_and(|contact| !back(contact))
    })
}

/// Somebody is called or asked less, or later, than before.
fn weakened(before: &Deadman, after: &Deadman) -> bool {
    let (was, is) = (&before.settings, &after.settings);
    let slower = is.wait_minutes > was.wait_minutes || is.max_retries > was.max_retries;
    let unasked =
        (was.by_call && !is.by_call) || (was.by_sms && !is.by_sms) || (was.pin_in_reply && !is.pin_in_reply);
    let fewer = before.contacts.iter().any(|contact| {
        let still = after.contacts.iter().find(|other| other.id == contact.id);
        contact.is_emergency_contact && still.is_none_or(|other| !other.is_emergency_contact)
    });
    let quieter = to_be_called(before).into_iter().any(|(contact, _)| {
        let still = after.contacts.iter().find(|other| other.id == contact.id);
        still.is_some_and(|other| {
            let less = (contact.by_call && !other.by_call) || (contact.by_sms && !other.by_sms);
            less || other.priority > contact.priority
        })
    });
    let other_person = before.profile.pin != after.profile.pin || before.profile.phone != after.profile.phone;
    (was.active && (!is.active || slower || unasked)) || fewer || quieter || other_person
}
