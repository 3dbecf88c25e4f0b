//! The table. It reads like the list that it goes through: number, what, request, expectation.

use lucius_shell::testing::BASE_URL;
use lucius_twilio::signature::HEADER;

use crate::{
    altered::{Then, twice, without},
    row::{
        ANSWERED, CHECKED_IN, EXPLAINED, EXPLAINED_ONLY,
        Expect::{Again, Answer, Done, Forged, Genuine},
        Input::{Api, Call, Numbers, Placed, Story, Texts, Token, Wakes, Webhook},
        Row, refused, row, told,
    },
    stories::{calls, forged, numbers, texts, times},
    tokens,
};

/// All of it.
pub(crate) const ALL: [&[Row]; 6] = [SIGNATURES, TEXTS, NUMBERS, CALLS, API, QUEUE];

/// On every route that the carrier calls.
pub(crate) const SIGNATURES: &[Row] = &[
    row(1, "no signature", Webhook(|r| without(r.genuine(), HEADER)), Forged),
    row(2, "an empty signature", Webhook(|r| r.genuine().header_set(HEADER, "")), Forged),
    row(3, "bad base64", Webhook(|r| r.genuine().header_set(HEADER, "not*base64*at*all*****=====")), Forged),
    row(4, "wrong length", Webhook(|r| r.genuine().header_set(HEADER, "AAAA")), Forged),
    row(
        5,
        "right signature, other body",
        Webhook(|r| r.with_body(|b| b.replace('=', "=2").into_bytes())),
        Forged,
    ),
    row(6, "other path", Webhook(|r| r.signed_for(|_| format!("{BASE_URL}/inbound/elsewhere"))), Forged),
    row(
        7,
        "other order of the query",
        Webhook(|r| {
            r.at(format!("{}?b=2&a=1", r.path)).signed_for(|_| format!("{BASE_URL}{}?a=1&b=2", r.path))
        }),
        Forged,
    ),
    row(
        8,
        "extra query",
        Webhook(|r| r.at(format!("{}?admin=1", r.path)).signed_for(|_| format!("{BASE_URL}{}", r.path))),
        Forged,
    ),
    row(
        9,
        "http for https",
        Webhook(|r| r.signed_for(|path| format!("http://lucius.example{path}"))),
        Forged,
    ),
    row(10, "port in the URL", Webhook(|r| r.signed_for(|path| format!("{BASE_URL}:8443{path}"))), Forged),
    row(
        11,
        "trailing slash",
        Webhook(|r| r.at(format!("{}/", r.path)).signed_for(|_| format!("{BASE_URL}{}", r.path))),
        Forged,
    ),
    row(
        12,
        "Host header swapped",
        Webhook(|r| {
            r.signed_for(|path| format!("https://evil.example{path}")).header_set("host", "evil.example")
        }),
        Forged,
    ),
    row(
        13,
        "X-Forwarded-Host",
        Webhook(|r| {
            let request = r.signed_for(|path| format!("https://evil.example{path}"));
            request
                .header_set("x-forwarded-host", "evil.example")
                .header_set("forwarded", "host=evil.example")
        }),
        Forged,
    ),
    row(14, "signature twice", Webhook(|r| twice(r.genuine())), Forged),
    row(15, "old token", Webhook(|r| r.signed_with("the token before it")), Forged),
    row(16, "revoked token", Story(forged::revoked_token), Answer(403, "", &[])),
    row(17, "lower-cased parameters", Webhook(|r| r.with_body(|b| b.to_lowercase().into_bytes())), Forged),
    row(
        18,
        "repeated key, same value",
        Webhook(|r| r.with_body(|b| format!("{b}&{b}").into_bytes())),
        Genuine,
    ),
    row(
        19,
        "repeated key, other value",
        Webhook(|r| r.with_body(|b| format!("{b}&{}", b.replace('=', "=2")).into_bytes())),
        Forged,
    ),
    row(20, "empty value", Webhook(|r| r.with_body(|b| format!("{b}&Digits2=").into_bytes())), Forged),
    row(21, "key without =", Webhook(|r| r.with_body(|b| format!("{b}&Digits2").into_bytes())), Forged),
    row(
        22,
        "%20 for +",
        Webhook(|r| r.signed_body(|b| format!("{b}&Extra=a+b")).then(|b| b.replace("a+b", "a%20b"))),
        Genuine,
    ),
    row(23, "%00", Webhook(|r| r.with_body(|b| format!("{b}%00").into_bytes())), Forged),
    row(24, "lone %", Webhook(|r| r.with_body(|b| format!("{b}%").into_bytes())), Forged),
    row(
        25,
        "invalid UTF-8",
        Webhook(|r| r.with_body(|b| [b.as_bytes(), b"&Extra=%FF\xC3\x28"].concat())),
        Forged,
    ),
    row(26, "wrong base64 flag", Story(forged::wrong_base64_flag), Answer(403, "", &[])),
    row(27, "GET replay of a POST", Story(forged::get_for_post), Answer(405, "", &[])),
    row(28, "JSON body, other bodySHA256", Webhook(forged::json_with_another_hash), Forged),
    row(
        29,
        "multipart",
        Webhook(|r| r.genuine().header_set("content-type", "multipart/form-data; boundary=x")),
        Forged,
    ),
    row(30, "10 MB body", Story(forged::huge_body), Answer(413, "the body is larger than 65536 bytes", &[])),
    row(31, "10,240-byte header", Webhook(|r| r.genuine().header_set(HEADER, &"A".repeat(10_240))), Forged),
    row(
        32,
        "1,000 parameters",
        Webhook(|r| r.signed_body(|b| format!("{b}{}", "&a=1".repeat(1_000)))),
        Forged,
    ),
    row(33, "replay after a day", Story(forged::replayed_after_a_day), told("Thank you, Annabel.", &[])),
    row(
        34,
        "replay to another account",
        Webhook(|r| r.with_body(|b| b.replace("AccountSid=AC0", "AccountSid=AC1").into_bytes())),
        Forged,
    ),
];

