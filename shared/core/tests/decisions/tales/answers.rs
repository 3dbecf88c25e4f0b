//! What Ann answers, and what she is answered.

use expect_test::expect_file;
use lucius_core::{
    deadman::{CheckIn, Medium, Proof},
    decide::Event,
    effect::{Channel, Outcome},
    ivr::{self, Begun, Offered, Session},
    words::Answer,
};

use crate::{
    story::Story,
    told::{Told, prompt},
    world::{pin, question, t},
};

/// Ann was asked at 11:00.
fn asked() -> Story {
    let mut story = Story::armed();
    story.at("11:00").wake().outcome(&question(Channel::Sms), &Outcome::Done);
    story
}

/// She writes `text`, which means `answer`.
fn writes(story: &mut Story, answer: Answer, proof: Proof, text: &str) {
    let key = format!("SM-{text}-{}", story.now);
    story.check_in(CheckIn { key, answer, proof, text: text.to_owned(), ..story.answer() });
}

#[test]
fn to_a_question() {
    let mut told = Told::new("What Ann can answer to a question", asked());
    told.at("11:05").then("Eh?", |story| writes(story, Answer::Unclear, Proof::None, "Eh?"));
    told.then("What?", |story| writes(story, Answer::Unclear, Proof::None, "What?"));
    told.then("Y with a wrong PIN.", |story| writes(story, Answer::Good, pin("9999"), "Y 9999"));
    told.then("Y.", |story| writes(story, Answer::Good, Proof::None, "Y"));
    told.at("11:06").then("Y again.", |story| writes(story, Answer::Good, Proof::None, "Y"));
    told.then("N, but nothing was asked.", |story| writes(story, Answer::Bad, Proof::None, "N"));
    told.then("Eh, and nothing was asked.", |story| writes(story, Answer::Unclear, Proof::None, "Eh?"));
    told.at("11:30")
        .then("Y with her PIN, unasked.", |story| writes(story, Answer::Good, pin("1234"), "Y 1234"));
    told.at("12:30").wakes("She is asked.");
    told.story.ann_mut().settings.pin_in_reply = true;
    told.at("12:31").then("Y without the PIN that she wants in replies.", |story| {
        writes(story, Answer::Good, Proof::None, "Y");
    });
    told.then("She presses 1 in a call of ours.", |story| {
        let medium = Medium::OwnCall;
        story.check_in(CheckIn { key: "CA1".to_owned(), medium, text: "1".to_owned(), ..story.answer() });
    });
    told.at("13:31").wakes("She is asked, and told to add her PIN.");
    told.then("N.", |story| writes(story, Answer::Bad, Proof::None, "N"));
    expect_file!["to_a_question.txt"].assert_eq(told.words());
}

#[test]
fn beside_an_alert() {
    let mut told = Told::new("What Ann can answer while her contacts are called", Story::ringing());
    told.then("Y.", |story| writes(story, Answer::Good, Proof::None, "Y"));
    told.then("Y, in her session.", |story| {
        let medium = Medium::Api;
        story.check_in(CheckIn { key: "A1".to_owned(), medium, ..story.answer() });
    });
    told.then("Okay, in a call to us.", |story| {
        let medium = Medium::Phone;
        story.check_in(CheckIn { key: "A2".to_owned(), medium, ..story.answer() });
    });
    told.at("10:01").wakes("Cas hears of it.");
    told.then("N.", |story| writes(story, Answer::Bad, Proof::None, "N"));
    told.then("Eh?", |story| writes(story, Answer::Unclear, Proof::None, "Eh?"));
    for n in 0..10 {
        let text = format!("Y 000{n}");
        told.then("A wrong PIN.", |story| writes(story, Answer::Good, pin("0000"), &text));
    }
    told.then("The right PIN, too late.", |story| writes(story, Answer::Good, pin("1234"), "Y 1234"));
    told.story.ann_mut().profile.pin = None;
    told.at("10:02").then("Without any PIN in her account: Y.", |story| {
        writes(story, Answer::Good, Proof::None, "Y");
    });
    expect_file!["beside_an_alert.txt"].assert_eq(told.words());
}

#[test]
fn in_time_after_all() {
    let mut story = asked();
    story.ann_mut().settings.max_retries = 0;
    story.ann_mut().profile.pin = None;
    story.at("12:00:05").wake();
    let mut told = Told::new("An answer that we had before the deadline", story);
    told.at("12:00:20").then("It is found.", |story| {
        story.check_in(CheckIn { arrived_at: t("12:00"), ..story.answer() });
    });
    told.at("12:01").then("An emergency, by phone.", |story| {
        story.emergency("CA1");
    });
    told.at("12:02").then("She resolves it without a PIN, for she has none.", |story| {
        let incident = story.open().id;
        story.edit(lucius_core::deadman::Edit::Resolve { incident, proof: Proof::None }).unwrap();
    });
    expect_file!["in_time_after_all.txt"].assert_eq(told.words());
}

#[test]
fn by_call() {
    let mut story = Story::armed();
    story.ann_mut().settings.by_sms = false;
    story.ann_mut().settings.by_call = true;
    story.ann_mut().profile.language = Some("de-DE".to_owned());
    let mut told = Told::new("Ann is asked by call", story);
    told.at("11:00").wakes("She is asked.");
    told.then("The call may or may not have been placed.", |story| {
        story.outcome(&question(Channel::Call), &Outcome::Unknown);
    });
    told.at("11:00:02").wakes("She is called again.");
    told.then("And again nobody knows.", |story| {
        story.outcome(&question(Channel::Call), &Outcome::Unknown);
    });
    told.at("12:00:05").wakes("She is asked again.");
    told.then("The carrier's account is in trouble.", |story| {
        story.outcome(&question(Channel::Call), &Outcome::Account { code: 20003 });
    });
    told.at("12:00:07").wakes("Another try.");
    told.then("Her number refuses calls.", |story| {
        story.outcome(&question(Channel::Call), &Outcome::Permanent { code: 13224 });
    });
    told.story.ann_mut().profile.pin = None;
    told.at("13:00:10").wakes("Without a PIN she is asked for a key.");
    expect_file!["by_call.txt"].assert_eq(told.words());
}

