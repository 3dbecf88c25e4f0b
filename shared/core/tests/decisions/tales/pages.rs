//! From a missed check-in or a cry for help to its end.

use expect_test::expect_file;
use lucius_core::{
    deadman::{ContactChange, Edit, Proof},
    effect::{CallProgress, Channel, Outcome, Party, Purpose},
    id::ContactId,
    incident::TextAnswer,
    words::Answer,
};

use crate::{
    story::Story,
    told::Told,
    world::{call, cancel, confirm, effect, new_contact, phone, pin, placed, question, text},
};

fn tell(party: Party, number: u32) -> lucius_core::effect::EffectId {
    effect(party, Channel::Sms, Purpose::Tell(number))
}

#[test]
fn missed() {
    let mut story = Story::armed();
    story.ann_mut().settings.max_retries = 1;
    let mut told = Told::new("A check-in is missed; somebody goes, and it is over", story);
    told.at("11:00").wakes("Ann is asked.");
    told.then("The text is sent.", |story| {
        story.outcome(&question(Channel::Sms), &Outcome::Done);
    });
    told.at("12:00:04").wakes("Grace still runs.");
    told.at("12:00:05").wakes("No answer: she is asked again.");
    told.then("The text is sent.", |story| {
        story.outcome(&question(Channel::Sms), &Outcome::Done);
    });
    told.at("13:00:10").wakes("No answer again: help is called.");
    told.at("13:00:11").then("Bob's phone rings.", |story| {
        story.outcome(&call(0), &placed("B1"));
    });
    told.then("Bob's text is sent.", |story| {
        story.outcome(&text(0), &Outcome::Done);
    });
    told.at("13:00:30").then("Bob's voicemail answers.", |story| {
        story.told(&call(0), 1, "B1", CallProgress::InProgress);
    });
    told.at("13:00:50").then("The voicemail hangs up.", |story| {
        story.told(&call(0), 1, "B1", CallProgress::Completed);
    });
    told.wakes("So Cas is called, without waiting for the minute.");
    told.at("13:00:51").then("Cas's phone rings.", |story| {
        story.outcome(&call(1), &placed("C1"));
    });
    told.then("Cas's text is sent.", |story| {
        story.outcome(&text(1), &Outcome::Done);
    });
    told.at("13:01:20").then("Cas does not hear it.", |story| {
        story.told(&call(1), 1, "C1", CallProgress::NoAnswer);
    });
    told.at("13:01:50").wakes("The second round.");
    told.at("13:01:51").then("Bob's phone rings again.", |story| {
        story.outcome(&call(0), &placed("B2"));
    });
    told.at("13:02:05").then("Bob listens, and presses nothing.", |story| {
        story.press(0, "B2", "1", "");
    });
    accepted_and_over(&mut told);
    expect_file!["missed.txt"].assert_eq(told.words());
}

/// Bob accepts in the call that he listens to, is asked whether he is still on it, and ends it.
fn accepted_and_over(told: &mut Told) {
    told.at("13:02:50").wakes("Meanwhile Cas is called again.");
    told.then("Cas's phone rings.", |story| {
        story.outcome(&call(1), &placed("C2"));
    });
    told.at("13:02:55").then("Bob has heard the message, and presses 1.", |story| {
        story.press(0, "B2", "2", "1");
    });
    told.wakes("What is to be told is told.");
    told.then("Cas presses 1 as well.", |story| {
        story.press(1, "C2", "1", "1");
    });
    told.then("Cas presses 9, which is not theirs to press.", |story| {
        story.press(1, "C2", "2", "9");
    });
    told.then("Cas presses 5, although nothing is over.", |story| {
        story.press(1, "C2", "3", "5");
    });
    told.then("All are told.", |story| {
        story.outcome(&tell(Party::Contact(1), 1), &Outcome::Done);
        story.outcome(&tell(Party::User, 2), &Outcome::Done);
        story.outcome(&cancel(1, "C2"), &Outcome::Done);
    });
    told.then("Bob's call ends.", |story| {
        story.told(&call(0), 1, "B2", CallProgress::Completed);
    });
    told.at("13:17:55").wakes("Bob is asked whether he is still on it.");
    told.then("Bob's phone rings.", |story| {
        story.outcome(&confirm(0), &placed("B3"));
    });
    told.at("13:18:10").then("Bob presses 1.", |story| {
        story.press(0, "B3", "1", "1");
    });
    told.at("13:20").then("Bob presses 9.", |story| {
        story.press(0, "B3", "2", "9");
    });
    told.then("And 9 again.", |story| {
        story.press(0, "B3", "end3", "9");
    });
    told.wakes("Everybody is told.");
    told.then("The call that Bob accepted in is asked once more.", |story| {
        story.press(0, "B3", "4", "1");
    });
}

