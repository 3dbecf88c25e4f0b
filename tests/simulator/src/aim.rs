//! Faults on purpose: by chance alone hardly any would strike where functions seldom are with an effect of some kind in hand.
//!
//! Every function is prone to one kind of fault. Where it could strike, it does: nearly always where that has seldom been possible in this
//! run (in a mild climate, one time in five), and hardly ever where it often was. Deaths could strike anywhere: some of the functions that
//! are prone to them are so at one place, where few would arrive else.

use crate::{
    faults::{Cell, Climate, Faults, Outage},
    releases::LATER,
    world::Inner,
};

/// What the record of faults calls a function that dies.
pub(crate) const CRASH: &str = "crash";

/// To how many in a hundred functions are prone. Deaths can strike at the most places.
const PRONE: [(&str, u32); 11] = [
    (CRASH, 47),
    ("throttled", 11),
    ("transaction conflict", 8),
    ("request lost", 11),
    ("answer lost", 11),
    ("placed, answer lost", 2),
    ("not placed, answer lost", 2),
    ("refused for good", 2),
    ("refused for the account", 2),
    ("429", 2),
    ("not connected", 2),
];

/// Hardly anybody comes here with anything in hand, and only deaths strike: any function is prone to them.
const HARDLY_EVER: [&str; 2] = ["schedule is created", "schedule is there"];

/// After so many occasions it strikes half as often.
const SELDOM: u64 = 8;

impl Inner {
    /// To what the next function is prone, and where; none: anywhere.
    pub(crate) fn prone(&mut self) -> (&'static str, Option<&'static str>) {
        if self.faults.lasts(Outage::BothReleases) && self.odds(600) {
            return (LATER, None);
        }
        let mut drawn = self.chance.u32(0..100);
        let found = PRONE.iter().find(|(_, many)| {
            let found = drawn < *many;
            drawn = drawn.saturating_sub(*many);
            found
        });
        let fault = found.map_or(CRASH, |(fault, _)| fault);
        let late = fault == CRASH && self.odds(400);
        // Where few come by, or late; to the first of them fewest.
        (fault, late.then(|| self.one_of("PutItem", &["PutItem", "TransactWriteItems"])))
    }

    /// Whether a fault is to strike on purpose, here and now.
    pub(crate) fn strikes_on_purpose(&mut self, fault: &'static str, place: &'static str) -> bool {
        let (prone, at) = self.running.prone;
        let is_prone = prone == fault && at.is_none_or(|at| at == place);
        if !is_prone && !HARDLY_EVER.contains(&place) {
            return false;
        }
        let odds = self.faults.odds_on_purpose(fault, place, &self.running.kinds());
        self.odds(odds)
    }
}

impl Faults {
    /// How often in a thousand it is to strike. Counts the occasion.
    fn odds_on_purpose(&mut self, fault: &'static str, place: &'static str, holds: &[&'static str]) -> u32 {
        let most: u64 = match self.climate {
            Climate::Calm | Climate::Herd | Climate::Unheard => return 0,
            Climate::Mild => 200,
            Climate::Rough | Climate::Crowd | Climate::Batches => 900,
        };
        let occasions = &mut self.occasions;
        let mut so_far = |kind: &&'static str| {
            let cell: Cell = (fault, kind, place);
            let so_far = occasions.entry(cell).or_default();
            *so_far += 1;
            *so_far - 1
        };
        // Not where nothing is in hand.
        let Some(least) = holds.iter().map(&mut so_far).min() else { return 0 };
        u32::try_from(most * SELDOM / (SELDOM + least)).unwrap_or_default()
    }
}
