//! What was promised, held against what happened. [`crate::verdict_tests`] shows that each of these can fail.

use std::{collections::BTreeSet, fmt};

use jiff::{SignedDuration, Timestamp};

use crate::{
    ledger::{Case, ContactCase},
    pulse::{lost, strikes},
    troubles::Harm,
};

/// A page comes within this, even if every hint is lost (I1).
const PROMISED: f64 = 150.0;

/// What one unknown outcome may cost a page: the lease, and a cycle of the sweep.
const PER_UNKNOWN: f64 = 95.0;

/// What one sweep that was killed may cost: the next cycle.
const PER_SWEEP: f64 = 60.0;

/// What is put off during an outage of the carrier is tried again this long after it at the latest.
const BACKOFF: f64 = 60.0;

/// From the claim that leases a call to the request, and from the request to the commit of its outcome: 12 s for those beside it and
/// 4 s for the commit.
const CLAIMED_BEFORE: SignedDuration = SignedDuration::from_secs(3);
const WRITTEN_AFTER: SignedDuration = SignedDuration::from_secs(17);

/// A request that was on its way when somebody accepted or ended it comes within this: the carrier's answer to another may be waited
/// for first.
const ON_ITS_WAY: SignedDuration = SignedDuration::from_secs(17);

/// A promise that was broken.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Broken {
    /// No incident was ever opened.
    Lost,
    /// Nobody's phone rang.
    NeverRang,
    /// No human accepted, or who did was not told so.
    NotReached,
    /// It is still open.
    NotOver,
    /// More than one incident from one cause.
    Again(usize),
    /// The first ring came after so many seconds, where so many were allowed.
    TooLate(f64, f64),
    /// The same try of a contact was made twice.
    TwiceOneTry(String, u32),
    /// More rings than asked for and than deaths and unknown outcomes explain.
    TooManyRings { contact: String, rings: usize, asked: usize, unknown: usize },
    /// An outcome is called unknown though the carrier answered and nobody was killed.
    NoReason(String, u32),
    /// Pages were placed though somebody had accepted, or it was over.
    RangAfterwards(String, usize),
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost => f.write_str("no incident was opened: the page is lost"),
            Self::NeverRang => f.write_str("nobody's phone rang"),
            Self::NotReached => f.write_str("no human has accepted and heard that they have it"),
            Self::NotOver => f.write_str("the incident is still open"),
            Self::Again(count) => write!(f, "{count} incidents from one cause"),
            Self::TooLate(waited, allowed) => {
                write!(f, "the first ring came after {waited:.1} s, allowed are {allowed:.1} s")
            }
            Self::TwiceOneTry(contact, attempt) => write!(f, "{contact}: try {attempt} was made twice"),
            Self::TooManyRings { contact, rings, asked, unknown } => {
                write!(
                    f,
                    "{contact}: {rings} rings, asked for {asked}, deaths and unknown outcomes {unknown}"
                )
            }
            Self::NoReason(contact, attempt) => {
                write!(f, "{contact}: the outcome of try {attempt} is called unknown, and nothing struck it")
            }
            Self::RangAfterwards(contact, count) => {
                write!(f, "{contact}: {count} pages were placed after the accept or the end")
            }
        }
    }
}

/// The rings of all contacts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Rings {
    /// Placed.
    pub(crate) rung: usize,
    /// More than asked for, over all contacts.
    pub(crate) too_many: usize,
    /// The most of them at one contact.
    pub(crate) worst: usize,
    /// Requests that the carrier did not answer for good.
    pub(crate) unanswered: usize,
    /// Calls that were answered for, and whose performer was killed, or met a cloud that did not answer, before it had written that down.
    pub(crate) deaths: usize,
}

/// The result.
#[derive(Debug, Clone, Default)]
pub(crate) struct Verdict {
    pub(crate) wrong: Vec<(String, Broken)>,
    pub(crate) rings: Rings,
    pub(crate) reached: usize,
    pub(crate) over: usize,
    /// Seconds to the first ring, ascending.
    pub(crate) waits: Vec<f64>,
}

/// Judges every household.
pub(crate) fn judge(cases: &[Case], harm: &Harm) -> Verdict {
    let mut verdict = Verdict::default();
    for case in cases {
        let mut wrong = Vec::new();
        ends_well(case, &mut verdict, &mut wrong);
        in_time(case, harm, &mut wrong);
        verdict.waits.extend(case.waited());
        for contact in &case.contacts {
            rings(case, contact, harm, &mut verdict.rings, &mut wrong);
            afterwards(case, contact, harm, &mut wrong);
        }
        verdict.wrong.extend(wrong.into_iter().map(|broken| (case.name.clone(), broken)));
    }
    verdict.waits.sort_unstable_by(f64::total_cmp);
    verdict
}

/// Opened once, accepted by a human who was told so, over.
fn ends_well(case: &Case, verdict: &mut Verdict, wrong: &mut Vec<Broken>) {
    match case.incidents.len() {
        0 => return wrong.push(Broken::Lost),
        1 => {}
        more => wrong.push(Broken::Again(more)),
    }
    let reached = case
        .contacts
        .iter()
        .any(|contact| contact.heard && !case.times("accepted", Some(contact.id)).is_empty());
    if reached {
        verdict.reached += 1;
    } else {
        wrong.push(Broken::NotReached);
    }
    if case.incidents.iter().all(|incident| incident["status"] == "ended") {
        verdict.over += 1;
    } else {
        wrong.push(Broken::NotOver);
    }
}

