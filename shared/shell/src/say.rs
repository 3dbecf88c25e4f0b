//! What a caller hears, in the carrier's markup.

use lucius_core::voice::{Prompt, Then};
use lucius_telephony::{
    Twiml,
    twiml::{Gather, Input, Say},
};

use crate::{ports::Ports, shell::Shell};

/// A prompt as TwiML, with absolute addresses: an inline document has none of its own.
pub fn twiml<P: Ports>(shell: &Shell<P>, prompt: &Prompt) -> Twiml {
    let said = prompt.say.iter().map(|words| say(words, prompt.language.as_deref()));
    match &prompt.then {
        Then::Listen { path, one_digit, speech, timeout_seconds } => {
            // Silence is an answer as well: it comes to the same address, without digits.
            let gather =
                Gather::new(shell.carrier_url(path)).timeout_seconds(*timeout_seconds).action_on_empty();
            let gather = if *one_digit { gather.digits(1).finish_on_key(None) } else { gather };
            let gather = if *speech { gather.input(Input::KeysOrSpeech) } else { gather };
            Twiml::new().gather(said.fold(gather, Gather::say))
        }
        Then::Hangup => said.fold(Twiml::new(), Twiml::say).hangup(),
    }
}

/// A document that only leads to where the prompt's repetition is answered.
pub(crate) fn fetch<P: Ports>(shell: &Shell<P>, prompt: &Prompt) -> Twiml {
    match &prompt.then {
        Then::Listen { path, .. } => Twiml::new().redirect(shell.carrier_url(path)),
        Then::Hangup => Twiml::new().hangup(),
    }
}

fn say(words: &str, language: Option<&str>) -> Say {
    let say = Say::new(words);
    match language {
        Some(language) => say.language(language),
        None => say,
    }
}