/// From Ann, who is being asked; and from Dan, where they must never accept.
pub(crate) const TEXTS: &[Row] = &[
    row(35, "empty", Texts(&["", "   ", "\n"]), EXPLAINED_ONLY),
    row(36, "Y and spaces", Texts(&["Y    ", "  y\n\n", "\tY."]), CHECKED_IN),
    row(37, "full-width Y", Texts(&["Ｙ", "ＹＥＳ", "ｙｅｓ！"]), CHECKED_IN),
    row(38, "Arabic-Indic digits", Texts(&["Y ٢٧١٨٢٨", "ok ۲۷۱۸۲۸"]), CHECKED_IN),
    row(39, "emoji only", Texts(&["🙃", "🤷🏽", "😀🔥", "🏳️‍🌈"]), EXPLAINED),
    row(40, "RTL override", Texts(&["\u{202E}KO", "\u{202E}ton ma I", "\u{2067}SEY\u{2069}"]), EXPLAINED),
    row(41, "1,600 characters", Story(texts::long_texts), EXPLAINED),
    row(42, "STOP, START and HELP", Story(texts::carriers_words), EXPLAINED),
    row(
        43,
        "NO I AM NOT OK YES",
        Texts(&["NO I AM NOT OK YES", "yes no", "ok not ok", "no... I mean yes"]),
        EXPLAINED,
    ),
    row(
        44,
        "PIN with spaces and dashes",
        Texts(&["Y 2 7 1 8 2 8", "Y 271-828", "ok 27 18 28", "my pin is 2-7-1-8-2-8"]),
        EXPLAINED,
    ),
    row(
        45,
        "PIN of another user",
        Texts(&["Y 314159", "314159", "ok 314159"]),
        told("That PIN is not right, so nothing was changed.", &["ann.seen", "ann.tries"]),
    ),
    row(
        46,
        "auto-reply",
        Texts(&[
            "I'm driving",
            "I'm driving. I'll see your message when I get where I'm going.",
            "Sent with SMS auto-reply: I'm ok to talk later",
            "[Auto-Reply] Yes, got your message",
        ]),
        EXPLAINED,
    ),
    row(47, "our own words", Story(texts::echo), EXPLAINED),
    row(
        48,
        "XML injection",
        Texts(&[
            "</Message><Dial>+19005551234</Dial><Message>",
            "]]><Hangup/>",
            "&lt;Redirect&gt; &#x0; <!--",
        ]),
        EXPLAINED,
    ),
    row(
        49,
        "forged line of a log",
        Texts(&[
            "hi\nERROR alarm=PoisonedActor everything is lost",
            "hi\r\n{\"_aws\":{}}",
            "hi\u{2028}WARN",
            "hi\u{1b}[2J",
        ]),
        EXPLAINED,
    ),
    row(
        50,
        "two words in one second",
        Story(texts::two_words_at_once),
        told("There is no question open. If you need help, reply SOS.", ANSWERED),
    ),
];

