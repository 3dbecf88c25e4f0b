//! Calls that a phone places to the service number.

use super::leg::Leg;
use super::line::{End, Interrupt, Line};
use super::run::{Next, Runner};
use super::{Call, Direction, Source, Status};
use crate::board::Board;
use crate::event::{About, What};
use crate::phone::Plan;
use crate::twiml::Verb;
use crate::{clock, sid};
use std::sync::Arc;
use tokio::sync::mpsc::unbounded_channel;

/// Seconds an inbound call may last; Twilio's own limit is four hours.
const TIME_LIMIT: u64 = 14_400;

/// A phone calls the service number, showing `from`, and behaves as `plan` says. Returns the call's SID.
pub(crate) fn call_service(board: &Arc<Board>, phone: &str, from: &str, plan: Plan) -> String {
    let (sender, commands) = unbounded_channel();
    let sid = sid::new_sid("CA");
    let (url, to) = {
        let mut state = board.state();
        let to = state.service_number.clone();
        state.add_call(Call {
            sid: sid.clone(),
            parent: None,
            from: from.to_owned(),
            to: to.clone(),
            peer: phone.to_owned(),
            direction: Direction::Inbound,
            status: Status::Ringing,
            created: clock::now(),
            updated: clock::now(),
            dialled: Some(clock::now()),
            answered: None,
            ended: None,
            timeout: 60,
            time_limit: TIME_LIMIT,
            plan,
            problems: Vec::new(),
            heard: Vec::new(),
            waiting: None,
            ended_by: None,
            queue_time: 0,
            line: sender,
        });
        (format!("{}{}", state.public_base_url, board.config.voice_path), to)
    };
    let direction = Direction::Inbound.word().to_owned();
    board.publish(phone, About::Call(&sid), What::CallPlaced { from: from.to_owned(), to, direction });
    let leg = Leg::new(board, &sid, phone, Line::new(commands), None);
    tokio::spawn(live(leg, url));
    sid
}

async fn live(mut leg: Leg, url: String) {
    let first = Next::from(Source::Url { url, method: "POST".to_owned() });
    let end = answer_and_run(&mut leg, first).await;
    leg.finish(end);
}

/// The service answers when its first document is there, unless that rejects the call.
async fn answer_and_run(leg: &mut Leg, first: Next) -> End {
    let mut runner = Runner::new(leg);
    let document = match runner.load(first).await {
        Ok(document) => document,
        Err(Interrupt::End(end)) => return end,
        Err(Interrupt::Goto(_)) => return End { status: Status::Failed, by: "api" },
    };
    if let Some(Verb::Reject { busy }) = document.verbs.first() {
        let status = if *busy { Status::Busy } else { Status::NoAnswer };
        return End { status, by: "document" };
    }
    runner.leg.answer("service");
    runner.run_from(document).await
}
