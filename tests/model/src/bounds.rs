//! How much of everything.

use jiff::SignedDuration;

/// How much may happen in one run of the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Requests for calls.
    pub attempts: u8,
    /// Functions that die.
    pub crashes: u8,
    /// Wakes, callbacks and keys that come once more, wakes also early.
    pub duplicates: u8,
    /// Hints that do not come; after a crash none comes either, whatever this says.
    pub lost: u8,
    /// Contacts who press 1.
    pub presses: u8,
    /// Answers of the user: in time without the PIN, and late with it.
    pub check_ins: u8,
    /// Functions at work at one time.
    pub functions: usize,
    /// The sweep may come sooner than it must.
    pub sooner: bool,
    /// Functions write in a step of their own. Otherwise they read, decide and write in one: a commit is conditional on what was
    /// read, so that whatever lies between is a conflict, after which it is read again.
    pub split: bool,
}

impl Bounds {
    /// What `make model` visits, one after the other, and the least that is visited with every run of the unit tests, first. All of
    /// it at once (three attempts, two crashes, two duplicates, a lost hint, two who press, an answer of the user) does not fit into
    /// a few minutes: each slice is wide where another is narrow.
    pub const SLICES: [(&'static str, Self); 7] = [
        ("a little of everything", Self { crashes: 1, lost: 1, ..Self::NARROW }),
        ("three attempts, two crashes", Self { attempts: 3, crashes: 2, sooner: false, ..Self::NARROW }),
        (
            "three attempts, a duplicate, a lost hint, two who press",
            Self { attempts: 3, duplicates: 1, lost: 1, presses: 2, ..Self::NARROW },
        ),
        (
            "two crashes, a duplicate, a lost hint",
            Self { crashes: 2, duplicates: 1, lost: 1, ..Self::NARROW },
        ),
        (
            "two duplicates, a crash, a lost hint, two who press",
            Self { crashes: 1, duplicates: 2, lost: 1, presses: 2, ..Self::NARROW },
        ),
        (
            "an answer of the user, a crash, a duplicate",
            Self { crashes: 1, duplicates: 1, check_ins: 1, ..Self::NARROW },
        ),
        (
            "reading and writing apart: a crash, a duplicate, a lost hint",
            Self { crashes: 1, duplicates: 1, lost: 1, split: true, ..Self::NARROW },
        ),
    ];

    const NARROW: Self = Self {
        attempts: 2,
        crashes: 0,
        duplicates: 0,
        lost: 0,
        presses: 1,
        check_ins: 0,
        functions: 2,
        sooner: true,
        split: false,
    };

    /// From the deadline to the first request for a call, at most: the grace; a sweep's cycle for each hint that is lost; and for
    /// each function that dies its lease, a sweep's cycle, and the second that a call waits before it is dialled again.
    #[must_use]
    pub fn paged_within(&self) -> SignedDuration {
        let cycle = crate::world::SWEPT_AFTER.as_secs();
        let lease = lucius_core::policy::LEASE.as_secs();
        let crashes = i64::from(self.crashes).saturating_mul(cycle.saturating_add(lease).saturating_add(1));
        let hints = i64::from(self.lost).saturating_mul(cycle);
        let grace = lucius_core::policy::GRACE.as_secs();
        SignedDuration::from_secs(grace.saturating_add(hints).saturating_add(crashes))
    }
}
