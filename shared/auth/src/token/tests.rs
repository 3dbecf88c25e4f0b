#![expect(clippy::arithmetic_side_effects, reason = "times of a test stay far from the ends of an i64")]

use aws_lc_rs::hmac;
use serde_json::{Value, json};

use super::*;
use crate::testing::LocalSigner;

const ISSUER: &str = "https://lucius.example";

struct World {
    key: Arc<LocalSigner>,
    sessions: Sessions,
    now: Timestamp,
}

impl World {
    fn new() -> Self {
        let key = Arc::new(LocalSigner::generate());
        let sessions = Sessions::new(ISSUER.to_owned(), key.public(), Vec::new(), key.clone());
        Self { key, sessions, now: "2026-03-03T12:00:00Z".parse().unwrap() }
    }

    async fn token(&self) -> String {
        let user = UserId::try_from(42).unwrap();
        let holder = Holder { user, first_name: "Ann", last_name: "Lee \"x\"", is_admin: true };
        self.sessions.issue(holder, self.now).await.unwrap()
    }

    fn header(&self) -> Value {
        json!({ "alg": "RS256", "typ": "JWT", "kid": self.key.public().kid })
    }

    fn claims(&self) -> Value {
        let iat = self.now.as_second();
        json!({
            "sub": "42", "first_name": "Ann", "last_name": "Lee", "is_admin": true,
            "iss": ISSUER, "iat": iat, "exp": iat + LIFETIME_SECONDS,
        })
    }

    /// A token with our own signature over whatever it says.
    async fn signed(&self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", encode(header), encode(claims));
        let signature = self.key.sign(message.as_bytes()).await.unwrap();
        format!("{message}.{}", encode(signature))
    }

    fn read(&self, token: &str) -> Result<Session, Refused> {
        self.sessions.read(token, self.now)
    }

    /// Our claims with `name` set to `value`, or left out.
    fn with(&self, name: &str, value: Value) -> String {
        let mut claims = self.claims();
        let object = claims.as_object_mut().unwrap();
        if value.is_null() {
            object.remove(name);
        } else {
            object.insert(name.to_owned(), value);
        }
        claims.to_string()
    }
}

fn encode(part: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(part)
}

