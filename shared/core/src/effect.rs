//! Effects: what an actor has decided to do outside and has not yet seen done.
//!
//! They stand in the actor's own item, so that deciding and remembering are one write. A performer leases an effect before
//! it acts; while the lease runs nobody else touches it, and when it runs out the outcome is *unknown*.

use std::{collections::BTreeMap, fmt, str::FromStr};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    phone::PhoneNumber,
    policy::{BACKOFF_MAX, SLOT_WINDOW_SECONDS, later},
    voice::Prompt,
};

/// How a person is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A telephone call.
    Call,
    /// A text message.
    Sms,
}

impl Channel {
    /// The word used in ids, JSON and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Sms => "sms",
        }
    }

    /// The other way to reach somebody.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Call => Self::Sms,
            Self::Sms => Self::Call,
        }
    }
}

/// Who an effect is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// The person at risk.
    User,
    /// The contact at this place in the incident's list.
    Contact(usize),
}

/// Why something is sent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// Ask the person at risk.
    Ask,
    /// Call a contact for help.
    Page,
    /// Ask who accepted whether they are still on it.
    Confirm,
    /// Tell something; the number keeps several apart.
    Tell(u32),
    /// Cancel the call with this carrier id.
    Cancel(String),
    /// Ask the carrier what became of the call with this id.
    Poll(String),
}

/// Names an effect: who, how and why. Two effects of one name are the same effect.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EffectId {
    /// For whom.
    pub party: Party,
    /// How.
    pub channel: Channel,
    /// Why.
    pub purpose: Purpose,
}

impl fmt::Display for EffectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.party {
            Party::User => f.write_str("user")?,
            Party::Contact(place) => write!(f, "c{place}")?,
        }
        write!(f, "-{}-", self.channel.as_str())?;
        match &self.purpose {
            Purpose::Ask => f.write_str("ask"),
            Purpose::Page => f.write_str("page"),
            Purpose::Confirm => f.write_str("confirm"),
            Purpose::Tell(n) => write!(f, "tell-{n}"),
            Purpose::Cancel(sid) => write!(f, "cancel-{sid}"),
            Purpose::Poll(sid) => write!(f, "poll-{sid}"),
        }
    }
}

/// The text is no effect's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not the name of an effect")]
pub struct NotAnEffect;

impl FromStr for EffectId {
    type Err = NotAnEffect;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut words = text.splitn(4, '-');
        let party = match words.next().ok_or(NotAnEffect)? {
            "user" => Party::User,
            other => {
                let place = other.strip_prefix('c').and_then(|n| n.parse().ok()).ok_or(NotAnEffect)?;
                Party::Contact(place)
            }
        };
        let channel = match words.next().ok_or(NotAnEffect)? {
            "call" => Channel::Call,
            "sms" => Channel::Sms,
            _ => return Err(NotAnEffect),
        };
        let purpose = match (words.next().ok_or(NotAnEffect)?, words.next()) {
            ("ask", None) => Purpose::Ask,
            ("page", None) => Purpose::Page,
            ("confirm", None) => Purpose::Confirm,
            ("tell", Some(n)) => Purpose::Tell(n.parse().map_err(|_| NotAnEffect)?),
            ("cancel", Some(sid)) => Purpose::Cancel(sid.to_owned()),
            ("poll", Some(sid)) => Purpose::Poll(sid.to_owned()),
            _ => return Err(NotAnEffect),
        };
        Ok(Self { party, channel, purpose })
    }
}

impl Serialize for EffectId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EffectId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Something to do outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Effect {
    /// Call a number and say this.
    Call {
        /// The number.
        to: PhoneNumber,
        /// What is said when it is answered.
        prompt: Prompt,
        /// How long it rings.
        ring: SignedDuration,
        /// The longest it may last.
        limit: SignedDuration,
        /// No call has been placed for this incident yet: it goes before those of others. Of the calls that are claimed together
        /// only one does.
        first: bool,
    },
    /// Text a number.
    Text {
        /// The number.
        to: PhoneNumber,
        /// The words.
        body: String,
        /// When a text that only informs is no longer worth sending.
        until: Option<Timestamp>,
    },
    /// Stop a call that has not been answered.
    Cancel {
        /// The carrier's id of the call.
        sid: String,
    },
    /// Ask the carrier what became of a call.
    Poll {
        /// The carrier's id of the call.
        sid: String,
    },
}

/// An effect that has been decided and is not known to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// What to do.
    pub effect: Effect,
    /// Which try this is; outcomes and callbacks name it.
    #[serde(rename = "try")]
    pub attempt: u32,
    /// How many tries in a row could not be sent.
    pub failures: u32,
    /// When the effect was decided.
    pub decided_at: Timestamp,
    /// Not to be tried before.
    pub not_before: Timestamp,
    /// A performer has it until then.
    pub lease_until: Option<Timestamp>,
}

impl Pending {
    /// An effect to be tried at once.
    #[must_use]
    pub fn new(effect: Effect, attempt: u32, now: Timestamp) -> Self {
        Self { effect, attempt, failures: 0, decided_at: now, not_before: now, lease_until: None }
    }

