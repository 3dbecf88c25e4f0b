//! Wakes that were given up: each is a letter in a dead-letter queue until the sweep has told the operator of it.

use std::collections::BTreeMap;

use lucius_core::actor::ActorId;
use lucius_invariants::Invariant;

use crate::{
    faults::Outage,
    functions::Invocation,
    ports::{LATER_VERSION, said_version},
    world::{Happening, Inner, MINUTE, Millis, SECOND},
};

/// A letter that can be read is told of within so long.
const TOLD_WITHIN: Millis = 60 * MINUTE;

/// Letters, by number: what they say, and since when they lie there.
#[derive(Debug, Default)]
pub(crate) struct Letters {
    lying: BTreeMap<u64, (String, Millis)>,
    /// Those that were taken out, and those of which the operator has heard.
    taken: u64,
    told: u64,
}

impl Letters {
    /// The alarm of a letter was raised.
    pub(crate) fn hear(&mut self) {
        self.told += 1;
    }

    /// What all that lie say.
    pub(crate) fn bodies(&mut self) -> impl Iterator<Item = &mut String> {
        self.lying.values_mut().map(|(body, _)| body)
    }

    /// What the letter says.
    pub(crate) fn body(&self, letter: u64) -> Option<String> {
        self.lying.get(&letter).map(|(body, _)| body.clone())
    }
}

impl Inner {
    /// A wake was given up.
    pub(crate) fn gives_up(&mut self, body: String) {
        self.strikes_quietly("dead letter");
        let (letter, now) = (self.number(), self.now);
        self.letters.lying.insert(letter, (body, now));
        self.post_letter(letter, SECOND);
    }

    /// It is shown to the sweep after so long.
    pub(crate) fn post_letter(&mut self, letter: u64, after: Millis) {
        self.soon(after, Happening::Invoke(Invocation::Letter(letter)));
    }

    /// The sweep has taken it: it is deleted.
    pub(crate) fn letter_taken(&mut self, letter: u64) {
        if self.letters.lying.remove(&letter).is_some() {
            self.letters.taken += 1;
        }
    }

    /// Whether each letter was told of, and none lies for too long.
    pub(crate) fn look_at_letters(&mut self) {
        self.checks.made += 1;
        let Letters { taken, told, .. } = self.letters;
        if told < taken {
            self.violated(
                Invariant::DeadLettersAlarm.code(),
                format!("{taken} dead letters were deleted, and the operator has heard of {told}"),
            );
        }
        let now = self.now;
        // While both releases are there, what only the later one can read may be shown to the earlier one again and again.
        if self.faults.lasts(Outage::BothReleases) {
            let later = said_version(LATER_VERSION);
            for (_, since) in self.letters.lying.values_mut().filter(|(body, _)| body.contains(&later)) {
                *since = now;
            }
        }
        let late = self.letters.lying.values().map(|(_, since)| *since).min().filter(|since| {
            let excused = self.faults.excused(*since, now);
            now - since > TOLD_WITHIN + excused
        });
        if late.is_some() {
            self.violated(Invariant::DeadLettersAlarm.code(), "a dead letter lies unread");
        }
    }
}

/// What Lambda sends to the destination of an invocation that failed at every try.
pub(crate) fn report_of(actors: &[ActorId]) -> String {
    format!(
        r#"{{"version":"1.0","requestContext":{{"condition":"RetriesExhausted"}},"requestPayload":{}}}"#,
        crate::ports::body_of(actors, 1)
    )
}
