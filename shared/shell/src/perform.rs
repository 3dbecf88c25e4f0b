//! Performing one effect, and saying in the decisions' words what came of it.

use jiff::SignedDuration;
use lucius_core::{
    actor::ActorId,
    effect::{CallProgress, Effect, EffectId, NotSent, Outcome, Pending},
    policy::earlier,
    voice::Prompt,
};
use lucius_telephony::{
    CallRequest, CallStatus, Carrier, CarrierError, TextRequest,
    sms::{normalize, split},
};

use crate::{
    pace,
    ports::{Nature, Ports},
    say,
    shell::Shell,
};

/// A request is sent only while this much of the lease remains: its time limit is 12 s.
const LEASE_NEEDED: SignedDuration = SignedDuration::from_secs(13);

/// Does what `pending` says, once.
pub(crate) async fn perform<P: Ports>(
    shell: &Shell<P>,
    actor: ActorId,
    id: &EffectId,
    pending: &Pending,
) -> Outcome {
    let Some(carrier) = shell.ports.carrier() else { return Outcome::NotSent { why: NotSent::NoConnection } };
    if let Effect::Call { first, .. } = pending.effect
        && !pace::slot(shell, first).await
    {
        return Outcome::NotSent { why: NotSent::NoSlot };
    }
    if !fits(shell, pending) {
        return Outcome::NotSent { why: NotSent::NoSlot };
    }
    match &pending.effect {
        Effect::Call { to, prompt, ring, limit, .. } => {
            // A defect of ours is no fault of theirs: it rests nobody, and the operator hears of it.
            let Some(twiml) = inline(shell, prompt) else { return Outcome::Account { code: 0 } };
            let request = CallRequest {
                to: to.clone(),
                twiml,
                status_callback: shell.carrier_url(&receipt("call", actor, id, pending.attempt)),
                ring_seconds: seconds(*ring),
                time_limit_seconds: seconds(*limit),
            };
            match carrier.place_call(&request).await {
                Ok(placed) => Outcome::Placed {
                    sid: placed.sid,
                    queue: SignedDuration::from_millis(
                        i64::try_from(placed.queue_time_ms).unwrap_or(i64::MAX),
                    ),
                },
                Err(error) => failed(&error),
            }
        }
        Effect::Text { to, body, .. } => {
            let callback = shell.carrier_url(&receipt("text", actor, id, pending.attempt));
            text(carrier, to, body, &callback, || fits(shell, pending)).await
        }
        Effect::Cancel { sid } => {
            carrier.cancel_call(sid).await.map_or_else(|error| failed(&error), |()| Outcome::Done)
        }
        Effect::Poll { sid } => match carrier.poll_call(sid).await {
            Ok(status) => Outcome::Polled(progress(&status)),
            Err(error) => failed(&error),
        },
    }
}

/// Whether one more request and its outcome still fit into the lease.
fn fits<P: Ports>(shell: &Shell<P>, pending: &Pending) -> bool {
    let now = shell.ports.nature().now();
    pending.lease_until.is_some_and(|lease| now <= earlier(lease, LEASE_NEEDED))
}

/// Sends a text in as many pieces as it takes and `fits` allows. The first piece says who, why and the code: once it is out, the
/// text is.
async fn text<C: Carrier>(
    carrier: &C,
    to: &lucius_core::phone::PhoneNumber,
    body: &str,
    callback: &str,
    fits: impl Fn() -> bool,
) -> Outcome {
    let body = normalize(body);
    let mut outcome = Outcome::Done;
    for (index, piece) in split(&body).into_iter().enumerate() {
        if index > 0 && !fits() {
            tracing::warn!("there was no time for all pieces of a text");
            break;
        }
        let request = TextRequest {
            to: to.clone(),
            body: piece.to_owned(),
            status_callback: Some(callback.to_owned()),
        };
        match carrier.send_text(&request).await {
            Ok(_) => {}
            Err(error) if index == 0 => return failed(&error),
            Err(error) => {
                tracing::warn!(error = %error, "a further piece of a text was not sent");
                outcome = Outcome::Unknown;
            }
        }
    }
    outcome
}

/// Where the carrier reports what becomes of a call or a text.
fn receipt(kind: &str, actor: ActorId, id: &EffectId, attempt: u32) -> String {
    match actor {
        ActorId::Deadman(user) => format!("/receipt/{kind}/user/{user}/{id}/{attempt}"),
        ActorId::Incident(incident) => format!("/receipt/{kind}/incident/{incident}/{id}/{attempt}"),
    }
}

/// The first words of a call, as they travel with the request. Too long for that (a name of a thousand letters), they are
/// fetched by the same address as their repetition.
fn inline<P: Ports>(shell: &Shell<P>, prompt: &Prompt) -> Option<lucius_telephony::InlineTwiml> {
    let whole = say::twiml(shell, prompt).inline();
    match whole {
        Ok(twiml) => Some(twiml),
        Err(error) => {
            tracing::error!(error = %error, "the first words of a call do not fit; they are fetched");
            say::fetch(shell, prompt).inline().ok()
        }
    }
}

/// Whole seconds, at least one.
fn seconds(time: SignedDuration) -> u32 {
    u32::try_from(time.as_secs()).unwrap_or(1).max(1)
}

/// A carrier's failure in the decisions' words.
fn failed(error: &CarrierError) -> Outcome {
    match error {
        CarrierError::Permanent { code, .. } => Outcome::Permanent { code: *code },
        CarrierError::Account { code, .. } => Outcome::Account { code: *code },
        CarrierError::Throttled => Outcome::NotSent { why: NotSent::Throttled },
        CarrierError::NotSent { .. } => Outcome::NotSent { why: NotSent::NoConnection },
        CarrierError::Unknown { .. } => Outcome::Unknown,
    }
}

/// A carrier's word for how a call stands, in the decisions' words. One we do not know is looked at again later.
#[must_use]
pub fn progress(status: &CallStatus) -> CallProgress {
    match status {
        CallStatus::Queued => CallProgress::Queued,
        CallStatus::Initiated | CallStatus::Ringing | CallStatus::Unknown(_) => CallProgress::Ringing,
        CallStatus::InProgress => CallProgress::InProgress,
        CallStatus::Completed => CallProgress::Completed,
        CallStatus::Busy => CallProgress::Busy,
        CallStatus::Failed => CallProgress::Failed,
        CallStatus::NoAnswer => CallProgress::NoAnswer,
        CallStatus::Canceled => CallProgress::Canceled,
    }
}
