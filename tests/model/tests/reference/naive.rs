//! The naive description: who is asked, whether an incident is open, who has accepted, which codes count. No effects, no tries, no
//! leases: nothing that a carrier or a function does appears here, because nothing of it may change any of this.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest_state_machine::ReferenceStateMachine;

pub(crate) const INTERVAL: SignedDuration = SignedDuration::from_mins(60);
pub(crate) const WAIT: SignedDuration = SignedDuration::from_mins(10);
pub(crate) const RETRIES: u8 = 1;
const ACCEPT: SignedDuration = SignedDuration::from_mins(20);
const ASK_AHEAD: SignedDuration = SignedDuration::from_mins(5);
const GRACE: SignedDuration = SignedDuration::from_secs(5);
const DOWN: SignedDuration = SignedDuration::from_mins(15);
const LATE_WAIT: SignedDuration = SignedDuration::from_mins(5);
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// From now on all is well for so long: long enough for an accept to lapse and for both channels to rest.
pub(crate) const WELL: SignedDuration = SignedDuration::from_hours(2);

/// What came with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pin {
    None,
    Right,
    Wrong,
}

/// What Ann says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Says {
    Good,
    Bad,
    Unclear,
    Sos,
}

/// What happens. All that people do may be delivered twice.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Time passes, or a clock goes back.
    Pass(i64),
    /// A function comes, and leases what is due.
    Wake,
    /// Ann answers; it was on the way for so many seconds.
    Answer {
        says: Says,
        pin: Pin,
        lag: i64,
        twice: bool,
    },
    /// Ann calls for help by phone.
    Emergency {
        twice: bool,
    },
    /// The contact at this place presses 1, 9 and 9, or 5 in a call of ours.
    One {
        place: usize,
        twice: bool,
    },
    NineNine {
        place: usize,
        twice: bool,
    },
    Five {
        place: usize,
        twice: bool,
    },
    /// A code from the contact's number, to accept or to open again.
    Code {
        place: usize,
        right: bool,
        reopen: bool,
        twice: bool,
    },
    /// Somebody guesses codes from the contact's number, or Ann's PIN.
    Codes {
        place: usize,
        times: u8,
    },
    Pins {
        times: u8,
    },
    /// They ring us and want to be called.
    CallBack {
        place: usize,
    },
    /// Somebody with a session enters a contact without the PIN.
    Stranger,
    /// A performer comes back with any outcome, or dies and never does; perhaps it reports twice.
    Report {
        which: usize,
        outcome: u8,
        twice: bool,
    },
    Dies {
        which: usize,
    },
    /// The carrier tells anything of any call.
    Told {
        which: usize,
        progress: u8,
    },
    /// From now on functions and carrier are well, and nobody answers.
    AllIsWell,
}

/// A question that waits for its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) asked: u8,
    planned: Timestamp,
    pub(crate) deadline: Timestamp,
    late: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Calling,
    Accepted { by: usize, until: Timestamp, renewals: u8 },
    Over,
}

#[derive(Debug, Clone)]
pub(crate) struct Incident {
    pub(crate) status: Status,
    /// Deadlines that were missed; an answer that had arrived by then voids them.
    missed: Vec<Timestamp>,
    /// There is a cause that no answer voids.
    cried: bool,
    /// Whose word counts, and how many wrong codes came from their number.
    pub(crate) contacts: Vec<(bool, u8)>,
}

#[derive(Debug, Clone)]
pub(crate) struct Naive {
    pub(crate) now: Timestamp,
    pub(crate) question: Option<Question>,
    pub(crate) next: Timestamp,
    pub(crate) incident: Option<Incident>,
    /// A contact was entered without the PIN.
    stranger: bool,
    /// Wrong PINs, since when.
    wrong: (u32, Option<Timestamp>),
}

impl Naive {
    pub(crate) fn open(&self) -> Option<&Incident> {
        self.incident.as_ref().filter(|incident| incident.status != Status::Over)
    }

    fn contacts(&self) -> usize {
        self.incident.as_ref().map_or(0, |incident| incident.contacts.len())
    }

    fn wake(&mut self) {
        let now = self.now;
        if let Some(Incident { status, .. }) = &mut self.incident
            && *status != Status::Over
        {
            if matches!(status, Status::Accepted { until, .. } if now >= *until) {
                *status = Status::Calling;
            }
            return;
        }
        match self.question {
            None if now >= self.next => {
                self.question =
                    Some(Question { asked: 1, planned: now + WAIT, deadline: now + WAIT, late: false });
            }
            None => {}
            Some(asked) if now < asked.deadline + GRACE => {}
            Some(asked) if asked.asked <= RETRIES => {
                let count = asked.asked + 1;
                let planned = asked.planned + WAIT;
                // Nobody waits a second time for an outage that they have waited for already.
                let late = now + WAIT > planned + DOWN;
                let (planned, deadline) =
                    if late { (planned, planned.max(now + LATE_WAIT)) } else { (now + WAIT, now + WAIT) };
                self.question = Some(Question { asked: count, planned, deadline, ..asked });
            }
            Some(asked) if now > asked.deadline + GRACE + DOWN && !asked.late => {
                self.question = Some(Question { late: true, deadline: now + LATE_WAIT, ..asked });
            }
            Some(asked) => self.help(Some(asked.deadline)),
        }
    }

