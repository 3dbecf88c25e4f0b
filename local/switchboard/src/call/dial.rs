//! `<Dial>`: calls other phones and connects the first that answers.
//!
//! Source: <https://www.twilio.com/docs/voice/twiml/dial>, <https://www.twilio.com/docs/voice/twiml/number>.

use super::leg::Leg;
use super::line::{Command, End, Flow, Interrupt, Line, Spoken, Taken};
use super::run::{Next, Runner, resolve};
use super::{Call, Callback, Direction, Source, Status};
use crate::board::Board;
use crate::clock;
use crate::event::{About, Level, What};
use crate::number::parse_number;
use crate::phone::Step;
use crate::sid;
use crate::twiml::{Dial, DialNumber};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::Instant;

/// Seconds that phones which act by themselves talk to each other.
const SMALL_TALK: f64 = 0.2;

/// What a called leg tells the one that called it.
#[derive(Debug)]
enum News {
    /// It answered and, if there was a whisper, listened to its end.
    Ready(String),
    Said(String),
    Ended(String, Status),
}

/// A leg that was called.
#[derive(Debug)]
struct Child {
    sid: String,
    number: String,
    line: UnboundedSender<Command>,
}

/// Runs a `<Dial>`.
pub(crate) async fn dial(runner: &mut Runner<'_>, dial: &Dial) -> Flow<Option<Next>> {
    runner.leg.publish(What::CallDialing { to: dial.numbers.iter().map(|n| n.number.clone()).collect() });
    let (news_sender, mut news) = unbounded_channel();
    let mut children = Vec::new();
    for number in &dial.numbers {
        children.extend(call_number(runner, dial, number, &news_sender));
    }
    drop(news_sender);
    let outcome = connect(runner, dial, &children, &mut news).await;
    for child in &children {
        // Legs that ended already have no receiver.
        let _ = child.line.send(Command::Cancel);
        let _ = child.line.send(Command::Complete);
    }
    runner.leg.with_call(|call| call.waiting = None);
    let (status, sid, seconds) = outcome?;
    let Some(action) = &dial.action else { return Ok(None) };
    runner.entered();
    let mut extra = vec![("DialCallStatus".to_owned(), status.to_owned())];
    if let Some(sid) = sid {
        extra.push(("DialCallSid".to_owned(), sid));
        extra.push(("DialCallDuration".to_owned(), seconds.to_string()));
        extra.push(("DialBridged".to_owned(), "true".to_owned()));
    }
    runner.goto(Some(action), &dial.method, extra).map(Some)
}

/// Waits for the first leg that is ready, then connects the two until one hangs up.
async fn connect(
    runner: &mut Runner<'_>,
    dial: &Dial,
    children: &[Child],
    news: &mut UnboundedReceiver<News>,
) -> Flow<(&'static str, Option<String>, i64)> {
    let mut status = "failed";
    let winner = loop {
        match runner.leg.line.during(news.recv()).await? {
            Some(News::Ready(sid)) => break sid,
            Some(News::Ended(_, Status::Busy)) => status = "busy",
            Some(News::Ended(_, Status::NoAnswer | Status::Completed)) => status = "no-answer",
            Some(News::Ended(..) | News::Said(_)) => {}
            None => return Ok((status, None, 0)),
        }
    };
    let Some(child) = children.iter().find(|child| child.sid == winner) else { return Ok((status, None, 0)) };
    for other in children.iter().filter(|other| other.sid != winner) {
        let _ = other.line.send(Command::Cancel);
        let _ = other.line.send(Command::Complete);
    }
    let began = clock::now();
    runner.leg.publish(What::CallBridged { with: child.number.clone(), with_call: winner.clone() });
    let waiting = super::Waiting { what: "bridge", input: "speech dtmf".to_owned(), action: String::new() };
    runner.leg.with_call(|call| call.waiting = Some(waiting));
    bridge(runner, dial, child, news).await?;
    Ok(("completed", Some(winner), clock::seconds_between(began, clock::now()).max(1)))
}

async fn bridge(
    runner: &mut Runner<'_>,
    dial: &Dial,
    child: &Child,
    news: &mut UnboundedReceiver<News>,
) -> Flow<()> {
    let deadline = clock::after(clock::seconds(dial.time_limit));
    loop {
        let input = tokio::select! {
            message = news.recv() => match message {
                Some(News::Ended(sid, _)) if sid == child.sid => return Ok(()),
                None => return Ok(()),
                Some(News::Said(text)) => {
                    runner.leg.publish(What::CallHeard { text, from: child.number.clone() });
                    continue;
                }
                Some(News::Ready(_) | News::Ended(..)) => continue,
            },
            input = runner.leg.line.input(deadline) => input?,
        };
        let Some(input) = input else { return Ok(()) };
        // Whoever pressed may have stopped waiting for the answer.
        let _ = input.taken.send(Taken { used: true, by: "bridge", dropped: String::new() });
        match input.what {
            Spoken::Keys(keys) if dial.hangup_on_star && keys.contains('*') => return Ok(()),
            Spoken::Words(text) => {
                let from = runner.leg.peer.clone();
                runner.leg.board.publish(
                    &child.number,
                    About::Call(&child.sid),
                    What::CallHeard { text, from },
                );
            }
            Spoken::Keys(_) | Spoken::Silence => {}
        }
    }
}

