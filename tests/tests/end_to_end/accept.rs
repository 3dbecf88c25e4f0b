//! Who accepts, what it means, and how it ends.

use futures::join;
use serde_json::json;

use crate::support::{Story, together};

#[tokio::test]
async fn voicemail_and_busy_count_for_nothing_and_the_third_accepts() {
    let _house = together().await;
    let story = Story::new(3).await;
    story.contacts[0].is("voicemail").await;
    story.contacts[1].is("busy").await;
    story.miss().await;
    let [ben, carla, dora] = [0, 1, 2].map(|n| &story.contacts[n]);
    ben.expect_call().await.ends_as("completed").await;
    carla.expect_call().await.ends_as("busy").await;
    dora.expect_call()
        .await
        .hears("press 1")
        .await
        .press("1")
        .await
        .hears("You have it")
        .await
        .hangs_up()
        .await;
    for phone in [ben, carla, dora] {
        phone.expect_text("could not be reached").await;
    }
    ben.expect_text("is going to").await;
    carla.expect_text("is going to").await;
    story.ana.phone.expect_text("on the way").await;
    let incident = story.incident("accepted").await;
    assert_eq!(incident["accepted_by"]["name"], "Contact2 Ode");
    let outcomes: Vec<_> = incident["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["what"] == "attempt" && entry["how"] == "call")
        .map(|entry| entry["outcome"].as_str().unwrap().to_owned())
        .collect();
    assert!(outcomes[0].contains("voicemail"), "{outcomes:?}");
    assert_eq!(outcomes[1], "busy");
    story.finish().await;
}

#[tokio::test]
async fn the_acceptor_presses_again_and_still_has_it_and_ends_it_by_nine_nine() {
    let _house = together().await;
    let story = Story::new(2).await;
    story.contacts[0].is("no_answer").await;
    story.miss().await;
    let (ben, carla) = (&story.contacts[0], &story.contacts[1]);
    ben.expect_text("could not be reached").await;
    ben.expect_call().await.ends_as("no-answer").await;
    carla.expect_text("could not be reached").await;
    let mut call = carla.expect_call().await;
    call.hears("press 1").await.press("1").await;
    call.hears("You have it").await.press("1").await;
    call.hears("You have it").await.press("9").await;
    ben.expect_text("is going to").await;
    story.ana.phone.expect_text("on the way").await;
    call.hears("press 9 again").await.press("9").await;
    call.ends_with("Everybody is told").await;
    ben.expect_text("REOPEN").await;
    carla.expect_text("all clear").await;
    story.ana.phone.expect_text("says that it is over").await;
    let ended = story.incident("ended").await;
    assert_eq!(ended["ended"]["by"], "contact");
    story.finish().await;
}

#[tokio::test]
async fn two_press_one_in_the_same_second() {
    let _house = together().await;
    let story = Story::new(0).await;
    let phones = [story.stranger(), story.stranger()];
    for (n, phone) in phones.iter().enumerate() {
        phone.is("driven").await;
        story.ana.add_contact(phone, &format!("Twin{n}"), &json!({ "priority": 1 })).await;
    }
    let story = Story { contacts: phones.to_vec(), ..story };
    story.miss().await;
    let (mut a, mut b) = join!(story.contacts[0].expect_call(), story.contacts[1].expect_call());
    a.hears("press 1").await;
    b.hears("press 1").await;
    join!(a.press("1"), b.press("1"));
    let incident = story.incident("accepted").await;
    assert_eq!(incident["accepted_by"]["backups"].as_array().map(Vec::len), Some(1), "{incident}");
    for phone in &story.contacts {
        phone.expect_text("could not be reached").await;
    }
    // Whoever was later hears who is going, and is told by text as well.
    let first = incident["accepted_by"]["name"].as_str().unwrap().to_owned();
    let (winner, loser) = if first.starts_with("Twin0") { (0, 1) } else { (1, 0) };
    let calls = [&mut a, &mut b];
    for (n, call) in calls.into_iter().enumerate() {
        call.hears(if n == winner { "You have it" } else { "back-up" }).await.hangs_up().await;
    }
    story.contacts[loser].expect_text("is going to").await;
    story.ana.phone.expect_text("on the way").await;
    story.finish().await;
}

#[tokio::test]
async fn an_accept_lapses_and_everybody_is_called_again() {
    let _house = together().await;
    let story = Story::new(2).await;
    story.contacts[1].is("no_answer").await;
    story.miss().await;
    let (ben, carla) = (&story.contacts[0], &story.contacts[1]);
    let mut call = ben.expect_call().await;
    call.hears("press 1").await.press("1").await.hears("You have it").await.hangs_up().await;
    ben.expect_text("could not be reached").await;
    story.ana.phone.expect_text("on the way").await;
    // Fifteen short minutes later Ben is asked, and does not answer.
    ben.is("no_answer").await;
    ben.expect_text("are you still helping").await;
    ben.expect_call().await.ends_as("no-answer").await;
    // Five more, and the rounds begin again, with Ben in them.
    ben.is("driven").await;
    let mut again = ben.expect_call().await;
    again.hears("could not be reached").await.press("1").await.hears("You have it").await.hangs_up().await;
    let incident = story.incident("accepted").await;
    assert!(incident["timeline"].to_string().contains("lapsed"), "{incident}");
    for phone in [ben, carla, &story.ana.phone] {
        phone.accept_all().await;
    }
    story.finish().await;
}

#[tokio::test]
async fn a_renewed_accept_stands() {
    let _house = together().await;
    let story = Story::new(1).await;
    story.miss().await;
    let ben = &story.contacts[0];
    ben.expect_text("could not be reached").await;
    ben.expect_call().await.press("1").await.hears("You have it").await.hangs_up().await;
    story.ana.phone.expect_text("on the way").await;
    let before = story.incident("accepted").await["accepted_by"]["confirm_by"].clone();
    ben.expect_text("are you still helping").await;
    ben.expect_call()
        .await
        .hears("still on it")
        .await
        .press("1")
        .await
        .hears("You have it")
        .await
        .hangs_up()
        .await;
    let after = story.incident("accepted").await;
    assert_ne!(after["accepted_by"]["confirm_by"], before);
    assert!(after["timeline"].to_string().contains("renewed"), "{after}");
    story.finish().await;
}

#[tokio::test]
async fn resolving_by_api_needs_the_pin() {
    let _house = together().await;
    let story = Story::new(1).await;
    story.ana.phone.sends("SOS").await;
    let ben = &story.contacts[0];
    ben.expect_text("not okay").await;
    ben.expect_call().await.hears("press 1").await.hangs_up().await;
    let incident = story.incident("escalating").await;
    assert_eq!(story.ana.resolve(&incident, None).await.0, 403);
    assert_eq!(story.ana.resolve(&incident, Some("000000")).await.0, 403);
    assert_eq!(story.incident("escalating").await["status"], "escalating");
    assert_eq!(story.ana.resolve(&incident, Some("739182")).await.0, 200);
    ben.expect_text("all clear").await;
    assert_eq!(story.ana.resolve(&incident, Some("739182")).await.0, 409);
    ben.accept_all().await;
    story.finish().await;
}

#[tokio::test]
async fn whoever_adds_a_contact_in_an_incident_without_the_pin_silences_nothing() {
    let _house = together().await;
    let story = Story::new(1).await;
    story.contacts[0].is("no_answer").await;
    story.ana.phone.sends("SOS").await;
    story.incident("escalating").await;
    let eve = story.stranger();
    eve.is("driven").await;
    // Armed once, so that the PIN counts: but an incident takes the contact without it.
    story.ana.add_contact(&eve, "Eve", &json!({})).await;
    eve.expect_text("not okay").await;
    let mut call = eve.expect_call().await;
    call.hears("press 1")
        .await
        .press("1")
        .await
        .hears("keep calling the others")
        .await
        .press("9")
        .await
        .hears("press 1")
        .await;
    call.hangs_up().await;
    let incident = story.incident("escalating").await;
    assert_eq!(incident["status"], "escalating");
    let ben = &story.contacts[0];
    ben.is("driven").await;
    let mut found = false;
    for _ in 0..4 {
        let mut call = ben.expect_call().await;
        if call.rings_through().await {
            call.press("1").await.hears("You have it").await.hangs_up().await;
            found = true;
            break;
        }
    }
    assert!(found);
    story.incident("accepted").await;
    for phone in [ben, &eve, &story.ana.phone] {
        phone.accept_all().await;
    }
    story.finish().await;
}

#[tokio::test]
async fn the_last_contact_and_the_user_stay_while_an_incident_is_open() {
    let _house = together().await;
    let story = Story::new(1).await;
    story.ana.phone.sends("SOS").await;
    let ben = &story.contacts[0];
    ben.is("no_answer").await;
    story.incident("escalating").await;
    let (_, list) = story.ana.api(reqwest::Method::GET, "/v1/users/{uid}/contacts", &json!(null)).await;
    let contact = list["data"][0]["id"].clone();
    let path = format!("/v1/users/{{uid}}/contacts/{contact}");
    let pin = json!({ "pin": "739182" });
    assert_eq!(story.ana.api(reqwest::Method::DELETE, &path, &pin).await.0, 409);
    assert_eq!(story.ana.api(reqwest::Method::DELETE, "/v1/users/{uid}", &pin).await.0, 409);
    let before = ben.rings().await;
    ben.is("driven").await;
    // The rounds go on.
    let mut rung = false;
    for _ in 0..3 {
        let mut call = ben.expect_call().await;
        if call.rings_through().await {
            call.press("1").await.hears("You have it").await.hangs_up().await;
            rung = true;
            break;
        }
    }
    assert!(rung && ben.rings().await > before);
    for phone in [ben, &story.ana.phone] {
        phone.accept_all().await;
    }
    story.finish().await;
}
