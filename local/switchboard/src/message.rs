//! Texts: what is known about one.

mod inbound;
mod optout;
mod outbound;

pub(crate) use inbound::text_service;
pub(crate) use outbound::{NewMessage, send};

use crate::clock;
use jiff::Timestamp;
use serde::Serialize;

/// Longest body of a text (21617).
pub(crate) const BODY_LIMIT: usize = 1_600;

/// Status of a text, as in the REST API.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    Queued,
    Sent,
    Delivered,
    Undelivered,
    Failed,
    Received,
}

impl Status {
    /// The word that Twilio uses.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Undelivered => "undelivered",
            Self::Failed => "failed",
            Self::Received => "received",
        }
    }
}

/// Who sent a text.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Direction {
    Inbound,
    OutboundApi,
    OutboundReply,
}

/// One text.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) sid: String,
    pub(crate) from: String,
    pub(crate) to: String,
    /// The phone in whose log the text stands.
    pub(crate) peer: String,
    pub(crate) body: String,
    pub(crate) direction: Direction,
    pub(crate) status: Status,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) sent: Option<Timestamp>,
    pub(crate) error: Option<(u32, &'static str)>,
    pub(crate) callback: Option<String>,
    /// The text that this one answers.
    pub(crate) reply_to: Option<String>,
}

impl Message {
    /// The text as the REST API shows it.
    ///
    /// Source: schema `api.v2010.account.message` of Twilio's OpenAPI document.
    pub(crate) fn resource(&self, account: &str) -> serde_json::Value {
        let uri = format!("/2010-04-01/Accounts/{account}/Messages/{}", self.sid);
        serde_json::json!({
            "body": self.body,
            "num_segments": segments(&self.body).to_string(),
            "direction": self.direction,
            "from": self.from,
            "to": self.to,
            "date_updated": clock::rfc_2822(self.updated),
            "price": null,
            "error_message": self.error.map(|(_, text)| text),
            "uri": format!("{uri}.json"),
            "account_sid": account,
            "num_media": "0",
            "status": self.status,
            "messaging_service_sid": null,
            "sid": self.sid,
            "date_sent": self.sent.map(clock::rfc_2822),
            "date_created": clock::rfc_2822(self.created),
            "error_code": self.error.map(|(code, _)| code),
            "price_unit": "USD",
            "api_version": "2010-04-01",
            "subresource_uris": { "media": format!("{uri}/Media.json") },
        })
    }

    /// The text as the control API shows it.
    pub(crate) fn view(&self) -> serde_json::Value {
        serde_json::json!({
            "message": self.sid,
            "number": self.peer,
            "from": self.from,
            "to": self.to,
            "body": self.body,
            "direction": self.direction,
            "status": self.status,
            "error": self.error.map(|(code, _)| code),
            "created": self.created,
            "sent": self.sent,
            "reply_to": self.reply_to,
            "segments": segments(&self.body),
        })
    }
}

/// How many parts a text takes: 160 or 153 characters of GSM-7, else 70 or 67 of UCS-2.
///
/// Source: <https://www.twilio.com/docs/glossary/what-sms-character-limit>.
pub(crate) fn segments(body: &str) -> usize {
    let (units, single, part) = if body.chars().all(|c| gsm_units(c) > 0) {
        (body.chars().map(gsm_units).sum::<usize>(), 160_usize, 153_usize)
    } else {
        (body.encode_utf16().count(), 70, 67)
    };
    if units <= single { 1 } else { units.div_ceil(part) }
}

fn gsm_units(c: char) -> usize {
    const EXTRA: &str = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¡ÄÖÑÜ§¿äöñüà";
    match c {
        '|' | '^' | '€' | '{' | '}' | '[' | ']' | '~' | '\\' => 2,
        '`' => 0,
        '\n' | '\r' | ' '..='~' => 1,
        other => usize::from(EXTRA.contains(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_segments() {
        assert_eq!(segments(""), 1);
        assert_eq!(segments(&"a".repeat(160)), 1);
        assert_eq!(segments(&"a".repeat(161)), 2);
        assert_eq!(segments(&"[".repeat(80)), 1);
        assert_eq!(segments(&"[".repeat(81)), 2);
        assert_eq!(segments(&"’".repeat(70)), 1);
        assert_eq!(segments(&"’".repeat(71)), 2);
    }
}
