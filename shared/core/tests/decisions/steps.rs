//! What a random world can do.

use proptest::prelude::*;

/// What the world does next. Numbers choose among what is there.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Time passes, in seconds.
    Pass(i64),
    /// A performer comes when the earliest alarm clock rings, or now.
    Wake { on_time: bool },
    /// Whoever has a claim comes back with an outcome, or dies and never does.
    Report { which: usize, outcome: u8, keep: bool },
    /// The carrier tells of a call, placed or not.
    Told { which: usize, progress: u8 },
    /// A text was not delivered.
    TextFailed { which: usize },
    /// A key in a call.
    Press { which: usize, step: u8, digits: u8 },
    /// A code, right or wrong.
    Code { place: usize, right: bool, reopen: bool },
    /// They ring us.
    CallBack { place: usize },
    /// The user answers.
    CheckIn { answer: u8, medium: u8, proof: u8, sos: bool, ago: i64 },
    /// The user calls for help by phone.
    Emergency,
    /// A PIN by phone.
    Login { right: bool },
    /// STOP or START.
    Stop { who: usize, stopped: bool },
    /// A change by the API.
    Edit { which: u8, proof: u8, number: u64 },
    /// An earlier event comes again.
    Replay { which: usize },
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let number = || any::<usize>();
    prop_oneof![
        6 => prop_oneof![0..3_i64, 3..90_i64, 60..4_000_i64, 3_000..100_000_i64].prop_map(Step::Pass),
        10 => any::<bool>().prop_map(|on_time| Step::Wake { on_time }),
        12 => (number(), 0..9_u8, prop::bool::weighted(0.2))
            .prop_map(|(which, outcome, keep)| Step::Report { which, outcome, keep }),
        4 => (number(), 0..8_u8).prop_map(|(which, progress)| Step::Told { which, progress }),
        1 => number().prop_map(|which| Step::TextFailed { which }),
        3 => (number(), 0..6_u8, 0..6_u8).prop_map(|(which, step, digits)| Step::Press { which, step, digits }),
        2 => (number(), any::<bool>(), any::<bool>())
            .prop_map(|(place, right, reopen)| Step::Code { place, right, reopen }),
        1 => number().prop_map(|place| Step::CallBack { place }),
        4 => (0..3_u8, 0..4_u8, 0..3_u8, prop::bool::weighted(0.1), 0..7_200_i64)
            .prop_map(|(answer, medium, proof, sos, ago)| Step::CheckIn { answer, medium, proof, sos, ago }),
        1 => Just(Step::Emergency),
        1 => any::<bool>().prop_map(|right| Step::Login { right }),
        1 => (number(), any::<bool>()).prop_map(|(who, stopped)| Step::Stop { who, stopped }),
        2 => (0..8_u8, 0..3_u8, 0..50_u64).prop_map(|(which, proof, number)| Step::Edit { which, proof, number }),
        2 => number().prop_map(|which| Step::Replay { which }),
    ]
}
