//! Numbers that are somebody's already, or nobody's.

use http::{Method, StatusCode};
use lucius_bad_inputs::Stage;
use serde_json::json;

use super::{api, text, turn};
use crate::row::{Answer, Playing};

pub(crate) fn anonymous(stage: &mut Stage) -> Playing<'_> {
    Box::pin(async move {
        for from in [
            "+266696687",
            "+7378742833",
            "anonymous",
            "Anonymous",
            "client:ann",
            "sip:ann@evil.example",
            "",
            "12345",
        ] {
            let response = text(stage, from, "SM1", "SOS Y 271828").await;
            assert!(response.body.ends_with("<Response></Response>"), "{from}: {}", response.body);
            let page = turn(stage, from, "CA1", "/inbound/answer", "").await;
            assert!(page.body.contains("Please enter or say your PIN"), "{from}: {}", page.body);
        }
        let mut last = None;
        for number in ["+7378742833", "+2562533", "+8656696", "+86282452253", "+266696687"] {
            let body = json!({ "first_name": "Eve", "last_name": "M", "phone_number": number });
            last = Some(api(stage, Method::POST, "/v1/users/{ann}/contacts", &body).await);
        }
        Answer::Http(last.unwrap())
    })
}

pub(crate) fn oneself_as_contact(stage: &mut Stage) -> Playing<'_> {
    Box::pin(async move {
        let own = stage.number(stage.ann).await;
        let body = json!({ "phone_number": own });
        let changed = api(stage, Method::PUT, "/v1/users/{ann}/contacts/1", &body).await;
        assert_eq!(changed.status, StatusCode::BAD_REQUEST);
        let body = json!({ "first_name": "Me", "last_name": "Too", "phone_number": own, "is_emergency_contact": true });
        Answer::Http(api(stage, Method::POST, "/v1/users/{ann}/contacts", &body).await)
    })
}

pub(crate) fn same_contact_twice(stage: &mut Stage) -> Playing<'_> {
    Box::pin(async move {
        let contacts = stage.deadman(stage.ann).await.contacts;
        // However it is written.
        let there = contacts[1].phone.as_str().to_owned();
        let spaced: String = there.chars().flat_map(|sign| [sign, '-']).collect();
        for number in [&there, &spaced] {
            let body = json!({ "phone_number": number });
            let changed = api(stage, Method::PUT, "/v1/users/{ann}/contacts/1", &body).await;
            assert_eq!(changed.status, StatusCode::BAD_REQUEST, "{}", changed.body);
        }
        let body = json!({ "first_name": "Carlotta", "last_name": "O", "phone_number": spaced });
        Answer::Http(api(stage, Method::POST, "/v1/users/{ann}/contacts", &body).await)
    })
}
