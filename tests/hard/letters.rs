//! Wakes that were given up: the operator is called, the queues are empty again, and nobody is forgotten.

use lucius_tests::{Story, json, secs, tell, until};

use crate::told_who_is_coming;

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn dead_letters_are_told_and_deleted_and_those_of_a_later_release_wait() {
    tell(async |story: &Story| {
        let (ann, ben) = story.user_with_contact().await;
        let queues = story.dead_letter_queues().await;
        assert_eq!(queues.len(), 2, "{queues:?}");
        for queue in &queues {
            story.empty_queue(queue).await;
        }
        // What the queue, a schedule and Lambda leave behind when they give up to wake Ann.
        let wake = json!({ "version": 1, "actors": [format!("DEADMAN#{}", ann.id)] });
        let report = json!({
            "version": "1.0",
            "requestContext": { "condition": "RetriesExhausted", "approximateInvokeCount": 3 },
            "requestPayload": wake,
        });
        for queue in &queues {
            story.put_letter(queue, &wake).await;
            story.put_letter(queue, &report).await;
        }
        let (name, waits) = (format!("DEADMAN#{}", ann.id), "a wake message of version 2 is not known");
        let lines = |words: &str| story.log("sweep").lines().filter(|line| line.contains(words)).count();
        let waiting = lines(waits);
        until("four dead letters are told", secs(60), async || {
            if lines(&name) == 4 { Ok(()) } else { Err(lines(&name)) }
        })
        .await;
        for queue in &queues {
            until("the letters are deleted", secs(20), async || {
                let left = story.letters_in(queue).await;
                if left == (0, 0) { Ok(()) } else { Err(format!("{left:?}")) }
            })
            .await;
        }
        // One that nobody here can read stays, and is told as well.
        let later = json!({ "version": 2, "actors": [format!("DEADMAN#{}", ann.id)], "hush": true });
        story.put_letter(&queues[0], &later).await;
        until("a letter that waits is told", secs(60), async || {
            if lines(waits) > waiting { Ok(()) } else { Err("not yet") }
        })
        .await;
        assert_eq!(story.letters_in(&queues[0]).await, (0, 1), "until it is looked at again");
        story.empty_queue(&queues[0]).await;
        // Her switch is none the worse for it.
        ann.cries_for_help().await;
        ben.phone.expect_alert("not okay").await;
        story.may_be_alerted(&ben.phone);
        ben.accepts(&ann).await.hangs_up().await;
        told_who_is_coming(&ann.phone, "Ben").await;
    })
    .await;
}
