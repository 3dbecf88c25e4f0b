use lucius_telephony::{CallStatus, Form, RawRequest, Signed};
use secrecy::SecretString;

use super::{
    CallStatusCallback, Direction, InboundText, MessageStatus, MessageStatusCallback, MissingField, OptOut,
    TwilioVerifier, VoiceRequest,
};
use crate::signature::{Refused, Tokens, sign};

const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";

fn form(raw: &str) -> Form {
    Form::parse(raw.as_bytes()).unwrap()
}

/// The form of a fixture: the lines that are not comments.
fn fixture(text: &str) -> Form {
    let raw: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
    form(&raw.concat())
}

fn shown(number: Option<&lucius_core::phone::PhoneNumber>) -> Option<&str> {
    number.map(lucius_core::phone::PhoneNumber::as_str)
}

#[test]
fn a_call_that_comes_in() {
    let request = VoiceRequest::read(&fixture(include_str!("../../fixtures/voice-inbound.txt"))).unwrap();
    assert_eq!(request.call_sid, "CA5ef8732a3c49700934481addd5ce1659");
    assert_eq!(request.status, CallStatus::Ringing);
    assert_eq!(request.direction, Direction::Inbound);
    assert_eq!(shown(request.from.as_ref()), Some("+14155550123"));
    assert_eq!(shown(request.to.as_ref()), Some("+18005551212"));
    assert_eq!(request.other_party(), request.from.as_ref());
    assert_eq!((request.digits, request.speech), (None, None));
}

#[test]
fn keys_in_a_call_that_we_placed() {
    let request = VoiceRequest::read(&fixture(include_str!("../../fixtures/voice-gather.txt"))).unwrap();
    assert_eq!(request.status, CallStatus::InProgress);
    assert_eq!(request.direction, Direction::Outbound);
    assert_eq!(shown(request.other_party()), Some("+14155550123"));
    assert_eq!(request.digits.as_deref(), Some("1"));
}

#[test]
fn speech_and_empty_input() {
    let request =
        VoiceRequest::read(&form("CallSid=CA1&SpeechResult=I+am+fine&Confidence=0.9&Digits=")).unwrap();
    assert_eq!((request.digits, request.speech.as_deref()), (None, Some("I am fine")));
    assert_eq!(request.direction, Direction::Unknown);
    assert_eq!(request.status, CallStatus::Unknown(String::new()));
}

#[test]
fn a_caller_without_a_number_is_heard_all_the_same() {
    let callers = [
        "anonymous",
        "Anonymous",
        "%2B266696687",
        "client%3Aalice",
        "sip%3Aalice%40example.org",
        "sip%3A%2B14155550123%40example.org",
        "12345",
        "LUCIUS",
        "%2B",
        "%00",
        "",
    ];
    for caller in callers {
        let request = VoiceRequest::read(&form(&format!("CallSid=CA1&From={caller}"))).unwrap();
        assert_eq!(request.from, None, "{caller}");
        let text = InboundText::read(&form(&format!("MessageSid=SM1&From={caller}"))).unwrap();
        assert_eq!(text.from, None, "{caller}");
    }
    assert_eq!(VoiceRequest::read(&form("CallSid=CA1")).unwrap().from, None);
}

#[test]
fn reports_on_a_call() {
    let report =
        CallStatusCallback::read(&fixture(include_str!("../../fixtures/call-completed.txt"))).unwrap();
    assert_eq!(
        report,
        CallStatusCallback {
            call_sid: "CA5ef8732a3c49700934481addd5ce1659".to_owned(),
            status: CallStatus::Completed,
            sequence: Some(3),
            duration_seconds: Some(15),
            sip_response_code: Some(200),
            error_code: None,
        }
    );
    let odd =
        form("CallSid=CA1&CallStatus=levitating&SequenceNumber=x&CallDuration=-1&SipResponseCode=99999");
    let report = CallStatusCallback::read(&odd).unwrap();
    assert_eq!(report.status, CallStatus::Unknown("levitating".to_owned()));
    assert_eq!((report.sequence, report.duration_seconds, report.sip_response_code), (None, None, None));
    let failed = form("CallSid=CA1&CallStatus=failed&ErrorCode=13224");
    assert_eq!(CallStatusCallback::read(&failed).unwrap().error_code, Some(13_224));
}

