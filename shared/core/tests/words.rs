//! What texts and spoken phrases mean, over messages that people and their phones really send.

use lucius_core::words::{
    Answer, Command, ContactReply, Keyword, contact_reply, is_cry, is_help_key, keyword, read, read_answer,
    spoken_digits,
};
use proptest::prelude::*;

#[rustfmt::skip]
const GOOD: &[&str] = &[
    // kronus
    "yes", "yeah", "yh", "y", "YES", "Yes", "Y", " yes ", "yEs\n",
    // the same on real keyboards
    "Yes.", "yes!", "YES!!!", "Yep", "yup", "Yes, I am", "Yes I'm ok", "Yes. All good.", "ok", "OK", "Ok.",
    "okay", "O.K.", "k", "I'm ok", "I\u{2019}m ok", "Im ok", "i am ok", "I am okay.", "I AM OK", "I m ok",
    "I'm fine", "I'm fine, thanks!", "Fine", "good", "All good", "all good :)", "I'm good thank you", "safe",
    "I'm safe", "Home safe", "safe and sound", "everything is fine", "Everything's ok", "We're safe",
    "I'm doing well", "doing ok", "alright", "all is well", "Hi Lucius, I'm ok", "Yes thanks 🙏", "I'm OK 😊",
    "yes yes", "Yes\nI am ok", "\"Yes\"", "* yes *", "👍", "👍🏽", "👍👍", "👌", "✅", "ok 👍", "ＹＥＳ", "ｏｋ",
    "y\u{200B}es", "\u{FEFF}yes", "OK \u{2764}\u{FE0F}", "I'm ok now", "I am safe now.", "All good here!",
    "It is ok", "it is all good", "\u{A1}ok!", "ok\u{2026}", "ok\u{3002}", "all\u{3000}good", "ok \u{2014} all good", "ok\u{60C} thanks",
];

#[rustfmt::skip]
const BAD: &[&str] = &[
    // kronus
    "no", "nope", "nah", "na", "n", "NO", "No", "N", " no ", "No.", "NO!!!", "no no no", "Nope.", "not ok",
    "Not okay", "I'm not ok", "I'm not okay.", "I am not ok", "im not ok", "I\u{2019}m not OK", "No, I'm not",
    "No I am not", "no i'm not ok", "not good", "I'm not good", "not safe", "I am not safe",
    "I don't feel safe", "not really", "not at all", "bad", "unsafe", "We are not safe", "👎", "👎🏿", "❌",
    "no 👎", "ＮＯ",
];

#[rustfmt::skip]
const SOS: &[&str] = &[
    "SOS", "sos", "S\u{200B}OS", "SOS!", "sos?", "🆘", "🆘🆘", "Help me", "help me!", "HELP ME PLEASE",
    "please help me", "help!!", "Help me?", "send help", "I need help", "I need help now",
    "I\u{2019}m in danger", "I'm in trouble", "emergency", "It's an emergency", "This is an emergency!",
    "Mayday mayday", "Call 911", "call the police", "911", "I'm hurt", "No! Help me!", "No I'm not. Help me!", "I'm not. I'm hurt", "yes help me",
    "sos at 5th street, grey van", "It is an emergency", "SOS I fell", "🆘 near the river",
    // What stands behind a call for help is for those who come.
    "S.O.S.", "S O S", "S-O-S!", "s o s i fell", "9-1-1", "please sos I fell", "Help me, he is in the house", "HELP I FELL",
    "help he has a knife", "Help! There's somebody at the door", "I need help with him, he is drunk",
    "oh my god help me please he is here", "Call the police, he is outside", "I'm hurt, I can't get up", "hey, i need help asap",
    "Help no one answers", "911 break-in, 12 Main Street", "in danger at the old mill", "No, call the police, he is outside",
    "No I need help with him", "N help me he is here", "I'm not ok, call 911 I fell", "HELP! Is anyone there?", "Help! Room 12",
    "Help me! If he finds me I am dead", "Emergency! Not breathing", "Help, number 12 Oak St", "Please come help me",
    "Somebody help me", "I really need help", "I need the police", "ambulance please", "dial 911", "I'm being attacked",
    "I've been stabbed", "can't breathe", "H E L P", "helpme", "I can't breathe well",
];

