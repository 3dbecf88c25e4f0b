//! The functions, and what the template gives to each beside what all have.

/// A function's package, and its own part of the environment.
pub(crate) type Function = (&'static str, &'static [(&'static str, &'static str)]);

const TWILIO: (&str, &str) =
    ("SECRET_TWILIO", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:Twilio");
const TWILIO_API: (&str, &str) =
    ("SECRET_TWILIO_API", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:TwilioApi");
const SETUP: (&str, &str) = ("SECRET_SETUP", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:Setup");
const KEY: (&str, &str) = ("JWT_KEY_ID", "arn:aws:kms:eu-central-1:123456789012:key/0");

/// The function whose events are measured.
pub(crate) const RECEIPT: Function = ("twilio-receipt", &[TWILIO]);

/// All functions.
pub(crate) const FUNCTIONS: [Function; 12] = [
    ("twilio-voice", &[TWILIO]),
    ("twilio-call", &[TWILIO]),
    ("twilio-sms", &[TWILIO]),
    RECEIPT,
    ("deadman", &[TWILIO_API]),
    ("escalate", &[TWILIO_API]),
    ("sweep", &[("DEADMAN_FUNCTION", "deadman"), ("ESCALATE_FUNCTION", "escalate")]),
    ("token", &[KEY]),
    ("users", &[SETUP, KEY]),
    ("contacts", &[KEY]),
    ("probes", &[KEY]),
    ("incidents", &[KEY]),
];