/// Starts the leg to one number.
fn call_number(
    runner: &Runner<'_>,
    dial: &Dial,
    target: &DialNumber,
    news: &UnboundedSender<News>,
) -> Option<Child> {
    let leg = &runner.leg;
    let Some(number) = parse_number(&target.number) else {
        leg.problem(Level::Warning, 13_224, &format!("<Dial> cannot call '{}'", target.number));
        return None;
    };
    let (to, from) = leg.with_call(|call| (call.to.clone(), call.from.clone()));
    let caller = dial.caller_id.clone().unwrap_or(if leg.peer == to { from } else { to });
    let callback = target
        .status_callback
        .as_deref()
        .and_then(|url| resolve(runner.base.as_deref(), url))
        .map(|url| Callback { url, method: "POST".to_owned(), events: target.status_events.clone() });
    let whisper = target.url.as_deref().and_then(|url| resolve(runner.base.as_deref(), url));
    let whisper = whisper.map(|url| Source::Url { url, method: target.method.clone() });
    let (sender, commands) = unbounded_channel();
    let sid = add_child(&leg.board, &leg.sid, &caller, &number, dial, sender.clone());
    let child = Leg::new(&leg.board, &sid, &number, Line::new(commands), callback);
    tokio::spawn(live(child, whisper, news.clone()));
    Some(Child { sid, number, line: sender })
}

fn add_child(
    board: &Board,
    parent: &str,
    from: &str,
    to: &str,
    dial: &Dial,
    line: UnboundedSender<Command>,
) -> String {
    let sid = sid::new_sid("CA");
    let mut state = board.state();
    let plan = state.phone(to).take_plan();
    let (timeout, time_limit) =
        (clock::seconds(dial.timeout).as_secs(), clock::seconds(dial.time_limit).as_secs());
    state.add_call(Call {
        sid: sid.clone(),
        parent: Some(parent.to_owned()),
        from: from.to_owned(),
        to: to.to_owned(),
        peer: to.to_owned(),
        direction: Direction::OutboundDial,
        status: Status::Queued,
        created: clock::now(),
        updated: clock::now(),
        dialled: None,
        answered: None,
        ended: None,
        timeout,
        time_limit,
        plan,
        problems: Vec::new(),
        heard: Vec::new(),
        waiting: None,
        ended_by: None,
        queue_time: 0,
        line,
    });
    drop(state);
    let direction = Direction::OutboundDial.word().to_owned();
    let placed = What::CallPlaced { from: from.to_owned(), to: to.to_owned(), direction };
    board.publish(to, About::Call(&sid), placed);
    sid
}

async fn live(mut leg: Leg, whisper: Option<Source>, news: UnboundedSender<News>) {
    let end = match ring_and_talk(&mut leg, whisper, &news).await {
        Err(Interrupt::End(end)) => end,
        Ok(()) | Err(Interrupt::Goto(_)) => End { status: Status::Completed, by: "carrier" },
    };
    leg.finish(end);
    // The caller may have hung up already.
    let _ = news.send(News::Ended(leg.sid.clone(), end.status));
}

async fn ring_and_talk(leg: &mut Leg, whisper: Option<Source>, news: &UnboundedSender<News>) -> Flow<()> {
    leg.connect(Instant::now()).await?;
    let mut runner = Runner::new(leg);
    if let Some(source) = whisper {
        runner.documents(Next::from(source)).await?;
    }
    let _ = news.send(News::Ready(runner.leg.sid.clone()));
    let parent = runner.leg.with_call(|call| call.parent.clone()).unwrap_or_default();
    let with = runner.leg.board.state().calls.get(&parent).map(|call| call.peer.clone()).unwrap_or_default();
    runner.leg.publish(What::CallBridged { with, with_call: parent });
    talk(&mut runner, news).await
}

/// The called person talks until somebody hangs up.
async fn talk(runner: &mut Runner<'_>, news: &UnboundedSender<News>) -> Flow<()> {
    if !runner.plan.is_live() {
        for step in std::mem::take(&mut runner.script) {
            match step {
                Step::Say(text) => drop(news.send(News::Said(text))),
                Step::Pause(wait) => runner.leg.line.rest(clock::after(clock::seconds(wait))).await?,
                Step::HangUp => return Err(End::completed("phone")),
                Step::Press(_) | Step::Nothing => {}
            }
        }
        runner.leg.line.rest(clock::after(clock::seconds(SMALL_TALK))).await?;
        return Err(End::completed("phone"));
    }
    let for_ever = clock::after(std::time::Duration::MAX);
    while let Some(input) = runner.leg.line.input(for_ever).await? {
        let _ = input.taken.send(Taken { used: true, by: "bridge", dropped: String::new() });
        if let Spoken::Words(text) = input.what {
            let _ = news.send(News::Said(text));
        }
    }
    Ok(())
}