#[rustfmt::skip]
const UNCLEAR: &[&str] = &[
    "", " ", ".", "...", "?", "ok?", "yes?", "y?", "Yes??", "no?", "are you ok?", "Are you okay Ann? (Y/N)",
    "(Y/N)", "Y/N", "y or n", "Are you okay", "You good ?? Please answer Y or N.", "Reply Y", "Yes or no",
    "What?", "who is this", "Who dis?", "no but I can in 2 hours", "NO I AM NOT OK YES",
    "I'm ok but my leg hurts", "I'm ok, but...", "yes but", "yes and no", "Yes no", "no yes", "No, I'm ok",
    "no I'm fine", "No I'm good", "ok no", "yes I'm not ok", "not yet", "not sure", "not bad",
    "can't complain", "no problem", "no worries", "No emergency", "no danger", "no thanks", "No thank you",
    "don't worry I'm ok", "don't worry", "I will be ok", "I was ok", "ok if you come", "maybe", "kind of",
    "sort of", "so so", "not in danger", "no longer in danger", "I'm not in danger", "am I ok", "is he ok",
    "he is ok", "she's not ok", "I'm driving. I'll reply later",
    "I'm driving with Do Not Disturb While Driving turned on. I'll see your message when I get \
     where I'm going.",
    "Can't talk right now.", "Can I call you later?", "I'm in a meeting, will get back to you",
    "Sorry, I missed your call", "On my way", "Ok, I'll call you", "Okay talk later",
    "Out of office until Monday", "Liked \u{201C}Are you okay Ann? (Y/N)\u{201D}",
    "👍 to \u{201C}Are you okay Ann? (Y/N)\u{201D}", "thanks", "hi", "hello?", "👍👎", "no 👍", "yes 👎", "ok 😢",
    "ok :(", "ok :-(", "ok :[", "ok :{", "ok :<", "ok :/", "ok :\\", "ok :|", "🤷", "😭", "yes/no", "good?", "good night", "good luck", "good grief", "fine whatever",
    "safe travels", "all good things", "yesterday", "nothing", "none", "noon", "okra", "yesno", "knowes", "1",
    "2", "yes 50%", "ok 12", "ok 123", "I'm at 12 Main Street", "see you at 18:05", "stop it", "please stop", "now", "yes please", "ok now what",
    "the end", "The doctor said I'm fine", "Mum says ok", "tell him I'm ok", "they told me to write I'm ok",
    "emergency contact", "Emergency over", "The emergency is over", "help is on the way", "help not needed", "help desk",
    "help settings", "no help needed", "How can I help you?", "If this is an emergency, call 911", "In an emergency call 911",
    "Help has arrived, thanks", "Help no longer needed", "Emergency cancelled", "Danger has passed", "In danger no more",
    "Emergency meeting until 5, I'm fine", "Emergency at work, I'm ok", "In trouble with my boss lol", "Save me a seat",
    "Help me reset my PIN", "112 Main Street, all fine", "Call 911 for emergencies. This mailbox is not read", "1 1 2 4", "9 9 9 1",
    "9 1 1 7", "the police said I am fine", "Call 911 if it is urgent. I am away", "I am in a meeting. If you need help call 911", "s o", "n o s",
    "please", "\u{443}\u{435}\u{455}", "是", "да", "نعم",
];

#[test]
fn messages_people_send() {
    let rows = [(Answer::Good, GOOD), (Answer::Bad, BAD), (Answer::Bad, SOS), (Answer::Unclear, UNCLEAR)];
    for (answer, texts) in rows {
        for text in texts {
            assert_eq!(read_answer(text), answer, "{text:?}");
        }
    }
    for (sos, texts) in [(true, SOS), (false, GOOD), (false, BAD), (false, UNCLEAR)] {
        for text in texts {
            assert_eq!(read(text).sos, sos, "{text:?}");
        }
    }
}

#[test]
fn a_negated_worry_is_no_alarm() {
    for negation in [
        "not",
        "I'm not",
        "I am not",
        "not really",
        "not at all",
        "never",
        "no longer",
        "isn't",
        "wasn't",
        "no more",
    ] {
        for worry in
            ["bad", "unsafe", "unwell", "in danger", "in trouble", "danger", "hurt", "injured", "emergency"]
        {
            let text = format!("{negation} {worry}");
            assert_eq!((read_answer(&text), read(&text).sos), (Answer::Unclear, false), "{text}");
        }
    }
}

