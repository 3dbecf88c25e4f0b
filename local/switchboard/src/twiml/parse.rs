//! From elements to verbs, with the schema's warnings.

use super::reader::Reader;
use super::verbs::{Dial, DialNumber, Gather, Record, Say, Verb};
use super::xml::{self, Element};
use super::{Document, Unusable};

/// Longest text of a `<Say>` (13521).
const SAY_LIMIT: usize = 4_096;

/// Reads the answer to a voice webhook, or a call's inline TwiML.
pub(crate) fn voice(source: &str) -> Result<Document, Unusable> {
    let root = root(source)?;
    let mut reader = Reader::default();
    if !root.text.trim().is_empty() {
        reader.warn(12_200, "text directly inside <Response>");
    }
    let verbs = root.children.iter().filter_map(|child| reader.verb(child)).collect();
    Ok(Document { verbs, warnings: reader.warnings })
}

/// Reads the answer to a messaging webhook: `<Message>` and `<Redirect>`.
pub(crate) fn messages(source: &str) -> Result<Document, Unusable> {
    let root = root(source)?;
    let mut reader = Reader::default();
    let verbs = root.children.iter().filter_map(|child| reader.message(child)).collect();
    Ok(Document { verbs, warnings: reader.warnings })
}

fn root(source: &str) -> Result<Element, Unusable> {
    let root = xml::read(source)?;
    if root.name == "Response" {
        return Ok(root);
    }
    Err(Unusable {
        code: 12_102,
        text: format!("the root element must be <Response>, found <{}>", root.name),
    })
}

impl Reader {
    fn verb(&mut self, element: &Element) -> Option<Verb> {
        match element.name.as_str() {
            "Say" => Some(self.say(element)),
            "Play" => self.play(element),
            "Pause" => {
                self.known(element, &["length"]);
                Some(Verb::Pause { seconds: self.seconds(element, "length", 1.0) })
            }
            "Gather" => Some(self.gather(element)),
            "Record" => Some(self.record(element)),
            "Dial" => Some(self.dial(element)),
            "Redirect" => {
                self.known(element, &["method"]);
                let url = element.text.trim().to_owned();
                Some(Verb::Redirect { url, method: self.method(element, "method") })
            }
            "Hangup" => {
                self.known(element, &[]);
                Some(Verb::Hangup)
            }
            "Reject" => {
                self.known(element, &["reason"]);
                Some(Verb::Reject { busy: element.get("reason") == Some("busy") })
            }
            other => {
                self.warn(12_200, &format!("<{other}> is not a verb that Twilio knows here"));
                None
            }
        }
    }

    fn say(&mut self, element: &Element) -> Verb {
        self.known(element, &["voice", "language", "loop"]);
        if !element.children.is_empty() {
            // SSML is allowed inside; only its text is spoken here.
            let allowed = ["break", "emphasis", "lang", "p", "phoneme", "prosody", "s", "say-as", "sub", "w"];
            for child in &element.children {
                if !allowed.contains(&child.name.as_str()) {
                    self.warn(12_200, &format!("<{}> is not allowed in <Say>", child.name));
                }
            }
        }
        let text = squeeze(&deep_text(element));
        if text.is_empty() {
            self.warn(13_520, "<Say> without text");
        }
        if text.chars().count() > SAY_LIMIT {
            self.warn(13_521, "the text of <Say> is too long");
        }
        Verb::Say(Say {
            text,
            voice: element.get("voice").unwrap_or_default().to_owned(),
            language: element.get("language").unwrap_or("en-US").to_owned(),
            repeat: self.number(element, "loop", 1),
        })
    }

    fn play(&mut self, element: &Element) -> Option<Verb> {
        self.known(element, &["loop", "digits"]);
        if let Some(digits) = element.get("digits") {
            return Some(Verb::Tones(digits.to_owned()));
        }
        let url = element.text.trim().to_owned();
        if url.is_empty() {
            self.warn(13_420, "<Play> without a URL");
            return None;
        }
        Some(Verb::Play { url, repeat: self.number(element, "loop", 1) })
    }

    fn gather(&mut self, element: &Element) -> Verb {
        let known = [
            "action",
            "method",
            "input",
            "timeout",
            "numDigits",
            "finishOnKey",
            "actionOnEmptyResult",
            "language",
            "hints",
            "speechTimeout",
            "speechModel",
            "profanityFilter",
            "partialResultCallback",
            "partialResultCallbackMethod",
            "enhanced",
            "maxSpeechTime",
            "bargeIn",
            "debug",
        ];
        self.known(element, &known);
        let input = element.get("input").unwrap_or("dtmf");
        if !input.split(' ').all(|word| matches!(word, "dtmf" | "speech")) {
            self.warn(13_335, &format!("input=\"{input}\" is not valid in <Gather>"));
        }
        if element.get("speechTimeout") == Some("auto") && element.get("speechModel").is_some() {
            self.warn(13_336, "speechTimeout=\"auto\" does not go with speechModel");
        }
        let num_digits = element.get("numDigits").map(|_| self.number(element, "numDigits", 1));
        if num_digits == Some(0) {
            self.warn(13_314, "numDigits must be at least 1");
        }
        let finish_on_key = element.get("finishOnKey").unwrap_or("#").to_owned();
        if finish_on_key.chars().count() > 1 {
            self.warn(13_313, "finishOnKey must be one key");
        }
        Verb::Gather(Gather {
            dtmf: input.contains("dtmf"),
            speech: input.contains("speech"),
            action: element.get("action").map(|url| url.trim().to_owned()).filter(|url| !url.is_empty()),
            method: self.method(element, "method"),
            timeout: self.seconds(element, "timeout", 5.0),
            num_digits: num_digits.filter(|n| *n > 0),
            finish_on_key,
            action_on_empty_result: self.flag(element, "actionOnEmptyResult", false),
            prompts: self.prompts(element),
        })
    }

