//! Runs TwiML on an answered call.

use super::gather;
use super::leg::Leg;
use super::line::{End, Flow, Interrupt};
use super::progress::standard_fields;
use super::{Source, Status};
use crate::clock;
use crate::event::Level;
use crate::phone::{Plan, Step};
use crate::twiml::{self, Document, Say, Verb};
use crate::webhook::{self, Answer, Hook, Kind};
use std::collections::VecDeque;
use std::time::Duration;
use url::Url;

/// What the caller hears when the product's answer cannot be used.
const APOLOGY: &str = "We are sorry, an application error has occurred. Goodbye.";
/// Documents that may follow each other before anybody enters anything.
const DOCUMENTS_WITHOUT_INPUT: u32 = 50;

/// The document to run next, and what to tell its server.
#[derive(Clone, Debug)]
pub(crate) struct Next {
    pub(crate) source: Source,
    pub(crate) extra: Vec<(String, String)>,
}

impl From<Source> for Next {
    fn from(source: Source) -> Self {
        Self { source, extra: Vec::new() }
    }
}

/// Runs documents on one leg.
#[derive(Debug)]
pub(crate) struct Runner<'a> {
    pub(crate) leg: &'a mut Leg,
    pub(crate) plan: Plan,
    pub(crate) script: VecDeque<Step>,
    /// Prompts that the phone has been asked so far.
    pub(crate) prompts: u32,
    /// What was said since the last prompt.
    pub(crate) heard: Vec<String>,
    /// URL of the current document; inline TwiML has none.
    pub(crate) base: Option<String>,
    documents: u32,
}

impl<'a> Runner<'a> {
    /// A runner for a leg whose call is on the board.
    pub(crate) fn new(leg: &'a mut Leg) -> Self {
        let plan: Plan = leg.with_call(|call| call.plan.clone());
        let script = plan.script.iter().cloned().collect();
        Self { leg, plan, script, prompts: 0, heard: Vec::new(), base: None, documents: 0 }
    }

    /// Runs to the end, or to the call's time limit.
    pub(crate) async fn run(&mut self, first: Next) -> End {
        let limit = self.limit();
        outcome(&tokio::time::timeout_at(limit, self.documents(first)).await)
    }

    /// As [`Runner::run`], from a document that is there already.
    pub(crate) async fn run_from(&mut self, document: Document) -> End {
        let limit = self.limit();
        let work = async {
            let next = match self.execute(document).await {
                Err(Interrupt::Goto(source)) => Some(Next::from(source)),
                other => other?,
            };
            match next {
                Some(next) => self.documents(next).await,
                None => Ok(()),
            }
        };
        outcome(&tokio::time::timeout_at(limit, work).await)
    }

    fn limit(&self) -> tokio::time::Instant {
        clock::after(Duration::from_secs(self.leg.with_call(|call| call.time_limit)))
    }

    /// Runs documents until one comes to its end.
    pub(crate) async fn documents(&mut self, first: Next) -> Flow<()> {
        let mut next = Some(first);
        while let Some(step) = next.take() {
            next = match self.load_and_execute(step).await {
                Err(Interrupt::Goto(source)) => Some(Next::from(source)),
                other => other?,
            };
        }
        Ok(())
    }

    async fn load_and_execute(&mut self, next: Next) -> Flow<Option<Next>> {
        let document = self.load(next).await?;
        self.execute(document).await
    }

    /// Fetches and reads a document.
    pub(crate) async fn load(&mut self, next: Next) -> Flow<Document> {
        self.documents = self.documents.saturating_add(1);
        if self.documents > DOCUMENTS_WITHOUT_INPUT {
            return Err(self.application_error(11_215, "too many documents without any input"));
        }
        match next.source {
            Source::Inline(source) => {
                self.base = None;
                self.read(&source)
            }
            Source::Url { url, method } => {
                let answer = self.fetch(&url, method, next.extra).await?;
                self.base = Some(answer.url.clone());
                self.read_answer(&answer)
            }
        }
    }

    async fn fetch(&mut self, url: &str, method: String, extra: Vec<(String, String)>) -> Flow<Answer> {
        let mut params = {
            let state = self.leg.board.state();
            let call = state.calls.get(&self.leg.sid);
            call.map(|call| standard_fields(&self.leg.board, call, call.status.word())).unwrap_or_default()
        };
        params.extend(extra);
        let hook = Hook {
            kind: Kind::Voice,
            url: url.to_owned(),
            method,
            params,
            number: self.leg.peer.clone(),
            call: Some(self.leg.sid.clone()),
            message: None,
        };
        let board = self.leg.board.clone();
        match self.leg.line.during(webhook::send(&board, hook)).await? {
            Ok(answer) => Ok(answer),
            Err(failure) => Err(self.application_error(failure.code, &failure.text)),
        }
    }

