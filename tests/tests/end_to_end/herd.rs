//! Many at once.

use futures::{StreamExt as _, stream};
use serde_json::json;

use crate::support::{Person, Story, alone};

/// How many users miss in the same minute.
const USERS: usize = 200;

/// Two hundred users who share one contact miss in the same minute: all are paged.
#[tokio::test]
async fn two_hundred_users_who_share_one_contact() {
    let _house = alone().await;
    let story = Story::new(0).await;
    let ben = story.stranger();
    ben.is("busy").await;
    let users: Vec<Person> = stream::iter(0..USERS)
        .map(|_| {
            let (stack, ben) = (story.stack.clone(), ben.clone());
            async move {
                let user = Person::new(&stack, json!({})).await;
                user.add_contact(&ben, "Shared", &json!({})).await;
                user
            }
        })
        .buffer_unordered(8)
        .collect()
        .await;
    stream::iter(&users).for_each_concurrent(8, |user| user.arm(json!({}))).await;
    let mut waits: Vec<f64> = stream::iter(&users)
        .map(|user| async move {
            let incident = loop {
                let incident = user.incident("escalating").await;
                let paged =
                    incident["timeline"].as_array().unwrap().iter().any(|entry| entry["how"] == "call");
                if paged {
                    break incident;
                }
                tokio::time::sleep(std::time::Duration::from_millis(500)).await;
            };
            let opened: jiff::Timestamp = incident["opened_at"].as_str().unwrap().parse().unwrap();
            let first =
                incident["timeline"].as_array().unwrap().iter().find(|entry| entry["how"] == "call").unwrap();
            let called: jiff::Timestamp = first["at"].as_str().unwrap().parse().unwrap();
            called.duration_since(opened).as_secs_f64()
        })
        .buffer_unordered(20)
        .collect()
        .await;
    assert_eq!(waits.len(), USERS);
    waits.sort_by(f64::total_cmp);
    println!(
        "{USERS} misses in one minute: incident opened to first call placed p50 {:.1} s, p99 {:.1} s, max {:.1} s",
        waits[USERS / 2],
        waits[USERS * 99 / 100],
        waits[USERS - 1]
    );
    stream::iter(&users).for_each_concurrent(8, Person::stop_all).await;
    for user in &users {
        user.phone.accept_all().await;
    }
    ben.accept_all().await;
    story.finish().await;
}