    fn prompts(&mut self, element: &Element) -> Vec<Verb> {
        let mut prompts = Vec::new();
        for child in &element.children {
            if matches!(child.name.as_str(), "Say" | "Play" | "Pause") {
                prompts.extend(self.verb(child));
            } else {
                self.warn(12_200, &format!("<{}> is not allowed in <{}>", child.name, element.name));
            }
        }
        prompts
    }

    fn record(&mut self, element: &Element) -> Verb {
        let known = [
            "action",
            "method",
            "timeout",
            "finishOnKey",
            "maxLength",
            "playBeep",
            "trim",
            "transcribe",
            "transcribeCallback",
            "recordingStatusCallback",
            "recordingStatusCallbackMethod",
            "recordingStatusCallbackEvent",
        ];
        self.known(element, &known);
        Verb::Record(Record {
            action: element.get("action").map(str::to_owned).filter(|url| !url.is_empty()),
            method: self.method(element, "method"),
            timeout: self.seconds(element, "timeout", 5.0),
            finish_on_key: element.get("finishOnKey").unwrap_or("1234567890*#").to_owned(),
            max_length: self.number(element, "maxLength", 3_600),
            play_beep: self.flag(element, "playBeep", true),
            status_callback: element.get("recordingStatusCallback").map(str::to_owned),
        })
    }

    fn dial(&mut self, element: &Element) -> Verb {
        let known = [
            "action",
            "method",
            "timeout",
            "timeLimit",
            "callerId",
            "answerOnBridge",
            "hangupOnStar",
            "record",
            "recordingStatusCallback",
            "recordingStatusCallbackMethod",
            "recordingStatusCallbackEvent",
            "ringTone",
            "sequential",
            "trim",
        ];
        self.known(element, &known);
        let mut numbers = Vec::new();
        if !element.text.trim().is_empty() {
            numbers.push(DialNumber {
                number: element.text.trim().to_owned(),
                url: None,
                method: "POST".to_owned(),
                status_callback: None,
                status_events: Vec::new(),
            });
        }
        for child in &element.children {
            if child.name == "Number" {
                numbers.push(self.dial_number(child));
            } else {
                self.warn(12_200, &format!("<{}> in <Dial> is not simulated", child.name));
            }
        }
        if numbers.len() > 10 {
            self.warn(12_200, "<Dial> takes at most 10 numbers");
            numbers.truncate(10);
        }
        Verb::Dial(Dial {
            action: element.get("action").map(str::to_owned).filter(|url| !url.is_empty()),
            method: self.method(element, "method"),
            timeout: self.seconds(element, "timeout", 30.0),
            time_limit: self.seconds(element, "timeLimit", 14_400.0),
            caller_id: element.get("callerId").map(str::to_owned),
            hangup_on_star: self.flag(element, "hangupOnStar", false),
            numbers,
        })
    }

    fn dial_number(&mut self, element: &Element) -> DialNumber {
        let known = [
            "url",
            "method",
            "sendDigits",
            "statusCallback",
            "statusCallbackEvent",
            "statusCallbackMethod",
            "byoc",
            "machineDetection",
            "amdStatusCallback",
            "amdStatusCallbackMethod",
        ];
        self.known(element, &known);
        DialNumber {
            number: element.text.trim().to_owned(),
            url: element.get("url").map(str::to_owned),
            method: self.method(element, "method"),
            status_callback: element.get("statusCallback").map(str::to_owned),
            status_events: element
                .get("statusCallbackEvent")
                .unwrap_or("completed")
                .split(' ')
                .map(str::to_owned)
                .collect(),
        }
    }

    fn message(&mut self, element: &Element) -> Option<Verb> {
        match element.name.as_str() {
            "Message" | "Sms" => {
                self.known(element, &["to", "from", "action", "method", "statusCallback"]);
                let bodies: Vec<&Element> = element.children.iter().filter(|c| c.name == "Body").collect();
                let body = bodies.iter().fold(element.text.trim().to_owned(), |all, b| all + b.text.trim());
                if body.is_empty() {
                    self.warn(14_103, "<Message> without a body");
                    return None;
                }
                Some(Verb::Message { body, to: element.get("to").map(str::to_owned) })
            }
            "Redirect" => {
                let url = element.text.trim().to_owned();
                Some(Verb::Redirect { url, method: self.method(element, "method") })
            }
            other => {
                self.warn(12_200, &format!("<{other}> is not a messaging verb"));
                None
            }
        }
    }
}

fn deep_text(element: &Element) -> String {
    // Text before children comes first: good enough for SSML, whose words are what is compared.
    element.children.iter().fold(element.text.clone(), |all, child| all + " " + &deep_text(child))
}

/// Words separated by single spaces, as they are heard.
fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
