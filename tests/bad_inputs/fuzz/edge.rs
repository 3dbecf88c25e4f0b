//! What arrives at the edge: forms, paths, signatures, tokens.

use std::sync::LazyLock;

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use http::Method;
use jiff::Timestamp;
use lucius_auth::{Holder, Session, Sessions};
use lucius_core::id::UserId;
use lucius_shell::{
    Request,
    api::fields,
    testing::{AUTH_TOKEN, BASE_URL, World, request},
};
use lucius_telephony::{Form, RawRequest};
use lucius_twilio::{Refused, Tokens, signature};

/// A form reads as the URL standard has it, and what is read can be written and read again.
pub(crate) fn form(bytes: &[u8]) {
    let Ok(form) = Form::parse(bytes) else { return };
    let fields: Vec<_> = form.fields().collect();
    let standard: Vec<_> = url::form_urlencoded::parse(bytes).collect();
    assert!(fields.iter().copied().eq(standard.iter().map(|(name, value)| (&**name, &**value))));
    let written = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
    assert_eq!(Form::parse(written.as_bytes()).as_ref(), Ok(&form));
    for (name, _) in fields {
        assert!(form.get(name).is_some());
    }
}

/// The parts of a path are the path; a page is a number from one, or refused.
pub(crate) fn path(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let request = request(Method::GET, &text);
    let whole = request.segments().join("/");
    let path = request.raw_path.strip_prefix('/').unwrap_or(&request.raw_path);
    assert!(path == whole || path.strip_suffix('/') == Some(&whole));
    match fields::page(&request) {
        Ok(page) => {
            assert!(page > 0);
            let asked = fields::query(&request, "page").map_or(Ok(1), str::parse::<u32>);
            assert_eq!(asked, Ok(page));
        }
        Err(refused) => {
            assert!(refused.status == 400 && refused.body.contains("page: a whole number from 1"));
        }
    }
    let all: Vec<u64> = (0..7).collect();
    let page = u32::try_from(bytes.len()).unwrap();
    assert!(fields::slice(&all, page, 3).count() <= 3);
}

/// What the API gateway delivers is taken over as it is, whatever the sender has put into it.
pub(crate) fn event(bytes: &[u8]) {
    let Ok(event) = serde_json::from_slice::<ApiGatewayV2httpRequest>(bytes) else { return };
    let request = Request::from_gateway(event.clone(), Timestamp::UNIX_EPOCH);
    assert_eq!(request.raw_path, event.raw_path.unwrap_or_default());
    assert_eq!(request.raw_query, event.raw_query_string.unwrap_or_default());
    assert_eq!((&request.headers, &request.method), (&event.headers, &event.request_context.http.method));
    assert!(request.arrived_at >= Timestamp::UNIX_EPOCH);
    if !event.is_base64_encoded {
        assert_eq!(request.body, event.body.unwrap_or_default().into_bytes());
    }
}

static TOKENS: LazyLock<Tokens> = LazyLock::new(|| Tokens::new(AUTH_TOKEN.into(), None).unwrap());

/// No bytes are taken for signed that are not; what is signed is taken, and no longer after any change of its fields.
/// The input: a path, a signature and a body, on lines of their own.
pub(crate) fn signature(bytes: &[u8]) {
    let mut lines = bytes.splitn(3, |byte| *byte == b'\n');
    let (path, given, body) = (lines.next(), lines.next(), lines.next());
    let path = String::from_utf8_lossy(path.unwrap_or_default()).replace('#', "");
    let (given, body) = (String::from_utf8_lossy(given.unwrap_or_default()), body.unwrap_or_default());
    let url = format!("{BASE_URL}/{path}");
    let verified = |tokens: &Tokens, signatures: &[&str], body: &[u8]| {
        let content_type = Some("application/x-www-form-urlencoded; charset=UTF-8");
        signature::verify(tokens, &RawRequest { method: "POST", url: &url, content_type, signatures, body })
    };
    assert!(verified(&TOKENS, &[&given], body).is_err());
    let Ok(form) = Form::parse(body) else { return };
    let right = signature::sign(&AUTH_TOKEN.into(), &url, &form);
    assert_eq!(verified(&TOKENS, &[&right], body).as_ref(), Ok(&form));
    assert_eq!(verified(&TOKENS, &[&right, &right], body), Err(Refused::NotOneSignature));
    let other = Tokens::new("another token".into(), None).unwrap();
    assert_eq!(verified(&other, &[&right], body), Err(Refused::Mismatch));
    let more = [body, b"&More=1"].concat();
    if Form::parse(&more).is_ok() {
        assert_eq!(verified(&TOKENS, &[&right], &more), Err(Refused::Mismatch));
    }
}

/// Sessions, and a token of theirs.
struct Issued {
    sessions: Sessions,
    token: String,
    session: Session,
    now: Timestamp,
}

static ISSUED: LazyLock<Issued> = LazyLock::new(|| {
    let signer = World::signer();
    let sessions = Sessions::new(BASE_URL.to_owned(), signer.public(), Vec::new(), signer);
    let now: Timestamp = "2026-03-03T12:00:00Z".parse().unwrap();
    let user = UserId::try_from(4711).unwrap();
    let holder = Holder { user, first_name: "Ann", last_name: "Lee", is_admin: false };
    let token = futures::executor::block_on(sessions.issue(holder, now)).unwrap();
    let session = sessions.read(&token, now).unwrap();
    Issued { sessions, token, session, now }
});

/// No token is taken but the one that was issued. The input is laid over it: the first two bytes say where.
pub(crate) fn token(bytes: &[u8]) {
    let Issued { sessions, token, session, now } = &*ISSUED;
    assert!(sessions.read(&String::from_utf8_lossy(bytes), *now).is_err());
    let [high, low, patch @ ..] = bytes else { return };
    let at = usize::from(u16::from_be_bytes([*high, *low])) % token.len();
    let mut changed = token.as_bytes().to_vec();
    let end = (at + patch.len()).min(changed.len());
    changed.splice(at..end, patch.iter().copied());
    if let Ok(read) = sessions.read(&String::from_utf8_lossy(&changed), *now) {
        assert_eq!(read, *session);
    }
}
