//! `/call/ask/{user}/{probe}/{try}/{turn}`: the person at risk is asked by call.

use http::StatusCode;
use lucius_core::{
    deadman::{CheckIn, Deadman, Line, Medium, Proof, ask_prompt},
    decide::{Event, Scope},
    id::{ProbeId, UserId},
    voice::{Login, Prompt, Reply},
    words::{Answer, spoken_digits},
};
use lucius_shell::{App, Request, Response, RunError, ports::Ports, run};
use lucius_store::Store;
use lucius_telephony::{Form, Signed};
use lucius_twilio::webhook::VoiceRequest;

/// How often the question is repeated before the call ends; the deadline goes on running.
const TURNS: u32 = 3;

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
    let said =
        voice.digits.clone().or_else(|| voice.speech.as_deref().and_then(spoken_digits)).unwrap_or_default();
    let asked = Asked { user, probe, attempt, turn, call_sid: &voice.call_sid };
    let result = asked.answer(app, request, &said).await;
    crate::answer(app, request, result)
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
    async fn answer<P: Ports>(&self, app: &App<P>, request: &Request, said: &str) -> Result<Reply, RunError> {
        let deadman = app.shell.ports.store().load_deadman(self.user).await?;
        let Some(deadman) = deadman.map(|loaded| loaded.state) else { return Ok(Reply::Silence) };
        let has_pin = deadman.profile.pin.is_some();
        match said {
            "" => Ok(self.again(&deadman, None)),
            "9" => self.check_in(app, request, Answer::Bad, Proof::None).await,
            "1" if !has_pin => self.check_in(app, request, Answer::Good, Proof::None).await,
            _ if !has_pin => Ok(self.again(&deadman, Some("That key means nothing here."))),
            pin => {
                let proof = Proof::Pin(app.keyring.pin_digest(self.user, pin));
                let key = format!("{}-{}", self.call_sid, self.turn);
                let login = Event::Login { key, proof, line: Line::Own };
                match run(&app.shell, Scope::User(self.user), login).await?.reply {
                    Reply::Login(Login::Right) => self.check_in(app, request, Answer::Good, proof).await,
                    Reply::Login(Login::Wrong) => Ok(self.again(&deadman, Some("That PIN is not right."))),
                    Reply::Login(Login::Locked) => {
                        let words =
                            "Too many wrong PINs today. If you need help, call us back and press 9. Goodbye.";
                        Ok(Reply::Prompt(Prompt::goodbye(vec![words.to_owned()])))
                    }
                    other @ (Reply::Silence | Reply::Words(_) | Reply::Prompt(_)) => Ok(other),
                }
            }
        }
    }

    async fn check_in<P: Ports>(
        &self,
        app: &App<P>,
        request: &Request,
        answer: Answer,
        proof: Proof,
    ) -> Result<Reply, RunError> {
        let event = Event::CheckIn(CheckIn {
            key: format!("{}-{}-answer", self.call_sid, self.turn),
            answer,
            sos: answer == Answer::Bad,
            medium: Medium::OwnCall,
            arrived_at: request.arrived_at,
            proof,
            logged_in: false,
            text: match answer {
                Answer::Good => "answered by call".to_owned(),
                Answer::Bad => "asked for help by call".to_owned(),
                Answer::Unclear => String::new(),
            },
        });
        Ok(run(&app.shell, Scope::User(self.user), event).await?.reply)
    }

    /// The question again, after what was wrong; at last, goodbye.
    fn again(&self, deadman: &Deadman, wrong: Option<&str>) -> Reply {
        if self.turn >= TURNS {
            let words = wrong.into_iter().chain(["We will ask again. Goodbye."]).map(str::to_owned).collect();
            return Reply::Prompt(Prompt::goodbye(words));
        }
        let mut prompt = ask_prompt(deadman, self.probe, self.attempt, self.turn);
        if let Some(wrong) = wrong {
            prompt.say.insert(0, wrong.to_owned());
        }
        Reply::Prompt(prompt)
    }
}
