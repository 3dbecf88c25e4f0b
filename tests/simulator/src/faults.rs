//! What can go wrong, how often, and how often it did.

use std::collections::BTreeMap;

use crate::world::{HOUR, Happening, Inner, MINUTE, Millis, SECOND};

/// How much goes wrong in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Climate {
    /// Nothing.
    Calm,
    /// Nothing, but everybody misses the same minute.
    Herd,
    /// Every wake but the sweep's is lost.
    Unheard,
    /// A little of everything.
    Mild,
    /// A lot of everything, and outages.
    Rough,
    /// The same, everybody is asked at the same minutes, and hardly a hint arrives: the sweep hands over many at once.
    Crowd,
    /// The same, but hints arrive, and wait for each other: one function has much in hand. The carrier forgets to report.
    Batches,
}

/// Chances in a thousand.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Odds {
    /// A function dies.
    pub(crate) crash: u32,
    /// A request to the table is throttled.
    pub(crate) throttled: u32,
    /// It meets another transaction.
    pub(crate) busy: u32,
    /// It is lost.
    pub(crate) lost_before: u32,
    /// Its answer is lost.
    pub(crate) lost_after: u32,
    /// An overdue actor is not handed over.
    pub(crate) not_invoked: u32,
    /// A message waits for others.
    pub(crate) batched: u32,
    /// A function has to be started first.
    pub(crate) cold: u32,
    /// A wake by the queue is lost, or not taken.
    pub(crate) hint_lost: u32,
    /// It comes twice.
    pub(crate) hint_doubled: u32,
    /// With what comes, an old wake of somebody else comes once more.
    pub(crate) hint_again: u32,
    /// A schedule is not created, does not fire, fires late, or twice.
    pub(crate) schedule: u32,
    /// A call or text is taken and the answer is lost.
    pub(crate) placed_unknown: u32,
    /// A request to the carrier is lost.
    pub(crate) not_placed_unknown: u32,
    /// The carrier refuses: for good, for the account, for now; or is not reached.
    pub(crate) refused: u32,
    /// A callback or webhook is lost, and sent again.
    pub(crate) webhook_lost: u32,
    /// The carrier does not report how a call stands, and never will.
    pub(crate) report_lost: u32,
    /// A callback or webhook comes twice.
    pub(crate) webhook_doubled: u32,
    /// It comes minutes late.
    pub(crate) webhook_late: u32,
    /// One that was answered is sent again, minutes to hours later.
    pub(crate) replayed: u32,
    /// A clock is wrong by up to two seconds.
    pub(crate) skewed: u32,
    /// The index is seconds behind.
    pub(crate) stale: u32,
}

impl Odds {
    fn of(climate: Climate) -> Self {
        match climate {
            Climate::Crowd => {
                Self { hint_lost: 900, hint_again: 500, stale: 800, ..Self::of(Climate::Rough) }
            }
            Climate::Batches => Self {
                hint_lost: 50,
                hint_again: 900,
                batched: 900,
                report_lost: 300,
                ..Self::of(Climate::Rough)
            },
            Climate::Calm | Climate::Herd => Self::default(),
            Climate::Unheard => Self { hint_lost: 1000, schedule: 1000, ..Self::default() },
            Climate::Mild => Self {
                crash: 15,
                throttled: 4,
                busy: 3,
                lost_before: 3,
                lost_after: 5,
                not_invoked: 5,
                batched: 100,
                cold: 20,
                hint_lost: 30,
                hint_doubled: 30,
                hint_again: 20,
                schedule: 60,
                placed_unknown: 30,
                not_placed_unknown: 20,
                refused: 40,
                webhook_lost: 20,
                report_lost: 0,
                webhook_doubled: 40,
                webhook_late: 20,
                replayed: 50,
                skewed: 200,
                stale: 100,
            },
            Climate::Rough => Self {
                crash: 80,
                throttled: 15,
                busy: 15,
                lost_before: 10,
                lost_after: 20,
                not_invoked: 20,
                batched: 200,
                cold: 50,
                hint_lost: 200,
                hint_doubled: 150,
                hint_again: 200,
                schedule: 300,
                placed_unknown: 120,
                not_placed_unknown: 80,
                refused: 150,
                webhook_lost: 100,
                report_lost: 0,
                webhook_doubled: 150,
                webhook_late: 80,
                replayed: 60,
                skewed: 500,
                stale: 400,
            },
        }
    }
}

/// What a whole region or carrier does for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outage {
    /// No function starts, and those that run are gone.
    Region,
    /// The table throttles every other request.
    Table,
    /// Every request to the table takes a second or two.
    Slow,
    /// The queue delivers nothing.
    Queue,
    /// Every schedule is gone, and none can be made.
    Schedules,
    /// The carrier answers 500, having placed or not.
    CarrierErrors,
    /// The carrier answers that our account is not allowed to.
    CarrierAccount,
    /// The carrier answers too many requests.
    CarrierBusy,
    /// The carrier is not reached.
    CarrierSilent,
    /// The carrier reports nothing.
    Callbacks,
    /// The later release is being deployed: three of four functions are of the earlier one.
    BothReleases,
    /// It was taken back: what it has written nobody can read.
    TakenBack,
}

