//! `/inbound/callback`: a contact rings us. Who holds the phone is not proven by the number it shows: the code of our text
//! accepts, or a call that *we* place.

use futures::future::join_all;
use lucius_core::{
    decide::{ContactAct, Event, Rejected, Scope},
    incident::{Incident, TextAnswer},
    ivr::{Session, ask_pin, call_back},
    voice::{Prompt, Reply},
};
use lucius_shell::{App, Done, RunError, ports::Nature as _, ports::Ports, run};
use lucius_store::{NumberCard, Store};

use crate::Turn;

/// How many alerts one call-back asks for a call. Those that are over place none, but they must not crowd out one that is
/// open.
const CALLS_MAX: usize = 20;

/// A contact has keyed something in.
pub(crate) async fn keyed<P: Ports>(
    app: &App<P>,
    turn: &Turn<'_>,
    session: &mut Session,
) -> Result<Prompt, RunError> {
    let Some(from) = &turn.from else { return Ok(ask_pin(&[], session.turns)) };
    let card = app.shell.ports.store().number(from, app.shell.ports.nature().now()).await?;
    let key = turn.key(app, session);
    let words = match turn.said.as_str() {
        "" => return Ok(call_back(session.turns)),
        "*" => return Ok(ask_pin(&[], session.turns)),
        "1" => call_them(app, &card, &key).await?,
        code => match card.find(code) {
            Some(pointer) => {
                let act = ContactAct::Code { key, code: code.to_owned(), answer: TextAnswer::Accept };
                let event = Event::Contact { place: pointer.place, act };
                spoken(run(&app.shell, Scope::Incident(pointer.incident), event).await?.reply)
            }
            None if is_like_a_code(code) => return wrong(app, &card, &key, code, session).await,
            // Nobody guesses with these, and who is frightened must not use up their codes.
            None => return Ok(no_code(session)),
        },
    };
    Ok(Prompt::goodbye(words))
}

async fn call_them<P: Ports>(app: &App<P>, card: &NumberCard, key: &str) -> Result<Vec<String>, RunError> {
    let asked = join_all(card.codes.iter().take(CALLS_MAX).map(|pointer| {
        let act = ContactAct::CallBack { key: key.to_owned() };
        run(&app.shell, Scope::Incident(pointer.incident), Event::Contact { place: pointer.place, act })
    }));
    let asked = heard(asked.await)?;
    if asked.open.is_none() && asked.known {
        return Err(RunError::Known);
    }
    let words = asked.open.or(asked.over);
    Ok(words.unwrap_or_else(|| vec!["There is no alert for this number any more. Goodbye.".to_owned()]))
}

/// Six digits, as a code has them.
pub(crate) fn is_like_a_code(said: &str) -> bool {
    said.len() == 6 && said.bytes().all(|digit| digit.is_ascii_digit())
}

fn no_code(session: &Session) -> Prompt {
    let mut prompt = call_back(session.turns);
    prompt.say.insert(0, "That is not the code of the alert.".to_owned());
    prompt
}

async fn wrong<P: Ports>(
    app: &App<P>,
    card: &NumberCard,
    key: &str,
    code: &str,
    session: &Session,
) -> Result<Prompt, RunError> {
    let mut words = count_wrong(app, card, key, code).await?;
    let mut prompt = call_back(session.turns);
    words.append(&mut prompt.say);
    prompt.say = words;
    Ok(prompt)
}

/// A code that fits no alert of this number counts against all of them.
pub(crate) async fn count_wrong<P: Ports>(
    app: &App<P>,
    card: &NumberCard,
    key: &str,
    code: &str,
) -> Result<Vec<String>, RunError> {
    let tried = join_all(card.codes.iter().map(|pointer| {
        let act = ContactAct::Code { key: key.to_owned(), code: code.to_owned(), answer: TextAnswer::Accept };
        run(&app.shell, Scope::Incident(pointer.incident), Event::Contact { place: pointer.place, act })
    }));
    let tried = heard(tried.await)?;
    Ok(tried.open.or(tried.over).unwrap_or_default())
}

/// What several incidents answered. The words of one that is over would be the opposite of what happens, where another is open.
#[derive(Default)]
struct Heard {
    open: Option<Vec<String>>,
    over: Option<Vec<String>>,
    /// One had taken it before, and does not know any more what it answered.
    known: bool,
}

fn heard(results: Vec<Result<Done, RunError>>) -> Result<Heard, RunError> {
    let mut heard = Heard::default();
    for result in results {
        match result {
            Ok(done) if done.case.incident.as_ref().is_some_and(Incident::is_open) => {
                heard.open = Some(spoken(done.reply));
            }
            Ok(done) => heard.over = Some(spoken(done.reply)),
            Err(RunError::Known) => heard.known = true,
            Err(RunError::Rejected(Rejected::NotFound)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(heard)
}

fn spoken(reply: Reply) -> Vec<String> {
    match reply {
        Reply::Words(words) => words,
        Reply::Silence | Reply::Prompt(_) | Reply::Login(_) => Vec::new(),
    }
}
