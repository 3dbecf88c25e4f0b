//! Words that a carrier acts on by itself.
//!
//! Source: <https://support.twilio.com/hc/en-us/articles/223134027>.

/// What a text means to the carrier.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Keyword {
    /// No more texts, please.
    Stop,
    /// Texts again, please.
    Start,
    Help,
}

impl Keyword {
    /// The word that a text consists of, if it is one.
    pub(crate) fn of(body: &str) -> Option<Self> {
        match body.trim().to_ascii_uppercase().as_str() {
            "STOP" | "STOPALL" | "UNSUBSCRIBE" | "CANCEL" | "END" | "QUIT" | "REVOKE" | "OPTOUT" => {
                Some(Self::Stop)
            }
            "START" | "YES" | "UNSTOP" => Some(Self::Start),
            "HELP" | "INFO" => Some(Self::Help),
            _ => None,
        }
    }

    /// What the carrier answers. Whoever had not opted out hears nothing when opting in.
    pub(crate) fn answer(self, was_out: bool) -> Option<&'static str> {
        match self {
            Self::Stop if was_out => None,
            Self::Stop => Some(
                "You have successfully been unsubscribed. You will not receive any more messages from this number. \
                 Reply START to resubscribe.",
            ),
            Self::Start if was_out => Some(
                "You have successfully been re-subscribed to messages from this number. Reply HELP for help. \
                 Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
            ),
            Self::Start => None,
            Self::Help => Some("Reply STOP to unsubscribe. Msg&Data Rates May Apply."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_text_counts() {
        assert_eq!(Keyword::of(" stop\n"), Some(Keyword::Stop));
        assert_eq!(Keyword::of("Cancel"), Some(Keyword::Stop));
        assert_eq!(Keyword::of("yes"), Some(Keyword::Start));
        assert_eq!(Keyword::of("info"), Some(Keyword::Help));
        assert_eq!(Keyword::of("stop it"), None);
    }
}