#[test]
fn cry_for_help() {
    let mut story = Story::with_contacts(&[("Bob", 1), ("Cas", 1), ("Dee", 2)]);
    story.ann_mut().profile.message = Some("I am at the blue door.\nBring the key.".to_owned());
    story.ann_mut().profile.language = Some("de-DE".to_owned());
    story.ann_mut().contacts[1].language = Some("fr-FR".to_owned());
    story.ann_mut().settings.active = true;
    let mut told = Told::new("Ann calls for help; somebody accepts by text, and Ann ends it", story);
    told.then("Ann texts SOS.", |story| {
        story.sos();
    });
    told.wakes("Bob and Cas are called together.");
    told.then("Ann texts SOS again.", |story| {
        story.sos();
    });
    told.at("10:00:02").then(
        "The texts go out; Bob's phone rings; Cas's call could not be placed for now.",
        |story| {
            story.outcome(&text(0), &Outcome::Done).outcome(&text(1), &Outcome::Done);
            story.outcome(&call(0), &placed("B1")).outcome(&call(1), &crate::world::held());
        },
    );
    told.at("10:00:20").then("Cas texts the code.", |story| {
        story.code(1, "SM-c");
    });
    told.at("10:00:21").then("Bob presses 1.", |story| {
        story.press(0, "B1", "1", "1");
    });
    told.at("10:00:22").then("Bob texts the code as well.", |story| {
        story.code(0, "SM-b");
    });
    told.at("10:00:25").then("Cas texts the code again.", |story| {
        story.code(1, "SM-c2");
    });
    told.at("10:00:30").wakes("What is to be told is told.");
    told.then("Ann says that she is okay, without her PIN.", |story| {
        story.good();
    });
    told.at("10:05").then("Ann says it with her PIN.", |story| {
        story.good_with("1234");
    });
    told.at("10:06").then("Dee, who was never called, texts the code.", |story| {
        story.code(2, "SM-d");
    });
    told.then("Bob texts that it is not over.", |story| {
        let code = story.open().contacts[0].code.clone();
        story.any_code(0, "SM-r", &code, TextAnswer::Reopen);
    });
    told.wakes("Everybody is called again.");
    told.then("Cas texts the same.", |story| {
        let code = story.open().contacts[1].code.clone();
        story.any_code(1, "SM-r2", &code, TextAnswer::Reopen);
    });
    told.then("Bob rings us and asks to be called.", |story| {
        story.call_back(0, "CA-b");
    });
    told.at("10:07").then("Ann ends it in her session.", |story| {
        let incident = story.open().id;
        story.edit(Edit::Resolve { incident, proof: pin("1234") }).unwrap();
    });
    told.then("Bob rings us again.", |story| {
        story.call_back(0, "CA-b2");
    });
    told.at("10:08").then("Cas presses 5 in an old call.", |story| {
        story.press(1, "C1", "1", "5");
    });
    expect_file!["cry_for_help.txt"].assert_eq(told.words());
}

