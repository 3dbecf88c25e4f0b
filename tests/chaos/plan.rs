//! What the seed draws: who lives here, how their contacts behave, and when each incident begins.

use std::{fmt, str::FromStr, time::Duration};

use fastrand::Rng;
use lucius_tests::{random, secs};

/// So many seconds before the troubles everybody is armed: more than the two minutes from which schedules are used.
pub(crate) const AHEAD: u64 = 140;

/// The incidents of a run, unless `INCIDENTS` says otherwise.
const INCIDENTS: usize = 200;

/// How long troubles last, in seconds, unless `STORM_SECONDS` says otherwise.
const STORM: u64 = 300;

/// So long before the end of the troubles the last incident begins.
const LAST: u64 = 60;

/// After the troubles everybody comes to rest within this.
const REST: Duration = secs(270);

/// How a contact's phone takes calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Rings in vain.
    NoAnswer,
    /// Voicemail takes it.
    Voicemail,
    /// Is engaged.
    Busy,
    /// Cannot be connected.
    Unreachable,
    /// An assistant answers and presses 5.
    Screening,
}

impl Manner {
    const ALL: [Self; 5] = [Self::NoAnswer, Self::Voicemail, Self::Busy, Self::Unreachable, Self::Screening];

    /// The switchboard's word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::NoAnswer => "no_answer",
            Self::Voicemail => "voicemail",
            Self::Busy => "busy",
            Self::Unreachable => "unreachable",
            Self::Screening => "screening",
        }
    }
}

/// How an incident begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begins {
    /// A question is not answered.
    Missed,
    /// A text says SOS.
    Cry,
}

/// How it is ended, once somebody has accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ends {
    /// Who accepted presses 9 twice.
    Nines,
    /// The person enters the PIN.
    Pin,
}

/// One person, as drawn.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    /// So long after the troubles begin.
    pub(crate) at: Duration,
    pub(crate) begins: Begins,
    pub(crate) ends: Ends,
    /// The contacts in order, each with what their phone does at its first rings.
    pub(crate) contacts: Vec<Vec<Manner>>,
    /// Which contact presses 1, once the first rings are over. The others go on as at their last.
    pub(crate) hero: usize,
    /// All contacts are called together.
    pub(crate) together: bool,
}

/// Something that is to make the run fail: it shows that it can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Break {
    /// Nothing.
    Nothing,
    /// Nobody is woken: no event source, no schedules, and neither clock of the sweep.
    Wakes,
}

/// The whole run.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) incidents: usize,
    /// How long the troubles last.
    pub(crate) storm: Duration,
    pub(crate) breaks: Break,
}

impl Plan {
    /// What `SEED`, `INCIDENTS`, `STORM_SECONDS` and `BREAK` ask for.
    pub(crate) fn read() -> Self {
        let breaks = match std::env::var("BREAK").unwrap_or_default().as_str() {
            "" => Break::Nothing,
            "wakes" => Break::Wakes,
            other => panic!("BREAK={other} is not known: it may be wakes"),
        };
        Self {
            seed: number("SEED").unwrap_or_else(|| random::draw() % 1_000_000_000),
            incidents: number("INCIDENTS").unwrap_or(INCIDENTS),
            storm: secs(number("STORM_SECONDS").unwrap_or(STORM).max(LAST + 1)),
            breaks,
        }
    }

    /// Chance for one part of the run, the same for the same seed.
    pub(crate) fn chance(&self, part: &str) -> Rng {
        let salt = part.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
        Rng::with_seed(self.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ salt)
    }

    /// From the begin of the troubles to the latest moment that anybody is waited for.
    pub(crate) fn limit(&self) -> Duration {
        self.storm + REST
    }

    /// Everybody who lives here.
    pub(crate) fn people(&self) -> Vec<Person> {
        let mut rng = self.chance("people");
        (0..self.incidents).map(|_| self.person(&mut rng)).collect()
    }

    fn person(&self, rng: &mut Rng) -> Person {
        let count = rng.usize(1..=3);
        let hero = rng.usize(0..count);
        let mut rings = |at_least| {
            let many = rng.usize(at_least..=2);
            (0..many).map(|_| Manner::ALL[rng.usize(..Manner::ALL.len())]).collect::<Vec<_>>()
        };
        let contacts: Vec<_> = (0..count).map(|place| rings(usize::from(place != hero))).collect();
        // To an assistant, a call whose alert has ended meanwhile offers the 5 that starts it again. Two machines, one that says that
        // it is over and one that says that it is not, would do so for ever: there, the person ends it.
        let screened = contacts.iter().any(|manners| manners.contains(&Manner::Screening));
        Person {
            at: Duration::from_millis(rng.u64(0..self.storm.saturating_sub(secs(LAST)).as_secs() * 1000)),
            begins: if rng.u8(0..5) == 0 { Begins::Cry } else { Begins::Missed },
            ends: if rng.u8(0..4) == 0 || screened { Ends::Pin } else { Ends::Nines },
            contacts,
            hero,
            together: rng.u8(0..3) == 0,
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, incidents, storm, breaks } = self;
        write!(f, "chaos: SEED={seed}, {incidents} incidents, {} s of troubles", storm.as_secs())?;
        match breaks {
            Break::Nothing => Ok(()),
            Break::Wakes => f.write_str(", and nothing wakes anybody: this must fail"),
        }
    }
}

/// A number in the environment.
fn number<N: FromStr>(variable: &str) -> Option<N> {
    let text = std::env::var(variable).ok().filter(|text| !text.is_empty())?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text} is no number")))
}
