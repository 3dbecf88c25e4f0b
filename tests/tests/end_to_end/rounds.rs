//! Rounds without end.

use std::time::Duration;

use crate::support::{Story, together};

#[tokio::test]
async fn nobody_answers_more_than_fifty_attempts_and_the_next_one_comes() {
    let _house = together().await;
    let story = Story::new(6).await;
    for phone in &story.contacts {
        phone.is("no_answer").await;
    }
    story.ana.phone.sends("SOS").await;
    let mut before = 0;
    for _ in 0..400 {
        before = 0;
        for phone in &story.contacts {
            before += phone.rings().await;
        }
        if before > 50 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    assert!(before > 50, "only {before} attempts");
    let mut after = before;
    for _ in 0..120 {
        after = 0;
        for phone in &story.contacts {
            after += phone.rings().await;
        }
        if after > before {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    assert!(after > before, "no attempt after {before}");
    for phone in story.contacts.iter().chain([&story.ana.phone]) {
        phone.accept_all().await;
    }
    story.ana.stop_all().await;
    for phone in story.contacts.iter().chain([&story.ana.phone]) {
        phone.accept_all().await;
    }
    story.finish().await;
}
