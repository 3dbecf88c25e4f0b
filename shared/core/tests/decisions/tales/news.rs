//! What Ann writes and changes while her contacts are called, and who of them hears of it.

use expect_test::expect_file;
use lucius_core::{
    deadman::{CheckIn, Edit, ProfileChange, Proof},
    words::{self, Answer},
};

use crate::{
    story::Story,
    told::Told,
    world::{new_contact, pin},
};

/// She writes `text`.
fn writes(story: &mut Story, text: &str) {
    let (key, text, reading) = (format!("SM-{text}-{}", story.now), text.to_owned(), words::read(text));
    let words = reading.says_more.then(|| text.clone());
    story.check_in(CheckIn { key, answer: reading.answer, sos: reading.sos, text, words, ..story.answer() });
}

fn says(story: &mut Story, change: ProfileChange, proof: Proof) {
    story.edit(Edit::Profile { change: Box::new(change), proof }).unwrap();
}

fn message(words: &str) -> ProfileChange {
    ProfileChange { message: Some(Some(words.to_owned())), ..ProfileChange::default() }
}

#[test]
fn to_who_may_be_on_the_way() {
    let mut told = Told::new("What Ann writes reaches who may be on the way", Story::armed());
    told.then("She cries for help, and says where she is.", |story| {
        writes(story, "sos at 1425 Oak Street, grey van");
    });
    told.wakes("Bob hears of it.");
    told.at("10:00:30").then("She writes before Cas is called.", |story| writes(story, "SOS second floor"));
    told.then("The same again.", |story| writes(story, "SOS second floor"));
    told.then("She does not begin with a cry.", |story| writes(story, "second floor"));
    told.at("10:01").wakes("Cas hears of both.");
    told.then("Cas goes, by code.", |story| {
        story.code(1, "SM-cas");
    });
    told.at("10:03").then("She changes her message, without the PIN.", |story| {
        says(story, message("I am in the cellar."), Proof::None);
    });
    told.then("With it.", |story| says(story, message("I am in the cellar."), pin("1234")));
    told.then("She saves it again.", |story| says(story, message("I am in the cellar."), pin("1234")));
    told.at("10:20").then("It gets worse.", |story| writes(story, "Help me! he is at the door"));
    told.then("And worse.", |story| writes(story, "SOS"));
    expect_file!["to_who_may_be_on_the_way.txt"].assert_eq(told.words());
}

/// Six hundred characters of it, who says it included: the oldest go first.
#[test]
fn as_much_as_a_page_can_hold() {
    let mut story = Story::ringing();
    let line = "A text from their number says: \"\"".len();
    let cry =
        |name: &str, length: usize| format!("sos {name} {}", "x".repeat(length - line - "sos a ".len()));
    writes(&mut story, &cry("a", 300));
    writes(&mut story, &cry("b", 300));
    assert_eq!(story.open().words.len(), 2);
    assert_eq!(story.open().words.iter().map(String::len).sum::<usize>(), 600);
    writes(&mut story, &cry("c", 300));
    let kept: Vec<_> = story.open().words.iter().map(|words| &words[line - 1..line + 4]).collect();
    assert_eq!(kept, ["sos b", "sos c"]);
}

#[test]
fn not_without_end() {
    let mut story = Story::ringing();
    for n in 0..60 {
        writes(&mut story, &format!("sos in room {n} of the old house"));
    }
    let texts = story.pendings().iter().filter(|pending| pending.contains("c0-sms-tell")).count();
    assert_eq!(texts, 5, "{:?}", story.pendings());
    let words = &story.open().words;
    assert!(words.last().unwrap().contains("room 59"), "whoever is called still hears it: {words:?}");
    assert!(words.iter().map(String::len).sum::<usize>() <= 600 && words.len() < 60, "{words:?}");
}

/// Who came without the PIN may be the one whom she hides from.
#[test]
fn not_to_who_came_without_the_pin() {
    let mut story = Story::ringing();
    let eve = lucius_core::deadman::NewContact { is_emergency_contact: true, ..new_contact("Eve", 300) };
    story.edit(Edit::AddContact { contact: eve, proof: Proof::None }).unwrap();
    writes(&mut story, "sos in the cellar");
    let texts = |place| story.texts_to(lucius_core::effect::Party::Contact(place));
    assert!(texts(0).contains("cellar") && !texts(2).contains("cellar"), "{}", texts(2));
    assert!(!texts(2).is_empty(), "they are paged all the same");
}

/// Whoever answers beside somebody who must not notice it reads the same as if there were no alert.
#[test]
fn of_a_silent_alert_nothing_is_said() {
    let answered = |story: &mut Story| {
        writes(story, "what is this");
        story.reply()
    };
    let mut quiet = Story::armed();
    let mut silent = Story::incident();
    let id = silent.open().id;
    silent.incident_mut().silent = true;
    silent.ann_mut().incident = None;
    silent.ann_mut().silent = Some(id);
    assert_eq!(answered(&mut quiet), answered(&mut silent));
}

#[test]
fn what_nobody_understands_is_answered_once_in_ten_minutes() {
    let mut story = Story::armed();
    for (at, answered) in [("10:00", true), ("10:09", false), ("10:10", true), ("10:11", false)] {
        story.at(at).answers(Answer::Unclear, Proof::None);
        assert_eq!(story.reply().contains("nobody was called"), answered, "{at}");
    }
    story.sos().answers(Answer::Unclear, Proof::None);
    assert!(story.reply().contains("not passed on"), "another answer than before: {}", story.reply());
    story.good_with("1234").answers(Answer::Unclear, Proof::None);
    assert!(story.reply().contains("nobody was called"), "it is over: another answer again");
}

/// What becomes of it can be seen, so that a PIN could be guessed by it.
#[test]
fn a_wrong_pin_beside_a_message_is_counted_and_the_message_told() {
    let mut story = Story::ringing();
    says(&mut story, message("I am in the cellar."), pin("9999"));
    assert_eq!(story.ann().tries.wrong, 1);
    assert!(story.open().words.concat().contains("password writes: \"I am in the cellar.\""));
    assert!(!story.open().subject.message.contains("cellar"));
}
