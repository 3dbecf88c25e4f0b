//! What became of a call (<https://www.twilio.com/docs/voice/api/call-resource>, `StatusCallback`).

use lucius_telephony::{CallStatus, Form};

use super::{MissingField, integer, required};

/// A report on a call that we placed. Reports may be lost, doubled and out of order: [`sequence`](Self::sequence)
/// tells which is the later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallStatusCallback {
    /// Twilio's identifier of the call.
    pub call_sid: String,
    /// Where the call stands.
    pub status: CallStatus,
    /// The report's place among those of this call, from 0.
    pub sequence: Option<u32>,
    /// How long the call lasted, in seconds. Only once it is over.
    pub duration_seconds: Option<u32>,
    /// Why it could not be connected, as a SIP code: 404 for a number that cannot be reached, 487 for a call that was
    /// not answered in time.
    pub sip_response_code: Option<u16>,
    /// Twilio's error code, see [`crate::codes::advice`].
    pub error_code: Option<u32>,
}

impl CallStatusCallback {
    /// Reads a verified form.
    pub fn read(form: &Form) -> Result<Self, MissingField> {
        Ok(Self {
            call_sid: required(form, "CallSid")?,
            status: CallStatus::parse(&required(form, "CallStatus")?),
            sequence: integer(form, "SequenceNumber"),
            duration_seconds: integer(form, "CallDuration"),
            sip_response_code: integer(form, "SipResponseCode"),
            error_code: integer(form, "ErrorCode"),
        })
    }
}
