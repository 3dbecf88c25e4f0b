//! What became of a text that we sent (<https://www.twilio.com/docs/messaging/api/message-resource>).

use lucius_telephony::Form;

use super::{MissingField, integer, required};

/// Where a text stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageStatus {
    /// On its way to the carrier: accepted, scheduled, queued or sending.
    Pending,
    /// The recipient's network has it. Some networks never tell more.
    Sent,
    /// The network says that the handset has it, or even that it was read.
    Delivered,
    /// The network did not deliver it.
    Undelivered,
    /// Twilio did not send it.
    Failed,
    /// We called it back before it was sent.
    Canceled,
    /// A word that we do not know.
    Unknown(String),
}

impl MessageStatus {
    /// Reads Twilio's word. Never fails: a new word must not lose a callback.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        match word {
            "accepted" | "scheduled" | "queued" | "sending" => Self::Pending,
            "sent" => Self::Sent,
            "delivered" | "read" => Self::Delivered,
            "undelivered" => Self::Undelivered,
            "failed" => Self::Failed,
            "canceled" => Self::Canceled,
            other => Self::Unknown(other.to_owned()),
        }
    }

    /// How far the text has come. Reports arrive out of order: one that does not lead forward says nothing new.
    #[must_use]
    pub fn progress(&self) -> u8 {
        match self {
            Self::Unknown(_) | Self::Pending => 0,
            Self::Sent => 1,
            Self::Undelivered | Self::Failed | Self::Canceled => 2,
            // Known to have arrived, whatever another report says.
            Self::Delivered => 3,
        }
    }
}

/// A report on a text that we sent. Reports may be lost, doubled and out of order: see [`MessageStatus::progress`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageStatusCallback {
    /// Twilio's identifier of the text.
    pub message_sid: String,
    /// Where the text stands.
    pub status: MessageStatus,
    /// Why it failed, see [`crate::codes::advice`].
    pub error_code: Option<u32>,
}

impl MessageStatusCallback {
    /// Reads a verified form.
    pub fn read(form: &Form) -> Result<Self, MissingField> {
        Ok(Self {
            message_sid: required(form, "MessageSid")?,
            status: MessageStatus::parse(&required(form, "MessageStatus")?),
            error_code: integer(form, "ErrorCode"),
        })
    }
}