#[test]
fn very_late() {
    let mut story = asked();
    story.ann_mut().settings.max_retries = 0;
    let mut told = Told::new("We were down at the deadline", story);
    told.at("12:15:06").wakes("More than a quarter of an hour too late: she is asked once more.");
    told.then("The text is sent.", |story| {
        story.outcome(&question(Channel::Sms), &Outcome::Done);
    });
    told.at("14:00").wakes("Late again: now help is called, whatever the reason.");
    expect_file!["very_late.txt"].assert_eq(told.words());
}

#[test]
fn the_phone_line() {
    let mut told = Told::new("What the phone line says", Story::armed());
    told.then("A wrong PIN.", |story| {
        story.login("CA1", "0000");
    });
    told.then("The right one.", |story| {
        story.login("CA2", "1234");
    });
    told.then("She starts an emergency.", |story| {
        story.decide(&Event::Emergency { key: "CA3".to_owned() }).unwrap();
    });
    let calm = None;
    let open = told.story.case.incident.clone();
    let accepted = Story::accepted().case.incident;
    let empty = {
        let mut story = Story::with_contacts(&[]);
        story.sos();
        story.case.incident
    };
    let over = {
        let mut story = Story::ringing();
        story.good_with("1234");
        story.case.incident
    };
    let silent = open.clone().map(|mut incident| {
        incident.silent = true;
        incident
    });
    let mut lines = vec![told.words().to_owned()];
    for (what, incident) in [
        ("no emergency", &calm),
        ("one whose contacts are called", &open),
        ("one that somebody has", &accepted),
        ("one without contacts", &empty),
        ("one that is over", &over),
        ("a silent one", &silent),
    ] {
        let menu = ivr::menu(vec!["Thank you.".to_owned()], incident.as_ref(), Some("en-GB".to_owned()), 3);
        lines.push(format!("Menu beside {what}: {}", prompt(&menu)));
        let offered = Offered::beside(incident.as_ref());
        let covers = |offered: Offered| offered.covers(incident.as_ref());
        let other = Offered::End(lucius_core::id::IncidentId::try_from(1).unwrap());
        lines.push(format!(
            "  9 means {offered:?}; covered by itself {}, by start {}, by another emergency's end {}",
            covers(offered),
            covers(Offered::Start),
            covers(other)
        ));
    }
    let words = [
        ("Login", ivr::ask_pin(&["I am Lucius. Here to help."], 0)),
        ("Login again", ivr::ask_pin(&["That PIN is not right."], 1)),
        ("Account", ivr::ask_account(2)),
        ("Too many", ivr::too_many()),
        ("Silence", ivr::nobody_there()),
        ("Noise", ivr::not_understood()),
        ("No PIN", ivr::no_pin()),
        ("Out of order", ivr::out_of_order()),
        ("A contact who rings us", ivr::call_back(4)),
    ];
    lines.extend(words.iter().map(|(what, words)| format!("{what}: {}", prompt(words))));
    lines.push(format!("Help: {}", ivr::help().join(" ")));
    lines.push(format!("Sorry: {}", ivr::SORRY));
    expect_file!["the_phone_line.txt"].assert_eq(&lines.join("\n"));
}

#[test]
fn a_pin_is_fresh_for_two_minutes() {
    let policy = lucius_core::policy::Policy::default();
    let session = |pin_at| Session { pin_at, ..Session::default() };
    assert!(!session(None).is_fresh(t("10:00"), &policy));
    for (now, fresh) in [("10:00", true), ("10:02", true), ("10:02:01", false)] {
        assert_eq!(session(Some(t("10:00"))).is_fresh(t(now), &policy), fresh, "{now}");
    }
}

#[test]
fn a_turn_is_answered_once_unless_it_was_asked_for_again_since() {
    let first = Session { turns: 3, wrong: 1, ..Session::default() };
    let Begun::Open(mut session) = first.clone().begin(3, 1, false) else { panic!("nothing was said yet") };
    assert_eq!((session.turns, session.again, session.wrong), (4, 1, 1));
    assert_eq!(session.before.as_deref(), Some(&first));
    session.wrong = 2;
    session.said = Some(ivr::ask_pin(&[], 4));

    for (number, again, silent) in
        [(0, 0, false), (2, 2, false), (3, 0, false), (3, 1, false), (3, 1, true), (3, 2, true)]
    {
        let begun = session.clone().begin(number, again, silent);
        assert_eq!(begun, Begun::Answered(ivr::ask_pin(&[], 4)), "{number}, {again}, {silent}");
    }
    let Begun::Open(anew) = session.clone().begin(3, 2, false) else { panic!("they have not heard it") };
    assert_eq!(
        anew,
        Session { turns: 4, again: 2, before: Some(Box::new(first)), wrong: 1, ..Session::default() }
    );
    let Begun::Open(next) = session.clone().begin(4, 0, true) else { panic!("it is the next") };
    let before = Session { said: None, before: None, ..session };
    assert_eq!(next, Session { turns: 5, again: 0, before: Some(Box::new(before.clone())), ..before });
}
