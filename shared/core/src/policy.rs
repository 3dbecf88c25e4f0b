//! What an operator can set: every duration, limit and text the decisions use.
//!
//! Durations are given in product time. A product minute lasts [`Policy::minute`]: 60 s on a real deployment, less where a
//! story is watched or tested. Times that belong to telephones and people (ringing, a call in progress) shrink with it down to
//! a floor, because a finger does not get faster.

use std::ops::RangeInclusive;

use jiff::{SignedDuration, Timestamp};

/// `at` moved by `by`; the end of time stands in for what lies beyond it.
#[must_use]
pub fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

/// `at` moved back by `by`; the beginning of time stands in for what lies before it.
#[must_use]
pub fn earlier(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_sub(by).unwrap_or(Timestamp::MIN)
}

/// The operator's parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// How long a product minute lasts.
    pub minute: SignedDuration,
    /// How long a contact's phone rings, in seconds of product time.
    pub ring_seconds: u32,
    /// Pause between two tiers of a round, in seconds of product time.
    pub tier_seconds: u32,
    /// The longest pause between two rounds, in minutes.
    pub round_pause_max_minutes: u32,
    /// How long an accept stands before it lapses, in minutes.
    pub accept_minutes: u32,
    /// The most calls one contact of one incident gets in any hour.
    pub calls_per_contact_hour: u32,
    /// Wrong PINs an account may hear in a day before PINs are no longer taken.
    pub pin_tries_per_day: u32,
    /// The words that are sent and said.
    pub texts: Texts,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            minute: SignedDuration::from_secs(60),
            ring_seconds: 25,
            tier_seconds: 60,
            round_pause_max_minutes: 15,
            accept_minutes: 20,
            calls_per_contact_hour: 12,
            pin_tries_per_day: 10,
            texts: Texts::default(),
        }
    }
}

/// A deadline is looked at this long after it has passed, so that an answer already on its way counts.
pub const GRACE: SignedDuration = SignedDuration::from_secs(5);

/// How long a performer may take for the effects of one commit before anybody else may try them.
pub const LEASE: SignedDuration = SignedDuration::from_secs(30);

/// Calls are counted in windows of so many seconds, from the Unix epoch on. In the first half of each, at least three quarters of the
/// lines are for those for whom nobody has been called yet; what is left in the second half is for everybody.
pub const SLOT_WINDOW_SECONDS: i64 = 10;

/// The longest wait before another try at a carrier that did not take one, in seconds: a quarter of what has been waited already,
/// within these. By when it was decided a wait is up to a quarter shorter, and a call's five seconds more.
pub const BACKOFF_MAX: RangeInclusive<i64> = 23..=59;

impl Policy {
    /// `n` product minutes.
    #[must_use]
    pub fn minutes(&self, n: u32) -> SignedDuration {
        self.minute.saturating_mul(i32::try_from(n).unwrap_or(i32::MAX))
    }

    /// `n` days of product time.
    #[must_use]
    pub fn days(&self, n: u32) -> SignedDuration {
        self.minutes(n.saturating_mul(1_440))
    }

    /// `n` product seconds.
    #[must_use]
    pub fn seconds(&self, n: u32) -> SignedDuration {
        let millis = self.minute.as_millis().saturating_mul(i128::from(n)).saturating_div(60);
        SignedDuration::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
    }

    /// `n` product seconds, but never less than `floor` real ones.
    #[must_use]
    fn seconds_at_least(&self, n: u32, floor: i64) -> SignedDuration {
        self.seconds(n).max(SignedDuration::from_secs(floor))
    }

    /// How long a contact's phone rings.
    #[must_use]
    pub fn ring(&self) -> SignedDuration {
        self.seconds_at_least(self.ring_seconds, 5)
    }

    /// The longest a call that we place may last.
    #[must_use]
    pub fn call_limit(&self) -> SignedDuration {
        self.seconds_at_least(180, 60)
    }

    /// A placed call that has told nothing for this long is asked after.
    #[must_use]
    pub fn settle(&self) -> SignedDuration {
        self.seconds_at_least(90, 20)
    }

    /// How long after its queue time a call may stand in the carrier's queue.
    #[must_use]
    pub fn queue_limit(&self) -> SignedDuration {
        self.seconds_at_least(600, 60)
    }

    /// Pause between two tiers of a round.
    #[must_use]
    pub fn tier_gap(&self) -> SignedDuration {
        self.seconds_at_least(self.tier_seconds, 1)
    }