fn decoded(token: &str, part: usize) -> Value {
    let part = token.split('.').nth(part).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[tokio::test]
async fn a_token_says_who_and_lasts_a_day() {
    let world = World::new();
    let token = world.token().await;
    assert_eq!(decoded(&token, 0), world.header());
    assert_eq!(
        decoded(&token, 1),
        json!({
            "sub": "42", "first_name": "Ann", "last_name": "Lee \"x\"", "is_admin": true,
            "iss": ISSUER, "iat": world.now.as_second(), "exp": world.now.as_second() + 86_400,
        })
    );
    let session = Session { user: UserId::try_from(42).unwrap(), is_admin: true };
    assert_eq!(world.read(&token), Ok(session));
    let at = |seconds| Timestamp::from_second(world.now.as_second() + seconds).unwrap();
    assert_eq!(world.sessions.read(&token, at(86_399)), Ok(session));
    assert_eq!(world.sessions.read(&token, at(86_400)), Err(Refused::Expired));
    assert_eq!(world.sessions.read(&token, at(-60)), Ok(session));
    assert_eq!(world.sessions.read(&token, at(-61)), Err(Refused::Invalid), "issued in the future");
}

#[tokio::test]
async fn anybody_can_verify_with_the_published_keys() {
    let world = World::new();
    let set = serde_json::to_value(world.sessions.jwks()).unwrap();
    let jwk = &set["keys"][0];
    for (name, value) in [("kty", "RSA"), ("alg", "RS256"), ("use", "sig"), ("kid", &world.key.public().kid)]
    {
        assert_eq!(jwk[name], value);
    }
    assert_eq!(jwk["e"], "AQAB");
    // Read back from the document alone, as somebody else would.
    let key: Jwk = serde_json::from_value(jwk.clone()).unwrap();
    let key = DecodingKey::from_jwk(&key).unwrap();
    assert!(decode::<Claims>(world.token().await, &key, &world.sessions.validation()).is_ok());
}

#[tokio::test]
async fn a_retired_key_is_still_read_and_no_longer_signs() {
    let old = World::new();
    let token = old.token().await;
    let new = Arc::new(LocalSigner::generate());
    let sessions = Sessions::new(ISSUER.to_owned(), new.public(), vec![old.key.public()], new.clone());
    assert!(sessions.read(&token, old.now).is_ok());
    assert_eq!(serde_json::to_value(sessions.jwks()).unwrap()["keys"].as_array().unwrap().len(), 2);
    let without = Sessions::new(ISSUER.to_owned(), new.public(), Vec::new(), new);
    assert_eq!(without.read(&token, old.now), Err(Refused::Invalid));
}

#[tokio::test]
async fn algorithms_other_than_ours_are_refused() {
    let world = World::new();
    let claims = world.claims().to_string();
    for alg in
        ["none", "None", "NONE", "HS256", "HS512", "RS384", "RS512", "PS256", "ES256", "EdDSA", "", "rs256"]
    {
        let mut header = world.header();
        header["alg"] = alg.into();
        let header = header.to_string();
        assert_eq!(world.read(&world.signed(&header, &claims).await), Err(Refused::Invalid), "{alg}");
        let unsigned = format!("{}.{}.", encode(&header), encode(&claims));
        assert_eq!(world.read(&unsigned), Err(Refused::Invalid), "{alg}, unsigned");
    }
    // The public key taken for the secret of an HMAC.
    let header = world.header().to_string().replace("RS256", "HS256");
    let message = format!("{}.{}", encode(header), encode(&claims));
    let jwk = serde_json::to_vec(&world.key.public().jwk).unwrap();
    for secret in [world.key.public_der(), jwk] {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), message.as_bytes());
        assert_eq!(world.read(&format!("{message}.{}", encode(tag))), Err(Refused::Invalid));
    }
}

#[tokio::test]
async fn only_keys_of_ours_count() {
    let world = World::new();
    let stranger = LocalSigner::generate();
    let claims = world.claims().to_string();
    let message = |header: &Value| format!("{}.{}", encode(header.to_string()), encode(&claims));
    let by_stranger = async |header: &Value| {
        let message = message(header);
        format!("{message}.{}", encode(stranger.sign(message.as_bytes()).await.unwrap()))
    };
    let mut header = world.header();
    assert_eq!(
        world.read(&by_stranger(&header).await),
        Err(Refused::Invalid),
        "our kid, another's signature"
    );
    header["jwk"] = serde_json::to_value(stranger.public().jwk).unwrap();
    assert_eq!(world.read(&by_stranger(&header).await), Err(Refused::Invalid), "a key that it brings along");
    header["jku"] = "https://evil.example/jwks".into();
    assert_eq!(world.read(&by_stranger(&header).await), Err(Refused::Invalid), "a key to be fetched");
    for kid in
        ["", "../../../../dev/null", "x' OR '1'='1", "/proc/self/environ", "\u{0}", &stranger.public().kid]
    {
        let mut header = world.header();
        header["kid"] = kid.into();
        assert_eq!(
            world.read(&world.signed(&header.to_string(), &claims).await),
            Err(Refused::Invalid),
            "{kid}"
        );
    }
    for header in [
        json!({ "alg": "RS256" }),
        json!({ "alg": "RS256", "kid": null }),
        json!({ "kid": 7, "alg": "RS256" }),
    ] {
        assert_eq!(
            world.read(&world.signed(&header.to_string(), &claims).await),
            Err(Refused::Invalid),
            "{header}"
        );
    }
}