/// Wherever a number can be entered.
pub(crate) const NUMBERS: &[Row] = &[
    row(
        51,
        "+1 900",
        Numbers(&["+19005551234", "+1 (900) 555-1234", "+12129765123"]),
        refused(400, "phone_number: this is a premium-rate number; give the person's own number"),
    ),
    row(
        52,
        "+1 876",
        Numbers(&["+18765551234", "+1-876-555-1234"]),
        refused(
            400,
            "phone_number: numbers of this country or area are not enabled on this line; ask its operator",
        ),
    ),
    row(53, "+882 and +979", Numbers(&["+882123456789", "+97912345678"]), refused(400, "phone_number: ")),
    row(
        54,
        "+0",
        Numbers(&["+01234567890", "+0"]),
        refused(400, "phone_number: a country code does not begin with 0"),
    ),
    row(
        55,
        "16 digits",
        Numbers(&["+1234567890123456", "+123456789012345678901234567890"]),
        refused(400, "phone_number: a phone number has 7 to 15 digits after the +"),
    ),
    row(
        56,
        "no plus",
        Numbers(&["12025550199", "2025550199", "0012025550199"]),
        refused(400, "phone_number: write the number with + and country code, such as +12345678900"),
    ),
    row(
        57,
        "letters",
        Numbers(&["+1800FLOWERS", "+1202555O199", "+1202555\u{661}\u{662}\u{663}\u{664}"]),
        refused(400, "phone_number: a phone number has only digits after the +"),
    ),
    row(
        58,
        "SIP address",
        Numbers(&["sip:ann@evil.example", "sip:+12025550199@evil.example", "+12025550199;ext=9"]),
        refused(400, "phone_number: a phone number has only digits after the +"),
    ),
    row(
        59,
        "client:name",
        Numbers(&["client:ann", "whatsapp:+12025550199"]),
        refused(400, "phone_number: a phone number has only digits after the +"),
    ),
    row(
        60,
        "anonymous",
        Story(numbers::anonymous),
        refused(400, "phone_number: this stands for a hidden caller and is nobody's number"),
    ),
    row(
        61,
        "short code",
        Numbers(&["+12345", "+911"]),
        refused(400, "phone_number: a phone number has 7 to 15 digits after the +"),
    ),
    row(
        62,
        "our own number",
        Numbers(&["+12025550100", "+1 202 555 0100"]),
        refused(400, "phone_number: this is this line's own number; give the person's number"),
    ),
    row(
        63,
        "oneself as contact",
        Story(numbers::oneself_as_contact),
        refused(400, "phone_number: this is your own number; a contact has to be somebody else"),
    ),
    row(
        64,
        "the same contact twice",
        Story(numbers::same_contact_twice),
        refused(400, "phone_number: another contact of yours has this number already"),
    ),
    row(
        65,
        "satellite in place of a number that was good",
        Numbers(&["+881612345678", "+8816 1234 5678", "+870123456789", "+878101234567", "+883510012345"]),
        refused(
            400,
            "phone_number: satellite and global network numbers are not enabled on this line; ask its operator",
        ),
    ),
];

