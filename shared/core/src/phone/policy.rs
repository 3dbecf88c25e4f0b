//! Which numbers may be entered: allowed countries, and never a number that costs or loops.

use thiserror::Error;

use super::PhoneNumber;

/// Numbers whose owner earns by the minute or the text. No setting opens them: a stolen login would be a cash machine.
///
/// From the national numbering plans: North America 900 and 976, the ITU's +979, and the largest European and Pacific
/// ranges.
const PREMIUM: [&str; 15] = [
    "+1900", "+1976", "+979", "+449", "+4470", "+49900", "+3389", "+3989", "+34803", "+34806", "+34807",
    "+34905", "+61190", "+81990", "+41900",
];

/// Networks without a country (satellite, global, personal numbers), priced like premium. Only an allowed prefix that
/// names them opens them: a satellite phone may be the only way to reach someone.
const NO_COUNTRY: [&str; 5] = ["+870", "+878", "+881", "+882", "+883"];

/// Countries that share +1 with the United States and Canada but not their prices; the classic call-back fraud.
/// `+1` alone does not allow them, `+` or the longer prefix does.
const CARIBBEAN: [&str; 21] = [
    "+1242", "+1246", "+1264", "+1268", "+1284", "+1345", "+1441", "+1473", "+1649", "+1658", "+1664",
    "+1721", "+1758", "+1767", "+1784", "+1809", "+1829", "+1849", "+1868", "+1869", "+1876",
];

/// The prefix that allows every country.
const ALL: &str = "+";

/// Which numbers may be called and texted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberPolicy {
    allowed_prefixes: Vec<String>,
    service_number: Option<PhoneNumber>,
}

/// Why lucius does not call or text a well-formed number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NumberRefused {
    /// No allowed prefix begins it.
    #[error("numbers of this country or area are not enabled on this line; ask its operator")]
    Country,
    /// +1 with more or fewer than ten digits.
    #[error("a number with +1 has exactly ten digits after it")]
    Length,
    /// A premium-rate number.
    #[error("this is a premium-rate number; give the person's own number")]
    Premium,
    /// A satellite or other network without a country.
    #[error("satellite and global network numbers are not enabled on this line; ask its operator")]
    NoCountry,
    /// What a hidden caller ID looks like.
    #[error("this stands for a hidden caller and is nobody's number")]
    Withheld,
    /// Our own number: we would call ourselves.
    #[error("this is this line's own number; give the person's number")]
    OwnNumber,
}

/// Why a list of allowed prefixes cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PrefixError {
    /// No prefix at all: nobody could be called.
    #[error("name at least one allowed prefix, such as +1")]
    Empty,
    /// Something else than a plus and at most 15 digits.
    #[error("{0:?} is no prefix; write + and digits, such as +1 or +1876")]
    Malformed(String),
}

impl NumberPolicy {
    /// Reads a comma-separated list of prefixes, such as `+1,+44`; `+` alone means every country. `service_number` is
    /// the line's own number.
    ///
    /// # Errors
    /// If the list is empty or holds something that is no prefix.
    pub fn new(prefixes: &str, service_number: Option<PhoneNumber>) -> Result<Self, PrefixError> {
        let mut allowed_prefixes = Vec::new();
        for prefix in prefixes.split(',').map(str::trim).filter(|prefix| !prefix.is_empty()) {
            let digits = prefix.strip_prefix('+');
            if !digits.is_some_and(|d| d.len() <= 15 && d.bytes().all(|byte| byte.is_ascii_digit())) {
                return Err(PrefixError::Malformed(prefix.to_owned()));
            }
            allowed_prefixes.push(prefix.to_owned());
        }
        if allowed_prefixes.is_empty() {
            return Err(PrefixError::Empty);
        }
        Ok(Self { allowed_prefixes, service_number })
    }

    /// Whether `number` may be entered as somebody to call and text.
    ///
    /// # Errors
    /// A sentence for whoever entered it.
    pub fn check(&self, number: &PhoneNumber) -> Result<(), NumberRefused> {
        if number.is_withheld() {
            return Err(NumberRefused::Withheld);
        }
        if self.service_number.as_ref() == Some(number) {
            return Err(NumberRefused::OwnNumber);
        }
        if is_premium(number.as_str()) {
            return Err(NumberRefused::Premium);
        }
        if let Some(range) = range_of(&NO_COUNTRY, number.as_str())
            && !self.names(range, number.as_str())
        {
            return Err(NumberRefused::NoCountry);
        }
        if let Some(range) = range_of(&CARIBBEAN, number.as_str())
            && !self.allows_all()
            && !self.names(range, number.as_str())
        {
            return Err(NumberRefused::Country);
        }
        if !self.allowed_prefixes.iter().any(|prefix| number.as_str().starts_with(prefix.as_str())) {
            return Err(NumberRefused::Country);
        }
        if number.as_str().starts_with("+1") && number.as_str().len() != "+12345678900".len() {
            return Err(NumberRefused::Length);
        }
        Ok(())
    }