    /// Contacts are called: for a missed deadline, or because somebody cried for help.
    fn help(&mut self, missed: Option<Timestamp>) {
        self.question = None;
        match &mut self.incident {
            Some(incident) if incident.status != Status::Over => {
                incident.cried |= missed.is_none();
                if matches!(incident.status, Status::Accepted { .. }) {
                    incident.status = Status::Calling;
                }
            }
            _ => {
                let mut contacts = vec![(true, 0); 2];
                contacts.extend(self.stranger.then_some((false, 0)));
                let missed: Vec<_> = missed.into_iter().collect();
                let cried = missed.is_empty();
                self.incident = Some(Incident { status: Status::Calling, missed, cried, contacts });
            }
        }
    }

    /// It is over, and asking goes on.
    fn over(&mut self) {
        if let Some(incident) = &mut self.incident {
            incident.status = Status::Over;
        }
        self.sign_of_life();
    }

    fn sign_of_life(&mut self) {
        self.question = None;
        self.next = self.now + INTERVAL;
    }

    /// Whether the PIN proves it: none, if too many were wrong today.
    fn proven(&mut self, pin: Pin) -> Option<bool> {
        if pin == Pin::None {
            return Some(false);
        }
        if self.wrong.1.is_some_and(|since| self.now >= since + DAY) {
            self.wrong = (0, None);
        }
        if self.wrong.0 >= 10 {
            return None;
        }
        if pin == Pin::Right {
            self.wrong = (0, None);
            return Some(true);
        }
        self.wrong = (self.wrong.0 + 1, self.wrong.1.or(Some(self.now)));
        None
    }

    fn answer(&mut self, says: Says, pin: Pin, arrived: Timestamp) {
        if says == Says::Sos {
            return self.help(None);
        }
        let proven = self.proven(pin);
        match (says, proven) {
            // A call for help is believed from anybody, if it answers something.
            (Says::Bad, _) => {
                if self.question.is_some() || self.open().is_some() {
                    self.help(None);
                }
            }
            // A wrong PIN says nothing; what is unclear says nothing without one.
            (_, None) | (Says::Unclear, Some(false)) => {}
            (_, Some(proven)) => self.good(proven, arrived),
        }
    }

    fn good(&mut self, proven: bool, arrived: Timestamp) {
        if self.open().is_none() {
            if proven || self.question.is_some() {
                self.sign_of_life();
            }
            return;
        }
        let Some(incident) = &mut self.incident else { return };
        let before = incident.missed.len();
        if !proven {
            incident.missed.retain(|deadline| arrived > *deadline);
        }
        let voided = incident.missed.len() < before;
        if proven || (voided && incident.missed.is_empty() && !incident.cried) {
            self.over();
        } else if voided {
        }
    }

    /// A contact says that they are going.
    fn accepts(&mut self, place: usize) {
        let now = self.now;
        let Some(incident) = &mut self.incident else { return };
        if !incident.contacts[place].0 {
            return;
        }
        match &mut incident.status {
            Status::Calling => {
                incident.status = Status::Accepted { by: place, until: now + ACCEPT, renewals: 0 };
            }
            Status::Accepted { by, until, renewals } if *by == place && now >= *until - ASK_AHEAD => {
                if *renewals >= 2 {
                    incident.status = Status::Calling;
                } else {
                    (*until, *renewals) = (now + ACCEPT, *renewals + 1);
                }
            }
            Status::Accepted { .. } | Status::Over => {}
        }
    }

    /// A contact says that it is not over.
    fn reopens(&mut self) {
        if let Some(incident) = &mut self.incident
            && incident.status == Status::Over
        {
            incident.status = Status::Calling;
            self.question = None;
        }
    }

    fn code(&mut self, place: usize, right: bool, reopen: bool) {
        let Some(incident) = &mut self.incident else { return };
        let wrong = &mut incident.contacts[place].1;
        match (*wrong >= 5, right, reopen) {
            (_, true, true) => self.reopens(),
            (true, ..) => {}
            (false, false, _) => *wrong += 1,
            (false, true, false) => self.accepts(place),
        }
    }
}

fn place() -> impl Strategy<Value = usize> {
    0..3_usize
}

impl ReferenceStateMachine for Naive {
    type State = Self;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Self> {
        let now: Timestamp = "2026-03-02T10:00:00Z".parse().unwrap();
        let naive = Self {
            now,
            question: None,
            next: now + INTERVAL,
            incident: None,
            stranger: false,
            wrong: (0, None),
        };
        Just(naive).boxed()
    }

