//! The commands a user can text: `ping`, `probe`, `pause`, `resume`, `status`, `usage`.

use super::is_pin;

/// A command by text. None of its words is one that carriers react to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Are you there? Answered with PONG!
    Ping,
    /// Ask me: now or in some minutes.
    Probe(ProbeOptions),
    /// Do not ask for so many minutes.
    Pause {
        /// How long; none: as long as is allowed.
        minutes: Option<u32>,
    },
    /// Ask again as before.
    Resume,
    /// When am I asked next?
    Status,
    /// What can I text?
    Usage,
    /// How is this command written? Also the answer to one that could not be read.
    Help(CommandName),
}

/// The commands that have a help text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandName {
    /// `ping`
    Ping,
    /// `probe [-in MINUTES] [-retries N] [-wait MINUTES] [PIN]`
    Probe,
    /// `pause [30 | 90m | 2h | 3d] PIN`
    Pause,
    /// `resume`
    Resume,
    /// `status`
    Status,
    /// `usage`
    Usage,
}

/// What was written behind `probe`; limits are for whoever uses it to check.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ProbeOptions {
    /// `-in`: minutes from now.
    pub in_minutes: Option<u32>,
    /// `-retries`: how often the question is asked again.
    pub retries: Option<u32>,
    /// `-wait`: minutes to wait for each answer.
    pub wait_minutes: Option<u32>,
}

/// Reads a command and the PIN at its end. `None` if the text does not begin with one.
///
/// Other words than options and numbers make it a sentence: "status is good" asks for nothing.
pub(super) fn read(text: &str) -> Option<(Command, Option<String>)> {
    let lower = text.to_lowercase();
    let mut words = lower.split_whitespace().map(plain_dashes).collect::<Vec<_>>();
    let name = match words.first()?.as_str() {
        "ping" => CommandName::Ping,
        "probe" => CommandName::Probe,
        "pause" => CommandName::Pause,
        "resume" => CommandName::Resume,
        "status" => CommandName::Status,
        "usage" => CommandName::Usage,
        _ => return None,
    };
    words.remove(0);
    if words.iter().any(|word| matches!(word.as_str(), "-help" | "-h")) {
        return Some((Command::Help(name), None));
    }
    let is_option = |word: &String| word.starts_with('-');
    let is_number = |word: &String| word.starts_with(|sign: char| sign.is_ascii_digit());
    if !words.iter().any(is_option) && !words.iter().all(is_number) {
        return None;
    }
    let pin = take_pin(name, &mut words);
    let command = match name {
        CommandName::Probe => probe(&words),
        CommandName::Pause => pause(&words),
        CommandName::Ping => words.is_empty().then_some(Command::Ping),
        CommandName::Resume => words.is_empty().then_some(Command::Resume),
        CommandName::Status => words.is_empty().then_some(Command::Status),
        CommandName::Usage => words.is_empty().then_some(Command::Usage),
    };
    let pin = if command.is_some() { pin } else { None };
    Some((command.unwrap_or(Command::Help(name)), pin))
}

/// `--in`, and the long dashes that phones make of two short ones, as `-in`.
fn plain_dashes(word: &str) -> String {
    let name = word.trim_start_matches(['-', '\u{2012}', '\u{2013}', '\u{2014}', '\u{2212}']);
    if name.len() == word.len() { word.to_owned() } else { format!("-{name}") }
}

/// Takes a PIN off the end, if it is not the value of what stands before it.
fn take_pin(name: CommandName, words: &mut Vec<String>) -> Option<String> {
    let before = words.len().checked_sub(2).and_then(|index| words.get(index));
    let is_value = match name {
        CommandName::Probe => before.is_some_and(|word| word.starts_with('-') && !word.contains('=')),
        // In `pause 1440` the number is how long.
        CommandName::Pause => before.is_none(),
        CommandName::Ping | CommandName::Resume | CommandName::Status | CommandName::Usage => false,
    };
    if is_value || !words.last().is_some_and(|word| is_pin(word)) { None } else { words.pop() }
}

