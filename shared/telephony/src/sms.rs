//! Texts: how long one may be, how many segments it costs, and how to keep it cheap and whole.

use crate::text::{self, Size};

/// The longest text that a carrier takes in one request, in UTF-16 units
/// (<https://www.twilio.com/docs/messaging/api/message-resource>, parameter `Body`: 1,600 characters).
pub const MAX_UNITS: usize = 1_600;

/// The characters of the GSM 03.38 basic table, which take one septet each.
const BASIC: &str = concat!(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?",
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
);

/// The characters of its extension table, which take two.
const EXTENSION: &str = "\u{C}^{}\\[~]|€";

/// Cuts a text into pieces that a carrier takes, at white space where possible. Nothing but white space gives no
/// piece at all.
#[must_use]
pub fn split(text: &str) -> Vec<&str> {
    text::split(text, |size: Size| size.units <= MAX_UNITS)
}

/// Replaces typographic characters by those of the GSM alphabet that mean the same. One curly quote would
/// otherwise turn 160 characters per segment into 70.
#[must_use]
pub fn normalize(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '‘' | '’' | '‚' | '‛' | '′' | '`' | '´' => plain.push('\''),
            '“' | '”' | '„' | '‟' | '″' | '«' | '»' => plain.push('"'),
            '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' => plain.push('-'),
            '…' => plain.push_str("..."),
            '•' | '·' => plain.push('*'),
            '\t' | '\u{A0}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}' => {
                plain.push(' ');
            }
            '\u{2028}' | '\u{2029}' => plain.push('\n'),
            '\u{AD}' | '\u{200B}' | '\u{2060}' | '\u{FEFF}' => {}
            other => plain.push(other),
        }
    }
    plain
}

/// How many segments the carrier sends and bills: one of 160 septets (several: 153 each) if every character is in
/// the GSM alphabet, else one of 70 UTF-16 units (several: 67 each). No character is cut in two. An empty text
/// counts as one (<https://www.twilio.com/docs/glossary/what-sms-character-limit>).
#[must_use]
pub fn segments(text: &str) -> usize {
    match text.chars().map(septets).collect::<Option<Vec<_>>>() {
        Some(costs) => count(&costs, 160, 153),
        None => count(&text.chars().map(char::len_utf16).collect::<Vec<_>>(), 70, 67),
    }
}

/// What a character costs in the GSM alphabet, if it is in it.
fn septets(char: char) -> Option<usize> {
    if BASIC.contains(char) {
        Some(1)
    } else if EXTENSION.contains(char) {
        Some(2)
    } else {
        None
    }
}

fn count(costs: &[usize], single: usize, several: usize) -> usize {
    if costs.iter().sum::<usize>() <= single {
        return 1;
    }
    let (mut segments, mut used) = (1_usize, 0_usize);
    for cost in costs {
        used = used.saturating_add(*cost);
        if used > several {
            segments = segments.saturating_add(1);
            used = *cost;
        }
    }
    segments
}

#[cfg(test)]
mod tests {
    use super::{BASIC, EXTENSION, MAX_UNITS, normalize, segments, split};

    #[test]
    fn counts_segments_as_they_are_billed() {
        let cases = [
            (String::new(), 1),
            ("a".repeat(160), 1),
            ("a".repeat(161), 2),
            ("a".repeat(306), 2),
            ("a".repeat(307), 3),
            ("€".repeat(80), 1),
            ("€".repeat(81), 2),
            // 153 is odd: the extension character that would be cut in two moves to the next segment.
            ("€".repeat(153), 3),
            ("č".repeat(70), 1),
            ("č".repeat(71), 2),
            ("😀".repeat(35), 1),
            ("😀".repeat(67), 3),
        ];
        for (text, expected) in cases {
            assert_eq!(segments(&text), expected, "{} characters", text.chars().count());
        }
    }

    #[test]
    fn the_alphabet_has_its_127_and_10_characters() {
        // 128 places of the basic table, one of which is the escape to the extension table.
        assert_eq!(BASIC.chars().count(), 127);
        assert_eq!(EXTENSION.chars().count(), 10);
    }

    #[test]
    fn typography_becomes_plain() {
        let text = "\u{FEFF}“It’s\u{A0}late” – call…\u{200B}";
        assert_eq!(normalize(text), "\"It's late\" - call...");
        assert_eq!(segments(&normalize(&text.repeat(7))), 1);
        assert_eq!(normalize("Grüße, Ωμέγα 😀"), "Grüße, Ωμέγα 😀");
    }

    #[test]
    fn long_texts_are_cut_at_white_space() {
        let text = format!("{} {}", "a".repeat(1_000), "b".repeat(1_000));
        assert_eq!(split(&text).iter().map(|piece| piece.len()).collect::<Vec<_>>(), [1_000, 1_000]);
        assert_eq!(split(&"a".repeat(MAX_UNITS)).len(), 1);
        assert_eq!(split("").len(), 0);
    }
}
