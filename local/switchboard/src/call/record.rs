//! `<Record>`: what is spoken becomes a recording that can be played again.
//!
//! Source: <https://www.twilio.com/docs/voice/twiml/record>.

use super::gather::Move;
use super::line::{Flow, Interrupt, Spoken, Taken};
use super::progress::standard_fields;
use super::run::{Next, Runner, resolve};
use super::{Status, Waiting};
use crate::event::What;
use crate::twiml::Record;
use crate::webhook::{self, Hook, Kind};
use crate::{clock, sid};
use std::sync::Arc;

/// Seconds that a phone which acts by itself stays silent before its recording ends.
const SILENCE: f64 = 0.2;
/// Seconds that a recording waits for the control API to say something.
const LIVE_PATIENCE: f64 = 30.0;

/// Runs a `<Record>`. With nothing recorded the document goes on.
pub(crate) async fn record(runner: &mut Runner<'_>, record: &Record) -> Flow<Option<Next>> {
    runner.prompts = runner.prompts.saturating_add(1);
    let action = record.action.clone().or_else(|| runner.base.clone()).unwrap_or_default();
    let action = resolve(runner.base.as_deref(), &action).unwrap_or(action);
    let waiting = Waiting { what: "record", input: "speech dtmf".to_owned(), action };
    runner.leg.with_call(|call| call.waiting = Some(waiting));
    let max_length = record.max_length;
    runner.leg.publish(What::CallRecording { max_length, finish_on_key: record.finish_on_key.clone() });
    let mut text = String::new();
    let outcome = listen(runner, record, &mut text).await;
    runner.leg.with_call(|call| call.waiting = None);
    let (reason, digits) = match &outcome {
        Ok(Some(key)) => ("finish key", key.clone()),
        Ok(None) => ("silence", String::new()),
        Err(Interrupt::End(_)) => ("hangup", "hangup".to_owned()),
        Err(Interrupt::Goto(_)) => ("redirected", String::new()),
    };
    let recording = (!text.is_empty()).then(|| keep(runner, &text));
    runner.leg.publish(What::CallRecorded {
        recording: recording.as_ref().map(|(sid, _)| sid.clone()),
        text: text.clone(),
        reason: reason.to_owned(),
    });
    let Some((recording_sid, url)) = recording else { return outcome.map(|_| None) };
    runner.entered();
    let fields = [
        ("RecordingUrl", url),
        ("RecordingSid", recording_sid),
        ("RecordingDuration", length(&text, record).to_string()),
        ("Digits", digits),
    ];
    let extra: Vec<(String, String)> = fields.into_iter().map(|(n, v)| (n.to_owned(), v)).collect();
    report_recording(runner, record, &extra);
    match outcome {
        Ok(_) => runner.goto(record.action.as_deref(), &record.method, extra).map(Some),
        Err(interrupt) => {
            // The action is told even when the caller has gone; its answer changes nothing.
            if let Ok(next) = runner.goto(record.action.as_deref(), &record.method, extra) {
                tell_action(runner, next);
            }
            Err(interrupt)
        }
    }
}

/// Collects what is spoken until a key, silence or a hang-up; yields the key.
async fn listen(runner: &mut Runner<'_>, record: &Record, text: &mut String) -> Flow<Option<String>> {
    if !runner.plan.is_live() {
        if let Move::Enter(what) = runner.next_move().await?
            && let Heard::Key(key) = hear(&what, record, text)
        {
            return Ok(Some(key));
        }
        runner.leg.line.rest(clock::after(clock::seconds(SILENCE))).await?;
        return Ok(None);
    }
    loop {
        let patience = if text.is_empty() { LIVE_PATIENCE } else { record.timeout.max(1.0) };
        let patience = runner.plan.silence_seconds.unwrap_or(patience);
        let Some(input) = runner.leg.line.input(clock::after(clock::seconds(patience))).await? else {
            return Ok(None);
        };
        let end = hear(&input.what, record, text);
        // Whoever spoke may have stopped waiting for the answer.
        let _ = input.taken.send(Taken { used: true, by: "record", dropped: String::new() });
        match end {
            Heard::Words => {}
            Heard::Key(key) => return Ok(Some(key)),
            Heard::Silence => return Ok(None),
        }
    }
}

/// What an input means for a recording.
enum Heard {
    Words,
    Key(String),
    Silence,
}

/// Adds what was entered; a finishing key or silence ends the recording.
fn hear(what: &Spoken, record: &Record, text: &mut String) -> Heard {
    match what {
        Spoken::Words(words) => {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(words);
            Heard::Words
        }
        Spoken::Keys(keys) => match keys.chars().find(|key| record.finish_on_key.contains(*key)) {
            Some(key) => Heard::Key(String::from(key)),
            None => Heard::Words,
        },
        Spoken::Silence => Heard::Silence,
    }
}

/// Stores a recording; returns its SID and URL.
fn keep(runner: &Runner<'_>, text: &str) -> (String, String) {
    let sid = sid::new_sid("RE");
    let board = &runner.leg.board;
    let url =
        format!("{}/2010-04-01/Accounts/{}/Recordings/{sid}", board.own_url(), board.config.account_sid);
    board.state().recordings.insert(sid.clone(), text.to_owned());
    (sid, url)
}

/// Seconds that such a text takes to speak.
fn length(text: &str, record: &Record) -> u32 {
    let words = u32::try_from(text.split_whitespace().count()).unwrap_or(u32::MAX);
    words.checked_div(3).unwrap_or_default().saturating_add(1).min(record.max_length.max(1))
}

fn base_fields(runner: &Runner<'_>, status: Status) -> Vec<(String, String)> {
    let state = runner.leg.board.state();
    let call = state.calls.get(&runner.leg.sid);
    call.map(|call| standard_fields(&runner.leg.board, call, status.word())).unwrap_or_default()
}

fn tell_action(runner: &Runner<'_>, next: Next) {
    let super::Source::Url { url, method } = next.source else { return };
    let mut params = base_fields(runner, Status::Completed);
    params.extend(next.extra);
    send_aside(runner, Kind::Voice, url, method, params);
}

fn report_recording(runner: &Runner<'_>, record: &Record, extra: &[(String, String)]) {
    let Some(url) = record.status_callback.as_deref().and_then(|url| resolve(runner.base.as_deref(), url))
    else {
        return;
    };
    let mut params: Vec<(String, String)> = [
        ("AccountSid", runner.leg.board.config.account_sid.as_str()),
        ("CallSid", &runner.leg.sid),
        ("RecordingStatus", "completed"),
        ("RecordingChannels", "1"),
        ("RecordingSource", "RecordVerb"),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect();
    params.extend(extra.iter().filter(|(name, _)| name != "Digits").cloned());
    send_aside(runner, Kind::CallStatus, url, "POST".to_owned(), params);
}

/// Sends a webhook whose answer nobody waits for.
fn send_aside(runner: &Runner<'_>, kind: Kind, url: String, method: String, params: Vec<(String, String)>) {
    let hook = Hook {
        kind,
        url,
        method,
        params,
        number: runner.leg.peer.clone(),
        call: Some(runner.leg.sid.clone()),
        message: None,
    };
    let board = Arc::clone(&runner.leg.board);
    tokio::spawn(async move { webhook::send(&board, hook).await.ok() });
}
