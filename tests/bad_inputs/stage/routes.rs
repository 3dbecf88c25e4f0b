//! What the carrier calls, as it calls it.

use lucius_shell::{
    Request,
    testing::{AUTH_TOKEN, BASE_URL, SERVICE_NUMBER, webhook},
};
use lucius_telephony::Form;
use lucius_twilio::signature::{self, HEADER};

use crate::{PIN, Stage};

/// A webhook as the carrier would send it.
#[derive(Debug, Clone)]
pub struct Route {
    /// The path, and the query where there is one.
    pub path: String,
    fields: Vec<(&'static str, String)>,
}

/// What is sent with every text.
#[must_use]
pub fn sms(from: &str, sid: &str, body: &str) -> Vec<(&'static str, String)> {
    [("MessageSid", sid), ("From", from), ("To", SERVICE_NUMBER), ("Body", body)]
        .map(|(name, value)| (name, value.to_owned()))
        .to_vec()
}

/// What is sent with every turn of a call; `more` beside it.
#[must_use]
pub fn voice(from: &str, sid: &str, more: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let known = [("CallSid", sid), ("From", from), ("To", SERVICE_NUMBER)];
    let status = [("CallStatus", "in-progress"), ("Direction", "inbound")];
    let told = |name: &str| more.iter().any(|(more, _)| *more == name);
    let all = known.into_iter().chain(status).filter(|(name, _)| !told(name)).chain(more.iter().copied());
    all.map(|(name, value)| (name, value.to_owned())).collect()
}

impl Route {
    /// A webhook.
    #[must_use]
    pub fn new(path: impl Into<String>, fields: Vec<(&'static str, String)>) -> Self {
        Self { path: path.into(), fields }
    }

    /// Every route that the carrier calls, each with something that has an effect or an answer.
    pub async fn all(stage: &Stage) -> Vec<Self> {
        let (ann, dan) = (stage.number(stage.ann).await, stage.dan().await);
        let pin = [("Digits", PIN)];
        let line = |path: &str, keys: &[(&'static str, &str)]| Self::new(path, voice(&ann, "CA1", keys));
        let told = |path: &str| stage.told(path);
        let receipt = |path: &str, of: [(&'static str, &str); 2], more: &[(&'static str, &str)]| {
            let fields = of.into_iter().chain(more.iter().copied());
            Self::new(told(path), fields.map(|(name, value)| (name, value.to_owned())).collect())
        };
        let failed = [("ErrorCode", "30006")];
        vec![
            line("/inbound/answer", &[]),
            line("/inbound/answer/2", &[]),
            line("/inbound/login", &pin),
            line("/inbound/login/1", &pin),
            line("/inbound/account/1", &[("Digits", "12025550000")]),
            line("/inbound/menu/1", &[("Digits", "9")]),
            Self::new("/inbound/callback/0", voice(&dan, "CA2", &[("Digits", "1")])),
            Self::new(
                told("/call/incident/{incident}/0/1/1"),
                voice(SERVICE_NUMBER, "CA3", &[("Digits", "1")]),
            ),
            Self::new(told("/call/ask/{ann}/{probe}/1/1"), voice(SERVICE_NUMBER, "CA4", &pin)),
            Self::new("/inbound/sms", sms(&ann, "SM1", "Y")),
            Self::new("/webhook/sms", sms(&ann, "SM1", "Y")),
            receipt(
                "/receipt/call/incident/{incident}/c0-call-page/1",
                [("CallSid", "CA5"), ("CallStatus", "no-answer")],
                &[],
            ),
            receipt(
                "/receipt/text/incident/{incident}/c0-sms-page/2",
                [("MessageSid", "SM5"), ("MessageStatus", "undelivered")],
                &failed,
            ),
            receipt("/receipt/call/user/1", [("CallSid", "CA6"), ("CallStatus", "completed")], &[]),
            receipt("/receipt/text/user/1", [("MessageSid", "SM6"), ("MessageStatus", "failed")], &failed),
        ]
    }

    /// As the carrier sends it.
    #[must_use]
    pub fn genuine(&self) -> Request {
        let fields: Vec<_> = self.fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        webhook(&self.path, &fields)
    }

    /// With another path or query.
    #[must_use]
    pub fn at(&self, path: impl Into<String>) -> Self {
        Self { path: path.into(), fields: self.fields.clone() }
    }

    /// The genuine signature, and another body.
    #[must_use]
    pub fn with_body(&self, change: impl FnOnce(&str) -> Vec<u8>) -> Request {
        let mut request = self.genuine();
        request.body = change(str::from_utf8(&request.body).unwrap());
        request
    }

    /// Another body, signed.
    #[must_use]
    pub fn signed_body(&self, change: impl FnOnce(&str) -> String) -> Request {
        let body = self.with_body(|body| change(body).into_bytes());
        signed(body, AUTH_TOKEN, &format!("{BASE_URL}{}", self.path))
    }

    /// As it is, signed with another token.
    #[must_use]
    pub fn signed_with(&self, token: &str) -> Request {
        signed(self.genuine(), token, &format!("{BASE_URL}{}", self.path))
    }

    /// As it is, signed for another address; `address` makes it of the path.
    #[must_use]
    pub fn signed_for(&self, address: impl FnOnce(&str) -> String) -> Request {
        signed(self.genuine(), AUTH_TOKEN, &address(&self.path))
    }
}

fn signed(request: Request, token: &str, url: &str) -> Request {
    let form = Form::parse(&request.body).unwrap_or_default();
    request.header_set(HEADER, &signature::sign(&token.into(), url, &form))
}