#[test]
fn a_pin_follows_a_clear_answer_or_stands_alone() {
    for (text, answer, digits) in [
        ("OK 4711", Answer::Good, Some("4711")),
        ("ok, 4711.", Answer::Good, Some("4711")),
        ("I'm fine 471100", Answer::Good, Some("471100")),
        ("👍 4711", Answer::Good, Some("4711")),
        ("No 4711", Answer::Bad, Some("4711")),
        ("SOS 4711", Answer::Bad, Some("4711")),
        ("4711", Answer::Unclear, Some("4711")),
        (" 4711 ", Answer::Unclear, Some("4711")),
        ("４７１１", Answer::Unclear, Some("4711")),
        ("\u{664}\u{667}\u{661}\u{661}", Answer::Unclear, Some("4711")),
        (
            "4\u{FE0F}\u{20E3}7\u{FE0F}\u{20E3}1\u{FE0F}\u{20E3}1\u{FE0F}\u{20E3}",
            Answer::Unclear,
            Some("4711"),
        ),
        ("4711?", Answer::Unclear, None),
        ("ok 4711?", Answer::Unclear, None),
        ("123", Answer::Unclear, None),
        ("1234567890123", Answer::Unclear, None),
        ("4711 ok", Answer::Unclear, None),
        ("47 11", Answer::Unclear, None),
        ("OK4711", Answer::Unclear, None),
        ("yes no 4711", Answer::Unclear, None),
        ("I will be there at 1800", Answer::Unclear, None),
        ("my pin is 4711", Answer::Unclear, None),
    ] {
        let reading = read(text);
        assert_eq!((reading.answer, reading.digits.as_deref()), (answer, digits), "{text:?}");
    }
}

#[test]
fn carriers_words_are_nothing_else() {
    for (text, expected) in [
        ("STOP", Some(Keyword::Stop)),
        (" stop\n", Some(Keyword::Stop)),
        ("StopAll", Some(Keyword::Stop)),
        ("unsubscribe", Some(Keyword::Stop)),
        ("cancel", Some(Keyword::Stop)),
        ("End", Some(Keyword::Stop)),
        ("quit", Some(Keyword::Stop)),
        ("revoke", Some(Keyword::Stop)),
        ("optout", Some(Keyword::Stop)),
        ("START", Some(Keyword::Start)),
        ("unstop", Some(Keyword::Start)),
        ("help", Some(Keyword::Help)),
        ("INFO", Some(Keyword::Help)),
        ("YES", None),
        ("stop.", None),
        ("stop it", None),
        ("help me", None),
        ("", None),
    ] {
        assert_eq!(keyword(text), expected, "{text:?}");
        assert_eq!(read(text).keyword, expected, "{text:?}");
    }
    let stop = read("STOP");
    assert_eq!((stop.answer, stop.sos, stop.opts_in), (Answer::Unclear, false, false));
    assert!(
        read("start").opts_in
            && read(" yes ").opts_in
            && !read("yeah").opts_in
            && !read("yes please").opts_in
    );
    assert_eq!(read("YES").answer, Answer::Good);
    let help = read("HELP");
    assert_eq!(
        (help.answer, help.sos),
        (Answer::Bad, false),
        "an answer to a question, but no alarm by itself"
    );
    assert_eq!(read("INFO").answer, Answer::Unclear);
}

/// Whoever is asked for their PIN and cannot say a word has the keys.
#[test]
fn keys_that_call_for_help() {
    for digits in ["9", "99", "999", "911", "112"] {
        assert!(is_help_key(digits), "{digits}");
    }
    // The longer ones can be a PIN, and a PIN is never a cry.
    for digits in ["", "0", "1", "8", "19", "91", "919", "992", "111", "9999", "9911", "9112", "99999"] {
        assert!(!is_help_key(digits), "{digits}");
    }
}

#[test]
fn what_is_said_in_a_call_and_calls_for_help() {
    for speech in ["help", "Help", "Help.", "help me", "SOS", "call the police", "Help, he is in the house"] {
        assert!(is_cry(speech), "{speech}");
    }
    for speech in
        ["", "1234", "one two three four", "yes", "I'm okay", "stop", "no help needed", "how can I help you?"]
    {
        assert!(!is_cry(speech), "{speech}");
    }
}

#[test]
fn commands_are_no_answers() {
    let ping = read("ping");
    assert_eq!((ping.command, ping.answer), (Some(Command::Ping), Answer::Unclear));
    let status = read("status 4711");
    assert_eq!((status.command, status.digits.as_deref()), (Some(Command::Status), Some("4711")));
    assert_eq!(read("status is good").command, None);
}

