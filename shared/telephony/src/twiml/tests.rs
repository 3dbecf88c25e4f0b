use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};
use quick_xml::{Reader, escape::unescape, events::Event};

use super::{Gather, INLINE_MAX, InlineError, Input, Rejection, Say, Twiml, is_absolute};
use crate::text::without_illegal;

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";

#[test]
fn each_verb_renders_as_the_carrier_reads_it() {
    let cases = [
        (Twiml::new(), "<Response></Response>"),
        (Twiml::new().say("Hello"), "<Response><Say>Hello</Say></Response>"),
        (
            Twiml::new().say(Say::new("Bonjour").language("fr-FR").voice("Polly.Lea")),
            r#"<Response><Say voice="Polly.Lea" language="fr-FR">Bonjour</Say></Response>"#,
        ),
        (Twiml::new().say("  "), "<Response></Response>"),
        (
            Twiml::new().play("https://a.example/x.mp3"),
            "<Response><Play>https://a.example/x.mp3</Play></Response>",
        ),
        (Twiml::new().pause(2), r#"<Response><Pause length="2"/></Response>"#),
        (
            Twiml::new().redirect("https://a.example/?x=1&y=2"),
            r#"<Response><Redirect method="POST">https://a.example/?x=1&amp;y=2</Redirect></Response>"#,
        ),
        (Twiml::new().hangup(), "<Response><Hangup/></Response>"),
        (Twiml::new().reject(Rejection::Busy), r#"<Response><Reject reason="busy"/></Response>"#),
        (Twiml::new().reject(Rejection::Rejected), r#"<Response><Reject reason="rejected"/></Response>"#),
        (Twiml::new().message("Hi"), "<Response><Message>Hi</Message></Response>"),
        (Twiml::new().message(""), "<Response></Response>"),
    ];
    for (document, expected) in cases {
        assert_eq!(document.render(), format!("{DECLARATION}{expected}"));
    }
}

#[test]
fn a_gather_holds_its_prompts_and_every_option() {
    let gather = Gather::new("https://a.example/call?a=1&b=\"2\"")
        .input(Input::KeysOrSpeech)
        .digits(1)
        .timeout_seconds(8)
        .finish_on_key(None)
        .action_on_empty()
        .language("en-GB")
        .hints("yes, no")
        .say("Press 1")
        .pause(1)
        .play("https://a.example/x.mp3");
    assert_eq!(
        Twiml::new().gather(gather).inline().unwrap().as_str(),
        concat!(
            r#"<Response><Gather action="https://a.example/call?a=1&amp;b=&quot;2&quot;" method="POST" "#,
            r#"input="dtmf speech" timeout="8" speechTimeout="auto" numDigits="1" finishOnKey="" actionOnEmptyResult="true" "#,
            r#"language="en-GB" hints="yes, no"><Say>Press 1</Say><Pause length="1"/>"#,
            r#"<Play>https://a.example/x.mp3</Play></Gather></Response>"#
        )
    );
}

#[test]
fn the_finishing_key_is_left_to_the_carrier_unless_set() {
    let plain = Twiml::new().gather(Gather::new("/next")).render();
    assert!(!plain.contains("finishOnKey") && !plain.contains("speechTimeout"), "{plain}");
    let star =
        Twiml::new().gather(Gather::new("/next").input(Input::Speech).finish_on_key(Some('*'))).render();
    assert!(star.contains(r#"finishOnKey="*""#) && star.contains(r#"input="speech" speechTimeout="auto""#));
}

#[test]
fn markup_and_control_characters_cannot_break_out() {
    let document = Twiml::new().say("</Say><Hangup/> & \"'\0\u{B}\u{FFFF}").render();
    assert!(document.contains("&lt;/Say&gt;&lt;Hangup/&gt; &amp; "), "{document}");
    assert!(!document.contains(['\0', '\u{B}', '\u{FFFF}']));
}

#[test]
fn long_speech_becomes_several_verbs() {
    let document = Twiml::new().say("a".repeat(4_097)).render();
    assert_eq!(document.matches("<Say>").count(), 2);
    let texts = Twiml::new().message(&"a".repeat(1_601)).render();
    assert_eq!(texts.matches("<Message>").count(), 2);
}

#[test]
fn an_inline_document_is_short_and_self_contained() {
    let overhead = "<Response><Say></Say></Response>".len();
    let fits = "a".repeat(INLINE_MAX - overhead);
    assert!(Twiml::new().say(fits.clone()).inline().is_ok());
    assert_eq!(
        Twiml::new().say(format!("{fits}a")).inline(),
        Err(InlineError::TooLong { units: INLINE_MAX + 1 })
    );
    let relative = [
        Twiml::new().redirect("/next"),
        Twiml::new().play("x.mp3"),
        Twiml::new().gather(Gather::new("")),
        Twiml::new().gather(Gather::new("https://a.example/").play("/x.mp3")),
    ];
    for document in relative {
        assert_eq!(document.inline(), Err(InlineError::RelativeUrl));
        assert!(document.render().starts_with(DECLARATION));
    }
}

#[test]
fn absolute_means_scheme_and_host() {
    for url in ["https://a.example", "http://127.0.0.1:8000/x", "https://[::1]/"] {
        assert!(is_absolute(url), "{url}");
    }
    for url in ["", "/x", "//a.example/x", "https://", "https:///x", "ftp://a.example", "https://?x"] {
        assert!(!is_absolute(url), "{url}");
    }
}

#[test]
fn debug_says_nothing_that_was_said() {
    let document = Twiml::new().say("secret");
    assert_eq!(format!("{document:?} {:?}", document.inline()), "Twiml(1 verbs) Ok(InlineTwiml(38 bytes))");
}

/// What an XML parser reads back: all text, and the value of every `action`.
fn read_back(document: &str) -> (String, Vec<String>) {
    let mut reader = Reader::from_str(document);
    let (mut text, mut actions) = (String::new(), Vec::new());
    loop {
        match reader.read_event().unwrap() {
            Event::Eof => return (text, actions),
            Event::Text(piece) => text.push_str(&piece),
            Event::GeneralRef(entity) => text.push_str(&unescape(&format!("&{};", &*entity)).unwrap()),
            Event::Start(start) => {
                let action =
                    start.attributes().flatten().find(|attribute| attribute.key.as_ref() == "action");
                actions.extend(action.map(|action| unescape(&action.value).unwrap().into_owned()));
            }
            Event::End(_)
            | Event::Empty(_)
            | Event::Decl(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::PI(_)
            | Event::DocType(_) => {}
        }
    }
}

fn words(text: &str) -> String {
    text.chars().filter(|char| !char.is_whitespace()).collect()
}

proptest! {
    #[test]
    fn whatever_is_said_is_read_back(text in any::<String>(), action in "[a-z<>&\"'=]{0,20}") {
        let document = Twiml::new().gather(Gather::new(action.as_str()).say(text.as_str())).render();
        let (read, actions) = read_back(&document);
        prop_assert_eq!(words(&read), words(&without_illegal(&text)));
        prop_assert_eq!(actions, [action]);
        prop_assert!(document.ends_with("</Gather></Response>"));
    }
}
