//! One test: people with phones of their own, and a check that nobody was called or texted whom nobody expected.

use std::{
    panic::{AssertUnwindSafe, resume_unwind},
    sync::Mutex,
    time::Duration,
};

use futures::{FutureExt as _, StreamExt as _, stream};
use reqwest::Client;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::{
    Stack,
    api::client,
    marked,
    people::User,
    phone::{Control, Phone, code_in, plain},
    random,
    wait::secs,
};

/// The environment variable that names the stack.
pub const STACK: &str = "LUCIUS_STACK";

/// After so much quiet a story is over.
const QUIET: Duration = secs(2);

/// How many come home at once.
const AT_ONCE: usize = 8;

/// A story being told.
#[derive(Debug)]
pub struct Story {
    /// Where it plays.
    pub stack: Stack,
    /// For requests beside the phones.
    pub client: Client,
    /// The switchboard.
    pub control: Control,
    users: Mutex<Vec<User>>,
    phones: Mutex<Vec<Phone>>,
    allowed: Mutex<Vec<(String, String, String)>>,
}

/// Tells a story on the stack of `LUCIUS_STACK`: runs it, and prints what happened if it fails.
///
/// # Panics
/// As the story does, or when somebody was called or texted whom nobody expected.
pub async fn tell(story: impl AsyncFnOnce(&Story)) {
    tell_on(Stack::named_by(STACK), story).await;
}

/// Tells a story on `stack`.
///
/// # Panics
/// As [`tell`].
pub async fn tell_on(stack: Stack, story: impl AsyncFnOnce(&Story)) {
    let at = Story::on(stack);
    let told = AssertUnwindSafe(async {
        Box::pin(story(&at)).await;
        at.finish().await;
    });
    let outcome = told.catch_unwind().await;
    if outcome.is_err() {
        at.print().await;
    }
    for phone in at.all_phones() {
        phone.recovers().await;
    }
    let users = at.users.lock().expect("no lock is poisoned").clone();
    stream::iter(&users).for_each_concurrent(AT_ONCE, User::comes_home).await;
    at.mark_codes().await;
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
}

impl Story {
    /// A story on `stack` whose end nobody looks at: whoever tells it judges by themselves. All others are told by [`tell`].
    #[must_use]
    pub fn on(stack: Stack) -> Self {
        let client = client();
        let control = Control::new(client.clone(), &stack.switchboard_url);
        let (users, phones, allowed) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self { stack, client, control, users, phones, allowed }
    }

    /// A new user with a PIN.
    pub async fn user(&self, first_name: &str) -> User {
        let user = User::create(&self.stack, &self.client, &self.control, first_name).await;
        self.users.lock().expect("no lock is poisoned").push(user.clone());
        self.knows(&user.phone);
        user
    }

    /// A user and one contact.
    pub async fn user_with_contact(&self) -> (User, crate::Contact) {
        let ann = self.user("Ann").await;
        let ben = ann.contact("Ben").await;
        self.knows(&ben.phone);
        (ann, ben)
    }

    /// A phone that belongs to nobody whom lucius knows.
    pub async fn stranger(&self, name: &str) -> Phone {
        let number = random::number();
        marked::note(&self.stack, "number", &number);
        let phone = Phone::new(&self.control, &number, name).await;
        self.knows(&phone);
        phone
    }

    /// Counts a phone in: nothing may happen to it that nobody expects.
    pub fn knows(&self, phone: &Phone) {
        self.phones.lock().expect("no lock is poisoned").push(phone.clone());
    }

    /// From now to the end of the story, events of `kind` that say `words` may happen to `phone`, as often as they like.
    pub fn may(&self, phone: &Phone, kind: &str, words: &str) {
        let entry = (phone.number().to_owned(), kind.to_owned(), words.to_lowercase());
        self.allowed.lock().expect("no lock is poisoned").push(entry);
    }

    /// A contact may be texted the alert in as many rounds as it takes; each of their calls is expected.
    pub fn may_be_alerted(&self, phone: &Phone) {
        self.may(phone, "text.received", "may be in trouble");
    }

    /// A contact may be called and alerted in as many rounds as it takes.
    pub fn may_be_paged(&self, phone: &Phone) {
        self.may(phone, "call.placed", "");
        self.may_be_alerted(phone);
    }

