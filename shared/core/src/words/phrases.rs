//! The phrases that are known, and the reading of a whole message as a row of them.

/// The longest phrase, in words.
const MAX_WORDS: usize = 5;

/// "I am okay", and the signs for it. 👍 is among them: nobody sends it by accident, and phones offer it as an answer.
#[rustfmt::skip]
const GOOD: &[&str] = &[
    "y", "ya", "yah", "ye", "yea", "yeah", "yep", "yes", "yh", "yup", "yes im", "yeah im", "yep im", "👍", "👌",
    "✅", "✔", "ok", "fine", "good", "safe", "great", "alright", "all right", "im ok", "im fine", "im good",
    "im safe", "im great", "im well", "im alright", "im all right", "im all good", "im doing ok",
    "im doing fine", "im doing good", "im doing great", "im doing well", "doing ok", "doing fine",
    "doing good", "doing great", "doing well", "im feeling ok", "im feeling fine", "im feeling good",
    "i feel ok", "i feel fine", "i feel good", "im home safe", "home safe", "safe and sound",
    "im safe and sound", "safe and well", "im safe and well", "all good", "all ok", "all fine", "all is good",
    "all is ok", "all is fine", "all is well", "its all good", "its ok", "everything ok", "everything fine",
    "everything good", "everything is ok", "everything is fine", "everything is good", "everythings ok",
    "everythings fine", "everythings good", "we are ok", "we are fine", "we are safe", "we are good",
    "were ok", "were fine", "were safe", "im ok now", "im fine now", "im good now", "im safe now", "safe now",
    "all good here", "all ok here", "all fine here",
];

/// "I am not okay."
#[rustfmt::skip]
const BAD: &[&str] = &[
    "n", "na", "nah", "nay", "no", "nope", "👎", "❌", "bad", "unsafe", "unwell", "im bad", "im unsafe",
    "im unwell", "im not", "not at all", "not really", "not ok", "not fine", "not good", "not safe",
    "not well", "not great", "not alright", "not all right", "im not ok", "im not fine", "im not good",
    "im not safe", "im not well", "im not great", "im not alright", "im not all right", "im not doing ok",
    "im not doing well", "im not doing good", "not doing ok", "not doing well", "not doing good",
    "i feel unsafe", "i feel bad", "i feel unwell", "i dont feel safe", "i dont feel ok", "i dont feel good", "i dont feel well", "im not feeling safe",
    "im not feeling ok", "im not feeling good", "im not feeling well", "aint ok", "aint good",
    "we are not ok", "we are not safe", "were not ok", "were not safe",
];

/// Calls for help, wherever they come from and whether or not anything was asked.
#[rustfmt::skip]
const SOS: &[&str] = &[
    "sos", "🆘", "mayday", "emergency", "its an emergency", "this is an emergency", "help", "help me",
    "help us", "i need help", "need help", "we need help", "i need help now", "send help", "get help",
    "no help me", "no help us",
    "get me help", "call for help", "save me", "call 911", "call 112", "call 999", "911", "112", "999",
    "call police", "call the police", "call the cops", "send the police", "call an ambulance",
    "call ambulance", "send an ambulance", "im in danger", "in danger", "danger", "im in trouble",
    "in trouble", "helpme", "helpp", "come help me", "somebody help me", "someone help me", "i really need help",
    "i need the police", "i need an ambulance", "i need a doctor", "police", "the police", "ambulance", "dial 911", "dial 112", "dial 999",
    "im really in danger", "im being attacked", "ive been attacked", "ive been stabbed", "ive been shot", "im being robbed", "im dying",
    "i cant breathe", "cant breathe", "im hurt", "im injured", "im bleeding", "im being followed", "im trapped",
];

/// Politeness that may stand beside a good answer, and signs of good cheer.
#[rustfmt::skip]
const COURTESY: &[&str] = &[
    "thanks", "thank you", "thx", "ty", "cheers", "hi", "hello", "hey", "lucius", "🙂", "😊", "😀", "😃", "😄",
    "😁", "😎", "😘", "🥰", "❤", "♥", "💪", "🙏", "✌", "👋",
];

/// Words that go with a call for help only.
const PLEASE: &[&str] = &["please", "pls", "plz", "now", "asap", "quick", "quickly", "hurry"];

/// What looks like two answers but says neither "no" nor "help".
#[rustfmt::skip]
const HEDGE: &[&str] = &[
    "no emergency", "no danger", "no help", "no sos", "no mayday", "no problem", "no problems", "no worries",
    "no trouble", "no need", "no issues",
];