/// The first ring came within what was promised and what the troubles cost.
fn in_time(case: &Case, harm: &Harm, wrong: &mut Vec<Broken>) {
    let (Some(since), Some(ring), Some(waited)) = (case.since, case.first_ring(), case.waited()) else {
        return wrong.push(Broken::NeverRang);
    };
    let allowed = allowed(case, harm, since, ring);
    if waited > allowed {
        wrong.push(Broken::TooLate(waited, allowed));
    }
}

/// How long the first ring may take.
pub(crate) fn allowed(case: &Case, harm: &Harm, since: Timestamp, ring: Timestamp) -> f64 {
    let outages = harm.outages.iter().filter(|outage| outage.of_the_carrier);
    let cost: f64 = outages
        .map(|outage| outage.to.min(ring).duration_since(outage.from.max(since)).as_secs_f64())
        .filter(|seconds| *seconds > 0.0)
        .sum();
    let still = lost(&harm.gaps, since, ring).as_secs_f64();
    let backoff = if cost > 0.0 { BACKOFF } else { 0.0 };
    let unknown = case.contacts.iter().flat_map(|contact| case.unknown_tries(contact.id));
    let unknown = unknown.filter(|(_, at)| *at <= ring).count();
    let sweeps = harm.kills.iter().filter(|kill| kill.package == "sweep" && kill.at_work);
    let sweeps = sweeps.filter(|kill| kill.at >= since && kill.at <= ring).count();
    // A sweep that meets a cloud which does not answer is as good as killed.
    let sweeps = sweeps + harm.gaps.iter().filter(|gap| strikes(&[**gap], since, ring)).count();
    PROMISED + cost + still + backoff + PER_UNKNOWN * unknown as f64 + PER_SWEEP * sweeps as f64
}

/// No try twice; at most one ring too many for each death and each unknown outcome; and those have reasons.
fn rings(case: &Case, contact: &ContactCase, harm: &Harm, sum: &mut Rings, wrong: &mut Vec<Broken>) {
    let mut tries = BTreeSet::new();
    for request in &contact.requests {
        if !tries.insert((request.effect.clone(), request.attempt)) {
            wrong.push(Broken::TwiceOneTry(contact.name.clone(), request.attempt));
        }
    }
    let unanswered = contact.requests.iter().filter(|request| request.is_unknown()).count();
    let told = case.unknown_tries(contact.id);
    let mut deaths = 0;
    for request in contact.requests.iter().filter(|request| request.placed && !request.is_unknown()) {
        if !told.contains_key(&request.attempt) {
            continue;
        }
        let (from, to) = (request.at - CLAIMED_BEFORE, request.at + WRITTEN_AFTER);
        let killed = harm.kills.iter().any(|kill| kill.of_a_performer() && kill.at >= from && kill.at <= to);
        if killed || strikes(&harm.gaps, from, to) {
            deaths += 1;
        } else {
            wrong.push(Broken::NoReason(contact.name.clone(), request.attempt));
        }
    }
    let pages = contact.requests.iter().filter(|request| request.pages() && request.placed).count();
    let confirms = contact.rings.len() - pages.min(contact.rings.len());
    let accepts = ["accepted", "renewed"].map(|what| case.times(what, Some(contact.id)).len());
    let asked = case.times("round", None).len();
    let too_many = pages.saturating_sub(asked) + confirms.saturating_sub(accepts.iter().sum());
    let unknown = unanswered + deaths;
    if too_many > unknown {
        let rings = contact.rings.len();
        wrong.push(Broken::TooManyRings { contact: contact.name.clone(), rings, asked, unknown });
    }
    sum.rung += contact.rings.len();
    sum.too_many += too_many;
    sum.worst = sum.worst.max(too_many);
    sum.unanswered += unanswered;
    sum.deaths += deaths;
}

/// Once somebody has accepted, or it is over, at most one page that was on its way is placed, and one for each unknown outcome.
fn afterwards(case: &Case, contact: &ContactCase, harm: &Harm, wrong: &mut Vec<Broken>) {
    let again = case.times("lapsed", None).into_iter().chain(case.times("reopened", None)).min();
    let stops = case.times("accepted", None).into_iter().chain(case.times("ended", None)).min();
    let (Some(stop), None) = (stops, again) else { return };
    let placed = contact.requests.iter().filter(|request| request.pages() && request.placed);
    let (soon, late): (Vec<_>, Vec<_>) = placed.filter(|request| request.at > stop).partition(|request| {
        // The accept itself may have waited for the cloud to be written.
        request.at <= stop + ON_ITS_WAY + lost(&harm.gaps, stop, request.at)
    });
    let unknown = contact.requests.iter().filter(|request| request.is_unknown()).count();
    if !late.is_empty() || soon.len() > 1 + unknown {
        wrong.push(Broken::RangAfterwards(contact.name.clone(), soon.len() + late.len()));
    }
}