    fn all_phones(&self) -> Vec<Phone> {
        self.phones.lock().expect("no lock is poisoned").clone()
    }

    /// Calls and texts to the phones of this story that nobody has expected.
    pub async fn unexpected(&self) -> Vec<Value> {
        let numbers: Vec<_> =
            self.all_phones().iter().map(|phone| plain(phone.number()).to_owned()).collect();
        if numbers.is_empty() {
            return Vec::new();
        }
        let mut found = Vec::new();
        for numbers in numbers.chunks(100) {
            let answer = self.control.get(&format!("unexpected?number={}", numbers.join(","))).await;
            found.extend(answer["unexpected"].as_array().cloned().unwrap_or_default());
        }
        let allowed = self.allowed.lock().expect("no lock is poisoned");
        found.retain(|event| {
            let body = event["body"].as_str().unwrap_or_default().to_lowercase();
            !allowed.iter().any(|(number, kind, words)| {
                event["number"] == number.as_str() && event["kind"] == kind.as_str() && body.contains(words)
            })
        });
        found
    }

    /// Nobody is called or texted for as long as `time`.
    ///
    /// # Panics
    /// As soon as somebody is.
    pub async fn stays_quiet(&self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            let found = self.unexpected().await;
            assert!(found.is_empty(), "nobody expected {}", Value::Array(found));
            sleep(Duration::from_millis(200)).await;
        }
    }

    /// The end: what was under way has come, and nobody was called or texted whom nobody expected.
    async fn finish(&self) {
        self.stays_quiet(QUIET).await;
        for phone in self.all_phones() {
            let path = format!("problems?level=error&number={}", plain(phone.number()));
            let problems = self.control.get(&path).await;
            let mut problems = problems["problems"].as_array().cloned().unwrap_or_default();
            let allowed = self.allowed.lock().expect("no lock is poisoned").clone();
            problems.retain(|problem| {
                let text = problem["text"].as_str().unwrap_or_default().to_lowercase();
                !allowed.iter().any(|(number, kind, words)| {
                    phone.number() == number && kind == "problem" && text.contains(words)
                })
            });
            assert!(
                problems.is_empty(),
                "{}: the carrier complains: {}",
                phone.name(),
                Value::Array(problems)
            );
        }
    }

    /// The codes that our texts told are secrets as well.
    async fn mark_codes(&self) {
        for phone in self.all_phones() {
            for text in phone.events("text.received").await {
                if let Some(code) = text["body"].as_str().and_then(code_in) {
                    marked::note(&self.stack, "code", &code);
                }
            }
        }
    }

    /// Prints what happened, for whoever has to find out why it failed.
    #[expect(clippy::print_stderr, reason = "the story of a test that fails")]
    async fn print(&self) {
        let users = self.users.lock().expect("no lock is poisoned").clone();
        eprintln!("--- what happened ---");
        let mut events = Vec::new();
        for phone in self.all_phones() {
            let of_phone = phone.events("").await;
            events.extend(of_phone.into_iter().map(|event| (phone.name().to_owned(), event)));
        }
        events.sort_by_key(|(_, event)| event["seq"].as_u64());
        for (name, event) in events.iter().rev().take(250).rev() {
            eprintln!("{name:>8} {}", line(event));
        }
        for user in users.iter().take(3) {
            eprintln!("--- {} {}: {} ---", user.name, user.id, user.settings().await);
            for incident in user.incidents().await {
                eprintln!("incident {} {} {}", incident["id"], incident["status"], incident["contacts"]);
                for entry in incident["timeline"].as_array().into_iter().flatten() {
                    eprintln!("  {entry}");
                }
            }
            for probe in user.probes().await {
                eprintln!("probe {probe}");
            }
        }
    }
}

/// An event on one line: when, what, and its own fields.
fn line(event: &Value) -> String {
    let mut rest = event.clone();
    let at = event["at"].as_str().unwrap_or_default().to_owned();
    let kind = event["kind"].as_str().unwrap_or_default().to_owned();
    if let Some(fields) = rest.as_object_mut() {
        fields.retain(|key, value| {
            !matches!(key.as_str(), "at" | "kind" | "name" | "number" | "seq" | "heard" | "voice")
                && !value.is_null()
        });
    }
    format!("{} {kind:<15} {rest}", at.get(11..23).unwrap_or(&at))
}
