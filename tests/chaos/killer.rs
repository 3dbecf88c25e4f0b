//! `kill -9` of function processes: of all kinds, mostly of those that are at work.

use std::{collections::HashMap, time::Duration};

use fastrand::Rng;
use jiff::Timestamp;
use lucius_tests::{Story, process};
use tokio::time::{Instant, sleep};

use crate::troubles::{Kill, between, wait};

/// Between two looks at who works.
const LOOK: Duration = Duration::from_millis(40);

/// Kills one process after the other until `end`.
pub(crate) async fn kills(story: &Story, mut rng: Rng, end: Instant) -> Vec<Kill> {
    let mut kills = Vec::new();
    while wait(between(&mut rng, 150, 1_500), end).await {
        let before = turns(story);
        sleep(LOOK).await;
        let after = turns(story);
        let (busy, idle): (Vec<_>, Vec<_>) =
            after.iter().partition(|(id, turns)| before.get(*id).is_some_and(|then| *turns > then));
        let at_work = !busy.is_empty() && rng.u8(0..8) > 0;
        let from = if at_work || idle.is_empty() { busy } else { idle };
        let mut victims: Vec<_> = from.into_iter().map(|(id, _)| id.clone()).collect();
        victims.sort_unstable();
        if let Some((package, pid)) = rng.choice(victims) {
            process::end(pid);
            kills.push(Kill { at: Timestamp::now(), package, at_work });
        }
    }
    kills
}

/// Kills about every third sweep in the middle of its work, which is short: by chance it would hardly ever be met.
pub(crate) async fn kills_sweeps(story: &Story, mut rng: Rng, end: Instant) -> Vec<Kill> {
    let mut kills = Vec::new();
    let mut known = HashMap::<u32, u64>::new();
    while wait(LOOK, end).await {
        let mut works = Vec::new();
        for pid in process::of(&story.stack, "sweep") {
            let now = process::turns(pid).unwrap_or_default();
            if known.insert(pid, now).is_some_and(|then| now > then) {
                works.push(pid);
            }
        }
        if works.is_empty() {
            continue;
        }
        if rng.u8(0..3) == 0 {
            sleep(between(&mut rng, 0, 150)).await;
            for pid in works {
                process::end(pid);
                kills.push(Kill { at: Timestamp::now(), package: "sweep".to_owned(), at_work: true });
            }
        }
        // What is left of this sweep is left alone.
        wait(Duration::from_secs(20), end).await;
        known.clear();
    }
    kills
}

/// How often each process has worked so far.
fn turns(story: &Story) -> HashMap<(String, u32), u64> {
    let all = process::all(&story.stack).into_iter();
    all.filter_map(|(package, pid)| Some(((package, pid), process::turns(pid)?))).collect()
}