    /// Whether every country is allowed.
    fn allows_all(&self) -> bool {
        self.allowed_prefixes.iter().any(|prefix| prefix == ALL)
    }

    /// Whether an allowed prefix of `number` is the range itself or narrower.
    fn names(&self, range: &str, number: &str) -> bool {
        self.allowed_prefixes.iter().any(|p| p.starts_with(range) && number.starts_with(p.as_str()))
    }
}

/// The entry of `ranges` that `number` lies in.
fn range_of<'a>(ranges: &[&'a str], number: &str) -> Option<&'a str> {
    ranges.iter().find(|range| number.starts_with(**range)).copied()
}

/// In North America 976 is premium as an exchange too, behind any area code.
fn is_premium(number: &str) -> bool {
    range_of(&PREMIUM, number).is_some() || (number.starts_with("+1") && number.get(5..8) == Some("976"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(prefixes: &str, number: &str) -> Option<NumberRefused> {
        let own = PhoneNumber::parse("+15005550006").unwrap();
        NumberPolicy::new(prefixes, Some(own)).unwrap().check(&PhoneNumber::parse(number).unwrap()).err()
    }

    #[test]
    fn which_numbers_may_be_entered() {
        use NumberRefused::{Country, Length, NoCountry, OwnNumber, Premium, Withheld};
        for (prefixes, number, expected) in [
            ("+1", "+12345678900", None),
            ("+1", "+17875550100", None), // Puerto Rico is the United States
            ("+1", "+442071234567", Some(Country)),
            ("+1, +44", "+442071234567", None),
            ("+", "+442071234567", None),
            ("+4420", "+441612345678", Some(Country)),
            ("+1", "+1234567890", Some(Length)),
            ("+", "+123456789001", Some(Length)),
            ("+1", "+19005551234", Some(Premium)),
            ("+", "+19765551234", Some(Premium)),
            ("+", "+12129765123", Some(Premium)),
            ("+1900", "+19005551234", Some(Premium)),
            ("+", "+97912345678", Some(Premium)),
            ("+44", "+449012345678", Some(Premium)),
            ("+44", "+447012345678", Some(Premium)),
            ("+44", "+447712345678", None),
            ("+49", "+499001234567", Some(Premium)),
            ("+1", "+18765551234", Some(Country)),
            ("+1", "+18095551234", Some(Country)),
            ("+1", "+14415551234", Some(Country)),
            ("+1876", "+18765551234", None),
            ("+1,+1876", "+18765551234", None),
            ("+1,+1876", "+18685551234", Some(Country)),
            ("+1876555", "+18765551234", None),
            ("+1876555", "+18766661234", Some(Country)),
            ("+", "+18765551234", None),
            ("+1", "+881612345678", Some(NoCountry)),
            ("+", "+881612345678", Some(NoCountry)),
            ("+8816", "+881612345678", None),
            ("+8816", "+881712345678", Some(NoCountry)),
            ("+", "+882123456789", Some(NoCountry)),
            ("+", "+883510012345", Some(NoCountry)),
            ("+", "+878101234567", Some(NoCountry)),
            ("+", "+266696687", Some(Withheld)),
            ("+", "+7378742833", Some(Withheld)),
            ("+1", "+15005550006", Some(OwnNumber)),
            ("+44", "+15005550006", Some(OwnNumber)),
        ] {
            assert_eq!(refusal(prefixes, number), expected, "{number} with {prefixes}");
        }
    }

    #[test]
    fn the_allowed_list_is_checked() {
        assert_eq!(NumberPolicy::new("", None), Err(PrefixError::Empty));
        assert_eq!(NumberPolicy::new(" , ", None), Err(PrefixError::Empty));
        for bad in ["1", "+1,44", "+1 234", "+x", "++1", "+1234567890123456"] {
            assert!(matches!(NumberPolicy::new(bad, None), Err(PrefixError::Malformed(_))), "{bad}");
        }
    }

    #[test]
    fn every_refusal_is_a_sentence_without_the_number() {
        let text = NumberRefused::Country.to_string();
        assert!(!text.contains('+') && text.len() > 20, "{text}");
    }
}
