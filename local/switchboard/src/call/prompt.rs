//! What a phone hears: words, recordings, tones, silence.

use super::run::{Runner, resolve};
use crate::clock;
use crate::event::{Level, What};
use crate::phone::Behaviour;
use crate::twiml::Verb;
use std::time::Duration;

/// How often a repeated prompt is written down at most.
const REPEATS: u32 = 5;

impl Runner<'_> {
    /// Lets the phone hear a prompt; returns how long that takes.
    pub(crate) fn prompt(&mut self, verb: &Verb) -> Duration {
        let manual = self.plan.behaviour == Behaviour::Manual;
        match verb {
            Verb::Say(say) => {
                for _ in 0..say.repeat.clamp(1, REPEATS) {
                    self.said(&say.text, &say.language, &say.voice);
                }
                let letters = u64::try_from(say.text.chars().count()).unwrap_or_default();
                if manual {
                    Duration::from_millis(letters.saturating_mul(15).min(2_500))
                } else {
                    Duration::ZERO
                }
            }
            Verb::Play { url, repeat } => {
                self.played(url, *repeat);
                Duration::ZERO
            }
            Verb::Tones(digits) => {
                self.leg.publish(What::CallTones { digits: digits.clone() });
                Duration::ZERO
            }
            Verb::Pause { seconds } => {
                self.leg.publish(What::CallPaused { seconds: *seconds });
                if manual { clock::seconds(seconds.min(5.0)) } else { Duration::ZERO }
            }
            Verb::Gather(_)
            | Verb::Record(_)
            | Verb::Dial(_)
            | Verb::Redirect { .. }
            | Verb::Hangup
            | Verb::Reject { .. }
            | Verb::Message { .. } => Duration::ZERO,
        }
    }

    /// The phone hears words.
    pub(super) fn said(&mut self, text: &str, language: &str, voice: &str) {
        self.note_heard(text);
        self.leg.publish(What::CallSaid {
            text: text.to_owned(),
            language: language.to_owned(),
            voice: voice.to_owned(),
        });
    }

    fn played(&mut self, url: &str, repeat: u32) {
        let Some(resolved) = resolve(self.base.as_deref(), url) else {
            self.leg.problem(Level::Error, 11_100, &format!("invalid URL '{url}' in <Play>"));
            return;
        };
        // One of our own recordings: what was spoken into it is what is heard.
        let text = resolved
            .rsplit('/')
            .next()
            .map(|last| last.split('.').next().unwrap_or_default().to_owned())
            .and_then(|sid| self.leg.board.state().recordings.get(&sid).cloned());
        for _ in 0..repeat.clamp(1, REPEATS) {
            if let Some(text) = &text {
                self.note_heard(text);
            }
            self.leg.publish(What::CallPlayed { url: resolved.clone(), text: text.clone() });
        }
    }

    fn note_heard(&mut self, text: &str) {
        self.heard.push(text.to_owned());
        self.leg.with_call(|call| call.heard.push(text.to_owned()));
    }
}
