//! Who goes is asked whether they still do; and whoever was alerted is told that somebody goes, and that it is over.

use lucius_core::{
    effect::{Channel, EffectId, Party, Purpose},
    incident::{Contact, EndedBy, Incident, Status},
    policy::later,
};

use crate::{
    Act, Invariant, Transition, Violation, promised, rounds::capped, step::of_incident, violation::ensure,
};

pub(crate) fn check(step: &Transition<'_>) -> Result<(), Violation> {
    up_to_date(step)?;
    let Some((before, after)) = step.incidents() else { return Ok(()) };
    news_of_them(before, after)?;
    confirm(step, before, after)?;
    let unalerted = after.contacts.iter().position(|contact| !contact.calls.is_empty() && !contact.alerted);
    ensure(unalerted.is_none(), Invariant::Told, of_incident(after), || {
        format!("c{} is called, and would hear nothing of what becomes of it", unalerted.unwrap_or_default())
    })?;
    // A call that has to be cancelled may ring all the same.
    let unalerted = after.pending.keys().find(|id| match (&id.party, &id.purpose) {
        (Party::Contact(place), Purpose::Cancel(_)) => {
            after.contacts.get(*place).is_some_and(|contact| !contact.alerted)
        }
        (Party::Contact(_) | Party::User, _) => false,
    });
    ensure(unalerted.is_none(), Invariant::Told, of_incident(after), || {
        "somebody was called too late, and would hear nothing of the end".to_owned()
    })?;
    match (&before.status, &after.status) {
        (Status::Escalating { .. }, Status::Accepted { by, .. }) => news(before, after, Some(*by), true),
        (Status::Escalating { .. } | Status::Accepted { .. }, Status::Ended { ended, .. }) => {
            let by_contact = matches!(ended, EndedBy::Contact { .. });
            news(before, after, None, by_contact)
        }
        (Status::Accepted { .. }, Status::Accepted { by, .. }) => late(step, before, after, Some(*by)),
        (Status::Ended { .. }, Status::Ended { .. }) => late(step, before, after, None),
        (
            Status::Escalating { .. } | Status::Accepted { .. } | Status::Ended { .. },
            Status::Escalating { .. },
        )
        | (Status::Ended { .. }, Status::Accepted { .. }) => Ok(()),
    }
}

/// What the person at risk changes of what contacts are told is told; without the PIN, beside what was told before.
fn up_to_date(step: &Transition<'_>) -> Result<(), Violation> {
    let (Some((was, is)), Some(incident)) = (step.deadmen(), &step.after.incident) else { return Ok(()) };
    let theirs = [is.incident, is.silent].contains(&Some(incident.id));
    let Some(message) = is.profile.message.as_ref().filter(|_| incident.is_open() && theirs) else {
        return Ok(());
    };
    let known: String =
        message.chars().take(100).map(|letter| if letter == '"' { '\'' } else { letter }).collect();
    let told =
        *message == incident.subject.message || incident.words.iter().any(|line| line.contains(&known));
    let holds = is.profile.message == was.profile.message || told;
    let number = incident.subject.phone == is.profile.phone;
    ensure(holds && number, Invariant::Told, of_incident(incident), || {
        "contacts are told what is out of date".to_owned()
    })
}

/// Whoever was alerted hears what is new of the person at risk, unless that has been too often: by a text of its own, or as they are paged anew.
fn news_of_them(before: &Incident, after: &Incident) -> Result<(), Violation> {
    let of = |incident: &Incident| {
        let subject = &incident.subject;
        (incident.words.clone(), subject.name.clone(), subject.phone.clone(), subject.message.clone())
    };
    if !after.is_open() || of(before) == of(after) || before.times_told >= promised::NEWS {
        return Ok(());
    }
    for (place, contact) in after.contacts.iter().enumerate() {
        let fresh = after.pending.iter().any(|(id, pending)| {
            let known = before.pending.get(id).is_some_and(|known| known.effect == pending.effect);
            let page = id.party == Party::Contact(place) && id.purpose == Purpose::Page;
            !known && (page || tells(id, Party::Contact(place)))
        });
        let was = before.contacts.get(place).is_some_and(|was| was.alerted);
        ensure(
            !was || !contact.trusted || contact.text_stopped || fresh,
            Invariant::Told,
            of_incident(after),
            || format!("c{place} was alerted and hears nothing of what is new"),
        )?;
    }
    Ok(())
}