    fn read_answer(&mut self, answer: &Answer) -> Flow<Document> {
        let kind = answer.content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match kind.as_str() {
            "text/xml" | "application/xml" | "text/html" => self.read(&answer.body),
            "text/plain" => {
                self.leg.problem(Level::Warning, 12_300, "text/plain is read aloud");
                let text = answer.body.trim().to_owned();
                let say = Say { text, repeat: 1, language: "en-US".to_owned(), voice: String::new() };
                Ok(Document { verbs: vec![Verb::Say(say)], warnings: Vec::new() })
            }
            other => Err(self.application_error(12_300, &format!("invalid content type '{other}'"))),
        }
    }

    fn read(&mut self, source: &str) -> Flow<Document> {
        match twiml::voice(source) {
            Ok(document) => {
                for (code, text) in &document.warnings {
                    self.leg.problem(Level::Warning, *code, text);
                }
                Ok(document)
            }
            Err(unusable) => Err(self.application_error(unusable.code, &unusable.text)),
        }
    }

    /// Says sorry and ends the call, as Twilio does.
    pub(crate) fn application_error(&mut self, code: u32, text: &str) -> Interrupt {
        self.leg.problem(Level::Error, code, text);
        let status = self.leg.status();
        if status == Status::InProgress {
            self.said(APOLOGY, "en-US", "");
            return End::completed("error");
        }
        Interrupt::End(End { status: Status::Failed, by: "error" })
    }

    /// Runs the verbs of one document.
    pub(crate) async fn execute(&mut self, document: Document) -> Flow<Option<Next>> {
        for verb in document.verbs {
            if let Some(next) = self.verb(verb).await? {
                return Ok(Some(next));
            }
        }
        Ok(None)
    }

    async fn verb(&mut self, verb: Verb) -> Flow<Option<Next>> {
        match verb {
            Verb::Say(_) | Verb::Play { .. } | Verb::Tones(_) | Verb::Pause { .. } => {
                let pace = self.prompt(&verb);
                self.leg.line.rest(clock::after(pace)).await?;
                Ok(None)
            }
            Verb::Gather(gather) => gather::gather(self, &gather).await,
            Verb::Record(record) => super::record::record(self, &record).await,
            Verb::Dial(dial) => super::dial::dial(self, &dial).await,
            Verb::Redirect { url, method } => self.goto(Some(&url), &method, Vec::new()).map(Some),
            Verb::Hangup => Err(End::completed("document")),
            Verb::Reject { .. } => {
                self.leg.problem(Level::Warning, 12_200, "<Reject> in a call that was answered");
                Err(End::completed("document"))
            }
            Verb::Message { .. } => Ok(None),
        }
    }

    /// Somebody entered something: the count of documents without input starts again.
    pub(crate) fn entered(&mut self) {
        self.documents = 0;
    }

    /// The document at `url` (none: the current one) comes next.
    pub(crate) fn goto(
        &mut self,
        url: Option<&str>,
        method: &str,
        extra: Vec<(String, String)>,
    ) -> Flow<Next> {
        let wanted = url.filter(|url| !url.is_empty()).or(self.base.as_deref()).unwrap_or_default();
        if let Some(url) = resolve(self.base.as_deref(), wanted) {
            return Ok(Next { source: Source::Url { url, method: method.to_owned() }, extra });
        }
        let text = format!("invalid URL '{wanted}': inline TwiML needs absolute URLs");
        Err(self.application_error(11_100, &text))
    }
}

fn outcome(result: &Result<Flow<()>, tokio::time::error::Elapsed>) -> End {
    match result {
        Ok(Err(Interrupt::End(end))) => *end,
        Ok(Ok(()) | Err(Interrupt::Goto(_))) => End { status: Status::Completed, by: "document" },
        Err(_) => End { status: Status::Completed, by: "time limit" },
    }
}

/// An absolute URL as it was written, or a relative one on top of the document's.
pub(crate) fn resolve(base: Option<&str>, url: &str) -> Option<String> {
    if let Ok(parsed) = Url::parse(url) {
        return matches!(parsed.scheme(), "http" | "https").then(|| url.to_owned());
    }
    Url::parse(base?).ok()?.join(url).ok().map(String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_resolve_against_the_document() {
        let base = Some("https://x.test/stage/inbound/answer?a=1");
        assert_eq!(resolve(base, "/login").as_deref(), Some("https://x.test/login"));
        assert_eq!(resolve(base, "menu?b=2").as_deref(), Some("https://x.test/stage/inbound/menu?b=2"));
        assert_eq!(resolve(base, "https://y.test:443/a#rc=1").as_deref(), Some("https://y.test:443/a#rc=1"));
        assert_eq!(resolve(None, "/login"), None);
        assert_eq!(resolve(base, "ftp://x.test/"), None);
    }
}