    /// When this effect must be looked at.
    #[must_use]
    pub fn due_at(&self) -> Timestamp {
        self.lease_until.map_or(self.not_before, |lease| lease.max(self.not_before))
    }

    /// Puts the effect back for another try: the lease is cleared and the wait doubles up to its longest. Who has waited long for a
    /// line waits behind many, and all of them asking often would take from the table what the calls of those in front need.
    pub fn back_off(&mut self, now: Timestamp) {
        self.failures = self.failures.saturating_add(1);
        self.attempt = self.attempt.saturating_add(1);
        let waited = now.duration_since(self.decided_at).as_secs();
        let longest = waited.div_euclid(4).clamp(*BACKOFF_MAX.start(), *BACKOFF_MAX.end());
        let doubled = 1_i64.checked_shl(self.failures.min(6)).unwrap_or(64);
        let seconds = doubled.min(longest.saturating_sub(self.scattered(longest)));
        let seconds = seconds.saturating_sub(self.out_of_turn(now, seconds));
        self.not_before = later(now, SignedDuration::from_secs(seconds));
        self.lease_until = None;
    }

    /// By how much a wait of so many seconds is shorter, up to a quarter of it. Those who began to wait at the same moment would else come
    /// back at the same moments for ever, and between them the lines would go to others.
    fn scattered(&self, seconds: i64) -> i64 {
        let place = self.decided_at.as_millisecond().wrapping_add(i64::from(self.failures).wrapping_mul(617));
        seconds.saturating_mul(place.rem_euclid(1_000)).div_euclid(4_000)
    }

    /// Others of the incident have been called by now: it waits behind the first calls of all others.
    pub(crate) fn goes_behind(&mut self) {
        if let Effect::Call { first, .. } = &mut self.effect {
            *first = false;
        }
    }

    /// By how much a wait of so many seconds is shorter, so that a call comes in that half of a window in which its kind finds a line sooner.
    fn out_of_turn(&self, now: Timestamp, seconds: i64) -> i64 {
        let Effect::Call { first, .. } = self.effect else { return 0 };
        let half = SLOT_WINDOW_SECONDS.div_euclid(2);
        let comes_first = now.as_second().saturating_add(seconds).rem_euclid(SLOT_WINDOW_SECONDS) < half;
        // The first two waits are shorter than that.
        if self.failures > 2 && comes_first != first { half } else { 0 }
    }
}

/// The effects an actor has under way, by name.
pub type Pendings = BTreeMap<EffectId, Pending>;

/// The earliest instant at which one of these must be looked at.
#[must_use]
pub fn due_at(pendings: &Pendings) -> Option<Timestamp> {
    pendings.values().map(Pending::due_at).min()
}

/// Leases every effect that is due and free until `until`, and returns what was leased. Of the calls in it, one goes first at most:
/// where lines are short, each that is taken for a second contact of somebody is missing to those for whom nobody has been called.
pub fn claim(pendings: &mut Pendings, now: Timestamp, until: Timestamp) -> Vec<(EffectId, Pending)> {
    let mut claimed = Vec::new();
    let mut one_goes_first = false;
    for (id, pending) in pendings.iter_mut() {
        if pending.lease_until.is_none() && pending.not_before <= now {
            pending.lease_until = Some(until);
            let mut pending = pending.clone();
            if let Effect::Call { first, .. } = &mut pending.effect {
                *first &= !one_goes_first;
                one_goes_first |= *first;
            }
            claimed.push((id.clone(), pending));
        }
    }
    claimed
}

/// Why a text that the carrier had taken did not arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextFailure {
    /// This number takes no texts.
    Number,
    /// Our account, our number or its registration: the operator has to mend it.
    Account,
    /// Something that passes: a phone that is off, a carrier in trouble.
    Passing,
}

/// What became of one try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The carrier has the call.
    Placed {
        /// The carrier's id.
        sid: String,
        /// How long the carrier keeps it in its queue first.
        queue: SignedDuration,
    },
    /// Done: the text is sent, the call is cancelled.
    Done,
    /// What the carrier says of a call that was asked after.
    Polled(CallProgress),
    /// Refused for good, for this number on this channel.
    Permanent {
        /// The carrier's code.
        code: u32,
    },
    /// Refused because of the account or its settings: nobody is rested, the operator is alarmed.
    Account {
        /// The carrier's code.
        code: u32,
    },
    /// Not processed, and safe to try again: throttled, no slot, never connected.
    NotSent {
        /// Why, in a word for the timeline.
        why: NotSent,
    },
    /// It may have been done: a timeout after sending, a server error, a lease that ran out.
    Unknown,
}

/// Why an effect was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotSent {
    /// The pace of the carrier account left no slot.
    NoSlot,
    /// The carrier said: too many requests.
    Throttled,
    /// The carrier could not be reached.
    NoConnection,
}

