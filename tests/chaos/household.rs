//! A person at risk, their contacts' phones, and what becomes of them. Functions die while we talk to them: whoever is not
//! answered asks again, as people do.

use std::time::Duration;

use futures::future::join_all;
use jiff::Timestamp;
use lucius_tests::{Contact, Phone, Story, User, Value, json, random, secs};
use tokio::{
    sync::OnceCell,
    time::{Instant, sleep, sleep_until},
};

use crate::{
    ledger::{Case, ContactCase},
    plan::{Begins, Ends, Person},
    pulse::Patience,
};

/// The shortest time between two questions, in seconds here.
const SHORTEST: u64 = 60;

/// How long a look at the carrier's log waits for something to come.
const LOOK: u64 = 20;

/// After so many looks in vain somebody asks whether it is over.
const SELDOM: u32 = 6;

/// Who asks in vain asks again after this.
const AGAIN: Duration = secs(2);

/// Whoever looks whether it is over looks again after this. All look at the same time, and the cloud has one processor.
const LOOKS: Duration = secs(8);

/// All looks within so long say that it is over: a call that was on its way when it ended has rung, was answered and is over by then, and
/// the copy of its last key has come.
const OVER: Duration = secs(80);

/// A household.
#[derive(Debug)]
pub(crate) struct Household {
    person: Person,
    user: User,
    contacts: Vec<Contact>,
    /// When the cry for help was taken.
    cried: OnceCell<Timestamp>,
}

impl Household {
    /// Moves in: user, contacts, and what their phones will do.
    pub(crate) async fn settle(story: &Story, person: Person) -> Self {
        let user = story.user(&format!("U{}", random::letters())).await;
        let mut contacts = Vec::new();
        for (place, manners) in person.contacts.iter().enumerate() {
            let name = format!("C{}{}", place + 1, random::letters());
            let contact = if person.together {
                user.contact_in_tier(&name, 1).await
            } else {
                user.contact(&name).await
            };
            let first: Vec<Value> =
                manners.iter().map(|manner| json!({ "behaviour": manner.word() })).collect();
            // Who says yes says that it is over as well: an accept that nobody keeps would call everybody again.
            let mut script = json!([{ "press": "1" }, { "press": "9" }, { "press": "9" }, "hang_up"]);
            if person.ends == Ends::Pin {
                script = json!([{ "press": "1" }, "hang_up"]);
            }
            let ever = manners.last().map_or("no_answer", |manner| manner.word());
            let settings = if place == person.hero {
                json!({ "behaviour": "answer", "script": script, "next": first })
            } else {
                json!({ "behaviour": ever, "next": first })
            };
            contact.phone.is(settings).await;
            contacts.push(contact);
        }
        Self { person, user, contacts, cried: OnceCell::new() }
    }

    /// Arms the switch so that the question comes as drawn, if this is somebody who misses it.
    pub(crate) async fn arms(&self, start: Instant) {
        match self.person.begins {
            Begins::Cry => {}
            Begins::Missed => {
                let ahead = (start + self.person.at).saturating_duration_since(Instant::now());
                let minutes = ahead.as_secs().max(SHORTEST);
                let _ = self.user.arms(json!({ "check_interval_minutes": minutes })).await;
            }
        }
    }

    /// From the first trouble to the end of the incident, as long as there is `patience`.
    pub(crate) async fn lives(&self, start: Instant, patience: Patience<'_>) {
        sleep_until(start + self.person.at).await;
        match self.person.begins {
            Begins::Cry => self.cries(patience).await,
            Begins::Missed => {}
        }
        let said = match self.person.ends {
            Ends::Nines => "everybody is told that it is over",
            Ends::Pin => "you have it",
        };
        let hero = &self.contacts[self.person.hero].phone;
        // A function that was killed after it had written down that it is over says nothing: asked seldom, as all ask at once.
        let mut waits = 0_u32;
        while patience.lasts() && !heard(hero, said, LOOK).await {
            waits += 1;
            if waits.is_multiple_of(SELDOM) && self.is_over().await {
                break;
            }
        }
        // An assistant in a call that was on its way may open it again.
        let (mut over, mut disarmed) = (Instant::now(), false);
        while patience.lasts() && (over.elapsed() < OVER || !disarmed) {
            if !self.is_over().await {
                over = Instant::now();
                if self.person.ends == Ends::Pin || !heard(hero, said, 0).await {
                    self.enters_the_pin().await;
                }
            } else if !disarmed {
                // Nobody is asked again. An open incident would refuse it.
                disarmed = self.user.disarms().await.status == 200;
            }
            sleep(LOOKS).await;
        }
    }

    /// Texts SOS until it is said that it was taken.
    async fn cries(&self, patience: Patience<'_>) {
        while patience.lasts() {
            let path = format!("phones/{}/text", self.user.phone.number());
            let sent =
                self.user.phone.switchboard().send("POST", &path, Some(&json!({ "body": "SOS" }))).await;
            let replies = sent.body["webhook"]["replies"].to_string();
            if replies.contains("We are calling your contacts now") {
                let _ = self.cried.set(Timestamp::now());
                return;
            }
            sleep(AGAIN).await;
        }
    }

    /// The newest incident; none if there is none, or nobody answers.
    async fn newest(&self) -> Option<Value> {
        let answer = self.user.asks("GET", "/v1/users/{me}/incidents", None).await;
        answer.body["data"].as_array()?.first().cloned()
    }

    async fn is_over(&self) -> bool {
        self.newest().await.is_some_and(|incident| incident["status"] == "ended")
    }

    async fn enters_the_pin(&self) {
        if let Some(incident) = self.newest().await {
            let path = format!("/v1/incidents/{}/resolve", incident["id"]);
            let _ = self.user.asks("POST", &path, Some(json!({ "pin": self.user.pin }))).await;
        }
    }

    /// What lucius says, and what the carrier saw.
    pub(crate) async fn testifies(&self) -> Case {
        let (incidents, probes) = (self.user.listed("incidents").await, self.user.listed("probes").await);
        let contacts = self.contacts.iter().map(|contact| async {
            let kinds = "call.placed,call.ended,request";
            ContactCase::new(contact.id, &contact.name, &contact.phone.events(kinds).await)
        });
        Case::new(&self.user.name, self.cried.get().copied(), &probes, incidents, join_all(contacts).await)
    }
}

/// Whether somebody heard these words in a call that is over, now or within so many seconds.
async fn heard(phone: &Phone, words: &str, seconds: u64) -> bool {
    let words = words.replace(' ', "%20");
    let path = format!("phones/{}/events?kind=call.ended&contains={words}&timeout={seconds}", phone.number());
    let found = phone.switchboard().send("GET", &path, None).await;
    found.body["events"].as_array().is_some_and(|events| !events.is_empty())
}