#[tokio::test]
async fn headers_with_other_demands_are_refused() {
    let world = World::new();
    let kid = world.key.public().kid;
    for header in [
        format!(r#"{{"alg":"RS256","kid":"{kid}","crit":["exp"],"exp":1}}"#),
        format!(r#"{{"alg":"RS256","kid":"{kid}","typ":"JWE"}}"#),
        format!(r#"{{"alg":"RS256","alg":"RS256","kid":"{kid}"}}"#),
        format!(r#"{{"alg":"none","alg":"RS256","kid":"{kid}"}}"#),
        format!(r#"{{"alg":"RS256","kid":"x","kid":"{kid}"}}"#),
    ] {
        let token = world.signed(&header, &world.claims().to_string()).await;
        assert_eq!(world.read(&token), Err(Refused::Invalid), "{header}");
    }
}

#[tokio::test]
async fn claims_are_ours_once_each_and_no_others() {
    let world = World::new();
    let header = world.header().to_string();
    let (iat, exp) = (world.now.as_second(), world.now.as_second() + LIFETIME_SECONDS);
    let ours = world.claims().to_string();
    let twice = |claim: &str| ours.replacen('{', &format!("{{{claim},"), 1);
    for claims in [
        world.with("exp", Value::Null),
        world.with("iss", Value::Null),
        world.with("sub", Value::Null),
        world.with("is_admin", Value::Null),
        world.with("iss", "https://evil.example".into()),
        world.with("iss", json!([ISSUER])),
        world.with("iss", "".into()),
        world.with("exp", "9999999999".into()),
        world.with("exp", json!(exp + 1)),
        world.with("exp", json!(i64::MAX)),
        world.with("exp", json!(-1)),
        world.with("exp", json!(1.5)),
        world.with("iat", json!(iat + 3600)),
        world.with("iat", json!(i64::MIN)),
        world.with("sub", "../42".into()),
        world.with("sub", "9007199254740992".into()),
        world.with("sub", json!(42)),
        world.with("is_admin", "true".into()),
        world.with("nbf", json!(iat + 3600)),
        world.with("aud", "another-service".into()),
        world.with("role", "root".into()),
        twice(r#""sub":"1""#),
        twice(r#""is_admin":false"#),
        twice(r#""exp":1"#),
        ours.replace(&exp.to_string(), "1e999"),
        ours.replace(&exp.to_string(), "NaN"),
        "null".to_owned(),
        "[]".to_owned(),
        String::new(),
    ] {
        let token = world.signed(&header, &claims).await;
        assert_eq!(world.read(&token), Err(Refused::Invalid), "{claims}");
    }
}

#[tokio::test]
async fn what_was_changed_or_is_no_token_is_refused() {
    let world = World::new();
    let token = world.token().await;
    let parts: Vec<&str> = token.split('.').collect();
    let (header, claims, signature) = (parts[0], parts[1], parts[2]);
    let other = encode(world.with("sub", "43".into()));
    for changed in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "a.b.c".to_owned(),
        "\u{1F4A9}".to_owned(),
        format!("{header}.{claims}"),
        format!("{header}.{claims}."),
        format!("{header}.{claims}.{signature}.{signature}"),
        format!("{header}.{claims}.{signature}="),
        format!(" {token}"),
        format!("{header}.{other}.{signature}"),
        format!("{header}.{claims}.{}", encode([0; 256])),
        format!("{header}.{claims}.{}", encode([0])),
        format!("{token}{}", "A".repeat(10_000)),
    ] {
        assert_eq!(world.read(&changed), Err(Refused::Invalid), "{changed}");
    }
}

#[test]
fn what_is_no_key_is_refused() {
    let mut der = LocalSigner::generate().public_der();
    assert!(PublicKey::from_der(&der).is_ok());
    der.truncate(100);
    for bytes in [&der[..], b"", b"-----BEGIN PUBLIC KEY-----"] {
        assert!(PublicKey::from_der(bytes).is_err());
    }
}