/// Calls to our number and from it.
pub(crate) const CALLS: &[Row] = &[
    row(66, "no digits", Story(calls::silence_in_every_turn), told("press 1", &[])),
    row(
        67,
        "# only",
        Story(calls::pound_only),
        told("That is not right.", &["ann.seen", "ann.tries", "call"]),
    ),
    row(
        68,
        "12 digits",
        Story(calls::twelve_digits),
        told("That is not right.", &["ann.seen", "ann.tries", "call"]),
    ),
    row(
        69,
        "digits before the prompt",
        Call("/inbound/menu/7", &[("Digits", "9")]),
        told("Please enter or say your PIN.", &["call"]),
    ),
    row(
        70,
        "digits after the end of the call",
        Story(calls::digits_after_the_end),
        told(
            "The alert for Bohumil Hrabal is over",
            &["incident.contacts", "incident.reached", "incident.seen"],
        ),
    ),
    row(71, "voicemail that plays tones", Story(calls::voicemail_plays_tones), told("press 1", &[])),
    row(
        72,
        "SpeechResult injected",
        Placed("/call/incident/{incident}/0/1/1", &[("SpeechResult", "one. yes. I accept. press 1.")]),
        told("press 1", &[]),
    ),
    row(
        73,
        "CallSid of another call",
        Story(calls::another_call),
        told("Please enter or say your PIN.", &["call"]),
    ),
    row(
        74,
        "From spoofed",
        Story(calls::spoofed),
        told("To end it, reply OK and your PIN", &["bob.seen", "incident.doubt", "incident/t"]),
    ),
    row(
        75,
        "50 calls at once that guess a PIN",
        Story(calls::fifty_guess),
        told("Too many attempts. Goodbye.", &["ann.seen", "ann.tries", "call"]),
    ),
    row(
        76,
        "AnsweredBy=human",
        Placed("/call/incident/{incident}/0/1/1", &[("AnsweredBy", "human"), ("CallStatus", "in-progress")]),
        told("press 1", &[]),
    ),
    row(
        77,
        "unknown CallStatus",
        Placed("/receipt/call/incident/{incident}/c0-call-page/1", &[("CallStatus", "levitating")]),
        Answer(204, "", &["incident.called", "incident.contacts", "incident.pending", "incident/t"]),
    ),
    row(78, "completed before ringing", Story(calls::completed_before_ringing), Answer(204, "", &[])),
];

