//! A story told: what people read and hear, what the timeline says and what is to be done, as text that a person can judge.

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use lucius_core::{
    actor::{Due, Rank},
    deadman::Deadman,
    effect::{Effect, Pending, Pendings},
    history::{Entry, Row},
    incident::Incident,
    turn::Pointer,
    voice::{Prompt, Reply, Then},
};

use crate::{story::Story, world::t};

/// A story, and its words so far.
pub(crate) struct Told {
    pub(crate) story: Story,
    words: String,
}

impl Told {
    /// Begins to tell: `title` says what the story is about.
    pub(crate) fn new(title: &str, story: Story) -> Self {
        let words = format!("{title}\n{}\n", "=".repeat(title.chars().count()));
        Self { story, words }
    }

    /// Time passes.
    pub(crate) fn at(&mut self, time: &str) -> &mut Self {
        self.story.at(time);
        self
    }

    /// What happens now, in a sentence, and what comes of it.
    pub(crate) fn then(&mut self, sentence: &str, happen: impl FnOnce(&mut Story)) -> &mut Self {
        let before = (self.pendings(), self.due());
        happen(&mut self.story);
        let lines: Vec<_> = self.said().chain(self.written()).chain(self.done(&before.0)).collect();
        writeln!(self.words, "\n{} {sentence}", clock(self.story.now)).unwrap();
        for line in lines {
            writeln!(self.words, "  {}", line.replace('\n', "\n  ")).unwrap();
        }
        if self.due() != before.1 {
            writeln!(self.words, "  next look: {}", self.due()).unwrap();
        }
        self
    }

    /// A performer comes.
    pub(crate) fn wakes(&mut self, sentence: &str) -> &mut Self {
        self.then(sentence, |story| {
            story.wake();
        })
    }

    /// What a person is to know of this.
    pub(crate) fn remark(&mut self, words: &str) {
        writeln!(self.words, "  {words}").unwrap();
    }

    /// All of it, to be compared.
    pub(crate) fn words(&self) -> &str {
        &self.words
    }

    fn pendings(&self) -> Vec<(&'static str, Pendings)> {
        let ann = self.story.case.deadman.iter().map(|ann| ("Ann's ", ann.pending.clone()));
        let incident = self.story.case.incident.iter().map(|incident| ("", incident.pending.clone()));
        ann.chain(incident).collect()
    }

    fn due(&self) -> String {
        let ann = self.story.case.deadman.as_ref().and_then(Deadman::due);
        let incident = self.story.case.incident.as_ref().and_then(Incident::due);
        let asks = self.story.case.deadman.as_ref().and_then(Deadman::schedule_at);
        let asks = asks.map_or(String::new(), |at| format!(", asks {}", clock(at)));
        format!("switch {}{asks}, incident {}", due(ann), due(incident))
    }

    fn said(&self) -> impl Iterator<Item = String> {
        let refused = self.story.last.refused.iter().map(|why| format!("refused: {why}"));
        let reply = match &self.story.last.reply {
            Reply::Silence => None,
            Reply::Words(words) => Some(format!("answer: {}", words.join(" "))),
            Reply::Prompt(heard) => Some(prompt(heard)),
            Reply::Login(login) => Some(format!("login: {login:?}")),
        };
        refused.chain(reply)
    }

    fn written(&self) -> impl Iterator<Item = String> {
        let rows = self.story.last.rows.iter().map(row);
        let pointers = self.story.last.pointers.iter().map(pointer);
        let alarms = self.story.last.alarms.iter().map(|alarm| format!("ALARM: {alarm:?}"));
        rows.chain(pointers).chain(alarms)
    }

