//! `<Gather>`: prompts, keys, speech.
//!
//! Source: <https://www.twilio.com/docs/voice/twiml/gather>.

use super::Waiting;
use super::line::{End, Flow, Input, Spoken, Taken};
use super::run::{Next, Runner, resolve};
use crate::clock;
use crate::event::What;
use crate::phone::{Behaviour, Step};
use crate::twiml::Gather;

/// Seconds that a prompt of a phone with nothing to press lasts.
const SILENCE: f64 = 0.2;
/// Seconds that a prompt waits for the control API.
const DRIVEN_PATIENCE: f64 = 30.0;
/// Seconds a person gets at least.
const MANUAL_PATIENCE: f64 = 8.0;
/// Prompts that a voicemail or a screening assistant listens to before it hangs up.
const MACHINE_PROMPTS: u32 = 3;

/// What a prompt brought in.
#[derive(Debug, Default)]
struct Collected {
    digits: String,
    speech: Option<String>,
    finished_on: Option<char>,
    reason: &'static str,
}

/// What a scripted phone does at a prompt.
#[derive(Debug)]
pub(crate) enum Move {
    Enter(Spoken),
    Silence,
}

/// Runs a `<Gather>`; what was entered goes to its action.
pub(crate) async fn gather(runner: &mut Runner<'_>, gather: &Gather) -> Flow<Option<Next>> {
    let early = prompts(runner, gather).await?;
    announce(runner, gather);
    let collected = collect(runner, gather, early).await?;
    runner.leg.with_call(|call| call.waiting = None);
    runner.leg.publish(What::CallGathered {
        digits: (!collected.digits.is_empty()).then(|| collected.digits.clone()),
        speech: collected.speech.clone(),
        reason: collected.reason.to_owned(),
    });
    let empty = collected.digits.is_empty() && collected.speech.is_none();
    if empty && !gather.action_on_empty_result {
        return Ok(None);
    }
    if !empty {
        runner.entered();
    }
    let mut extra = Vec::new();
    let mut add = |name: &str, value: &str| extra.push((name.to_owned(), value.to_owned()));
    if let Some(speech) = &collected.speech {
        add("SpeechResult", speech);
        add("Confidence", "0.9");
        add("Language", "en-US");
    } else {
        add("Digits", &collected.digits);
        add("FinishedOnKey", &collected.finished_on.map(String::from).unwrap_or_default());
    }
    add("msg", "Gather End");
    runner.goto(gather.action.as_deref(), &gather.method, extra).map(Some)
}

/// Says the nested prompts. A key pressed meanwhile stops them.
async fn prompts(runner: &mut Runner<'_>, gather: &Gather) -> Flow<Option<Input>> {
    for verb in &gather.prompts {
        let pace = runner.prompt(verb);
        if pace.is_zero() {
            continue;
        }
        if let Some(input) = runner.leg.line.input(clock::after(pace)).await? {
            return Ok(Some(input));
        }
    }
    Ok(None)
}

fn announce(runner: &mut Runner<'_>, gather: &Gather) {
    runner.prompts = runner.prompts.saturating_add(1);
    let input = match (gather.dtmf, gather.speech) {
        (true, true) => "dtmf speech",
        (false, true) => "speech",
        (true | false, false) => "dtmf",
    };
    let action = gather.action.as_deref().or(runner.base.as_deref()).unwrap_or_default();
    let action = resolve(runner.base.as_deref(), action).unwrap_or_else(|| action.to_owned());
    let waiting = Waiting { what: "gather", input: input.to_owned(), action: action.clone() };
    runner.leg.with_call(|call| call.waiting = Some(waiting));
    let heard = std::mem::take(&mut runner.heard);
    runner.leg.publish(What::CallGathering {
        input: input.to_owned(),
        num_digits: gather.num_digits,
        finish_on_key: gather.finish_on_key.clone(),
        timeout_seconds: gather.timeout,
        action,
        heard,
    });
}