/// With Ann's session, or with what looks like one.
pub(crate) const API: &[Row] = &[
    row(79, "alg none", Token(tokens::alg_none), refused(401, "log in (POST /login)")),
    row(80, "RS/HS confusion", Token(tokens::hmac_with_the_public_key), refused(401, "log in (POST /login)")),
    row(81, "kid that climbs", Token(tokens::climbing_kid), refused(401, "log in (POST /login)")),
    row(82, "expired, and not yet", Token(tokens::expired), refused(401, "(POST /login)")),
    row(83, "wrong audience", Token(tokens::for_another_deployment), refused(401, "log in (POST /login)")),
    row(84, "a claim twice", Token(tokens::claim_twice), refused(401, "log in (POST /login)")),
    row(
        85,
        "another's incident",
        Api(&[("POST", "/v1/incidents/{incident}/resolve", r#"{"pin": "314159"}"#)]),
        refused(404, "not found"),
    ),
    row(
        86,
        "verified set by oneself",
        Api(&[
            ("PUT", "/v1/users/{ann}", r#"{"verified": true}"#),
            ("PUT", "/v1/users/{ann}", r#"{"is_admin": true}"#),
            ("PUT", "/v1/users/{ann}", r#"{"role_id": 1}"#),
            ("PUT", "/v1/users/{ann}", r#"{"id": 1}"#),
            ("POST", "/v1/users/{ann}/contacts", r#"{"verified": true}"#),
            ("POST", "/v1/users/{ann}/contacts", r#"{"trusted": true}"#),
            ("PUT", "/v1/users/{ann}/contacts/1", r#"{"texts_stopped": false}"#),
            ("PUT", "/v1/users/{ann}/probe_settings", r#"{"armed_once": false}"#),
        ]),
        refused(400, "unknown field"),
    ),
    row(
        87,
        "negative interval",
        Api(&[
            ("PUT", "/v1/users/{ann}/probe_settings", r#"{"check_interval_minutes": -5}"#),
            ("PUT", "/v1/users/{ann}/probe_settings", r#"{"check_interval_minutes": 0}"#),
            ("PUT", "/v1/users/{ann}/probe_settings", r#"{"check_interval_minutes": 9223372036854775807}"#),
        ]),
        refused(400, "check_interval_minutes: a whole number from 60 to 43200"),
    ),
    row(
        88,
        "waits longer than the period",
        Api(&[
            (
                "PUT",
                "/v1/users/{ann}/probe_settings",
                r#"{"check_interval_minutes": 60, "wait_time_in_minutes": 121}"#,
            ),
            (
                "PUT",
                "/v1/users/{ann}/probe_settings",
                r#"{"check_interval_minutes": 60, "wait_time_in_minutes": -1}"#,
            ),
        ]),
        refused(400, "wait_time_in_minutes: a whole number from 5 to 120"),
    ),
    row(89, "cron every minute", Story(times::every_minute), Done(&[])),
    row(
        90,
        "unknown time zone",
        Api(&[
            ("PUT", "/v1/users/{ann}", r#"{"time_zone": "Mars/Olympus_Mons"}"#),
            ("PUT", "/v1/users/{ann}", r#"{"time_zone": "../../etc/passwd"}"#),
            ("PUT", "/v1/users/{ann}", r#"{"time_zone": "../"}"#),
            ("PUT", "/v1/users/{ann}", r#"{"time_zone": "Europe/Berlin\u0000"}"#),
            ("PUT", "/v1/users/{ann}", r#"{"time_zone": ""}"#),
        ]),
        refused(400, "time_zone: unknown time zone; write an IANA name, such as Europe/Berlin"),
    ),
    row(
        91,
        "NaN and 1e999",
        Api(&[
            ("PUT", "/v1/users/{ann}/probe_settings", r#"{"check_interval_minutes": NaN}"#),
            ("PUT", "/v1/users/{ann}/probe_settings", r#"{"check_interval_minutes": 1e999}"#),
            ("PUT", "/v1/users/{ann}/probe_settings", r#"{"check_interval_minutes": 60.5}"#),
            ("PUT", "/v1/users/{ann}/probe_settings", r#"{"max_retries": -Infinity}"#),
            ("PUT", "/v1/users/{ann}/contacts/1", r#"{"priority": 1e999}"#),
        ]),
        refused(400, ""),
    ),
];

/// Messages that wake, and times at the ends of the calendar.
pub(crate) const QUEUE: &[Row] = &[
    row(
        92,
        "unknown version",
        Wakes(&[
            r#"{"version": 2, "actors": ["DEADMAN#{ann}"]}"#,
            r#"{"version": 0, "actors": ["INCIDENT#{incident}"]}"#,
            r#"{"version": 2, "actors": [{"kind": "deadman", "id": {ann}}]}"#,
            r#"{"version": 2, "wake": "everybody"}"#,
            r#"{"actors": ["DEADMAN#{ann}"]}"#,
            r"{}",
            r"not JSON",
        ]),
        Again(&[]),
    ),
    row(93, "attempt from the future", Story(times::attempt_from_the_future), Answer(204, "", &[])),
    row(
        94,
        "a user who is gone",
        Wakes(&[r#"{"version": 1, "actors": ["DEADMAN#4711", "INCIDENT#4711"]}"#]),
        Done(&[]),
    ),
    row(
        95,
        "due in the year 9999, and before 1970",
        Story(times::ends_of_the_calendar),
        Done(&["system/cycle"]),
    ),
    row(
        96,
        "another user's id",
        Wakes(&[r#"{"version": 1, "actors": ["DEADMAN#{bob}", "DEADMAN#{cleo}"]}"#]),
        Done(&[]),
    ),
];
