use super::*;

fn only(source: &str) -> Verb {
    let document = voice(&format!("<Response>{source}</Response>")).unwrap();
    assert_eq!(document.warnings, [], "{source}");
    assert_eq!(document.verbs.len(), 1, "{source}");
    document.verbs.into_iter().next().unwrap()
}

fn warnings(source: &str) -> Vec<u32> {
    voice(&format!("<Response>{source}</Response>")).unwrap().warnings.iter().map(|(code, _)| *code).collect()
}

#[test]
fn gather_has_the_documented_defaults() {
    let Verb::Gather(gather) = only("<Gather/>") else { panic!("no gather") };
    assert!(gather.dtmf && !gather.speech && !gather.action_on_empty_result);
    assert_eq!(gather.finish_on_key, "#");
    assert_eq!(gather.num_digits, None);
    assert!((gather.timeout - 5.0).abs() < f64::EPSILON);
    assert_eq!((gather.action, gather.method.as_str()), (None, "POST"));
}

#[test]
fn gather_reads_everything() {
    let Verb::Gather(gather) = only(
        r#"<Gather action="https://x.test/a?b=1&amp;c=2" method="GET" input="dtmf speech" numDigits="1" timeout="8"
            finishOnKey="" actionOnEmptyResult="true" speechTimeout="auto"><Say>One</Say><Pause length="2"/></Gather>"#,
    ) else {
        panic!("no gather")
    };
    assert_eq!(gather.action.as_deref(), Some("https://x.test/a?b=1&c=2"));
    assert!(gather.dtmf && gather.speech && gather.action_on_empty_result);
    assert_eq!((gather.num_digits, gather.finish_on_key.as_str()), (Some(1), ""));
    assert_eq!(gather.prompts.len(), 2);
}

#[test]
fn names_are_case_sensitive_and_unknown_verbs_are_warned_about() {
    assert_eq!(warnings("<say>x</say>"), [12_200]);
    assert_eq!(warnings("<Gather><Dial>1</Dial></Gather>"), [12_200]);
    assert_eq!(warnings(r#"<Say pitch="1">x</Say>"#), [12_200]);
    assert_eq!(warnings("<Say></Say>"), [13_520]);
    assert_eq!(warnings(&format!("<Say>{}</Say>", "a".repeat(4_097))), [13_521]);
    assert_eq!(warnings(r#"<Gather input="keys"/>"#), [13_335]);
    assert_eq!(warnings(r#"<Gather timeout="soon"/>"#), [12_200]);
}

#[test]
fn dial_takes_a_number_or_numbers() {
    let Verb::Dial(dial) = only("<Dial callerId='+1555'>+15550001</Dial>") else { panic!("no dial") };
    assert_eq!(dial.numbers.len(), 1);
    let Verb::Dial(dial) =
        only("<Dial><Number url='https://x.test/w'>+15550001</Number><Number>+15550002</Number></Dial>")
    else {
        panic!("no dial")
    };
    assert_eq!(
        dial.numbers.iter().map(|n| n.number.as_str()).collect::<Vec<_>>(),
        ["+15550001", "+15550002"]
    );
    assert_eq!(dial.numbers[0].url.as_deref(), Some("https://x.test/w"));
}

#[test]
fn the_root_must_be_response() {
    assert_eq!(voice("<Reply/>").unwrap_err().code, 12_102);
    assert_eq!(voice("not xml").unwrap_err().code, 12_100);
    assert!(voice("<Response/>").unwrap().verbs.is_empty());
}

#[test]
fn messages_read_body_and_plain_text() {
    let document =
        messages("<Response><Message>Hello</Message><Message><Body>There</Body></Message></Response>")
            .unwrap();
    let bodies: Vec<_> = document
        .verbs
        .iter()
        .map(|verb| if let Verb::Message { body, .. } = verb { body.as_str() } else { "" })
        .collect();
    assert_eq!(bodies, ["Hello", "There"]);
    assert_eq!(messages("<Response><Say>x</Say></Response>").unwrap().warnings.len(), 1);
}

#[test]
fn text_is_heard_with_single_spaces() {
    let Verb::Say(say) = only("<Say language='de-DE'>\n  Hallo,\n   Welt  </Say>") else { panic!("no say") };
    assert_eq!((say.text.as_str(), say.language.as_str(), say.repeat), ("Hallo, Welt", "de-DE", 1));
}
