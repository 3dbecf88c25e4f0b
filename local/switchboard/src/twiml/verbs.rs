//! What a document can ask for.

/// One instruction.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verb {
    Say(Say),
    Play {
        url: String,
        repeat: u32,
    },
    /// `<Play digits="…">`.
    Tones(String),
    Pause {
        seconds: f64,
    },
    Gather(Gather),
    Record(Record),
    Dial(Dial),
    Redirect {
        url: String,
        method: String,
    },
    Hangup,
    Reject {
        busy: bool,
    },
    /// Only in answers to texts.
    Message {
        body: String,
        to: Option<String>,
    },
}

/// `<Say>`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Say {
    pub(crate) text: String,
    pub(crate) voice: String,
    pub(crate) language: String,
    pub(crate) repeat: u32,
}

/// `<Gather>`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Gather {
    pub(crate) dtmf: bool,
    pub(crate) speech: bool,
    /// None means the current document's URL.
    pub(crate) action: Option<String>,
    pub(crate) method: String,
    pub(crate) timeout: f64,
    pub(crate) num_digits: Option<u32>,
    /// Empty when no key finishes.
    pub(crate) finish_on_key: String,
    pub(crate) action_on_empty_result: bool,
    /// `Say`, `Play` and `Pause` only.
    pub(crate) prompts: Vec<Verb>,
}

/// `<Record>`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Record {
    pub(crate) action: Option<String>,
    pub(crate) method: String,
    pub(crate) timeout: f64,
    pub(crate) finish_on_key: String,
    pub(crate) max_length: u32,
    pub(crate) play_beep: bool,
    pub(crate) status_callback: Option<String>,
}

/// `<Dial>`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Dial {
    pub(crate) action: Option<String>,
    pub(crate) method: String,
    pub(crate) timeout: f64,
    pub(crate) time_limit: f64,
    pub(crate) caller_id: Option<String>,
    pub(crate) hangup_on_star: bool,
    pub(crate) numbers: Vec<DialNumber>,
}

/// `<Number>` in a `<Dial>`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DialNumber {
    pub(crate) number: String,
    /// TwiML that the called person hears before the two are connected.
    pub(crate) url: Option<String>,
    pub(crate) method: String,
    pub(crate) status_callback: Option<String>,
    pub(crate) status_events: Vec<String>,
}
