//! Forms as carriers POST them: `application/x-www-form-urlencoded`, from raw bytes.

use std::{borrow::Cow, fmt};

use thiserror::Error;

/// The largest form that is read, in raw bytes. A text of 1,600 characters, each of nine bytes once encoded, takes
/// a quarter of it.
pub const MAX_BYTES: usize = 64 * 1024;

/// The most fields that are read. Carriers send about thirty.
pub const MAX_FIELDS: usize = 256;

/// A form's fields, decoded, in the order in which they came. Its `Debug` form shows names only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Form {
    fields: Vec<(String, String)>,
}

/// Why bytes are not a form that we read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FormError {
    /// More than [`MAX_BYTES`].
    #[error("the form is longer than {MAX_BYTES} bytes")]
    TooLong,
    /// More than [`MAX_FIELDS`].
    #[error("the form has more than {MAX_FIELDS} fields")]
    TooManyFields,
    /// A name or value that is not UTF-8 once decoded.
    #[error("the form is not UTF-8")]
    NotUtf8,
}

impl Form {
    /// Reads a body or a query string (without its `?`).
    ///
    /// As the URL standard has it (<https://url.spec.whatwg.org/#urlencoded-parsing>): empty parts are skipped, a
    /// part without `=` is a name, `+` is a space, and a `%` that no two hexadecimal digits follow stands for
    /// itself. Unlike there, bytes that are not UTF-8 are an error: they would not survive a signature check.
    pub fn parse(raw: &[u8]) -> Result<Self, FormError> {
        if raw.len() > MAX_BYTES {
            return Err(FormError::TooLong);
        }
        let mut fields = Vec::new();
        for part in raw.split(|byte| *byte == b'&').filter(|part| !part.is_empty()) {
            if fields.len() == MAX_FIELDS {
                return Err(FormError::TooManyFields);
            }
            let equals = part.iter().position(|byte| *byte == b'=').unwrap_or(part.len());
            let (name, value) = part.split_at_checked(equals).unwrap_or((part, b""));
            fields.push((decode(name)?, decode(value.strip_prefix(b"=").unwrap_or(value))?));
        }
        Ok(Self { fields })
    }

    /// The first value of a field.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields().find(|(found, _)| *found == name).map(|(_, value)| value)
    }

    /// The first value of a field, if it is not empty.
    #[must_use]
    pub fn get_filled(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// Every field, in the order in which they came.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.fields().map(|(name, _)| name)).finish()
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Form {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
        Self { fields: fields.into_iter().map(|(name, value)| (name.into(), value.into())).collect() }
    }
}

fn decode(raw: &[u8]) -> Result<String, FormError> {
    String::from_utf8(percent_decode(raw).into_owned()).map_err(|_| FormError::NotUtf8)
}

fn percent_decode(raw: &[u8]) -> Cow<'_, [u8]> {
    if !raw.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        return Cow::Borrowed(raw);
    }
    let mut decoded = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match (first, after) {
            (b'+', _) => decoded.push(b' '),
            (b'%', [high, low, tail @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    decoded.push((high << 4) | low);
                    rest = tail;
                }
                _ => decoded.push(b'%'),
            },
            (other, _) => decoded.push(*other),
        }
    }
    Cow::Owned(decoded)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop, prop_assert_eq, proptest};

    use super::{Form, FormError, MAX_BYTES, MAX_FIELDS};

    #[test]
    fn reads_forms_as_carriers_write_them() {
        let cases: [(&str, &[(&str, &str)]); 10] = [
            ("", &[]),
            ("&&", &[]),
            ("Body=", &[("Body", "")]),
            ("Body", &[("Body", "")]),
            ("=x", &[("", "x")]),
            ("To=%2B14155550123&Body=I+am+%C3%A9", &[("To", "+14155550123"), ("Body", "I am é")]),
            ("B=2&A=1&B=2", &[("B", "2"), ("A", "1"), ("B", "2")]),
            ("a=b=c", &[("a", "b=c")]),
            ("a=100%&b=%zz%4", &[("a", "100%"), ("b", "%zz%4")]),
            ("a%3Db=%26%25%2b", &[("a=b", "&%+")]),
        ];
        for (raw, fields) in cases {
            let form = Form::parse(raw.as_bytes()).unwrap();
            assert_eq!(form.fields().collect::<Vec<_>>(), fields, "{raw}");
        }
    }

    #[test]
    fn finds_the_first_value() {
        let form = Form::parse(b"A=1&A=2&B=").unwrap();
        assert_eq!((form.get("A"), form.get("B"), form.get("a")), (Some("1"), Some(""), None));
        assert_eq!((form.get_filled("A"), form.get_filled("B")), (Some("1"), None));
    }

    #[test]
    fn refuses_what_is_no_form_of_ours() {
        assert_eq!(Form::parse(b"Body=%ff"), Err(FormError::NotUtf8));
        assert_eq!(Form::parse(b"\xC3=1"), Err(FormError::NotUtf8));
        assert_eq!(Form::parse(&vec![b'a'; MAX_BYTES + 1]), Err(FormError::TooLong));
        assert!(Form::parse(&vec![b'a'; MAX_BYTES]).is_ok());
        assert_eq!(Form::parse("a&".repeat(MAX_FIELDS + 1).as_bytes()), Err(FormError::TooManyFields));
        assert!(Form::parse("a&".repeat(MAX_FIELDS).as_bytes()).is_ok());
    }

    #[test]
    fn debug_shows_names_only() {
        assert_eq!(format!("{:?}", Form::parse(b"Body=secret").unwrap()), r#"["Body"]"#);
    }

    proptest! {
        #[test]
        fn never_panics(raw in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = Form::parse(&raw);
        }

        #[test]
        fn reads_back_what_was_encoded(fields in prop::collection::vec((".{1,8}", ".{0,8}"), 0..8)) {
            let encode = |text: &str| {
                text.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat()
            };
            let raw = fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
            let form = Form::parse(raw.collect::<Vec<_>>().join("&").as_bytes()).unwrap();
            prop_assert_eq!(form, fields.into_iter().collect::<Form>());
        }
    }
}
