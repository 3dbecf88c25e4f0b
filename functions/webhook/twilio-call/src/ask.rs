//! `/call/ask/{user}/{probe}/{try}/{turn}`: the person at risk is asked by call.

use http::StatusCode;
use lucius_core::{
    deadman::{CheckIn, Deadman, Medium, Proof, ask_path, ask_prompt},
    decide::{Event, Rejected, Scope},
    id::{ProbeId, UserId},
    ivr::DELETED,
    voice::{Login, Prompt, Reply},
    words::{self, Answer, spoken_digits},
};
use lucius_shell::{App, Request, Response, RunError, ports::Ports, run};
use lucius_store::Store;
use lucius_telephony::{Form, Signed};
use lucius_twilio::webhook::VoiceRequest;

/// How often the question is repeated before the call ends; the deadline goes on running.
const TURNS: u32 = 3;

/// The key that calls for help.
const HELP: &str = "9";

pub(crate) async fn turn<P: Ports>(
    app: &App<P>,
    request: &Request,
    form: &Signed<Form>,
    [user, probe, attempt, turn]: [&str; 4],
) -> Response {
    let (Ok(user), Ok(probe), Ok(attempt), Ok(turn)) =
        (user.parse(), probe.parse(), attempt.parse(), turn.parse())
    else {
        return Response::empty(StatusCode::NOT_FOUND);
    };
    let Ok(voice) = form.try_map(VoiceRequest::read) else {
        return Response::empty(StatusCode::BAD_REQUEST);
    };
    let voice = voice.into_inner();
    let asked = Asked { user, probe, attempt, turn, call_sid: &voice.call_sid };
    let result = asked.answer(app, request, &Said::of(&voice)).await;
    crate::answer(app, request, result)
}

fn deleted() -> Reply {
    Reply::Prompt(Prompt::goodbye(vec![DELETED.to_owned()]))
}

/// What came from the listener.
enum Said {
    Nothing,
    /// Keyed in, or said in digits.
    Digits(String),
    /// Said: a call for help, or a no.
    Help,
    /// Said, and neither.
    Unclear,
}

impl Said {
    fn of(voice: &VoiceRequest) -> Self {
        let spoken = || voice.speech.as_deref().and_then(spoken_digits);
        if let Some(digits) = voice.digits.clone().or_else(spoken) {
            return if words::is_help_key(&digits) { Self::Help } else { Self::Digits(digits) };
        }
        let Some(speech) = &voice.speech else { return Self::Nothing };
        match words::read(speech).answer {
            Answer::Bad => Self::Help,
            // Only the PIN says that they are okay.
            Answer::Good | Answer::Unclear => Self::Unclear,
        }
    }
}

/// One turn of one question.
struct Asked<'a> {
    user: UserId,
    probe: ProbeId,
    attempt: u32,
    turn: u32,
    call_sid: &'a str,
}

impl Asked<'_> {
    async fn answer<P: Ports>(
        &self,
        app: &App<P>,
        request: &Request,
        said: &Said,
    ) -> Result<Reply, RunError> {
        let deadman = app.shell.ports.store().load_deadman(self.user).await?;
        let Some(deadman) = deadman.map(|loaded| loaded.state) else { return Ok(deleted()) };
        let has_pin = deadman.profile.pin.is_some();
        let digits = match said {
            Said::Nothing => "",
            Said::Digits(digits) => digits.as_str(),
            Said::Help => HELP,
            Said::Unclear => return Ok(self.again(&deadman, Some("I did not understand that."))),
        };
        match digits {
            "" => Ok(self.again(&deadman, None)),
            HELP => self.check_in(app, request, digits, Proof::None).await,
            "1" if !has_pin => self.check_in(app, request, digits, Proof::None).await,
            _ if !has_pin => Ok(self.again(&deadman, Some("That key means nothing here."))),
            pin => {
                let proof = Proof::Pin(app.keyring.pin_digest(self.user, pin));
                match self.check_in(app, request, digits, proof).await? {
                    Reply::Login(Login::Wrong) => Ok(self.again(&deadman, Some("That PIN is not right."))),
                    Reply::Login(Login::Locked) => Ok(self.locked()),
                    other @ (Reply::Login(Login::Right)
                    | Reply::Silence
                    | Reply::Words(_)
                    | Reply::Prompt(_)) => Ok(other),
                }
            }
        }
    }

    /// By what an answer of this turn is remembered. Who was told that the first was not recorded may give another in the same turn, and
    /// the first may be recorded meanwhile.
    fn key<P>(&self, app: &App<P>, digits: &str) -> String {
        format!("{}-{}-{}", self.call_sid, self.turn, app.keyring.tag(digits))
    }

    async fn check_in<P: Ports>(
        &self,
        app: &App<P>,
        request: &Request,
        digits: &str,
        proof: Proof,
    ) -> Result<Reply, RunError> {
        let sos = digits == HELP;
        let (answer, text) =
            if sos { (Answer::Bad, "asked for help by call") } else { (Answer::Good, "answered by call") };
        let event = Event::CheckIn(CheckIn {
            key: self.key(app, digits),
            answer,
            sos,
            medium: Medium::OwnCall,
            arrived_at: request.arrived_at,
            proof,
            logged_in: false,
            // A cry for help in this turn stands: a copy of what was keyed in before it comes too late.
            unless: (!sos).then(|| self.key(app, HELP)),
            heard: None,
            words: None,
            text: text.to_owned(),
        });
        match run(&app.shell, Scope::User(self.user), event).await {
            Ok(done) => Ok(done.reply),
            Err(RunError::Rejected(Rejected::NotFound)) => Ok(deleted()),
            Err(error) => Err(error),
        }
    }

    /// No PIN is taken any more today. Help can still be called, here and now: our number asks for the PIN first.
    fn locked(&self) -> Reply {
        if self.turn > TURNS {
            let words = "Too many wrong PINs today. If you need help, text S O S to this number. Goodbye.";
            return Reply::Prompt(Prompt::goodbye(vec![words.to_owned()]));
        }
        let words = "Too many wrong PINs today. If you need help, press 9 now, then the pound key.";
        let path = ask_path(self.user, self.probe, self.attempt, self.turn.saturating_add(1));
        Reply::Prompt(Prompt::digits(vec![words.to_owned()], path))
    }

    /// The question again, after what was wrong; at last, goodbye.
    fn again(&self, deadman: &Deadman, wrong: Option<&str>) -> Reply {
        if self.turn >= TURNS {
            let words = wrong.into_iter().chain([self.outlook(deadman)]).map(str::to_owned).collect();
            return Reply::Prompt(Prompt::goodbye(words));
        }
        let mut prompt = ask_prompt(deadman, self.probe, self.attempt, self.turn);
        if let Some(wrong) = wrong {
            prompt.say.insert(0, wrong.to_owned());
        }
        Reply::Prompt(prompt)
    }

    /// What happens if nothing more is heard.
    fn outlook(&self, deadman: &Deadman) -> &'static str {
        match deadman.probe().filter(|probe| probe.id == self.probe) {
            Some(probe) if probe.asked <= deadman.settings.max_retries => "We will ask again. Goodbye.",
            Some(_) => "If we do not hear from you, we call your contacts. Goodbye.",
            // It was answered meanwhile, or time is up.
            None => "Goodbye.",
        }
    }
}