/// Whoever begins with one of these wants help, whatever follows.
const DISTRESS: &[&str] = &["sos", "mayday", "🆘"];

/// Calls for help only if nothing but known words stands around them: an address may begin so, or a story about somebody else.
const ALONE: &[&str] =
    &["112", "999", "police", "the police", "ambulance", "danger", "save me", "in trouble", "im in trouble"];

/// What may stand before a call for help, beside a bad answer.
#[rustfmt::skip]
const MAY_PRECEDE: &[&str] = &[
    "please", "pls", "plz", "hi", "hello", "hey", "lucius", "oh", "omg", "my", "god", "yes", "yeah", "and", "somebody", "someone",
    "come", "really",
];

/// Behind a call for help these make another thing of it: "help has arrived", "in danger no more", "help me reset my PIN".
#[rustfmt::skip]
const TURNS_ROUND: &[&str] = &[
    "has", "isnt", "was", "wasnt", "over", "averted", "arrived", "came", "cancelled", "canceled", "resolved", "passed", "is over", "is on",
    "is here", "is coming", "is not", "not needed", "no longer", "no more", "anymore", "drill", "test", "exercise", "reset", "change",
    "login", "with the settings", "with my settings", "with my pin",
];

/// The same behind a single word.
#[rustfmt::skip]
const TURNS_ROUND_A_WORD: &[&str] = &[
    "yourself", "yourselves", "desk", "page", "menu", "line", "contact", "contacts", "service", "services", "meeting", "at work",
    "settings", "usage", "commands", "command", "probe", "status", "pause", "ping",
];

/// The same behind "call 911": an auto-reply.
const TURNS_ROUND_A_CALL: &[&str] = &["if", "for", "when", "or", "in case", "in an"];

/// What people spell, letter by letter.
const SPELLED: &[&str] = &["sos", "help", "911", "112", "999"];

/// Bad answers that turn round the word behind them, as in "I'm not in danger"...
const OPEN_NEGATIONS: &[&str] = &["im not", "not really", "not at all"];
/// ... if it is one of these, which have no subject of their own.
const PREDICATES: &[&str] = &["bad", "unsafe", "unwell", "emergency", "danger", "in danger", "in trouble"];

/// Spellings of one word.
const SPELLINGS: &[(&str, &[&str])] =
    &[("ok", &["okay", "okey", "oke", "okie", "k", "kk"]), ("im", &["iam"])];

/// Which senses occur in a message that consists of known phrases.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "a set of senses")]
pub(super) struct Senses {
    pub(super) good: bool,
    pub(super) bad: bool,
    pub(super) sos: bool,
    pub(super) courtesy: bool,
    pub(super) please: bool,
    pub(super) hedge: bool,
}

impl Senses {
    /// Reads all of `tokens` as phrases, the longest first; `None` if anything is left over.
    pub(super) fn of(tokens: &[String]) -> Option<Self> {
        let words = contract(tokens);
        let mut rest = words.as_slice();
        let mut senses = Self::default();
        let mut turns_round = false;
        while !rest.is_empty() {
            let longest = MAX_WORDS.min(rest.len());
            let (taken, phrase) = (1..=longest).rev().find_map(|length| {
                let phrase = rest.get(..length)?.join(" ");
                senses.take(&phrase).then_some((length, phrase))
            })?;
            senses.hedge |= turns_round && PREDICATES.contains(&phrase.as_str());
            turns_round = OPEN_NEGATIONS.contains(&phrase.as_str());
            rest = rest.get(taken..)?;
        }
        Some(senses)
    }

    /// Adds the sense of one phrase, if it is known.
    fn take(&mut self, phrase: &str) -> bool {
        let sense = [
            (GOOD, &mut self.good),
            (BAD, &mut self.bad),
            (SOS, &mut self.sos),
            (COURTESY, &mut self.courtesy),
            (PLEASE, &mut self.please),
            (HEDGE, &mut self.hedge),
        ]
        .into_iter()
        .find(|(phrases, _)| phrases.contains(&phrase));
        sense.map(|(_, sense)| *sense = true).is_some()
    }
}