#[test]
fn lapse() {
    let mut told = Told::new(
        "Who accepted is not heard of again; who goes for long is not left alone",
        Story::accepted(),
    );
    told.at("10:03").then("The call that Bob accepted in ends.", |story| {
        story.told(&call(0), 1, "B1", CallProgress::Completed);
    });
    told.at("10:16").wakes("Bob is asked whether he is still on it.");
    told.then("The text is sent; the call finds nobody.", |story| {
        story.outcome(&effect(Party::Contact(0), Channel::Sms, Purpose::Confirm), &Outcome::Done);
        story.outcome(&confirm(0), &placed("B2")).told(&confirm(0), 3, "B2", CallProgress::NoAnswer);
    });
    told.at("10:20:59").wakes("A second is left.");
    told.at("10:21").wakes("Nobody confirmed.");
    told.then("Cas's phone is not called yet; Bob rings.", |story| {
        story.outcome(&call(0), &placed("B3"));
    });
    told.at("10:21:20").then("Bob presses 1.", |story| {
        story.press(0, "B3", "1", "1");
    });
    for (time, sid) in [("10:36:20", "B4"), ("10:51:20", "B5"), ("11:06:20", "B6")] {
        told.at(time).wakes("Bob is asked.");
        told.then("He presses 1.", |story| {
            story.outcome(&confirm(0), &placed(sid)).press(0, sid, "1", "1");
        });
    }
    expect_file!["lapse.txt"].assert_eq(told.words());
}

#[test]
fn untrusted() {
    let mut told = Told::new("A contact who was added in the emergency, without the PIN", Story::ringing());
    told.then("Somebody with Ann's session adds Dee.", |story| {
        story.edit(Edit::AddContact { contact: new_contact("Dee", 300), proof: Proof::None }).unwrap();
    });
    told.wakes("Dee is called at once.");
    told.then("Dee's phone rings.", |story| {
        story.outcome(&call(2), &placed("D1"));
    });
    told.then("Dee presses 1.", |story| {
        story.press(2, "D1", "1", "1");
    });
    told.then("Ann adds Eve, with her PIN.", |story| {
        story.edit(Edit::AddContact { contact: new_contact("Eve", 301), proof: pin("1234") }).unwrap();
    });
    told.at("10:01").wakes("Time passes.");
    told.then("Bob presses 1: Dee is told, without a code.", |story| {
        story.press(0, "B1", "1", "1");
    });
    told.then("Dee presses 1 again.", |story| {
        story.press(2, "D1", "2", "1");
    });
    told.at("10:02").then("A new reason comes.", |story| {
        story.emergency("CA-9");
    });
    expect_file!["untrusted.txt"].assert_eq(told.words());
}

#[test]
fn renumbered() {
    let mut told =
        Told::new("A contact's number changes in the emergency, and changes back", Story::ringing());
    let bob = ContactId::try_from(1).unwrap();
    let change = |number: u64, proof: Proof| {
        let change = ContactChange { phone: Some(phone(number)), ..ContactChange::default() };
        Edit::ChangeContact { id: bob, change, proof }
    };
    for (number, proof, sentence) in [
        (999, Proof::None, "Somebody with Ann's session gives Bob another number."),
        (201, Proof::None, "And his own again."),
        (999, pin("1234"), "And the other one, with the PIN."),
    ] {
        told.then(sentence, |story| {
            story.edit(change(number, proof)).unwrap();
        });
        let lines =
            told.story.open().contacts.iter().map(|contact| (contact.phone.as_str(), contact.trusted));
        let lines = lines.collect::<Vec<_>>();
        told.remark(&format!("who can accept: {lines:?}"));
    }
    for number in 300..337 {
        told.story.edit(change(number, pin("1234"))).unwrap();
    }
    told.then("A number too many.", |story| {
        story.edit(change(400, pin("1234"))).unwrap();
    });
    expect_file!["renumbered.txt"].assert_eq(told.words());
}

#[test]
fn nobody() {
    let mut told = Told::new("There is nobody to call", Story::with_contacts(&[]));
    told.then("Ann texts SOS.", |story| {
        story.sos();
    });
    told.then("Ann texts that she is okay after all.", |story| {
        story.answers(Answer::Good, Proof::None);
    });
    told.at("10:14:59").wakes("A second too early.");
    told.at("10:15").wakes("A quarter of an hour later.");
    told.then("Ann adds Dee.", |story| {
        story.edit(Edit::AddContact { contact: new_contact("Dee", 300), proof: pin("1234") }).unwrap();
    });
    told.wakes("Dee is called.");
    told.then("Ann calls the line.", |story| {
        story.emergency("CA-1");
    });
    expect_file!["nobody.txt"].assert_eq(told.words());
}