#[test]
fn only_a_code_accepts() {
    let accept = |code: Option<&str>| ContactReply::Accept { code: code.map(str::to_owned) };
    for (text, expected) in [
        ("123456", accept(Some("123456"))),
        (" 123456\n", accept(Some("123456"))),
        ("OK 123456", accept(Some("123456"))),
        ("ok   123456", accept(Some("123456"))),
        ("Y 123456", accept(Some("123456"))),
        ("yes 123456", accept(Some("123456"))),
        ("Okay 123456", accept(Some("123456"))),
        ("１２３４５６", accept(Some("123456"))),
        ("\u{661}\u{662}\u{663}\u{664}\u{665}\u{666}", accept(Some("123456"))),
        ("\u{200E}123456\u{200E}", accept(Some("123456"))),
        ("OK\u{A0}123456", accept(Some("123456"))),
        ("ok", accept(None)),
        ("OK", accept(None)),
        ("Yes", accept(None)),
        ("y", accept(None)),
        ("1", accept(None)),
        ("123456.", accept(Some("123456"))),
        ("ok, 123456!", accept(Some("123456"))),
        ("Yes.", accept(None)),
        ("re-opening 123456", ContactReply::Other),
        ("\u{201C}123456\u{201D}", accept(Some("123456"))),
        ("ok-123456", accept(Some("123456"))),
        ("Ann has checked in. If that is wrong, reply REOPEN 123456", ContactReply::Other),
        ("123456?", ContactReply::Other),
        ("...", ContactReply::Other),
        ("no", ContactReply::Decline),
        ("NO 123456", ContactReply::Decline),
        ("I can\u{2019}t", ContactReply::Decline),
        ("cannot", ContactReply::Decline),
        ("", ContactReply::Other),
        ("12345", ContactReply::Other),
        ("1234567", ContactReply::Other),
        ("123 456", ContactReply::Other),
        ("123-456", ContactReply::Other),
        ("+123456", ContactReply::Other),
        ("OK123456", ContactReply::Other),
        ("1 123456", ContactReply::Other),
        ("123456 OK", ContactReply::Other),
        ("OK 123456 654321", ContactReply::Other),
        ("OK OK 123456", ContactReply::Other),
        ("not ok 123456", ContactReply::Other),
        ("OK, I got \"Ann may be in trouble. Reply 123456\"", ContactReply::Other),
        ("I'm driving. Re: If you are going, reply 123456 (only the code).", ContactReply::Other),
        ("Auto-reply: 123456", ContactReply::Other),
        ("Liked \u{201C}reply 123456\u{201D}", ContactReply::Other),
        ("yes?", ContactReply::Other),
        ("ok will go", ContactReply::Other),
        ("11", ContactReply::Other),
        ("👍", ContactReply::Other),
        ("STOP", ContactReply::Other),
    ] {
        assert_eq!(contact_reply(text), expected, "{text:?}");
    }
}

/// Who begins with REOPEN says that it is not over; our own text that is quoted does not begin so.
#[test]
fn reopen_is_read_as_people_and_phones_write_it() {
    let reopen = |code: Option<&str>| ContactReply::Reopen { code: code.map(str::to_owned) };
    for (text, expected) in [
        ("REOPEN 123456", reopen(Some("123456"))),
        ("REOPEN 123456.", reopen(Some("123456"))),
        ("\"Reopen: 123456\"", reopen(Some("123456"))),
        ("reopen 123456 she is not home", reopen(Some("123456"))),
        ("reopen the alert, 123456!", reopen(Some("123456"))),
        ("\u{201C}REOPEN 123456\u{201D}", reopen(Some("123456"))),
        ("\u{2018}Reopen 123456\u{2019}", reopen(Some("123456"))),
        ("REOPEN:123456", reopen(Some("123456"))),
        ("REOPEN123456", reopen(Some("123456"))),
        ("Re-open 123456 \u{2026}", reopen(Some("123456"))),
        ("re open, 123456?", reopen(Some("123456"))),
        ("Reopen?", reopen(None)),
        ("reopened 123456", ContactReply::Other),
        ("re 123456", ContactReply::Other),
        ("reopen", reopen(None)),
        ("Reopen!", reopen(None)),
        ("reopen 12345", reopen(None)),
    ] {
        assert_eq!(contact_reply(text), expected, "{text}");
    }
}

