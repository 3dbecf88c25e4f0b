//! The words of an incident: what contacts read and hear.

use super::{Cause, Contact, Incident, Status};
use crate::{
    id::IncidentId,
    policy::{Texts, fill},
    text::shorten,
    voice::Prompt,
};

/// How often a call repeats itself into silence before it hangs up.
const TURNS: u32 = 3;

/// Where a key pressed in a call that we placed to a contact goes.
#[must_use]
pub fn listen_path(incident: IncidentId, place: usize, attempt: u32, turn: u32) -> String {
    format!("/call/incident/{incident}/{place}/{attempt}/{turn}")
}

/// Where the second 9 goes.
pub(super) fn end_path(incident: IncidentId, place: usize, attempt: u32, turn: u32) -> String {
    format!("/call/incident/{incident}/{place}/{attempt}/end{turn}")
}

/// Where what a contact keys in goes when they ring us.
#[must_use]
pub fn callback_path(turn: u32) -> String {
    format!("/inbound/callback/{turn}")
}

/// Why, in words: the first cause, and the newest if it is another.
fn reason(incident: &Incident) -> String {
    let first = incident.causes.first().map_or("needs help", Cause::words);
    let last = incident.causes.last().map_or(first, Cause::words);
    if first == last { first.to_owned() } else { format!("{first}, and {last}") }
}

/// What the person wants contacts to hear.
fn message(incident: &Incident) -> &str {
    &incident.subject.message
}

/// The most bytes that the messages in all texts of a round may take: they stand in the incident's own item, which holds 400 KB.
const MESSAGES_MAX: usize = 200_000;

/// The message as it is texted. One that is too long for the number of contacts is cut, and heard whole in the call.
fn texted_message(incident: &Incident) -> String {
    let written: usize = incident.words.iter().map(String::len).sum();
    let most =
        MESSAGES_MAX.checked_div(incident.contacts.len()).unwrap_or(MESSAGES_MAX).saturating_sub(written);
    let message = message(incident);
    if message.len() <= most {
        return message.to_owned();
    }
    // No character takes more than four bytes.
    shorten(message, most.saturating_div(4))
}

const DISCREET: &str = "Do not call or text them: they may be with somebody who must not notice.";

/// The text that calls a contact for help.
pub(super) fn page_text(texts: &Texts, incident: &Incident, contact: &Contact) -> String {
    let subject = &incident.subject;
    let alert = fill(&texts.alert, &[("name", &subject.name), ("contact", &contact.name)]);
    let mut text = format!("{alert} {} {}.", subject.name, reason(incident));
    if incident.silent {
        text.extend([" ", DISCREET]);
    } else {
        text.extend([" Their number: ", subject.phone.as_str(), "."]);
    }
    if let Some(doubt) = &incident.doubt {
        text.extend([" ", doubt]);
    }
    if contact.trusted {
        text.extend([" If you are going, reply ", &contact.code, " (only the code)."]);
    }
    // Who came without the PIN may be the danger.
    for line in incident.words.iter().filter(|_| contact.trusted) {
        text.extend([" ", line, "."]);
    }
    text.extend([" Their message: ", &texted_message(incident)]);
    text
}

/// The most characters in all texts that tell one piece of news: they may have to wait, in the incident's own item.
const NEWS_CHARS: usize = 6_000;

/// The text that tells them who it is by now, and what their message is.
pub(super) fn changes_text(incident: &Incident) -> String {
    let number = if incident.silent {
        String::new()
    } else {
        format!("Their number: {}. ", incident.subject.phone.as_str())
    };
    news_text(incident, &format!("{number}Their message: {}", message(incident)))
}

/// The text that tells whoever may be on the way what is new of the person at risk.
pub(super) fn news_text(incident: &Incident, news: &str) -> String {
    let text = format!("lucius: news of {}. {news}", incident.subject.name);
    shorten(&text, NEWS_CHARS.checked_div(incident.contacts.len()).unwrap_or(NEWS_CHARS).min(600))
}

/// The first turn of a call to the contact at `place`, or a repetition of it, as things stand.
#[must_use]
pub fn call_prompt(incident: &Incident, place: usize, attempt: u32, turn: u32) -> Prompt {
    let language = incident.contacts.get(place).and_then(|contact| contact.language.clone());
    let prompt = if turn >= TURNS {
        let words = match incident.status {
            Status::Escalating { .. } => "We will try again. Goodbye.",
            Status::Accepted { .. } | Status::Ended { .. } => "Goodbye.",
        };
        Prompt::goodbye(vec![words.to_owned()])
    } else {
        let say = match &incident.status {
            Status::Escalating { .. } => {
                let trusted = incident.contacts.get(place).is_some_and(|contact| contact.trusted);
                page_words(incident, turn, trusted)
            }
            Status::Accepted { by, .. } if *by == place => acceptor_words(incident),
            Status::Accepted { by, .. } => vec![format!(
                "This is lucius. {} is going to {}. Press 1 if you can go as well.",
                incident.name_of(*by),
                incident.subject.name
            )],
            Status::Ended { .. } => vec![format!(
                "This is lucius. The alert for {} is over. If that is wrong, press 5 to start it again.",
                incident.subject.name
            )],
        };
        Prompt::key(say, listen_path(incident.id, place, attempt, turn.saturating_add(1)))
    };
    prompt.in_language(language)
}

fn page_words(incident: &Incident, turn: u32, trusted: bool) -> Vec<String> {
    let name = &incident.subject.name;
    let mut say =
        vec!["This is lucius, the safety line.".to_owned(), format!("{name} {}.", reason(incident))];
    if incident.silent {
        say.push(DISCREET.to_owned());
    }
    say.extend(incident.doubt.clone());
    say.push(format!("If you are going to help {name}, press 1."));
    // The message can be long: it comes by URL, in the second turn, because what is said first is sent inline and has a limit.
    if turn > 0 {
        say.extend(incident.words.iter().filter(|_| trusted).map(|line| format!("{line}.")));
        say.push(format!("This is the message from {name}."));
        say.push(message(incident).to_owned());
        say.push("Press 1 to say that you are going.".to_owned());
    }
    say
}

fn acceptor_words(incident: &Incident) -> Vec<String> {
    let name = &incident.subject.name;
    vec![
        format!("This is lucius. You are going to {name}."),
        "Press 1 if you are still on it. If it is over, press 9 twice.".to_owned(),
    ]
}

/// The text that asks who accepted whether they are still on it.
pub(super) fn confirm_text(incident: &Incident, contact: &Contact) -> String {
    format!(
        "lucius: are you still helping {}? Reply {} to keep it. Without an answer we call the others again.",
        incident.subject.name, contact.code
    )
}

/// The text for the others when somebody has accepted.
pub(super) fn accepted_text(texts: &Texts, incident: &Incident, by: usize, contact: &Contact) -> String {
    let words = fill(
        &texts.accepted,
        &[("name", &incident.subject.name), ("other", incident.name_of(by)), ("contact", &contact.name)],
    );
    if contact.trusted { format!("{words} Reply {} if you can go as well.", contact.code) } else { words }
}

/// The text that tells the person at risk who is coming.
pub(super) fn coming_text(incident: &Incident, by: usize) -> String {
    format!("lucius: {} has accepted the alert and is on the way to you.", incident.name_of(by))
}