/// `-in 5`, `-in=5`, `-retries 3`, `-wait 10`, each once and in any order.
fn probe(words: &[String]) -> Option<Command> {
    let mut options = ProbeOptions::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, value),
            None => (word.as_str(), words.next()?.as_str()),
        };
        let option = match name {
            "-in" => &mut options.in_minutes,
            "-retries" => &mut options.retries,
            "-wait" => &mut options.wait_minutes,
            _ => return None,
        };
        if option.replace(number(value)?).is_some() {
            return None;
        }
    }
    Some(Command::Probe(options))
}

/// Nothing, minutes, or a number with `m`, `h` or `d`.
fn pause(words: &[String]) -> Option<Command> {
    let [word] = words else { return words.is_empty().then_some(Command::Pause { minutes: None }) };
    let units: [(&str, u32); 3] = [("m", 1), ("h", 60), ("d", 24 * 60)];
    let (amount, unit) = units
        .iter()
        .find_map(|(unit, minutes)| word.strip_suffix(unit).map(|amount| (amount, *minutes)))
        .unwrap_or((word, 1));
    Some(Command::Pause { minutes: Some(number(amount)?.checked_mul(unit)?) })
}

/// One to six ASCII digits.
fn number(text: &str) -> Option<u32> {
    let digits = (1..=6).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(in_minutes: Option<u32>, retries: Option<u32>, wait_minutes: Option<u32>) -> Command {
        Command::Probe(ProbeOptions { in_minutes, retries, wait_minutes })
    }

    #[test]
    fn commands_and_their_options() {
        let pause = |minutes| Command::Pause { minutes };
        for (text, command, pin) in [
            ("ping", Command::Ping, None),
            (" PING ", Command::Ping, None),
            ("ping --help", Command::Help(CommandName::Ping), None),
            ("ping -h", Command::Help(CommandName::Ping), None),
            ("usage", Command::Usage, None),
            ("status", Command::Status, None),
            ("Status 4711", Command::Status, Some("4711")),
            ("resume", Command::Resume, None),
            ("probe", asks(None, None, None), None),
            ("Probe -in 5", asks(Some(5), None, None), None),
            ("probe --in 5 -retries 3 -wait 10", asks(Some(5), Some(3), Some(10)), None),
            ("probe \u{2014}in=5", asks(Some(5), None, None), None),
            ("probe -wait 10 -in 5 4711", asks(Some(5), None, Some(10)), Some("4711")),
            ("probe 4711", asks(None, None, None), Some("4711")),
            ("probe -in 1440", asks(Some(1440), None, None), None),
            ("probe -in=5 4711", asks(Some(5), None, None), Some("4711")),
            ("probe -in", Command::Help(CommandName::Probe), None),
            ("probe -in x", Command::Help(CommandName::Probe), None),
            ("probe -in 5 -in 6", Command::Help(CommandName::Probe), None),
            ("probe -foo 5", Command::Help(CommandName::Probe), None),
            ("probe -in -5", Command::Help(CommandName::Probe), None),
            ("probe -in 9999999", Command::Help(CommandName::Probe), None),
            ("probe 5", Command::Help(CommandName::Probe), None),
            ("pause", pause(None), None),
            ("pause 30", pause(Some(30)), None),
            ("pause 1440", pause(Some(1440)), None),
            ("pause 2h 4711", pause(Some(120)), Some("4711")),
            ("pause 3D 4711", pause(Some(4320)), Some("4711")),
            ("pause 90m 4711", pause(Some(90)), Some("4711")),
            ("pause 2w", Command::Help(CommandName::Pause), None),
            ("pause 1 2 4711", Command::Help(CommandName::Pause), None),
        ] {
            assert_eq!(read(text), Some((command, pin.map(str::to_owned))), "{text}");
        }
    }

    #[test]
    fn sentences_are_no_commands() {
        for text in [
            "",
            "status is good",
            "pause please",
            "probes",
            "pinging",
            "resume my pause",
            "I want a probe",
            "--help",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