#[test]
fn digits_as_people_speak_them() {
    for (speech, digits) in [
        ("one two three four", Some("1234")),
        ("1-2-3-4.", Some("1234")),
        ("1234", Some("1234")),
        ("1 2 3 4", Some("1234")),
        ("1, 2, 3, 4.", Some("1234")),
        ("One. Two. Three. Four.", Some("1234")),
        ("12 34", Some("1234")),
        ("1 two 3 four", Some("1234")),
        ("oh five oh five", Some("0505")),
        ("O five zero 5", Some("0505")),
        ("double five one two", Some("5512")),
        ("one double 0 two", Some("1002")),
        ("triple seven one", Some("7771")),
        ("treble seven one", Some("7771")),
        ("one two three four hash", Some("1234")),
        ("one two three four pound", Some("1234")),
        ("1234#", Some("1234")),
        ("to for ate won", Some("2481")),
        ("niner niner", Some("99")),
        ("plus one two three four five six seven eight nine oh oh", Some("12345678900")),
        ("+1 (234) 567-8900", Some("12345678900")),
        ("", None),
        ("hash", None),
        ("double", None),
        ("double double five", None),
        ("five double", None),
        ("double twelve", None),
        ("double 12", None),
        ("twelve thirty four", None),
        ("one hundred", None),
        ("my pin is one two three four", None),
        ("one two three help", None),
        ("no", None),
        ("one minus two", None),
        ("eins zwei", None),
        ("1234 5678 9012 3456 7890 1234 5678 9012", Some("12345678901234567890123456789012")),
        ("1234 5678 9012 3456 7890 1234 5678 9012 3", None),
        ("nought naught nil zero", Some("0000")),
        ("too to two", Some("222")),
        ("fore", Some("4")),
        ("one (two)", Some("12")),
        ("double hash five", Some("55")),
    ] {
        assert_eq!(spoken_digits(speech).as_deref(), digits, "{speech:?}");
    }
}

/// A word of a message: one that means something, one that turns it round, or any.
fn word() -> impl Strategy<Value = String> {
    let known = [GOOD, BAD, SOS].concat();
    prop_oneof![
        4 => prop::sample::select(known).prop_map(str::to_owned),
        2 => prop::sample::select(vec!["but", "if", "not", "no", "never", "I", "am", "ok", "1234"]).prop_map(str::to_owned),
        1 => "\\PC{0,6}",
    ]
}

proptest! {
    #[test]
    fn no_text_panics(text: String) {
        let _ = (read(&text), contact_reply(&text), spoken_digits(&text));
    }

    #[test]
    fn a_negation_is_never_good(
        before in prop::collection::vec(word(), 0..4),
        negation in prop::sample::select(vec![
            "no", "not", "n", "nope", "nah", "never", "can't", "cannot", "don\u{2019}t", "isn't", "won't", "ain't", "without", "NO", "ＮＯＴ",
        ]),
        after in prop::collection::vec(word(), 0..4),
    ) {
        let text = [before, vec![negation.to_owned()], after].concat().join(" ");
        prop_assert_ne!(read_answer(&text), Answer::Good, "{}", text);
    }

    #[test]
    fn a_known_answer_with_a_stranger_in_it_is_not_good(
        text in prop::sample::select(GOOD), stranger in "[b-df-hj-mp-twxz]{3,9}", first: bool,
    ) {
        let text = if first { format!("{stranger} {text}") } else { format!("{text} {stranger}") };
        prop_assume!(!["thx", "plz", "pls", "sos", "ty"].contains(&stranger.as_str()));
        prop_assert_eq!(read_answer(&text), Answer::Unclear, "{}", text);
    }

    #[test]
    fn spoken_digits_are_digits(speech in prop::collection::vec(
        prop::sample::select(vec!["one", "two", "oh", "double", "triple", "5", "12", "hash", "no"]), 0..12,
    )) {
        if let Some(digits) = spoken_digits(&speech.join(" ")) {
            prop_assert!(!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()));
        }
    }

    #[test]
    fn a_text_around_a_code_does_not_accept(before in "\\PC{1,20}", code in "[0-9]{6}", after in "\\PC{1,20}") {
        let text = format!("{before}{code}{after}");
        let accepted = matches!(contact_reply(&text), ContactReply::Accept { .. });
        let all_blank = after.trim().is_empty() || after.chars().all(|sign| !sign.is_alphanumeric());
        prop_assert!(!accepted || all_blank, "{:?}", text);
    }
}