    /// Pause after round `round` (from 1): it doubles from one minute to the operator's cap.
    #[must_use]
    pub fn round_pause(&self, round: u32) -> SignedDuration {
        let doubled = 1_u32.checked_shl(round.saturating_sub(1)).unwrap_or(u32::MAX);
        self.minutes(doubled.min(self.round_pause_max_minutes).max(1)).max(SignedDuration::from_secs(1))
    }

    /// A final deadline that is looked at later than this was missed by us: the question is asked once more. Never below what
    /// the slowest healthy path (two cycles of the sweep) takes.
    #[must_use]
    pub fn we_were_down(&self) -> SignedDuration {
        self.minutes(15).max(SignedDuration::from_secs(150))
    }

    /// How long a channel that refused for good is left alone.
    #[must_use]
    pub fn rest(&self) -> SignedDuration {
        self.minutes(15)
    }

    /// The window in which [`Policy::calls_per_contact_hour`] is counted.
    #[must_use]
    pub fn hour(&self) -> SignedDuration {
        self.minutes(60)
    }

    /// How long an accept stands.
    #[must_use]
    pub fn accept(&self) -> SignedDuration {
        self.minutes(self.accept_minutes)
    }

    /// How long before an accept lapses its owner is asked to renew it.
    #[must_use]
    pub fn confirm_ahead(&self) -> SignedDuration {
        self.minutes(5.min(self.accept_minutes.saturating_div(2)))
    }

    /// After this, a text that only informs is given up.
    #[must_use]
    pub fn inform_for(&self) -> SignedDuration {
        self.days(1).max(SignedDuration::from_secs(600))
    }

    /// How long after login a caller may act without being asked for the PIN again. People's time: it does not shrink.
    #[must_use]
    pub fn pin_fresh(&self) -> SignedDuration {
        SignedDuration::from_secs(120)
    }
}

/// The operator's words. `{name}` is the person at risk, `{contact}` the contact, `{other}` who accepted or ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    /// The first question of a probe.
    pub ask: String,
    /// The follow-up question.
    pub ask_again: String,
    /// What a contact is texted, before reason, message and code.
    pub alert: String,
    /// The person's message, where they have not written one.
    pub message: String,
    /// What everyone alerted is told at the end.
    pub all_clear: String,
    /// What the others are told when somebody accepts.
    pub accepted: String,
    /// What the phone line says first.
    pub greeting: String,
}

impl Default for Texts {
    fn default() -> Self {
        Self {
            ask: "Are you okay {name}? (Y/N)".to_owned(),
            ask_again: "You good ?? Please answer Y or N.".to_owned(),
            alert: "lucius: {name} may be in trouble and needs you.".to_owned(),
            message: "I am in trouble and I need assistance. Please contact me ASAP.".to_owned(),
            all_clear: "lucius: all clear. The alert for {name} is over.".to_owned(),
            accepted: "lucius: {other} is going to {name}.".to_owned(),
            greeting: "I am Lucius. Here to help.".to_owned(),
        }
    }
}

/// `template` with `{key}` replaced by its value, for each pair given. A value is never searched again.
#[must_use]
pub fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(template.len().saturating_add(32));
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let value = after.split_once('}').and_then(|(key, tail)| {
            values.iter().find(|(name, _)| *name == key).map(|(_, value)| (*value, tail))
        });
        if let Some((value, tail)) = value {
            out.push_str(value);
            rest = tail;
        } else {
            out.push('{');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filled_value_is_not_filled_again() {
        assert_eq!(fill("{name} {x} {other}", &[("name", "{other}"), ("other", "B")]), "{other} {x} B");
    }

    #[test]
    fn round_pauses_double_to_the_cap() {
        let policy = Policy::default();
        let minutes: Vec<_> = [1, 2, 3, 4, 5, 6, 40].map(|n| policy.round_pause(n).as_mins()).to_vec();
        assert_eq!(minutes, [1, 2, 4, 8, 15, 15, 15]);
    }

    #[test]
    fn a_scaled_minute_scales_the_product_but_not_fingers() {
        let policy = Policy { minute: SignedDuration::from_secs(1), ..Policy::default() };
        assert_eq!(policy.accept().as_secs(), 20);
        assert_eq!(policy.ring().as_secs(), 5);
        assert_eq!(policy.we_were_down().as_secs(), 150);
    }
}
