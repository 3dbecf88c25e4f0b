//! Ten thousand guesses from a forged sender: none accepts, and none keeps the person whose number it is from accepting.

use lucius_tests::{Story, forge::Sign, random, secs, tell};
use tokio::time::Instant;

use crate::told_who_is_coming;

/// How many codes are guessed.
const GUESSES: usize = 10_000;

/// How many at once.
const AT_ONCE: usize = 16;

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
#[expect(clippy::print_stderr, reason = "figures of the run")]
async fn ten_thousand_wrong_codes_from_a_forged_sender_silence_nothing() {
    tell(async |story: &Story| {
        let (ann, ben) = story.user_with_contact().await;
        ben.phone.behaves("no_answer").await;
        story.may_be_paged(&ben.phone);
        ann.cries_for_help().await;
        let code = ben.phone.expect_alert("not okay").await;
        story.may_be_alerted(&ben.phone);
        let began = Instant::now();
        guess(story, ben.phone.number(), &code).await;
        eprintln!("{GUESSES} wrong codes in {:.1?}", began.elapsed());
        assert_eq!(ann.incidents().await[0]["status"], "escalating");
        // His texts accept no more; a call does, and he is still called.
        ben.phone.sends(&code).await.answered("We take no more codes from this number").await;
        ben.phone.consume("call.placed").await;
        ben.phone.behaves("driven").await;
        let call = ben.phone.expect_call_within(secs(60)).await;
        call.hears("press 1").await.presses("1").await.hears("You have it").await.hangs_up().await;
        told_who_is_coming(&ann.phone, "Ben").await;
    })
    .await;
}

/// Posts wrong codes as Ben, sixteen at a time.
async fn guess(story: &Story, number: &str, code: &str) {
    let guesser = async |first: usize| {
        for nth in (first..GUESSES).step_by(AT_ONCE) {
            let wrong = format!("{:06}", random::draw() % 1_000_000);
            // One in a million is right by chance.
            let wrong = if wrong == code { "nonsense" } else { &wrong };
            let sid = format!("SM{:032x}", (u128::from(random::draw()) << 32) | (nth as u128));
            let params = [
                ("AccountSid", story.stack.account_sid.as_str()),
                ("MessageSid", sid.as_str()),
                ("From", number),
                ("To", story.stack.service_number.as_str()),
                ("Body", wrong),
            ];
            let (status, _) = story.posts("/inbound/sms", &params, Sign::Right).await;
            assert_eq!(status, 200);
        }
    };
    futures::future::join_all((0..AT_ONCE).map(guesser)).await;
}
