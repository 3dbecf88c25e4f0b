//! Ninety-six inputs that somebody will send: each is refused or harmless, in words that say what to do; nothing changes but
//! what the row names; nothing panics; nothing secret is answered or logged.

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

mod altered;
mod play;
mod row;
mod rows;
mod stories;
mod tokens;

use std::collections::BTreeMap;

use row::Row;

/// Plays the rows, and tells all that is wrong at once.
async fn play(rows: &[Row]) {
    let mut wrong = Vec::new();
    for row in rows {
        let complaints = play::row(row).await;
        wrong.extend(complaints.into_iter().map(|why| format!("{:>2} {}: {why}", row.number, row.what)));
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong[..wrong.len().min(20)].join("\n"));
}

#[test]
fn every_number_of_the_list_stands_here_once() {
    let mut counts: BTreeMap<u8, usize> = (1..=96).map(|number| (number, 0)).collect();
    for row in rows::ALL.iter().copied().flatten() {
        *counts.get_mut(&row.number).unwrap_or_else(|| panic!("{} is not in the list", row.number)) += 1;
    }
    counts.retain(|_, count| *count != 1);
    assert!(counts.is_empty(), "not once: {counts:?}");
}

#[tokio::test]
async fn signatures_and_http() {
    play(rows::SIGNATURES).await;
}

#[tokio::test]
async fn texts() {
    play(rows::TEXTS).await;
}

#[tokio::test]
async fn numbers() {
    play(rows::NUMBERS).await;
}

#[tokio::test]
async fn calls() {
    play(rows::CALLS).await;
}

#[tokio::test]
async fn api() {
    play(rows::API).await;
}

#[tokio::test]
async fn queue_and_time() {
    play(rows::QUEUE).await;
}

/// What the rows above are held against: the genuine request is taken on every route.
#[tokio::test]
async fn what_is_genuine_is_taken() {
    play::genuine().await;
}