/// An accept that begins, or is renewed, has its question before it; the question is put when its time comes.
fn confirm(step: &Transition<'_>, before: &Incident, after: &Incident) -> Result<(), Violation> {
    let Status::Accepted { by, confirm_by, ask_at, asked, .. } = after.status else { return Ok(()) };
    let (until, had_asked) = match before.status {
        Status::Accepted { confirm_by, asked, .. } => (Some(confirm_by), asked),
        Status::Escalating { .. } | Status::Ended { .. } => (None, false),
    };
    let told = |holds: bool, why: &str| {
        ensure(holds, Invariant::Told, of_incident(after), || format!("c{by} {why}"))
    };
    if until != Some(confirm_by) {
        told(confirm_by <= later(step.now, promised::accept(step.policy)), "is believed for too long")?;
        let ahead = step.now < ask_at && ask_at <= confirm_by;
        told(!asked && ahead, "will not be asked before the accept lapses")?;
    }
    told(asked || !step.performer_wake || step.now < ask_at, "was to be asked by now, and is not")?;
    let Some(contact) = after.contacts.get(by).filter(|_| asked && !had_asked) else { return Ok(()) };
    let asks = |channel| {
        let id = EffectId { party: Party::Contact(by), channel, purpose: Purpose::Confirm };
        after.pending.contains_key(&id)
    };
    told(asks(Channel::Sms) || contact.text_stopped, "counts as asked, and gets no text")?;
    told(asks(Channel::Call) || capped(step, contact), "counts as asked, and gets no call")
}

/// Everybody who was alerted hears of it, and who may be at this moment, but for who stopped our texts and who did it.
fn news(before: &Incident, after: &Incident, by: Option<usize>, user: bool) -> Result<(), Violation> {
    let fresh =
        |party: Party| after.pending.keys().any(|id| tells(id, party) && !before.pending.contains_key(id));
    for (place, contact) in after.contacts.iter().enumerate() {
        let alerted = contact.alerted || may_get(before, after, place);
        let wants = alerted && !contact.text_stopped && by != Some(place);
        ensure(!wants || fresh(Party::Contact(place)), Invariant::Told, of_incident(after), || {
            format!("c{place} was alerted and is left alone with it")
        })?;
    }
    let wants = user && !after.silent && !after.subject.text_stopped;
    ensure(!wants || fresh(Party::User), Invariant::Told, of_incident(after), || {
        "the person at risk is not told".to_owned()
    })
}

/// A page by text was withdrawn while a performer had it in hand. Nobody may ever report it.
fn may_get(before: &Incident, after: &Incident, place: usize) -> bool {
    let page = EffectId { party: Party::Contact(place), channel: Channel::Sms, purpose: Purpose::Page };
    let in_hand = before.pending.get(&page).is_some_and(|pending| pending.lease_until.is_some());
    in_hand && !after.pending.contains_key(&page)
}

/// Whoever is alerted when somebody goes already, or when it is over, had a text on its way to them: they are told at once. Whose call
/// comes too late may never have heard it, and who presses a key hears how things stand.
fn late(
    step: &Transition<'_>,
    before: &Incident,
    after: &Incident,
    by: Option<usize>,
) -> Result<(), Violation> {
    for (place, (was, is)) in before.contacts.iter().zip(&after.contacts).enumerate() {
        let alerted = is.alerted && !was.alerted && !is.text_stopped && by != Some(place);
        if !alerted || rang(was, is) || spoke(step, after, place) {
            continue;
        }
        let told = after.pending.keys().any(|id| tells(id, Party::Contact(place)));
        ensure(told, Invariant::Told, of_incident(after), || {
            format!("c{place} has got a late text and is left alone with it")
        })?;
    }
    Ok(())
}

fn tells(id: &EffectId, party: Party) -> bool {
    id.party == party && matches!(id.purpose, Purpose::Tell(_))
}

/// A call was heard of.
fn rang(was: &Contact, is: &Contact) -> bool {
    let known = |sid: &String| was.calls.iter().any(|call| call.sid == *sid) || was.over.contains(sid);
    is.calls.iter().map(|call| &call.sid).chain(&is.over).any(|sid| !known(sid))
}

/// They did something themselves.
fn spoke(step: &Transition<'_>, incident: &Incident, at: usize) -> bool {
    step.has(|act| match act {
        Act::PressedOne { incident: id, place }
        | Act::RightCode { incident: id, place }
        | Act::PressedNineTwice { incident: id, place }
        | Act::AskedToReopen { incident: id, place }
        | Act::AskedToBeCalled { incident: id, place }
        | Act::WrongCode { incident: id, place } => *id == incident.id && *place == at,
        Act::CheckedIn { .. }
        | Act::CriedForHelp
        | Act::Resolved
        | Act::Edited { .. }
        | Act::TextsStopped => false,
    })
}
