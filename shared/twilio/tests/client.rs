//! The REST client against a machine that plays Twilio: what it asks, and how it tells failures apart.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod played;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use lucius_core::phone::PhoneNumber;
use lucius_telephony::{
    CallRequest, CallStatus, Carrier, CarrierError, Form, Placed, Sent, TextRequest, Twiml,
};
use lucius_twilio::{
    client::{
        ApiKey,
        renewable::{Reading, Source},
    },
    codes,
};
use played::{ACCOUNT, Behaviour, Played, Received, client};
use tokio::net::TcpListener;

const CALL_CREATED: &str = include_str!("../fixtures/call-created.txt");
const MESSAGE_CREATED: &str = include_str!("../fixtures/message-created.txt");
const REFUSED: &str = include_str!("../fixtures/refused.txt");
const CALL_SID: &str = "CA5ef8732a3c49700934481addd5ce1659";

fn call() -> CallRequest {
    CallRequest {
        to: PhoneNumber::parse("+14155550123").unwrap(),
        twiml: Twiml::new().say("Maria & Tom need help").hangup().inline().unwrap(),
        status_callback: "https://example.org/receipt/call?e=1".to_owned(),
        ring_seconds: 25,
        time_limit_seconds: 180,
    }
}

fn text() -> TextRequest {
    TextRequest {
        to: PhoneNumber::parse("+14155550123").unwrap(),
        body: "Are you okay? é 😀".to_owned(),
        status_callback: Some("https://example.org/receipt/text?e=1".to_owned()),
    }
}

/// What placing a call comes to when Twilio behaves so.
async fn place(behaviour: Behaviour) -> Result<Placed, CarrierError> {
    Played::start(behaviour).await.client().place_call(&call()).await
}

#[tokio::test]
async fn a_call_is_asked_for_field_by_field() {
    let twilio = Played::answering(201, CALL_CREATED).await;
    let placed = twilio.client().place_call(&call()).await;
    assert_eq!(placed, Ok(Placed { sid: CALL_SID.to_owned(), queue_time_ms: 1_000 }));

    let received = twilio.received().await;
    let [request] = received.as_slice() else { panic!("{received:?}") };
    assert_eq!(request.line, format!("POST /2010-04-01/Accounts/{ACCOUNT}/Calls.json HTTP/1.1"));
    assert_eq!(request.header("content-type"), Some("application/x-www-form-urlencoded"));
    let authorization = format!("Basic {}", BASE64_STANDARD.encode("SK0123:hush"));
    assert_eq!(request.header("authorization"), Some(authorization.as_str()));
    let fields = [
        ("To", "+14155550123"),
        ("From", "+18005551212"),
        ("Twiml", "<Response><Say>Maria &amp; Tom need help</Say><Hangup/></Response>"),
        ("StatusCallback", "https://example.org/receipt/call?e=1#ct=2000&rt=6000&rc=2&rp=all"),
        ("StatusCallbackEvent", "initiated"),
        ("StatusCallbackEvent", "completed"),
        ("StatusCallbackMethod", "POST"),
        ("Timeout", "25"),
        ("TimeLimit", "180"),
    ];
    assert_eq!(request.form.fields().collect::<Vec<_>>(), fields);
}

/// A store of secrets in which the key was changed, and how often it was read.
#[derive(Clone, Default)]
struct Changed(Arc<AtomicUsize>);

impl Source<ApiKey> for Changed {
    fn read(&self) -> Reading<'_, ApiKey> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Box::pin(async { ApiKey::new("SK4567".to_owned(), "hush again".into()).ok() })
    }
}

