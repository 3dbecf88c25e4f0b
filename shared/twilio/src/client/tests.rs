use super::{Settings, SettingsError, Timeouts, TwilioClient, below, is_trustworthy, with_overrides};
use lucius_core::phone::PhoneNumber;

fn settings(base_url: &str) -> Settings {
    Settings {
        account_sid: "AC0123".to_owned(),
        service_number: PhoneNumber::parse("+18005551212").unwrap(),
        base_url: base_url.to_owned(),
        key: "SKhush".to_owned(),
        secret: "hush".into(),
        timeouts: Timeouts::default(),
    }
}

#[test]
fn credentials_go_to_https_or_to_this_machine() {
    let good = [
        "https://api.twilio.com",
        "https://api.dublin.ie1.twilio.com/",
        "http://127.0.0.1:4010",
        "http://127.1.2.3/twilio",
        "http://[::1]:4010/",
        "http://localhost:4010",
    ];
    for url in good {
        assert!(TwilioClient::new(settings(url)).is_ok(), "{url}");
    }
    let bad = [
        "",
        "api.twilio.com",
        "http://api.twilio.com",
        "http://127.0.0.1.example.org",
        "http://localhost.example.org",
        "http://0.0.0.0:4010",
        "ftp://127.0.0.1",
        "https://user:hush@api.twilio.com",
        "https://api.twilio.com/?x=1",
        "https://api.twilio.com/#x",
    ];
    for url in bad {
        assert_eq!(TwilioClient::new(settings(url)).err(), Some(SettingsError::BaseUrl), "{url}");
    }
    assert!(!is_trustworthy(&"http://10.0.0.1".parse().unwrap()));
}

#[test]
fn credentials_are_needed() {
    for empty in [
        Settings { account_sid: String::new(), ..settings("https://api.twilio.com") },
        Settings { key: String::new(), ..settings("https://api.twilio.com") },
        Settings { secret: "".into(), ..settings("https://api.twilio.com") },
    ] {
        assert_eq!(TwilioClient::new(empty).err(), Some(SettingsError::MissingCredentials));
    }
}

#[test]
fn path_segments_cannot_break_out() {
    let base = || "http://127.0.0.1/carrier/".parse().unwrap();
    assert_eq!(below(base(), &["Calls", "CA1.json"]).as_str(), "http://127.0.0.1/carrier/Calls/CA1.json");
    assert_eq!(below(base(), &["../x?y#z"]).as_str(), "http://127.0.0.1/carrier/..%2Fx%3Fy%23z");
}

#[test]
fn urls_for_twilio_carry_the_overrides_once() {
    let once = with_overrides("https://a.example/receipt?x=1");
    assert_eq!(once, "https://a.example/receipt?x=1#ct=2000&rt=6000&rc=2&rp=all");
    assert_eq!(with_overrides(&once), once);
}

#[test]
fn debug_shows_no_credentials_and_two_digits() {
    let settings = settings("https://api.twilio.com");
    let shown =
        format!("{settings:?} {:?}", TwilioClient::new(self::settings("https://api.twilio.com")).unwrap());
    for hidden in ["hush", "1212\"", "5551212"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}