impl Outage {
    /// Those that come by chance alone; releases have an order.
    const ALL: [Self; 10] = [
        Self::Region,
        Self::Table,
        Self::Slow,
        Self::Queue,
        Self::Schedules,
        Self::CarrierErrors,
        Self::CarrierAccount,
        Self::CarrierBusy,
        Self::CarrierSilent,
        Self::Callbacks,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Region => "region down",
            Self::Table => "table throttles",
            Self::Slow => "table slow",
            Self::Queue => "queue off",
            Self::Schedules => "schedules deleted",
            Self::CarrierErrors => "carrier 500",
            Self::CarrierAccount => "carrier 20003",
            Self::CarrierBusy => "carrier 429",
            Self::CarrierSilent => "carrier silent",
            Self::Callbacks => "no callbacks",
            Self::BothReleases => "two releases at once",
            Self::TakenBack => "release taken back",
        }
    }

    /// Nobody can promise a page in time while this lasts.
    fn excuses(self) -> bool {
        match self {
            Self::Region | Self::Table | Self::Slow | Self::TakenBack => true,
            Self::Queue
            | Self::Schedules
            | Self::CarrierErrors
            | Self::CarrierAccount
            | Self::CarrierBusy
            | Self::CarrierSilent
            | Self::Callbacks
            | Self::BothReleases => false,
        }
    }

    /// The longest that it lasts.
    fn longest(self) -> Millis {
        match self {
            Self::Region => 3 * HOUR,
            Self::Table | Self::Slow => 5 * MINUTE,
            Self::Queue | Self::Schedules => 4 * HOUR,
            Self::CarrierErrors | Self::CarrierAccount | Self::CarrierBusy | Self::CarrierSilent => {
                20 * MINUTE
            }
            Self::Callbacks | Self::BothReleases | Self::TakenBack => HOUR,
        }
    }
}

/// An outage begins or ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Change {
    pub(crate) outage: Outage,
    pub(crate) begins: bool,
}

/// A fault, the kind of effect that the function held, and where it was.
pub(crate) type Cell = (&'static str, &'static str, &'static str);

/// What goes wrong in a run, and what did.
#[derive(Debug)]
pub(crate) struct Faults {
    pub(crate) odds: Odds,
    pub(crate) climate: Climate,
    /// Outages that last.
    lasting: BTreeMap<Outage, Millis>,
    /// Those that excuse a late page and are over.
    over: Vec<(Millis, Millis)>,
    /// How often each fault has struck.
    pub(crate) tally: BTreeMap<&'static str, u64>,
    /// Where.
    pub(crate) cells: BTreeMap<Cell, u64>,
    /// How often it could have struck there on purpose.
    pub(crate) occasions: BTreeMap<Cell, u64>,
}

impl Faults {
    /// None so far.
    pub(crate) fn new(climate: Climate) -> Self {
        Self {
            odds: Odds::of(climate),
            climate,
            lasting: BTreeMap::new(),
            over: Vec::new(),
            tally: BTreeMap::new(),
            cells: BTreeMap::new(),
            occasions: BTreeMap::new(),
        }
    }

    /// Counts a fault that struck at `place` while effects of these kinds were held.
    pub(crate) fn count(&mut self, fault: &'static str, place: &'static str, holds: &[&'static str]) {
        *self.tally.entry(fault).or_default() += 1;
        for kind in holds {
            *self.cells.entry((fault, kind, place)).or_default() += 1;
        }
    }

    /// When nobody could promise anything for the last time after `from`, until `to`.
    pub(crate) fn last_excuse(&self, from: Millis, to: Millis) -> Option<Millis> {
        if self.lasting.keys().any(|outage| outage.excuses()) {
            return Some(to);
        }
        self.over.iter().map(|(_, end)| *end).filter(|end| *end > from && *end <= to).max()
    }

    /// The outage lasts.
    pub(crate) fn lasts(&self, outage: Outage) -> bool {
        self.lasting.contains_key(&outage)
    }

    /// An outage begins or ends.
    pub(crate) fn change(&mut self, now: Millis, change: Change) {
        if change.begins {
            *self.tally.entry(change.outage.name()).or_default() += 1;
            // One that lasts already is the same one; the first end ends it.
            self.lasting.entry(change.outage).or_insert(now);
        } else if let Some(from) = self.lasting.remove(&change.outage)
            && change.outage.excuses()
        {
            self.over.push((from, now));
        }
    }

    /// For how long nobody could promise anything between `from` and `to`, and when that last ended.
    pub(crate) fn excused(&self, from: Millis, to: Millis) -> Millis {
        let lasting =
            self.lasting.iter().filter(|(outage, _)| outage.excuses()).map(|(_, begin)| (*begin, to));
        let all = self.over.iter().copied().chain(lasting);
        all.map(|(begin, end)| (end.min(to) - begin.max(from)).max(0)).sum()
    }
}

impl Inner {
    /// An outage from then to then.
    pub(crate) fn lasts_from(&mut self, outage: Outage, begin: Millis, end: Millis) {
        self.soon(begin, Happening::Weather(Change { outage, begins: true }));
        self.soon(end, Happening::Weather(Change { outage, begins: false }));
    }

    /// The region goes down at this moment, for less than a minute: whatever runs dies where it stands.
    pub(crate) fn goes_down(&mut self) {
        let time = self.between(5 * SECOND, MINUTE);
        self.lasts_from(Outage::Region, 0, time);
    }

    /// Draws the outages of a run of this length.
    pub(crate) fn forecast(&mut self, length: Millis) {
        self.deploys();
        match self.faults.climate {
            Climate::Calm | Climate::Herd | Climate::Unheard | Climate::Mild => return,
            Climate::Rough | Climate::Crowd | Climate::Batches => {}
        }
        for outage in Outage::ALL {
            for _ in 0..2 {
                if self.odds(400) {
                    let begin = self.between(0, length);
                    let end = begin + self.between(10 * SECOND, outage.longest());
                    self.lasts_from(outage, begin, end);
                }
            }
        }
    }
}
