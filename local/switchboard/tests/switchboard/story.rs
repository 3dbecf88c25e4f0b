//! The story of the page, told to a product that only says yes.

use crate::product::Reply;
use crate::world::World;
use serde_json::{Value, json};

fn data(value: &Value) -> Reply {
    let body = json!({ "success": true, "data": value }).to_string();
    Reply { content_type: "application/json", ..Reply::xml(&body) }
}

async fn settled(world: &World) -> Value {
    for _ in 0..200 {
        let story = world.get("/story").await["story"].clone();
        if story["state"] != "preparing" {
            return story;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the story is never prepared");
}

#[tokio::test]
async fn the_story_creates_its_people_and_watches_the_first() {
    let world = World::start().await;
    world.product.on("/login", Reply::status(401));
    world.product.on("/login", data(&json!({ "token": "a.b.c" })));
    world.product.on("/v1/users", data(&json!({ "id": 7 })));
    world.product.on("/v1/users/7/incidents", data(&json!([{ "id": 9, "status": "escalating" }])));
    let stack = json!({ "api_url": world.product.url, "setup_token": "setup" });
    world.control("POST", "/story", stack).await;
    let story = settled(&world).await;
    assert_eq!((story["state"].as_str(), &story["error"]), (Some("running"), &Value::Null), "{story}");
    assert_eq!(world.product.seen("/v1/users").len(), 2, "the operator and Anna");
    assert_eq!(world.product.seen("/v1/users/7/contacts").len(), 2);
    assert_eq!(world.product.seen("/v1/users/7/probe_settings").len(), 1);
    let watch = world.get("/watch").await;
    assert_eq!((&watch["watch"]["name"], &watch["incidents"][0]["id"]), (&json!("Anna"), &json!(9)));
    assert_eq!(watch["watch"].get("token"), None, "the page needs no token");
    let phones = world.get("/phones").await;
    let names: Vec<&str> =
        phones["phones"].as_array().unwrap().iter().filter_map(|p| p["name"].as_str()).collect();
    assert_eq!(names, ["Anna", "Ben", "Carla"]);
    world.control("POST", "/story/stop", Value::Null).await;
    assert_eq!(world.product.seen("/v1/incidents/9/resolve").len(), 1);
    assert_eq!(settled(&world).await["state"], "ended");
}

#[tokio::test]
async fn a_story_that_cannot_be_told_says_why() {
    let world = World::start().await;
    let (status, _) = world.try_control("POST", "/story", Value::Null).await;
    assert_eq!(status, 409, "no stack.json");
    world.product.on("/login", Reply::status(401));
    world.product.on("/v1/users", Reply::status(401));
    world.control("POST", "/story", json!({ "api_url": world.product.url })).await;
    let story = settled(&world).await;
    assert_eq!(story["state"], "failed");
    assert!(story["error"].as_str().unwrap().contains("/v1/users: HTTP 401"), "{story}");
}
