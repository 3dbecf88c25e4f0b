use lucius_telephony::{Form, RawRequest};
use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, proptest};
use secrecy::SecretString;

use super::{Refused, Tokens, candidates, sign, verify};

type Fields<'a> = &'a [(&'a str, &'a str)];

const FORM: &str = "application/x-www-form-urlencoded; charset=UTF-8";
const URL: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
const FIVE: Fields = &[
    ("CallSid", "CA1234567890ABCDE"),
    ("Caller", "+14158675309"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
];
const REASONS: Fields = &[("Reason", "Participant"), ("ReasonConferenceEnded", "test")];
const JSON: &str = r#"{"property": "value", "boolean": true}"#;
const JSON_SHA256: &str = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";

fn tokens() -> Tokens {
    Tokens::new("12345".into(), None).unwrap()
}

/// A form as Twilio would encode it.
fn encoded<N: AsRef<str>, V: AsRef<str>>(fields: &[(N, V)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn check(
    tokens: &Tokens,
    url: &str,
    content_type: Option<&str>,
    body: &str,
    signature: &str,
) -> Result<Form, Refused> {
    let signatures = &[signature];
    verify(tokens, &RawRequest { method: "POST", url, content_type, signatures, body: body.as_bytes() })
}

/// Vectors from the unit tests of Twilio's own libraries, token `12345`:
/// py = twilio-python `tests/unit/test_request_validator.py`, node = twilio-node `spec/validation.spec.js`,
/// go = twilio-go `client/request_validator_test.go`,
/// java = twilio-java `src/test/java/com/twilio/security/RequestValidatorTest.java`.
#[test]
fn forms_signed_by_twilios_own_libraries_pass() {
    let five_and_reasons = [FIVE, REASONS].concat();
    let repeated = [
        ("Sid", "CA123"),
        ("SidAccount", "AC123"),
        ("Digits", "5678"),
        ("Digits", "1234"),
        ("Digits", "1234"),
    ];
    let typed = [("property", "value"), ("boolean", "true")];
    let empty = [("Digits", ""), ("CallSid", "CA1234567890ABCDE"), ("EmptyParam", "")];
    let greek = [("Zebra", "last"), ("Alpha", "first"), ("Beta", "second"), ("Gamma", "third")];
    let documented = [
        ("CallSid", "CA1234567890ABCDE"),
        ("Caller", "+14158675310"),
        ("Digits", "1234"),
        ("From", "+14158675310"),
        ("To", "+18005551212"),
    ];
    let port = |scheme: &str, port: &str| format!("{scheme}://mycompany.com{port}/myapp.php?foo=1&bar=2");
    let user = |user: &str, port: &str| format!("https://{user}@mycompany.com{port}/myapp.php?foo=1&bar=2");
    let cases: [(&str, String, Fields, &str); 22] = [
        ("1 py node java", URL.to_owned(), FIVE, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("1 given :443", port("https", ":443"), FIVE, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("1 given :1234", port("https", ":1234"), FIVE, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("1 given a fragment", format!("{URL}#ct=2000&rp=all"), FIVE, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("2 py node", URL.to_owned(), &repeated, "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
        ("4 py node java", port("http", ":1234"), FIVE, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
        ("6 py node java", port("http", ":80"), FIVE, "0ZXoZLH/DfblKGATFgpif+LLRf4="),
        ("6 given no port", port("http", ""), FIVE, "0ZXoZLH/DfblKGATFgpif+LLRf4="),
        ("10 node", user("user:pass", ""), FIVE, "CukzLTc1tT5dXEDIHm/tKBanW10="),
        ("11 node", user("user", ""), FIVE, "2YRLlVAflCqxaNicjMpJcSTgzSs="),
        ("12 node", user("user:pass", ":443"), FIVE, "ZQFR1PTIZXF2MXB8ZnKCvnnA+rI="),
        ("12 given no port", user("user:pass", ""), FIVE, "ZQFR1PTIZXF2MXB8ZnKCvnnA+rI="),
        ("1 given a user", user("user:pass", ""), FIVE, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("14 go", URL.to_owned(), &five_and_reasons, "vOEb5UThFn24KEfnOFLQY2AE5FY="),
        ("14 given :1234", port("https", ":1234"), &five_and_reasons, "vOEb5UThFn24KEfnOFLQY2AE5FY="),
        ("15 go", port("http", ""), &five_and_reasons, "n2xBNyzSW7rfYStDtOFiFMv7qNo="),
        ("17 go", URL.to_owned(), &typed, "NBdBDr/T/lgjI+tlgpXjKZQZs/k="),
        ("18 java", URL.to_owned(), &[], "zYQTYrRWXE7LtzbG4PfP7/bkkGo="),
        ("19 java", "https://mycompany.com/myapp.php".to_owned(), FIVE, "1xaxFBvyzXYvWplzNOSs28HWO94="),
        ("22 java", URL.to_owned(), &empty, "9HHp/OqQMEwdrVebHDdA/+tqjX8="),
        ("23 java", URL.to_owned(), &greek, "enveUe73ZTVLAekHxez3Qx6JuuQ="),
        // https://www.twilio.com/docs/usage/security
        (
            "27 docs",
            "https://example.com/myapp.php?foo=1&bar=2".to_owned(),
            &documented,
            "L/OH5YylLD5NRKLltdqwSvS0BnU=",
        ),
    ];
    for (name, url, fields, signature) in cases {
        let form = check(&tokens(), &url, Some(FORM), &encoded(fields), signature);
        assert_eq!(form, Ok(fields.iter().copied().collect()), "{name}");
    }
}

#[test]
fn pairs_sorted_as_whole_strings_fail() {
    // 16 go: what a library makes that sorts "name + value" instead of names.
    let body = encoded(&[FIVE, REASONS].concat());
    let wrong = check(&tokens(), URL, Some(FORM), &body, "95+Bu0JVPi0r/SsESZCVf0dWAjw=");
    assert_eq!(wrong, Err(Refused::Mismatch));
}

#[test]
fn json_is_signed_by_its_hash() {
    let cases = [
        ("7 py node go java", format!("{URL}&bodySHA256={JSON_SHA256}"), "a9nBmqA0ju/hNViExpshrM61xv4="),
        (
            "8 node go java",
            format!("https://mycompany.com/myapp.php?bodySHA256={JSON_SHA256}"),
            "y77kIzt2vzLz71DgmJGsen2scGs=",
        ),
    ];
    for (name, url, signature) in cases {
        for content_type in [Some("application/json"), Some("application/json; charset=utf-8"), None] {
            assert_eq!(check(&tokens(), &url, content_type, JSON, signature), Ok(Form::default()), "{name}");
        }
        let changed = JSON.replace("true", "null");
        let refused = check(&tokens(), &url, Some("application/json"), &changed, signature);
        assert_eq!(refused, Err(Refused::BodyHash), "{name}");
    }
    let unhashed = sign(&"12345".into(), URL, &Form::default());
    let refused = check(&tokens(), URL, Some("application/json"), JSON, &unhashed);
    assert_eq!(refused, Err(Refused::BodyHash), "a body that nothing vouches for");
}

#[test]
fn a_get_signs_its_url_and_has_its_fields_there() {
    let url = "https://mycompany.com/x?Digits=1&From=%2B14155550123#rt=6000";
    let signature =
        sign(&"12345".into(), "https://mycompany.com/x?Digits=1&From=%2B14155550123", &Form::default());
    let signatures = &[signature.as_str()];
    let request = RawRequest { method: "GET", url, content_type: None, signatures, body: b"" };
    assert_eq!(verify(&tokens(), &request), Ok(Form::from_iter([("Digits", "1"), ("From", "+14155550123")])));
    assert_eq!(verify(&tokens(), &RawRequest { method: "PUT", ..request }), Err(Refused::Method));
    assert_eq!(verify(&tokens(), &RawRequest { method: "get", ..request }), Err(Refused::Method));
}

#[test]
fn anything_but_one_sound_header_is_refused() {
    let right = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
    let body = encoded(FIVE);
    let twice = format!("{right},{right}");
    let shorter = &right[4..];
    let cases: [(&[&str], Refused); 9] = [
        (&[], Refused::NotOneSignature),
        (&[right, right], Refused::NotOneSignature),
        (&[twice.as_str()], Refused::MalformedSignature),
        (&[""], Refused::MalformedSignature),
        (&["!!!!"], Refused::MalformedSignature),
        (&["RSOYDt4T1cUTdK1PDd93/VVr8B8"], Refused::MalformedSignature),
        (&[" RSOYDt4T1cUTdK1PDd93/VVr8B8="], Refused::MalformedSignature),
        (&[shorter], Refused::MalformedSignature),
        (&["AAAAAAAAAAAAAAAAAAAAAAAAAAA="], Refused::Mismatch),
    ];
    for (signatures, refused) in cases {
        let request = RawRequest {
            method: "POST",
            url: URL,
            content_type: Some(FORM),
            signatures,
            body: body.as_bytes(),
        };
        assert_eq!(verify(&tokens(), &request), Err(refused), "{signatures:?}");
    }
}

#[test]
fn both_tokens_of_a_rotation_pass_and_no_third() {
    let rotating = Tokens::new("12345".into(), Some("67890".into())).unwrap();
    let fields = FIVE.iter().copied().collect();
    for (token, passes) in [("12345", true), ("67890", true), ("", false), ("1234567890", false)] {
        let signature = sign(&token.into(), URL, &fields);
        let verdict = check(&rotating, URL, Some(FORM), &encoded(FIVE), &signature);
        assert_eq!(verdict.is_ok(), passes, "{token}");
    }
}

#[test]
fn an_empty_token_never_verifies() {
    assert!(Tokens::new("".into(), Some("12345".into())).is_err());
    let tokens = Tokens::new("12345".into(), Some("".into())).unwrap();
    let signature = sign(&"".into(), URL, &Form::default());
    assert_eq!(check(&tokens, URL, Some(FORM), "", &signature), Err(Refused::Mismatch));
    assert!(!format!("{:?}", Tokens::new("hush".into(), Some("hush".into()))).contains("hush"));
}

#[test]
fn every_form_of_a_url_is_tried_and_no_other() {
    let cases: [(&str, &[&str]); 5] = [
        ("https://a.example/x", &["https://a.example/x", "https://a.example:443/x"]),
        ("http://a.example?x=@:1", &["http://a.example?x=@:1", "http://a.example:80?x=@:1"]),
        ("http://[::1]:8000/", &["http://[::1]/", "http://[::1]:8000/", "http://[::1]:80/"]),
        ("http://[::1]/", &["http://[::1]/", "http://[::1]:80/"]),
        ("not a URL#x", &["not a URL"]),
    ];
    for (url, expected) in cases {
        assert_eq!(candidates(url), expected.iter().map(|url| (*url).to_owned()).collect(), "{url}");
    }
    assert_eq!(candidates("https://u:p@a.example:8443/").len(), 6);
}

proptest! {
    #[test]
    fn what_is_signed_passes_and_any_flipped_bit_fails(
        fields in prop::collection::vec(("[A-Za-z]{1,6}", ".{0,6}"), 0..6),
        token in "[0-9a-f]{32}",
        part in 0_usize..3,
        place in any::<prop::sample::Index>(),
        bit in 0_u8..8,
    ) {
        let token = SecretString::from(token);
        let tokens = Tokens::new(token.clone(), None).unwrap();
        let url = "https://a.example/inbound/answer?step=1";
        let form: Form = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let signature = sign(&token, url, &form);
        let body = encoded(&fields);
        prop_assert_eq!(check(&tokens, url, Some(FORM), &body, &signature), Ok(form.clone()));

        let mut parts = [signature.into_bytes(), url.as_bytes().to_vec(), body.into_bytes()];
        if parts[part].is_empty() {
            return Ok(());
        }
        let at = place.index(parts[part].len());
        parts[part][at] ^= 1 << bit;
        let [signature, url, body] = &parts;
        let (Ok(signature), Ok(url)) = (str::from_utf8(signature), str::from_utf8(url)) else {
            return Ok(());
        };
        let signatures = &[signature];
        let verdict = verify(&tokens, &RawRequest { method: "POST", url, content_type: Some(FORM), signatures, body });
        // A flip in the body may leave its meaning as it was: `%2b` for `%2B`. Then, and only then, it passes.
        let same = part == 2 && Form::parse(body).is_ok_and(|read| super::tail(&read) == super::tail(&form));
        prop_assert_eq!(verdict.is_ok(), same, "{}", url);
    }

    #[test]
    fn never_panics(
        method in "GET|POST|[A-Z]{0,4}",
        url in ".{0,60}",
        content_type in prop::option::of(".{0,30}"),
        signature in ".{0,40}",
        body in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        let request = RawRequest {
            method: &method,
            url: &url,
            content_type: content_type.as_deref(),
            signatures: &[&signature],
            body: &body,
        };
        prop_assert!(verify(&tokens(), &request).is_err());
    }
}