    fn transitions(state: &Self) -> BoxedStrategy<Step> {
        // Whoever goes is likely to say so again when they are asked.
        let likely = match state.open().map(|incident| incident.status) {
            Some(Status::Accepted { by, until, .. }) => {
                let left = until.duration_since(state.now).as_secs();
                let near = (left - 400).max(0)..(left + 20).max(1);
                prop_oneof![near.prop_map(Step::Pass), Just(Step::One { place: by, twice: false })].boxed()
            }
            Some(Status::Calling | Status::Over) | None => Just(Step::Wake).boxed(),
        };
        let twice = || prop::bool::weighted(0.3);
        let says = prop::sample::select(vec![Says::Good, Says::Good, Says::Bad, Says::Unclear, Says::Sos]);
        let pin = prop::sample::select(vec![Pin::None, Pin::None, Pin::Right, Pin::Wrong]);
        prop_oneof![
            10 => prop_oneof![-120..0_i64, 0..30_i64, 30..700_i64, 600..4_000_i64, 3_000..90_000_i64]
                .prop_map(Step::Pass),
            14 => Just(Step::Wake),
            8 => likely,
            1 => (place(), 1..7_u8).prop_map(|(place, times)| Step::Codes { place, times }),
            1 => (1..12_u8).prop_map(|times| Step::Pins { times }),
            5 => (says, pin, 0..25_i64, twice())
                .prop_map(|(says, pin, lag, twice)| Step::Answer { says, pin, lag, twice }),
            1 => twice().prop_map(|twice| Step::Emergency { twice }),
            4 => (place(), twice()).prop_map(|(place, twice)| Step::One { place, twice }),
            2 => (place(), twice()).prop_map(|(place, twice)| Step::NineNine { place, twice }),
            2 => (place(), twice()).prop_map(|(place, twice)| Step::Five { place, twice }),
            3 => (place(), any::<bool>(), any::<bool>(), twice())
                .prop_map(|(place, right, reopen, twice)| Step::Code { place, right, reopen, twice }),
            1 => place().prop_map(|place| Step::CallBack { place }),
            1 => Just(Step::Stranger),
            8 => (any::<usize>(), 0..9_u8, twice())
                .prop_map(|(which, outcome, twice)| Step::Report { which, outcome, twice }),
            2 => any::<usize>().prop_map(|which| Step::Dies { which }),
            4 => (any::<usize>(), 0..8_u8).prop_map(|(which, progress)| Step::Told { which, progress }),
            1 => Just(Step::AllIsWell),
        ]
        .boxed()
    }

    fn preconditions(state: &Self, step: &Step) -> bool {
        match step {
            Step::One { place, .. }
            | Step::NineNine { place, .. }
            | Step::Five { place, .. }
            | Step::Code { place, .. }
            | Step::Codes { place, .. }
            | Step::CallBack { place } => *place < state.contacts(),
            Step::Stranger => state.open().is_some() && !state.stranger,
            Step::AllIsWell => state.open().is_some(),
            Step::Pass(_)
            | Step::Wake
            | Step::Answer { .. }
            | Step::Pins { .. }
            | Step::Emergency { .. }
            | Step::Report { .. }
            | Step::Dies { .. }
            | Step::Told { .. } => true,
        }
    }

    fn apply(mut state: Self, step: &Step) -> Self {
        match *step {
            Step::Pass(seconds) => state.now += SignedDuration::from_secs(seconds),
            Step::Wake => state.wake(),
            Step::Answer { says, pin, lag, .. } => {
                let arrived = state.now - SignedDuration::from_secs(lag);
                state.answer(says, pin, arrived);
            }
            Step::Emergency { .. } => state.help(None),
            Step::One { place, .. } => state.accepts(place),
            Step::NineNine { place, .. } => {
                let by = |incident: &Incident| matches!(incident.status, Status::Accepted { by, .. } if by == place);
                if state.incident.as_ref().is_some_and(by) {
                    state.over();
                }
            }
            Step::Five { .. } => state.reopens(),
            Step::Code { place, right, reopen, .. } => state.code(place, right, reopen),
            Step::Codes { place, times } => (0..times).for_each(|_| state.code(place, false, false)),
            Step::Pins { times } => (0..times).for_each(|_| state.answer(Says::Good, Pin::Wrong, state.now)),
            Step::Stranger => {
                state.stranger = true;
                if let Some(incident) = &mut state.incident {
                    incident.contacts.push((false, 0));
                }
            }
            Step::AllIsWell => {
                let end = state.now + WELL;
                if let Some(Incident { status, .. }) = &mut state.incident {
                    // Nobody renews it, and it is looked at when it lapses.
                    *status = Status::Calling;
                }
                state.now = end;
            }
            // What carriers and functions do changes nothing here.
            Step::CallBack { .. } | Step::Report { .. } | Step::Dies { .. } | Step::Told { .. } => {}
        }
        state
    }
}