async fn collect(runner: &mut Runner<'_>, gather: &Gather, early: Option<Input>) -> Flow<Collected> {
    let mut collected = Collected { reason: "timeout", ..Collected::default() };
    if let Some(input) = early
        && take(input, gather, &mut collected)
    {
        return Ok(collected);
    }
    let live = runner.plan.is_live();
    if !live && collected.digits.is_empty() {
        match runner.next_move().await? {
            Move::Enter(what) => {
                enter(&what, gather, &mut collected);
                return Ok(collected);
            }
            Move::Silence => {}
        }
    }
    let mut deadline = clock::after(clock::seconds(patience(runner, gather)));
    while let Some(input) = runner.leg.line.input(deadline).await? {
        if take(input, gather, &mut collected) {
            return Ok(collected);
        }
        if !collected.digits.is_empty() {
            let pause = match runner.plan.behaviour {
                Behaviour::Manual => gather.timeout.max(3.0),
                Behaviour::Driven
                | Behaviour::Answer
                | Behaviour::Voicemail
                | Behaviour::Busy
                | Behaviour::NoAnswer
                | Behaviour::Unreachable
                | Behaviour::Screening => gather.timeout.min(1.0),
            };
            deadline = clock::after(clock::seconds(pause));
        }
    }
    Ok(collected)
}

fn patience(runner: &Runner<'_>, gather: &Gather) -> f64 {
    let default = match runner.plan.behaviour {
        Behaviour::Manual => gather.timeout.max(MANUAL_PATIENCE),
        Behaviour::Driven => DRIVEN_PATIENCE,
        Behaviour::Answer
        | Behaviour::Voicemail
        | Behaviour::Busy
        | Behaviour::NoAnswer
        | Behaviour::Unreachable
        | Behaviour::Screening => SILENCE.min(gather.timeout),
    };
    runner.plan.silence_seconds.unwrap_or(default)
}

/// Takes an input and tells whoever sent it; true when the prompt is over.
fn take(input: Input, gather: &Gather, collected: &mut Collected) -> bool {
    let (used, done, dropped) = enter(&input.what, gather, collected);
    // Whoever pressed may have stopped waiting for the answer.
    let _ = input.taken.send(Taken { used, by: "gather", dropped });
    done
}

/// Enters keys or words: whether they were used, whether the prompt is over, and the keys that came too late.
fn enter(what: &Spoken, gather: &Gather, collected: &mut Collected) -> (bool, bool, String) {
    match what {
        Spoken::Silence => (true, true, String::new()),
        Spoken::Words(words) if gather.speech => {
            collected.speech = Some(words.clone());
            collected.reason = "speech";
            (true, true, String::new())
        }
        Spoken::Keys(keys) if gather.dtmf => {
            let mut keys = keys.chars();
            while let Some(key) = keys.next() {
                if gather.finish_on_key.contains(key) {
                    collected.finished_on = Some(key);
                    collected.reason = "finish key";
                    return (true, true, keys.collect());
                }
                collected.digits.push(key);
                let count = u32::try_from(collected.digits.len()).unwrap_or(u32::MAX);
                if gather.num_digits.is_some_and(|wanted| count >= wanted) {
                    collected.reason = "all digits";
                    return (true, true, keys.collect());
                }
            }
            (true, false, String::new())
        }
        Spoken::Words(_) | Spoken::Keys(_) => (false, false, String::new()),
    }
}

impl Runner<'_> {
    /// What a phone that acts by itself does at this prompt. [`announce`] has counted the prompt.
    pub(crate) async fn next_move(&mut self) -> Flow<Move> {
        match self.plan.behaviour {
            Behaviour::Answer => self.next_step().await,
            Behaviour::Voicemail | Behaviour::Screening if self.prompts > MACHINE_PROMPTS => {
                Err(End::completed("phone"))
            }
            Behaviour::Screening if self.prompts == 2 => Ok(Move::Enter(Spoken::Keys("5".to_owned()))),
            Behaviour::Screening
            | Behaviour::Voicemail
            | Behaviour::Manual
            | Behaviour::Driven
            | Behaviour::Busy
            | Behaviour::NoAnswer
            | Behaviour::Unreachable => Ok(Move::Silence),
        }
    }

    async fn next_step(&mut self) -> Flow<Move> {
        loop {
            match self.script.pop_front() {
                Some(Step::Press(keys)) => return Ok(Move::Enter(Spoken::Keys(keys))),
                Some(Step::Say(words)) => return Ok(Move::Enter(Spoken::Words(words))),
                Some(Step::Nothing) | None => return Ok(Move::Silence),
                Some(Step::HangUp) => return Err(End::completed("phone")),
                Some(Step::Pause(wait)) => self.leg.line.rest(clock::after(clock::seconds(wait))).await?,
            }
        }
    }
}