/// The keys of the requests that were made when each was refused so, and how often the key was read again.
async fn keys_when_refused(status: u16, body: &str) -> (Vec<bool>, usize) {
    let twilio = Played::answering(status, body).await;
    let source = Changed::default();
    let client = twilio.client().renewed_by(source.clone());
    assert!(client.place_call(&call()).await.is_err());
    assert!(client.send_text(&text()).await.is_err());
    assert!(client.poll_call(CALL_SID).await.is_err());
    let new = format!("Basic {}", BASE64_STANDARD.encode("SK4567:hush again"));
    let received = twilio.received().await;
    let is_new = |request: &Received| request.header("authorization") == Some(new.as_str());
    (received.iter().map(is_new).collect(), source.0.load(Ordering::Relaxed))
}

#[tokio::test]
async fn a_key_that_is_refused_is_read_again_for_the_next_request() {
    let refusals =
        [(401, r#"{"code":20003}"#), (401, ""), (403, r#"{"code":20003}"#), (401, r#"{"code":20005}"#)];
    for (status, body) in refusals {
        let keys = keys_when_refused(status, body).await;
        assert_eq!(keys, (vec![false, true, true], 1), "{status} {body}");
    }
    for (status, body) in [(400, r#"{"code":21211}"#), (403, r#"{"code":20005}"#), (429, ""), (500, "")] {
        let keys = keys_when_refused(status, body).await;
        assert_eq!(keys, (vec![false; 3], 0), "{status} {body}");
    }
}

#[tokio::test]
async fn a_text_is_asked_for_field_by_field() {
    let twilio = Played::answering(201, MESSAGE_CREATED).await;
    let sent = twilio.client().send_text(&text()).await;
    assert_eq!(sent, Ok(Sent { sid: "SM1f0e8ae6ade43cb3c0ce4525424e404f".to_owned() }));
    let silent = TextRequest { status_callback: None, ..text() };
    assert!(twilio.client().send_text(&silent).await.is_ok());

    let received = twilio.received().await;
    let [request, without_callback] = received.as_slice() else { panic!("{received:?}") };
    assert_eq!(request.line, format!("POST /2010-04-01/Accounts/{ACCOUNT}/Messages.json HTTP/1.1"));
    let fields = [
        ("To", "+14155550123"),
        ("From", "+18005551212"),
        ("Body", "Are you okay? é 😀"),
        ("StatusCallback", "https://example.org/receipt/text?e=1#ct=2000&rt=6000&rc=2&rp=all"),
    ];
    assert_eq!(request.form.fields().collect::<Vec<_>>(), fields);
    assert_eq!(without_callback.form.get("StatusCallback"), None);
}

#[tokio::test]
async fn a_call_that_can_be_cancelled_is() {
    let twilio = Played::answering(200, CALL_CREATED).await;
    assert_eq!(twilio.client().cancel_call(CALL_SID).await, Ok(()));
    let received = twilio.received().await;
    let [request] = received.as_slice() else { panic!("{received:?}") };
    assert_eq!(request.line, format!("POST /2010-04-01/Accounts/{ACCOUNT}/Calls/{CALL_SID}.json HTTP/1.1"));
    assert_eq!(request.form, Form::from_iter([("Status", "canceled")]));
}

#[tokio::test]
async fn nothing_left_to_cancel_is_success() {
    let gone = [(400, r#"{"code":21220}"#), (404, r#"{"code":20404}"#), (404, ""), (200, "")];
    for (status, body) in gone {
        let twilio = Played::answering(status, body).await;
        assert_eq!(twilio.client().cancel_call(CALL_SID).await, Ok(()), "{status} {body}");
    }
    let twilio = Played::answering(429, "").await;
    assert_eq!(twilio.client().cancel_call(CALL_SID).await, Err(CarrierError::Throttled));
    let twilio = Played::answering(401, r#"{"code":20003}"#).await;
    assert_eq!(twilio.client().cancel_call(CALL_SID).await.err(), codes::to_error(20_003));
}

#[tokio::test]
async fn a_call_is_polled() {
    let twilio = Played::answering(200, CALL_CREATED).await;
    assert_eq!(twilio.client().poll_call(CALL_SID).await, Ok(CallStatus::Queued));
    let received = twilio.received().await;
    assert_eq!(
        received[0].line,
        format!("GET /2010-04-01/Accounts/{ACCOUNT}/Calls/{CALL_SID}.json HTTP/1.1")
    );

    let cases = [
        (200, r#"{"status":"no-answer"}"#, Ok(CallStatus::NoAnswer)),
        (200, r#"{"status":"orbiting"}"#, Ok(CallStatus::Unknown("orbiting".to_owned()))),
        (404, r#"{"code":20404}"#, Ok(CallStatus::Unknown("not-found".to_owned()))),
        (429, "", Err(CarrierError::Throttled)),
    ];
    for (status, body, expected) in cases {
        let twilio = Played::answering(status, body).await;
        assert_eq!(twilio.client().poll_call(CALL_SID).await, expected, "{status} {body}");
    }
    let twilio = Played::answering(503, "").await;
    assert!(matches!(twilio.client().poll_call(CALL_SID).await, Err(CarrierError::Unknown { .. })));
}

#[tokio::test]
async fn a_refusal_is_of_the_class_of_its_code() {
    for code in [20_003, 21_210, 21_211, 21_216, 21_408, 21_606, 21_610, 21_611, 22_005, 30_034] {
        let body = REFUSED.replace("21211", &code.to_string());
        let twilio = Played::answering(400, &body).await;
        assert_eq!(twilio.client().place_call(&call()).await.err(), codes::to_error(code), "{code}");
        assert_eq!(twilio.client().send_text(&text()).await.err(), codes::to_error(code), "{code}");
    }
}

#[tokio::test]
async fn a_refusal_without_a_known_code_is_never_the_numbers_fault() {
    let cases = [
        (400, r#"{"code":29999}"#, 29_999),
        (400, "", 400),
        (400, "<html>", 400),
        (401, "", 401),
        (403, r#"{"message":"Forbidden"}"#, 403),
        // Of the path to our account there is nothing at Twilio; of a number it would say something else.
        (404, r#"{"code":20404}"#, 20_404),
        (404, "", 404),
        (413, "", 413),
    ];
    for (status, body, expected) in cases {
        let error = place(Behaviour::Answer { status, body: body.to_owned() }).await.unwrap_err();
        assert!(
            matches!(error, CarrierError::Account { code, .. } if code == expected),
            "{status} {body}: {error:?}"
        );
    }
}

#[tokio::test]
async fn a_busy_carrier_did_nothing() {
    for body in ["", r#"{"code":20429}"#, "<html>"] {
        let busy = place(Behaviour::Answer { status: 429, body: body.to_owned() }).await;
        assert_eq!(busy, Err(CarrierError::Throttled));
    }
}

#[tokio::test]
async fn a_server_error_may_have_rung() {
    for status in [408, 500, 502, 503, 504] {
        for body in ["", r#"{"code":20500}"#, r#"{"code":21211}"#] {
            let error = place(Behaviour::Answer { status, body: body.to_owned() }).await.unwrap_err();
            assert!(matches!(error, CarrierError::Unknown { accepted: false, .. }), "{status}: {error:?}");
        }
    }
}

#[tokio::test]
async fn success_that_cannot_be_read_was_done() {
    let body = CALL_CREATED.to_owned();
    let broken = [
        Behaviour::Answer { status: 201, body: String::new() },
        Behaviour::Answer { status: 201, body: "<html>".to_owned() },
        Behaviour::Answer { status: 201, body: r#"{"sid":null}"#.to_owned() },
        Behaviour::Answer { status: 201, body: r#"{"sid":""}"#.to_owned() },
        Behaviour::Answer { status: 204, body: String::new() },
        Behaviour::Answer { status: 201, body: "x".repeat(70_000) },
        Behaviour::HalfAnswer { status: 201, body },
    ];
    for behaviour in broken {
        let error = place(behaviour.clone()).await.unwrap_err();
        assert!(matches!(error, CarrierError::Unknown { accepted: true, .. }), "{behaviour:?}: {error:?}");
    }
}

#[tokio::test]
async fn what_was_sent_and_not_answered_may_have_rung() {
    for behaviour in [Behaviour::Cut, Behaviour::CutAtOnce] {
        let error = place(behaviour.clone()).await.unwrap_err();
        assert!(matches!(error, CarrierError::Unknown { accepted: false, .. }), "{behaviour:?}: {error:?}");
    }
    let twilio = Played::start(Behaviour::Silent).await;
    let error = client(&twilio.base_url, Duration::from_millis(150)).place_call(&call()).await;
    assert_eq!(error, Err(CarrierError::Unknown { accepted: false, why: "no answer in time" }));
    assert_eq!(twilio.received().await.len(), 1, "asked once only");
}

#[tokio::test]
async fn an_answer_that_stalls_was_done_if_it_began_well() {
    let body = CALL_CREATED.to_owned();
    let twilio = Played::start(Behaviour::Stall { status: 201, body }).await;
    let error = client(&twilio.base_url, Duration::from_millis(150)).place_call(&call()).await.unwrap_err();
    assert!(matches!(error, CarrierError::Unknown { accepted: true, .. }), "{error:?}");
}

#[tokio::test]
async fn without_a_connection_nothing_was_sent() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let cases = [
        // Nobody listens there any more.
        (format!("http://{free}"), "no connection, or no TLS"),
        // A name that is reserved for not existing (RFC 6761).
        ("https://api.twilio.invalid".to_owned(), "the host name was not found"),
        // A machine that does not speak TLS.
        (
            Played::start(Behaviour::CutAtOnce).await.base_url.replace("http:", "https:"),
            "no connection, or no TLS",
        ),
        // A machine that says nothing, so that TLS never comes to be.
        (Played::start(Behaviour::Silent).await.base_url.replace("http:", "https:"), "no connection in time"),
    ];
    for (base_url, why) in cases {
        let error = client(&base_url, Duration::from_secs(5)).place_call(&call()).await;
        assert_eq!(error, Err(CarrierError::NotSent { why }), "{base_url}");
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    for status in [301, 302, 307, 308] {
        let twilio = Played::start(Behaviour::Redirect { status }).await;
        let error = twilio.client().place_call(&call()).await.unwrap_err();
        assert!(
            matches!(error, CarrierError::Account { code, .. } if code == u32::from(status)),
            "{error:?}"
        );
        assert_eq!(twilio.received().await.len(), 1);
    }
}

#[tokio::test]
async fn each_request_has_a_connection_of_its_own() {
    let twilio = Played::answering(201, CALL_CREATED).await;
    let client = twilio.client();
    // The machine answers one request per connection and then closes it: a second request on it would be lost.
    for _ in 0..20 {
        assert!(client.place_call(&call()).await.is_ok());
    }
    assert_eq!(twilio.received().await.len(), 20);
}

#[tokio::test]
async fn no_error_shows_who_was_called_or_with_what() {
    let mut errors = vec![
        client("https://api.twilio.invalid", Duration::from_secs(5)).place_call(&call()).await.unwrap_err(),
    ];
    for behaviour in [
        Behaviour::Cut,
        Behaviour::Answer { status: 400, body: REFUSED.lines().skip(1).collect() },
        Behaviour::Answer { status: 401, body: String::new() },
        Behaviour::Answer { status: 500, body: "+14155550123 hush Maria".to_owned() },
        Behaviour::Answer { status: 201, body: "+14155550123 hush Maria".to_owned() },
    ] {
        errors.push(place(behaviour).await.unwrap_err());
    }
    for error in errors {
        let shown = format!("{error} {error:?}");
        for hidden in ["4155", "0123", "hush", "Maria", "SK0123", "127.0.0.1", "invalid\"", ACCOUNT] {
            assert!(!shown.contains(hidden), "{shown}");
        }
    }
}