/// Where a call stands, in the carriers' common words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallProgress {
    /// The carrier holds it back.
    Queued,
    /// It is being set up or rings.
    Ringing,
    /// Somebody or something has answered.
    InProgress,
    /// It was answered and is over.
    Completed,
    /// The line was busy.
    Busy,
    /// Nobody answered.
    NoAnswer,
    /// It could not be connected.
    Failed,
    /// It was cancelled.
    Canceled,
}

impl CallProgress {
    /// No further event will come.
    #[must_use]
    pub fn is_over(self) -> bool {
        match self {
            Self::Queued | Self::Ringing | Self::InProgress => false,
            Self::Completed | Self::Busy | Self::NoAnswer | Self::Failed | Self::Canceled => true,
        }
    }

    /// What the timeline says of an attempt that ended so.
    #[must_use]
    pub fn outcome(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Ringing => "ringing",
            Self::InProgress => "in progress",
            Self::Completed => "answered, no key pressed (voicemail?)",
            Self::Busy => "busy",
            Self::NoAnswer => "no answer",
            Self::Failed => "could not be connected",
            Self::Canceled => "cancelled",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_writing_and_reading() {
        for purpose in [
            Purpose::Ask,
            Purpose::Page,
            Purpose::Confirm,
            Purpose::Tell(7),
            Purpose::Cancel("CA1-x".to_owned()),
            Purpose::Poll("CA2".to_owned()),
        ] {
            for party in [Party::User, Party::Contact(12)] {
                let id = EffectId { party, channel: Channel::Call, purpose: purpose.clone() };
                assert_eq!(id.to_string().parse(), Ok(id));
            }
        }
        for junk in
            ["", "user", "c-call-page", "cx-call-page", "user-fax-page", "user-sms-tell", "user-sms-tell-x"]
        {
            assert_eq!(junk.parse::<EffectId>(), Err(NotAnEffect), "{junk}");
        }
    }

    /// How long each of so many waits is, of an effect that was decided then.
    fn waits(effect: Effect, decided_at: Timestamp, tries: usize) -> Vec<i64> {
        let mut now = decided_at;
        let mut pending = Pending::new(effect, 1, now);
        (0..tries)
            .map(|_| {
                pending.back_off(now);
                let wait = pending.not_before.duration_since(now).as_secs();
                now = pending.not_before;
                wait
            })
            .collect()
    }

    fn call(first: bool) -> Effect {
        let (ring, limit) = (SignedDuration::from_secs(30), SignedDuration::from_secs(300));
        let to = "+12025550100".parse().expect("a number");
        Effect::Call { to, prompt: Prompt::goodbye(Vec::new()), ring, limit, first }
    }

    #[test]
    fn back_off_doubles_and_then_grows_with_what_was_waited() {
        let waits = waits(Effect::Cancel { sid: "CA".to_owned() }, Timestamp::UNIX_EPOCH, 80);
        let begins = [2, 4, 8, 16, 23, 19, 22, 18, 25, 33, 34, 46, 59, 50];
        assert_eq!(waits.get(..begins.len()), Some(begins.as_slice()));
        assert!(waits.iter().skip(begins.len()).all(|wait| (44..=59).contains(wait)), "{waits:?}");
    }

    /// They would come back at the same moments for ever, and in between the lines would go to others.
    #[test]
    fn who_began_to_wait_at_one_moment_does_not_come_back_at_one() {
        let mut at = BTreeMap::<i64, usize>::new();
        for millis in (0..1_000).step_by(10) {
            let decided_at = later(Timestamp::UNIX_EPOCH, SignedDuration::from_millis(millis));
            let waited: i64 = waits(Effect::Cancel { sid: "CA".to_owned() }, decided_at, 20).iter().sum();
            *at.entry(waited).or_default() += 1;
        }
        assert!(at.values().all(|together| *together <= 15), "{at:?}");
    }

    /// Where lines are short, first calls have them in the first half of each window, and all others in the second.
    #[test]
    fn a_call_comes_when_there_is_a_line_for_its_kind() {
        for first in [true, false] {
            for start in 0..10 {
                let begin = Timestamp::UNIX_EPOCH;
                let mut now = later(begin, SignedDuration::from_secs(start));
                let waits = waits(call(first), now, 30);
                assert_eq!(waits.get(..2), Some([2, 4].as_slice()), "{first}");
                for wait in waits {
                    now = later(now, SignedDuration::from_secs(wait));
                    let into = now.as_second().rem_euclid(SLOT_WINDOW_SECONDS);
                    assert!(wait <= 5 || (into < 5) == first, "{first}: {wait} s, {into} s into its window");
                }
            }
        }
    }

    #[test]
    fn a_clock_that_goes_back_does_not_end_the_waits() {
        let mut pending =
            Pending::new(Effect::Cancel { sid: "CA".to_owned() }, 1, later(Timestamp::UNIX_EPOCH, BACK));
        for _ in 0..10 {
            pending.back_off(Timestamp::UNIX_EPOCH);
        }
        assert_eq!(pending.not_before.as_second(), 23);
    }

    const BACK: SignedDuration = SignedDuration::from_hours(1);
}
