//! Phone numbers as the carrier reads them.

/// The E.164 form of what a client sent as a phone number, or nothing if it is none.
///
/// Spaces, dots, dashes and brackets are ignored, as Twilio does.
pub(crate) fn parse_number(text: &str) -> Option<String> {
    let compact: String = text.chars().filter(|c| !" -.()".contains(*c)).collect();
    let digits = compact.strip_prefix('+')?;
    let good = (7..=15).contains(&digits.len())
        && digits.bytes().all(|b| b.is_ascii_digit())
        && !digits.starts_with('0');
    good.then_some(compact)
}

/// A number as it stands in a path or query of the control API: the plus may be missing, or a space where a plus was
/// decoded.
pub(crate) fn from_path(text: &str) -> Option<String> {
    let digits = text.trim().trim_start_matches('+');
    parse_number(&format!("+{digits}"))
}

/// Several numbers, separated by commas.
pub(crate) fn list_from_query(text: Option<&str>) -> Vec<String> {
    text.unwrap_or_default().split(',').filter_map(from_path).collect()
}

/// `(415) 867-5309` for a North American number, else the number itself, as the REST API's `to_formatted`.
pub(crate) fn formatted(number: &str) -> String {
    match number.strip_prefix("+1") {
        Some(rest) if rest.len() == 10 => {
            let (area, local) = rest.split_at(3);
            let (exchange, line) = local.split_at(3);
            format!("({area}) {exchange}-{line}")
        }
        Some(_) | None => number.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_e164_only() {
        assert_eq!(parse_number("+1 (415) 867-5309").as_deref(), Some("+14158675309"));
        assert_eq!(parse_number("4158675309"), None);
        assert_eq!(parse_number("+0158675309"), None);
        assert_eq!(parse_number("+123"), None);
        assert_eq!(from_path(" 14158675309").as_deref(), Some("+14158675309"));
        assert_eq!(formatted("+14158675309"), "(415) 867-5309");
        assert_eq!(formatted("+442071838750"), "+442071838750");
    }
}
