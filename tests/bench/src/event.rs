//! A webhook as API Gateway delivers it, signed as Twilio signs it, and the incident that it is about.

use anyhow::Context as _;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use lucius_core::{
    deadman::{Contact, Deadman, ProbeSettings, Profile},
    decide::{Case, Event, decide},
    id::{ContactId, IncidentId, ProbeId, UserId},
    incident::Incident,
    phone::PhoneNumber,
    policy::Policy,
    schedule::{CronExpression, Schedule, TimeZone},
    turn::Fresh,
};
use serde_json::{Value, json};
use sha1::Sha1;

use crate::aws::AUTH_TOKEN;

/// Our account.
pub(crate) const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";

/// Our number.
pub(crate) const SERVICE_NUMBER: &str = "+12025550100";

/// Our address.
pub(crate) const PUBLIC_BASE_URL: &str = "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com";

/// How many contacts the incident has.
const CONTACTS: u64 = 5;

/// An armed user with contacts.
pub(crate) fn user(now: Timestamp) -> anyhow::Result<Deadman> {
    let profile = Profile {
        first_name: "Ann".to_owned(),
        last_name: "Lee".to_owned(),
        email: "ann@example.com".to_owned(),
        phone: PhoneNumber::parse("+12025550001")?,
        password: String::new(),
        is_admin: false,
        language: None,
        time_zone: TimeZone::utc(),
        pin: None,
        message: Some("I am on the mountain, hut 7. The key is under the stone.".to_owned()),
    };
    let settings = ProbeSettings {
        active: true,
        schedule: Schedule::Cron(CronExpression::parse("0 18 * * *")?),
        max_retries: 0,
        wait_minutes: 60,
        by_sms: true,
        by_call: false,
        pin_in_reply: false,
        updated_at: now,
    };
    let mut deadman = Deadman::new(UserId::new(now, 7), profile, settings, now);
    deadman.contacts = (1..=CONTACTS).map(|n| contact(n, now)).collect::<anyhow::Result<_>>()?;
    deadman.armed_once = true;
    Ok(deadman)
}

fn contact(n: u64, now: Timestamp) -> anyhow::Result<Contact> {
    Ok(Contact {
        id: ContactId::try_from(n)?,
        created_at: now,
        updated_at: now,
        first_name: format!("Contact{n}"),
        last_name: "Somebody".to_owned(),
        phone: PhoneNumber::parse(&format!("+1202555{:04}", n.saturating_add(1_000)))?,
        email: None,
        is_emergency_contact: true,
        priority: u8::try_from(n)?,
        by_call: true,
        by_sms: true,
        language: None,
        consented: true,
        text_stopped: false,
    })
}

/// Ids and codes for one decision.
pub(crate) fn fresh(now: Timestamp) -> Fresh {
    Fresh {
        probe: ProbeId::new(now, 1),
        incident: IncidentId::new(now, 2),
        contact: ContactId::new(now, 3),
        codes: (100_000..100_020).map(|code: u32| code.to_string()).collect(),
    }
}

/// The user's incident, just opened.
pub(crate) fn incident(now: Timestamp) -> anyhow::Result<Incident> {
    let case = Case { deadman: Some(user(now)?), incident: None };
    let event = Event::Emergency { key: "CA1".to_owned() };
    let decision = decide(&case, &event, now, &Policy::default(), &fresh(now))?;
    decision.case.incident.context("an emergency opens an incident")
}

/// The incident as the store writes it. A form that the store does not read shows: its callbacks are not answered with 204.
pub(crate) fn item(incident: &Incident) -> anyhow::Result<Value> {
    Ok(json!({
        "pk": { "S": format!("INCIDENT#{}", incident.id) },
        "sk": { "S": "ACTOR" },
        "schema": { "N": "1" },
        "version": { "N": "3" },
        "op": { "S": "0123456789abcdef0123456789abcdef" },
        "fails": { "N": "0" },
        "state": { "S": serde_json::to_string(incident)? },
    }))
}

/// The fields of a callback about a call that was not answered, in the order in which they are signed.
const FIELDS: [(&str, &str); 18] = [
    ("AccountSid", ACCOUNT),
    ("ApiVersion", "2010-04-01"),
    ("CallDuration", "0"),
    ("CallSid", "CA00000000000000000000000000000009"),
    ("CallStatus", "no-answer"),
    ("CallbackSource", "call-progress-events"),
    ("Called", "+12025551001"),
    ("CalledCountry", "US"),
    ("Caller", SERVICE_NUMBER),
    ("CallerCountry", "US"),
    ("Direction", "outbound-api"),
    ("From", SERVICE_NUMBER),
    ("FromCountry", "US"),
    ("SequenceNumber", "1"),
    ("SipResponseCode", "487"),
    ("Timestamp", "Sat, 21 Nov 2026 04:00:00 +0000"),
    ("To", "+12025551001"),
    ("ToCountry", "US"),
];

/// The end of a call that is neither under way nor known: it is verified, read and decided, and adds nothing.
pub(crate) fn callback(incident: IncidentId, now: Timestamp) -> anyhow::Result<String> {
    let path = format!("/receipt/call/incident/{incident}/c0-call-page/9");
    let mut mac = Hmac::<Sha1>::new_from_slice(AUTH_TOKEN.as_bytes())?;
    mac.update(format!("{PUBLIC_BASE_URL}{path}").as_bytes());
    for (name, value) in FIELDS {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    let escape =
        |text: &str| text.replace('+', "%2B").replace(',', "%2C").replace(':', "%3A").replace(' ', "+");
    let body = FIELDS.map(|(name, value)| format!("{name}={}", escape(value))).join("&");
    let host = PUBLIC_BASE_URL.trim_start_matches("https://");
    let event = json!({
        "version": "2.0",
        "routeKey": "ANY /receipt/{rest+}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {
            "accept": "*/*",
            "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
            "host": host,
            "user-agent": "TwilioProxy/1.1",
            "x-amzn-trace-id": "Root=1-5e6722a7-cc56c01146db7ae02d4da47e",
            "x-twilio-signature": BASE64_STANDARD.encode(mac.finalize().into_bytes()),
        },
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "domainName": host,
            "domainPrefix": "a1b2c3d4e5",
            "http": {
                "method": "POST", "path": path, "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1", "userAgent": "TwilioProxy/1.1",
            },
            "requestId": "JKJaXhPLvHcESHA=",
            "routeKey": "ANY /receipt/{rest+}",
            "stage": "$default",
            "time": "21/Nov/2026:04:00:00 +0000",
            "timeEpoch": now.as_millisecond(),
        },
        "body": BASE64_STANDARD.encode(body),
        "isBase64Encoded": true,
    });
    Ok(event.to_string())
}
