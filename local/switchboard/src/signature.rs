//! Twilio's request signature, written from its documents alone so that it can judge the product's own implementation.
//!
//! Sources: <https://www.twilio.com/docs/usage/security>,
//! <https://www.twilio.com/docs/usage/webhooks/webhooks-security>.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use std::collections::BTreeSet;

/// The value of `X-Twilio-Signature` for a form POST: base64 of HMAC-SHA1, keyed by the account's auth token, over the
/// URL without its fragment and, for every field sorted by name, name and value without delimiters.
///
/// A repeated field counts with its set of values, sorted, as the official Python and Node libraries do.
#[must_use]
pub fn sign(auth_token: &str, url: &str, params: &[(String, String)]) -> String {
    let mut message = strip_fragment(url).to_owned();
    let sorted: BTreeSet<(&str, &str)> = params.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    for (name, value) in sorted {
        message.push_str(name);
        message.push_str(value);
    }
    mac(auth_token, &message)
}

/// `url` without its `#fragment`: connection overrides are for Twilio and never signed.
#[must_use]
pub fn strip_fragment(url: &str) -> &str {
    url.split_once('#').map_or(url, |(before, _)| before)
}

fn mac(key: &str, message: &str) -> String {
    // HMAC takes a key of any length, so the error never happens; an empty signature then simply never matches.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(key.as_bytes()) else { return String::new() };
    mac.update(message.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const U: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";

    fn fields(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    fn p() -> Vec<(String, String)> {
        fields(&[
            ("CallSid", "CA1234567890ABCDE"),
            ("Caller", "+14158675309"),
            ("Digits", "1234"),
            ("From", "+14158675309"),
            ("To", "+18005551212"),
        ])
    }

    /// The vectors of Twilio's own libraries (python `tests/unit/test_request_validator.py`, node
    /// `spec/validation.spec.js`, go `client/request_validator_test.go`, java `RequestValidatorTest.java`).
    #[test]
    fn official_vectors() {
        let trap = [p(), fields(&[("Reason", "Participant"), ("ReasonConferenceEnded", "test")])].concat();
        let repeated = fields(&[
            ("Sid", "CA123"),
            ("SidAccount", "AC123"),
            ("Digits", "5678"),
            ("Digits", "1234"),
            ("Digits", "1234"),
        ]);
        let body_hash =
            format!("{U}&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620");
        let cases = [
            (U.to_owned(), p(), "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
            (U.to_owned(), repeated, "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
            (
                U.replace("https://mycompany.com", "http://mycompany.com:1234"),
                p(),
                "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=",
            ),
            (
                U.replace("https://mycompany.com", "http://mycompany.com:80"),
                p(),
                "0ZXoZLH/DfblKGATFgpif+LLRf4=",
            ),
            (body_hash, vec![], "a9nBmqA0ju/hNViExpshrM61xv4="),
            (U.replace("mycompany", "user:pass@mycompany"), p(), "CukzLTc1tT5dXEDIHm/tKBanW10="),
            (U.to_owned(), trap.clone(), "vOEb5UThFn24KEfnOFLQY2AE5FY="),
            (U.replace("https", "http"), trap, "n2xBNyzSW7rfYStDtOFiFMv7qNo="),
            (
                U.to_owned(),
                fields(&[("property", "value"), ("boolean", "true")]),
                "NBdBDr/T/lgjI+tlgpXjKZQZs/k=",
            ),
            (U.to_owned(), vec![], "zYQTYrRWXE7LtzbG4PfP7/bkkGo="),
            ("https://mycompany.com/myapp.php".to_owned(), p(), "1xaxFBvyzXYvWplzNOSs28HWO94="),
            (
                U.to_owned(),
                fields(&[("Digits", ""), ("CallSid", "CA1234567890ABCDE"), ("EmptyParam", "")]),
                "9HHp/OqQMEwdrVebHDdA/+tqjX8=",
            ),
            (
                U.to_owned(),
                fields(&[("Zebra", "last"), ("Alpha", "first"), ("Beta", "second"), ("Gamma", "third")]),
                "enveUe73ZTVLAekHxez3Qx6JuuQ=",
            ),
        ];
        for (url, params, expected) in cases {
            assert_eq!(sign("12345", &url, &params), expected, "{url} {params:?}");
        }
    }

    #[test]
    fn fragment_is_not_signed() {
        assert_eq!(sign("12345", &format!("{U}#rc=2&rp=all"), &p()), "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
    }
}
