//! `make canary` as an operator runs it: it says whether the page came, and always puts its user to rest.

use std::process::{Command, Output};

use lucius_tests::{
    Phone, Story, Value,
    api::{admin, login, person, send},
    json, marked, random, tell,
};
use reqwest::Method;

use crate::ALARMED;

/// Who is to miss, and how they log in.
struct Canary {
    phone: Phone,
    operator: Phone,
    email: String,
    password: String,
    pin: String,
}

impl Canary {
    async fn new(story: &Story) -> Self {
        let (phone, operator) = (story.stranger("Canary").await, story.stranger("Operator").await);
        let word = random::letters();
        let (email, password, pin) =
            (format!("{word}@example.com"), format!("pass-{word}-word"), random::digits(10));
        for (kind, value) in [("email", &email), ("password", &password), ("pin", &pin)] {
            marked::note(&story.stack, kind, value);
        }
        // What it is told and asked, and what its contact reads, is another story's.
        for texted in [&phone, &operator] {
            story.may(texted, "text.received", "");
        }
        Self { phone, operator, email, password, pin }
    }

    /// Runs the command to its end.
    async fn run(&self, story: &Story, more: &[(&str, &str)]) -> Output {
        let mut command = Command::new("python3");
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/canary");
        command.arg(folder).env("API_URL", &story.stack.api_url).env("CANARY_EMAIL", &self.email);
        command.env("CANARY_PASSWORD", &self.password).env("CANARY_PIN", &self.pin);
        command.env("USER_NUMBER", self.phone.number()).env("CONTACT_NUMBER", self.operator.number());
        // Nobody is at the terminal, and nobody else is the administrator.
        command.env("ADMIN_EMAIL", "nobody@example.com").envs(more.iter().copied());
        command.stdin(std::process::Stdio::null());
        tokio::task::spawn_blocking(move || command.output())
            .await
            .expect("the command is not cancelled")
            .expect("python3 is there")
    }

    /// Its switch is off, and its last incident is over.
    async fn rests(&self, story: &Story) {
        let token = login(&story.stack, &story.client, &json!(self.email), &json!(self.password)).await;
        let get = async |path: String| -> Value {
            let url = format!("{}{path}", story.stack.api_url);
            send(&story.client, Method::GET, &url, Some(&token), None).await.data()
        };
        let id = subject(&token);
        assert_eq!(get(format!("/v1/users/{id}/probe_settings")).await["active"], false);
        assert_eq!(get(format!("/v1/users/{id}/incidents")).await[0]["status"], "ended");
    }

    /// What the command said, once it is certain that it says no number, PIN or password.
    fn said(&self, output: &Output) -> String {
        let said = [&output.stdout[..], &output.stderr].concat();
        let said = String::from_utf8(said).expect("words");
        for secret in [self.phone.number(), self.operator.number(), &self.pin, &self.password] {
            assert!(!said.contains(secret), "{said}");
        }
        said
    }
}

/// Whose session it is.
fn subject(token: &str) -> String {
    use base64::Engine as _;
    let payload = token.split('.').nth(1).expect("three parts");
    let json = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).expect("base64");
    let claims: Value = serde_json::from_slice(&json).expect("JSON");
    claims["sub"].as_str().map_or_else(|| claims["sub"].to_string(), str::to_owned)
}

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
#[expect(clippy::print_stderr, reason = "figures of the run")]
async fn the_canary_is_paged_and_somebody_accepts() {
    tell(async |story: &Story| {
        let canary = Canary::new(story).await;
        let admin = admin(&story.stack, &story.client).await;
        let with = [("ADMIN_TOKEN", admin), ("ACCEPTED_WITHIN", "40")];
        let run = canary.run(story, &with);
        let answer = async {
            let call = canary.operator.expect_call_within(ALARMED * 3).await;
            call.hears("Lucius Canary could not be reached").await;
            call.presses("1").await.hears("You have it").await.hangs_up().await;
        };
        let (output, ()) = futures::join!(run, answer);
        let said = canary.said(&output);
        eprintln!("{said}");
        assert!(output.status.success(), "{said}");
        let last = said.lines().last().unwrap_or_default();
        assert!(last.starts_with("PAGED: deadline -> opened ") && last.contains("accepted"), "{said}");
        canary.rests(story).await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn a_canary_whose_page_does_not_come_says_so() {
    tell(async |story: &Story| {
        let canary = Canary::new(story).await;
        let admin = admin(&story.stack, &story.client).await;
        // It is made, and not armed: this cannot end well.
        let (own, with) = (canary.phone.number(), ("ADMIN_TOKEN", admin));
        let refused = canary.run(story, &[with, ("CONTACT_NUMBER", own)]).await;
        let said = canary.said(&refused);
        assert!(
            !refused.status.success() && said.contains("NOT PAGED") && said.contains("own number"),
            "{said}"
        );
        // It is known now, and needs no administrator. The carrier takes no call to the operator.
        let down = json!({ "status": { "status": 503, "placed": false } });
        let _fault = canary.operator.suffers("rest.call.create", down, None).await;
        let lost = canary.run(story, &[("PAGED_WITHIN", "15")]).await;
        let said = canary.said(&lost);
        assert_eq!(lost.status.code(), Some(1), "{said}");
        let words = "NOT PAGED: no call was placed within 15 s of the deadline";
        assert!(said.contains("an incident is open") && said.contains(words), "{said}");
        assert!(said.contains("ended with the PIN, and disarmed"), "{said}");
        canary.rests(story).await;
        // A wrong PIN could not end it again: it is refused before anything is armed.
        let wrong = canary.run(story, &[("CANARY_PIN", "0000")]).await;
        let said = canary.said(&wrong);
        assert!(
            !wrong.status.success() && said.contains("PIN is wrong") && !said.contains("armed:"),
            "{said}"
        );
        // A real person's switch is none to experiment with.
        let ann = person(&story.stack, "Ann", &random::number());
        let url = format!("{}/v1/users", story.stack.api_url);
        let _ = send(&story.client, Method::POST, &url, Some(admin), Some(&ann)).await.data();
        let field = |name: &str| ann[name].as_str().unwrap_or_default().to_owned();
        let (email, password) = (field("email"), field("password"));
        let hers = canary.run(story, &[("CANARY_EMAIL", &email), ("CANARY_PASSWORD", &password)]).await;
        let said = canary.said(&hers);
        assert!(!hers.status.success() && said.contains("has not made"), "{said}");
    })
    .await;
}
