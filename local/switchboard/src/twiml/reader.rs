//! Attributes, with warnings about those that Twilio does not know.

use super::xml::Element;
use std::str::FromStr;

/// Reads elements and collects warnings.
#[derive(Debug, Default)]
pub(super) struct Reader {
    pub(super) warnings: Vec<(u32, String)>,
}

impl Reader {
    /// Notes a warning.
    pub(super) fn warn(&mut self, code: u32, text: &str) {
        self.warnings.push((code, text.to_owned()));
    }

    /// Warns about attributes that are none of these.
    pub(super) fn known(&mut self, element: &Element, names: &[&str]) {
        for (name, _) in &element.attributes {
            if !names.contains(&name.as_str()) && !name.starts_with("xml") {
                self.warn(12_200, &format!("attribute '{name}' is not allowed in <{}>", element.name));
            }
        }
    }

    /// An attribute that must be a number.
    pub(super) fn number<T: FromStr>(&mut self, element: &Element, name: &str, default: T) -> T {
        let Some(text) = element.get(name) else { return default };
        text.parse().unwrap_or_else(|_| {
            self.warn(12_200, &format!("{name}=\"{text}\" is no number in <{}>", element.name));
            default
        })
    }

    /// Seconds, which cannot be negative.
    pub(super) fn seconds(&mut self, element: &Element, name: &str, default: f64) -> f64 {
        let value = self.number(element, name, default);
        if value.is_finite() && value >= 0.0 {
            return value;
        }
        self.warn(12_200, &format!("{name} is out of range in <{}>", element.name));
        default
    }

    /// An attribute that must be `true` or `false`.
    pub(super) fn flag(&mut self, element: &Element, name: &str, default: bool) -> bool {
        match element.get(name) {
            None => default,
            Some("true") => true,
            Some("false") => false,
            Some(other) => {
                self.warn(12_200, &format!("{name}=\"{other}\" is neither true nor false"));
                default
            }
        }
    }

    /// An attribute that must be `GET` or `POST`.
    pub(super) fn method(&mut self, element: &Element, name: &str) -> String {
        match element.get(name) {
            None | Some("POST" | "post") => "POST".to_owned(),
            Some("GET" | "get") => "GET".to_owned(),
            Some(other) => {
                self.warn(12_200, &format!("{name}=\"{other}\" is neither GET nor POST"));
                "POST".to_owned()
            }
        }
    }
}