/// Whether a text begins with a call for help. What follows is what a frightened person writes behind it, and is not read.
pub(super) fn is_cry(tokens: &[String]) -> bool {
    let spelled = spelled(tokens);
    let words = contract(&spelled);
    let mut rest = words.as_slice();
    loop {
        let is = |phrases: &[&str], length: usize| {
            rest.get(..length).is_some_and(|words| phrases.contains(&words.join(" ").as_str()))
        };
        if is(DISTRESS, 1) {
            return true;
        }
        // The longest first: "no help me" is one, and "no help" is none.
        let longest = (1..=MAX_WORDS).rev().find(|length| [SOS, HEDGE, BAD].iter().any(|of| is(of, *length)));
        let precedes = longest
            .map_or_else(|| is(MAY_PRECEDE, 1), |length| is(BAD, length) && !is(OPEN_NEGATIONS, length));
        let length = longest.unwrap_or(1);
        let Some((phrase, behind)) = rest.split_at_checked(length) else { return false };
        if !precedes {
            return longest.is_some_and(|length| is(SOS, length)) && stands(phrase, behind);
        }
        rest = behind;
    }
}

/// Whether a call for help is still one with this behind it.
fn stands(phrase: &[&str], behind: &[&str]) -> bool {
    let text = phrase.join(" ");
    if behind.is_empty() {
        return true;
    }
    let follows = |phrases: &[&str]| {
        (1..=3).any(|length| {
            behind.get(..length).is_some_and(|words| phrases.contains(&words.join(" ").as_str()))
        })
    };
    let turned = follows(TURNS_ROUND)
        || (phrase.len() == 1 && follows(TURNS_ROUND_A_WORD))
        || (phrase.first() == Some(&"call") && follows(TURNS_ROUND_A_CALL));
    !ALONE.contains(&text.as_str()) && !turned
}

/// The words, with what is spelled out at their beginning as one: "S.O.S.", "9-1-1". More digits in a row are another number.
fn spelled(tokens: &[String]) -> Vec<String> {
    let is_single = |token: &&String| token.chars().count() == 1;
    let begin = tokens.iter().take_while(|token| MAY_PRECEDE.contains(&token.as_str())).count();
    let run: String = tokens.iter().skip(begin).take_while(is_single).map(String::as_str).collect();
    let digits: String = run.chars().take_while(char::is_ascii_digit).collect();
    let is_whole = |word: &&&str| run.starts_with(**word) && (digits.is_empty() || digits == **word);
    let Some(word) = SPELLED.iter().find(is_whole) else { return tokens.to_vec() };
    let behind = tokens.iter().skip(begin.saturating_add(word.len())).cloned();
    tokens.iter().take(begin).cloned().chain([(*word).to_owned()]).chain(behind).collect()
}

/// The words with one spelling each: "i am" and "i m" are "im", "it is" is "its", "o.k." is "ok".
fn contract(tokens: &[String]) -> Vec<&str> {
    let mut words: Vec<&str> = Vec::with_capacity(tokens.len());
    for token in tokens {
        let word = spelling(token);
        let joined = match (words.last(), word) {
            (Some(&"i"), "am" | "m") => Some("im"),
            (Some(&"it"), "is" | "s") => Some("its"),
            (Some(&"o"), "ok") => Some("ok"),
            _ => None,
        };
        if joined.is_some() {
            words.pop();
        }
        words.push(joined.unwrap_or(word));
    }
    words
}

/// The spelling that the lists use.
fn spelling(word: &str) -> &str {
    SPELLINGS.iter().find(|(_, others)| others.contains(&word)).map_or(word, |(spelling, _)| spelling)
}

#[cfg(test)]
mod tests {
    use super::super::fold::fold;
    use super::*;

    #[test]
    fn phrases_are_written_as_they_are_looked_up() {
        for phrase in [GOOD, BAD, SOS, COURTESY, PLEASE, HEDGE].concat() {
            let tokens = fold(phrase).tokens;
            assert_eq!(contract(&tokens).join(" "), phrase);
            assert!(contract(&tokens).len() <= MAX_WORDS, "{phrase}");
        }
    }

    #[test]
    fn no_phrase_has_two_senses() {
        let mut phrases = [GOOD, BAD, SOS, COURTESY, PLEASE, HEDGE].concat();
        phrases.sort_unstable();
        let all = phrases.len();
        phrases.dedup();
        assert_eq!(phrases.len(), all);
    }

    #[test]
    fn no_good_phrase_negates() {
        for word in GOOD.iter().flat_map(|phrase| phrase.split(' ')) {
            assert!(!["no", "not", "n", "never", "dont", "cant", "isnt", "aint"].contains(&word), "{word}");
        }
    }
}
