//! Twilio's error codes: what each means for us, and what the operator does about it.
//!
//! Each code has its page, `https://www.twilio.com/docs/api/errors/<code>`. They come in replies to our requests
//! ([`to_error`]) and, for texts that were accepted and failed later, in status callbacks ([`advice`]).

use lucius_telephony::CarrierError;

/// To what an error code applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// To this number on this channel, until somebody changes something.
    Permanent,
    /// To our account, its settings or our own software: to no number in particular.
    Account,
    /// To this moment: it was not done, and may work later.
    Later,
}

/// What is known about one error code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advice {
    /// To what it applies.
    pub class: Class,
    /// One sentence for the operator.
    pub what_to_do: &'static str,
}

/// What is known about a code, if it is one that we know.
#[must_use]
pub fn advice(code: u32) -> Option<Advice> {
    permanent(code)
        .map(|what_to_do| Advice { class: Class::Permanent, what_to_do })
        .or_else(|| account(code).map(|what_to_do| Advice { class: Class::Account, what_to_do }))
        .or_else(|| later(code).map(|what_to_do| Advice { class: Class::Later, what_to_do }))
}

/// The error that a refusal with this code amounts to, if the code is one that we know.
#[must_use]
pub fn to_error(code: u32) -> Option<CarrierError> {
    advice(code).map(|Advice { class, what_to_do }| match class {
        Class::Permanent => CarrierError::Permanent { code, what_to_do },
        Class::Account => CarrierError::Account { code, what_to_do },
        Class::Later => CarrierError::Throttled,
    })
}

/// Country permissions and trial limits stand here and not among the account's, since they stop one number and leave
/// the others: the other channel is then worth trying.
fn permanent(code: u32) -> Option<&'static str> {
    Some(match code {
        13_224 | 21_211 | 21_217 => "this is not a number that Twilio can call; correct it",
        13_225 | 21_216 => "Twilio blocks calls to this number; ask Twilio's support, or use another number",
        13_226 | 21_215 => "allow calls to this country under Voice geographic permissions",
        14_111 | 21_219 | 21_608 => {
            "a trial account reaches verified numbers only; upgrade it, or verify this number"
        }
        20_404 => "Twilio does not know what was asked for",
        21_202 => "this is a premium or emergency number, which Twilio does not call; use another",
        21_214 => "this number cannot be reached by phone call; use another",
        21_408 => "allow texts to this country under Messaging geographic permissions",
        21_610 => "this person has texted STOP; only their own START allows texts again",
        21_612 => "no route for texts from our number to this one; use calls, or another number",
        21_614 => "not a mobile number; use calls",
        30_004 => "the recipient or their network blocks texts from us; use calls",
        30_005 => "the network does not know this number; check it with its owner",
        30_006 => "a landline, or a network without texts; use calls",
        30_007 => "the network filtered this text as unwanted; change its wording, or use calls",
        30_450 => "Twilio's protection against text pumping blocks this country; add it to the safe list",
        _ => return None,
    })
}

fn account(code: u32) -> Option<&'static str> {
    Some(match code {
        10_001 | 20_005 | 30_002 => "the Twilio account is not active: check its balance and notices at once",
        11_200 | 11_205 => {
            "Twilio could not get an answer from our webhooks; check the public URL and the functions"
        }
        11_215 => "our TwiML redirects in a circle; report this as a defect",
        12_100 | 12_200 | 13_521 => "Twilio cannot read our TwiML; report this as a defect",
        20_003 => {
            "Twilio refuses our credentials: check account SID and API key, and that the account is active"
        }
        21_210 | 21_212 => "our service number is not one that this account owns or has verified",
        21_606 => "our service number cannot send texts, or is not this account's",
        21_609 => "Twilio refuses our public URL; it must be reachable, without `_` in its host name",
        21_617 | 21_658 => "our text is longer than Twilio takes; report this as a defect",
        30_034 => {
            "register the service number for A2P 10DLC: texts to the United States do not pass until then"
        }
        _ => return None,
    })
}

fn later(code: u32) -> Option<&'static str> {
    Some(match code {
        14_107 => "too many texts between two numbers within half a minute",
        20_429 => "too many requests at once; they are repeated",
        21_611 | 30_001 => {
            "ten hours of texts are waiting for our service number; add numbers or raise its rate"
        }
        22_005 => "a day of calls is waiting; ask Twilio for more calls per second",
        30_003 => "the handset is off or out of reach; it is tried again",
        30_008 => "the network gives no reason; it is tried again, then on the other channel",
        30_022 | 30_023 => "texts exceed what the A2P 10DLC registration allows; ask for a higher tier",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use lucius_telephony::CarrierError;

    use super::{Class, advice, to_error};

    #[test]
    fn each_known_code_has_its_class() {
        let rows = [
            (10_001, Class::Account),
            (11_200, Class::Account),
            (11_205, Class::Account),
            (11_215, Class::Account),
            (12_100, Class::Account),
            (12_200, Class::Account),
            (13_224, Class::Permanent),
            (13_225, Class::Permanent),
            (13_226, Class::Permanent),
            (13_521, Class::Account),
            (14_107, Class::Later),
            (14_111, Class::Permanent),
            (20_003, Class::Account),
            (20_005, Class::Account),
            (20_404, Class::Permanent),
            (20_429, Class::Later),
            (21_202, Class::Permanent),
            (21_210, Class::Account),
            (21_211, Class::Permanent),
            (21_212, Class::Account),
            (21_214, Class::Permanent),
            (21_215, Class::Permanent),
            (21_216, Class::Permanent),
            (21_217, Class::Permanent),
            (21_219, Class::Permanent),
            (21_408, Class::Permanent),
            (21_606, Class::Account),
            (21_608, Class::Permanent),
            (21_609, Class::Account),
            (21_610, Class::Permanent),
            (21_611, Class::Later),
            (21_612, Class::Permanent),
            (21_614, Class::Permanent),
            (21_617, Class::Account),
            (21_658, Class::Account),
            (22_005, Class::Later),
            (30_001, Class::Later),
            (30_002, Class::Account),
            (30_003, Class::Later),
            (30_004, Class::Permanent),
            (30_005, Class::Permanent),
            (30_006, Class::Permanent),
            (30_007, Class::Permanent),
            (30_008, Class::Later),
            (30_022, Class::Later),
            (30_023, Class::Later),
            (30_034, Class::Account),
            (30_450, Class::Permanent),
        ];
        for (code, class) in rows {
            let known = advice(code).unwrap();
            assert_eq!(known.class, class, "{code}");
            let what_to_do = known.what_to_do;
            let error = match class {
                Class::Permanent => CarrierError::Permanent { code, what_to_do },
                Class::Account => CarrierError::Account { code, what_to_do },
                Class::Later => CarrierError::Throttled,
            };
            assert_eq!(to_error(code), Some(error), "{code}");
        }
        let known = (0..100_000).filter(|code| advice(*code).is_some()).count();
        assert_eq!(known, rows.len(), "a code without its row here");
    }
}