#[test]
fn a_text_that_comes_in() {
    let text = InboundText::read(&fixture(include_str!("../../fixtures/text-inbound.txt"))).unwrap();
    assert_eq!(text.message_sid, "SM1f0e8ae6ade43cb3c0ce4525424e404f");
    assert_eq!(shown(text.from.as_ref()), Some("+14155550123"));
    assert_eq!(text.body, " Ok 123456\n");
    assert_eq!((text.media_count, text.opt_out), (0, None));
}

#[test]
fn a_text_that_is_an_opt_out_word() {
    let words = [
        ("STOP", OptOut::Stop),
        ("START", OptOut::Start),
        ("HELP", OptOut::Help),
        ("WAIT", OptOut::Unknown("WAIT".to_owned())),
    ];
    for (word, opt_out) in words {
        let text = InboundText::read(&form(&format!("SmsSid=SM1&Body={word}&OptOutType={word}"))).unwrap();
        assert_eq!(text.opt_out, Some(opt_out));
        assert_eq!(text.message_sid, "SM1");
    }
}

#[test]
fn reports_on_a_text() {
    let report =
        MessageStatusCallback::read(&fixture(include_str!("../../fixtures/text-undelivered.txt"))).unwrap();
    assert_eq!(
        report,
        MessageStatusCallback {
            message_sid: "SM1f0e8ae6ade43cb3c0ce4525424e404f".to_owned(),
            status: MessageStatus::Undelivered,
            error_code: Some(30_003),
        }
    );
    let words = [
        ("accepted", MessageStatus::Pending, 0),
        ("scheduled", MessageStatus::Pending, 0),
        ("queued", MessageStatus::Pending, 0),
        ("sending", MessageStatus::Pending, 0),
        ("partially_delivered", MessageStatus::Unknown("partially_delivered".to_owned()), 0),
        ("sent", MessageStatus::Sent, 1),
        ("failed", MessageStatus::Failed, 2),
        ("canceled", MessageStatus::Canceled, 2),
        ("delivered", MessageStatus::Delivered, 3),
        ("read", MessageStatus::Delivered, 3),
    ];
    for (word, status, progress) in words {
        assert_eq!(status.progress(), progress, "{word}");
        assert_eq!(MessageStatus::parse(word), status);
    }
}

#[test]
fn a_payload_without_its_key_field_is_an_error() {
    assert_eq!(VoiceRequest::read(&form("CallSid=")), Err(MissingField("CallSid")));
    assert_eq!(CallStatusCallback::read(&form("CallSid=CA1")), Err(MissingField("CallStatus")));
    assert_eq!(InboundText::read(&form("")), Err(MissingField("MessageSid")));
    assert_eq!(MessageStatusCallback::read(&form("MessageSid=SM1")), Err(MissingField("MessageStatus")));
}

#[test]
fn only_our_own_account_is_believed() {
    let token = SecretString::from("12345");
    let url = "https://example.org/inbound/answer";
    let verifier = TwilioVerifier::new(ACCOUNT, Tokens::new(token.clone(), None).unwrap());
    let other = ACCOUNT.replace('f', "e");
    for (account, expected) in [
        (Some(ACCOUNT), None),
        (Some(other.as_str()), Some(Refused::OtherAccount)),
        (None, Some(Refused::OtherAccount)),
    ] {
        let body =
            format!("CallSid=CA1{}", account.map(|sid| format!("&AccountSid={sid}")).unwrap_or_default());
        let signature = sign(&token, url, &form(&body));
        let request = RawRequest {
            method: "POST",
            url,
            content_type: Some("application/x-www-form-urlencoded"),
            signatures: &[&signature],
            body: body.as_bytes(),
        };
        assert_eq!(Signed::verify(&verifier, &request).err(), expected);
        let forged = RawRequest { signatures: &["AAAAAAAAAAAAAAAAAAAAAAAAAAA="], ..request };
        assert_eq!(Signed::verify(&verifier, &forged), Err(Refused::Mismatch));
    }
}

#[test]
fn debug_shows_no_keys_no_words_and_two_digits() {
    let voice =
        VoiceRequest::read(&form("CallSid=CA1&From=%2B14155550123&Digits=7391&SpeechResult=aardvark"))
            .unwrap();
    let text = InboundText::read(&form("MessageSid=SM1&From=%2B14155550123&Body=aardvark")).unwrap();
    let verifier = TwilioVerifier::new(ACCOUNT, Tokens::new("hush".into(), None).unwrap());
    for shown in [format!("{voice:?}"), format!("{text:?}"), format!("{verifier:?}")] {
        for hidden in ["7391", "aardvark", "0123\"", "4155", "hush"] {
            assert!(!shown.contains(hidden), "{shown}");
        }
    }
}
