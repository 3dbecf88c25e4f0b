//! Calls that the product places: queue, ring, answer or not.

use super::leg::Leg;
use super::line::{Command, End, Flow, Interrupt, Line};
use super::run::{Next, Runner};
use super::{Call, Callback, Direction, Source, Status};
use crate::board::Board;
use crate::event::{About, What};
use crate::faults::{Effect, total};
use crate::phone::Behaviour;
use crate::{clock, sid};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::Instant;

/// How long a phone that is not manual rings before it does what it does.
const SHORT_RING: f64 = 0.02;
/// How long a phone that does not answer rings, unless configured.
const NO_ANSWER_RING: f64 = 0.3;

/// Seconds that Twilio rings beyond `Timeout`, roughly.
const TIMEOUT_BUFFER: u64 = 5;

/// A call to place.
#[derive(Debug)]
pub(crate) struct NewCall {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) source: Source,
    pub(crate) timeout: u64,
    pub(crate) time_limit: u64,
    pub(crate) callback: Option<Callback>,
}

/// Places a call and returns its SID; the call then lives by itself.
pub(crate) fn place(board: &Arc<Board>, new: NewCall) -> String {
    let queued = total(&board.strike("queue", &new.to), |effect| {
        if let Effect::Queue(wait) = effect { Some(*wait) } else { None }
    });
    let (sender, commands) = unbounded_channel();
    let sid = sid::new_sid("CA");
    let dial_at = {
        let mut state = board.state();
        let rate = state.calls_per_second;
        let dial_at = clock::after(queued).max(slot(&mut state.next_dial, rate));
        let plan = state.phone(&new.to).take_plan();
        state.add_call(Call {
            sid: sid.clone(),
            parent: None,
            from: new.from.clone(),
            to: new.to.clone(),
            peer: new.to.clone(),
            direction: Direction::OutboundApi,
            status: Status::Queued,
            created: clock::now(),
            updated: clock::now(),
            dialled: None,
            answered: None,
            ended: None,
            timeout: new.timeout,
            time_limit: new.time_limit,
            plan,
            problems: Vec::new(),
            heard: Vec::new(),
            waiting: None,
            ended_by: None,
            queue_time: millis(dial_at.saturating_duration_since(Instant::now())),
            line: sender,
        });
        dial_at
    };
    let direction = Direction::OutboundApi.word().to_owned();
    let placed = What::CallPlaced { from: new.from, to: new.to.clone(), direction };
    board.publish(&new.to, About::Call(&sid), placed);
    let leg = Leg::new(board, &sid, &new.to, Line::new(commands), new.callback);
    tokio::spawn(leg.live(dial_at, new.source));
    sid
}

/// When the next call may leave the queue.
fn slot(next: &mut Option<Instant>, per_second: f64) -> Instant {
    let now = Instant::now();
    if per_second <= 0.0 {
        return now;
    }
    let mine = next.filter(|at| *at > now).unwrap_or(now);
    *next = mine.checked_add(clock::seconds(per_second.recip()));
    mine
}

fn millis(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)
}

impl Leg {
    async fn live(mut self, dial_at: Instant, source: Source) {
        let end = match self.connect(dial_at).await {
            Ok(()) => Runner::new(&mut self).run(Next::from(source)).await,
            Err(Interrupt::End(end)) => end,
            Err(Interrupt::Goto(_)) => End { status: Status::Failed, by: "carrier" },
        };
        self.finish(end);
    }

    /// Dials and rings until the phone answers.
    pub(crate) async fn connect(&mut self, dial_at: Instant) -> Flow<()> {
        self.unless_ended(dial_at).await?;
        let (plan, timeout, from) = self.with_call(|call| {
            call.dialled = Some(clock::now());
            call.updated = clock::now();
            (call.plan.clone(), call.timeout, call.from.clone())
        });
        self.report("initiated", "initiated");
        let ring = |default: f64| clock::seconds(plan.ring_seconds.unwrap_or(default));
        if plan.behaviour == Behaviour::Unreachable {
            self.unless_ended(clock::after(ring(SHORT_RING))).await?;
            return Err(Interrupt::End(End { status: Status::Failed, by: "carrier" }));
        }
        self.with_call(|call| call.status = Status::Ringing);
        // A person gets the few seconds that Twilio adds to every Timeout.
        let extra = if plan.behaviour == Behaviour::Manual { TIMEOUT_BUFFER } else { 0 };
        let timeout = timeout.saturating_add(extra);
        self.publish(What::CallRinging { from, timeout_seconds: timeout });
        self.report("ringing", "ringing");
        let timeout = Duration::from_secs(timeout);
        let (reacts, then) = match plan.behaviour {
            Behaviour::Manual => (plan.ring_seconds.map_or(timeout, clock::seconds), Err(Status::NoAnswer)),
            Behaviour::NoAnswer => (ring(NO_ANSWER_RING), Err(Status::NoAnswer)),
            Behaviour::Busy => (ring(SHORT_RING), Err(Status::Busy)),
            Behaviour::Driven
            | Behaviour::Answer
            | Behaviour::Voicemail
            | Behaviour::Screening
            | Behaviour::Unreachable => (ring(SHORT_RING), Ok(())),
        };
        let then = if reacts > timeout { Err(Status::NoAnswer) } else { then };
        let answered_by_control = self.unless_ended(clock::after(reacts.min(timeout))).await?;
        if !answered_by_control && let Err(status) = then {
            return Err(Interrupt::End(End { status, by: "phone" }));
        }
        self.answer(if answered_by_control { "control" } else { "phone" });
        Ok(())
    }

    /// Waits until `until`, or true as soon as somebody answers.
    async fn unless_ended(&mut self, until: Instant) -> Flow<bool> {
        loop {
            let command = tokio::select! {
                biased;
                command = self.line.command() => command,
                () = tokio::time::sleep_until(until) => return Ok(false),
            };
            let (status, by) = match command {
                Command::Answer if self.status() == Status::Ringing => return Ok(true),
                // The REST API refuses to redirect a call that is not in progress.
                Command::Answer | Command::Input(_) | Command::Goto(_) => continue,
                Command::Reject | Command::HangUp => (Status::Busy, "phone"),
                Command::Cancel => (Status::Canceled, "api"),
                Command::Complete => (Status::Completed, "api"),
            };
            return Err(Interrupt::End(End { status, by }));
        }
    }
}