    /// What has come to be done, or does not any more, or is in somebody's hands.
    fn done(&self, before: &[(&'static str, Pendings)]) -> Vec<String> {
        let mut lines = Vec::new();
        let now = self.pendings();
        let of = |all: &[(&'static str, Pendings)], whose: &str| {
            all.iter()
                .find(|(known, _)| *known == whose)
                .map(|(_, pendings)| pendings.clone())
                .unwrap_or_default()
        };
        for whose in ["Ann's ", ""] {
            let (before, now) = (of(before, whose), of(&now, whose));
            for id in before.keys().filter(|id| !now.contains_key(*id)) {
                lines.push(format!("off the list: {whose}{id}"));
            }
            for (id, pending) in &now {
                let known = before.get(id);
                let bare = |pending: &Pending| Pending { lease_until: None, ..pending.clone() };
                if known.map(bare) != Some(bare(pending)) {
                    lines.push(format!("to do: {whose}{id}, {}", to_do(pending, self.story.now)));
                }
                if let Some(until) = pending.lease_until
                    && known.and_then(|known| known.lease_until) != Some(until)
                {
                    lines.push(format!("in hand until {}: {whose}{id}", clock(until)));
                }
            }
        }
        lines
    }
}

/// `10:00:05`, with the day before it if it is not the first.
pub(crate) fn clock(at: Timestamp) -> String {
    let seconds = (at - t("00:00")).total(jiff::Unit::Second).unwrap();
    let days = (seconds / 86_400.0).floor();
    let day = if days == 0.0 { String::new() } else { format!("{days}d ") };
    let millis = if at.subsec_millisecond() == 0 { "" } else { "%.3f" };
    format!("{day}{}", at.strftime(&format!("%H:%M:%S{millis}")))
}

fn due(due: Option<Due>) -> String {
    due.map_or_else(
        || "never".to_owned(),
        |due| {
            let rank = match due.rank {
                Rank::FirstPage => " (first page)",
                Rank::Work => "",
                Rank::Schedule => " (schedule)",
            };
            format!("{}{rank}", clock(due.at))
        },
    )
}

fn seconds(length: SignedDuration) -> String {
    format!("{} s", length.as_secs_f64())
}

/// What is said in a call, and what follows.
pub(crate) fn prompt(prompt: &Prompt) -> String {
    let mut text = String::from("heard");
    text.extend(prompt.language.iter().map(|language| format!(" in {language}")));
    text.push(':');
    for sentence in &prompt.say {
        write!(text, "\n    {sentence}").unwrap();
    }
    match &prompt.then {
        Then::Hangup => text.push_str("\n    (end of the call)"),
        Then::Listen { path, one_digit, speech, timeout_seconds } => {
            let what = if *one_digit { "one key" } else { "keys up to #" };
            let speech = if *speech { " or words" } else { "" };
            write!(text, "\n    ({what}{speech} within {timeout_seconds} s, to {path})").unwrap();
        }
    }
    text
}

fn to_do(pending: &Pending, now: Timestamp) -> String {
    let mut text = format!("try {}", pending.attempt);
    if pending.failures > 0 {
        write!(text, " after {} failures", pending.failures).unwrap();
    }
    if pending.decided_at != now {
        write!(text, ", decided {}", clock(pending.decided_at)).unwrap();
    }
    if pending.not_before != now {
        write!(text, ", not before {}", clock(pending.not_before)).unwrap();
    }
    match &pending.effect {
        Effect::Call { to, prompt: said, ring, limit, first } => {
            let first = if *first { ", before repeats" } else { "" };
            let (to, ring, limit) = (to.as_str(), seconds(*ring), seconds(*limit));
            write!(text, ": call {to}, ring {ring}, at most {limit}{first}; {}", prompt(said)).unwrap();
        }
        Effect::Text { to, body, until } => {
            let until =
                until.map_or(String::new(), |until| format!(", worth sending until {}", clock(until)));
            write!(text, ": text to {}{until}\n    {}", to.as_str(), body.replace('\n', "\n    ")).unwrap();
        }
        Effect::Cancel { sid } => write!(text, ": cancel {sid}").unwrap(),
        Effect::Poll { sid } => write!(text, ": ask after {sid}").unwrap(),
    }
    text
}

fn row(row: &Row) -> String {
    match row {
        Row::Probe(probe) => format!(
            "probe {} of {}: {:?} since {} (written {}), follow-ups {} of {}, wait {} min, deadline {}, answer {:?}",
            probe.id,
            probe.user_id,
            probe.status,
            clock(probe.created_at),
            clock(probe.updated_at),
            probe.retry_count,
            probe.max_retries,
            probe.wait_time_in_minutes,
            clock(probe.deadline),
            probe.last_response,
        ),
        Row::Listed { user, incident } => format!("listed: incident {incident} of user {user}"),
        Row::Timeline { entry, .. } => line(entry),
    }
}

/// One line of the timeline as the API shows it.
fn line(entry: &Entry) -> String {
    let mut text = format!("timeline {}", clock(entry.at));
    text.extend(entry.who.iter().map(|who| format!(" {who}")));
    text.extend(entry.contact_id.map(|id| format!(" (contact {id})")));
    text.extend(entry.how.map(|how| format!(" by {}", how.as_str())));
    text.extend(entry.attempt.map(|attempt| format!(" (try {attempt})")));
    text.push(':');
    text.extend(entry.outcome.iter().map(|outcome| format!(" {outcome}")));
    text.extend(entry.detail.iter().map(|detail| format!(" [{detail}]")));
    text
}

fn pointer(pointer: &Pointer) -> String {
    let number = |phone: &Option<lucius_core::phone::PhoneNumber>| {
        phone.as_ref().map_or_else(|| "nobody".to_owned(), |phone| phone.as_str().to_owned())
    };
    match pointer {
        Pointer::Code { phone, code, incident, place } => {
            format!("code {code} from {}: contact {place} of incident {incident}", phone.as_str())
        }
        Pointer::CodeUntil { phone, code, until } => {
            let until = until
                .map_or_else(|| "while it is open".to_owned(), |until| format!("until {}", clock(until)));
            format!("code {code} from {}: {until}", phone.as_str())
        }
        Pointer::UserPhone { user, old, new } => {
            format!("number of user {user}: {} instead of {}", number(new), number(old))
        }
        Pointer::UserEmail { user, old, new } => {
            format!("address of user {user}: {new:?} instead of {old:?}")
        }
        Pointer::ContactOf { user, old, new } => {
            format!("contact of user {user}: {} instead of {}", number(new), number(old))
        }
    }
}
