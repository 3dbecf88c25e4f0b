//! Whatever wakes the functions is taken away behind our back: the page still comes.

use lucius_tests::{Story, json, secs, tell};
use tokio::time::Instant;

use crate::told_who_is_coming;

/// Without the queue's event source and without any schedule, one clock is left: a rule that sweeps every minute.
#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
#[expect(clippy::print_stderr, reason = "figures of the run")]
async fn without_event_source_and_schedules_the_page_still_comes() {
    tell(async |story: &Story| {
        let (ann, ben) = story.user_with_contact().await;
        let zoe = story.user("Zoe").await;
        let xia = zoe.contact("Xia").await;
        story.knows(&xia.phone);
        for phone in [&ben.phone, &xia.phone] {
            story.may(phone, "text.received", "may be in trouble");
        }
        zoe.arms(json!({ "cron_expression": "* * * * *", "check_interval_minutes": null })).await;
        story.event_source(false).await;
        let schedules = story.delete_schedules().await;
        let began = Instant::now();
        ann.cries_for_help().await;
        let call = ben.phone.expect_call_within(secs(180)).await;
        eprintln!("a cry for help paged after {:.1?}, by the sweep alone", began.elapsed());
        call.hears("press 1").await.presses("1").await.hears("You have it").await.hangs_up().await;
        // Over before it lapses, or he would be called again.
        for phone in [&ben.phone, &ann.phone] {
            story.may(phone, "text.received", "");
        }
        assert_eq!(ann.resolves(Some(&ann.pin)).await.status, 200);
        // A whole story by the sweep alone: the question, the deadline, the page.
        zoe.phone.expect_text_within("Are you okay Zoe?", secs(180)).await;
        let asked = Instant::now();
        let call = xia.phone.expect_call_within(secs(180)).await;
        eprintln!("a missed question paged {:.1?} after it was asked, by the sweep alone", asked.elapsed());
        story.event_source(true).await;
        story.put_back(&schedules).await;
        call.hears("press 1").await.presses("1").await.hears("You have it").await.hangs_up().await;
        told_who_is_coming(&zoe.phone, "Xia").await;
    })
    .await;
}
