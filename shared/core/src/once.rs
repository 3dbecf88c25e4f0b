//! What a human has done counts once, however often and however late it is sent again.

use std::fmt;

use crate::{
    actor::ActorId,
    decide::{ContactAct, Event, Scope},
};

/// The name of what a human has done: the carrier's id of the text, or of the call and the turn in it. The commit that decides it
/// takes the name, and no other commit gets it again.
///
/// It holds the carrier's id, so it is neither stored nor logged as it stands.
#[derive(Clone, PartialEq, Eq)]
pub struct EventName(String);

impl EventName {
    /// That a number stops our texts or takes them again, as the number itself remembers it. `key` names the text. It is taken when
    /// everybody who knows the number has heard of it: whoever has it need not ask further.
    #[must_use]
    pub fn of_number(key: &str) -> Self {
        Self(format!("NUMBER/{key}"))
    }

    /// As text, to be digested.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EventName(…)")
    }
}

impl Event {
    /// Its name, where a human has done it by text or by phone. What the carrier tells is no human's, and a change by the API has a
    /// session that ends.
    ///
    /// What the person at risk does concerns one switch, and has one name whoever's it is by then: their number may be another
    /// user's by the time that somebody sends it again. What a contact does, and that a number stops our texts, may concern several
    /// actors, and counts once for each.
    #[must_use]
    pub fn name(&self, scope: Scope) -> Option<EventName> {
        let name = match self {
            Self::CheckIn(event) => event.key.clone(),
            Self::Emergency { key } | Self::Login { key, .. } => key.clone(),
            Self::TextsStopped { key, .. } => format!("{}/{key}", scope.actor()),
            Self::Contact { act, .. } => format!("{}/{}", scope.actor(), act.key()),
            Self::Wake
            | Self::Settled(_)
            | Self::CallTold { .. }
            | Self::TextFailed { .. }
            | Self::Edit(_)
            | Self::Remove { .. } => return None,
        };
        Some(EventName(name))
    }
}

impl ContactAct {
    /// By what it is remembered. Turns of a call have addresses of their own: the same key that comes twice in one turn is the same.
    /// Another key in it is another act: who was told that the first was not recorded may press another, and the first may be
    /// recorded meanwhile.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Press { sid, step, digits, .. } => {
                format!("{sid}-{step}-{}", digits.as_deref().unwrap_or_default())
            }
            Self::Code { key, .. } | Self::CallBack { key } => key.clone(),
        }
    }
}

impl Scope {
    /// The actor whom an event of this scope is for.
    #[must_use]
    pub fn actor(self) -> ActorId {
        match self {
            Self::User(id) => ActorId::Deadman(id),
            Self::Incident(id) | Self::IncidentAlone(id) => ActorId::Incident(id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        deadman::{CheckIn, Medium, Proof},
        incident::TextAnswer,
        words::Answer,
    };

    fn named(event: &Event, scope: Scope) -> Option<String> {
        event.name(scope).map(|name| name.as_str().to_owned())
    }

    #[test]
    fn what_several_actors_hear_of_counts_once_for_each() {
        let scopes = [Scope::User(7.try_into().unwrap()), Scope::Incident(7.try_into().unwrap())];
        let phone: crate::phone::PhoneNumber = "+12025550123".parse().unwrap();
        let key = "SM1".to_owned();
        let code =
            ContactAct::Code { key: key.clone(), code: "123456".to_owned(), answer: TextAnswer::Accept };
        for event in [
            Event::TextsStopped { key: key.clone(), phone, stopped: true },
            Event::Contact { place: 0, act: code },
            Event::Contact { place: 0, act: ContactAct::CallBack { key } },
        ] {
            let [one, other] = scopes.map(|scope| named(&event, scope).unwrap());
            assert_ne!(one, other, "{event:?}");
        }
    }

    #[test]
    fn a_person_s_word_is_one_whoever_has_their_number() {
        let scopes = [7, 8].map(|id| Scope::User(id.try_into().unwrap()));
        let check_in = CheckIn {
            key: "SM1".to_owned(),
            answer: Answer::Good,
            sos: false,
            medium: Medium::Sms,
            arrived_at: jiff::Timestamp::UNIX_EPOCH,
            proof: Proof::None,
            logged_in: false,
            unless: None,
            heard: None,
            words: None,
            text: "Y".to_owned(),
        };
        for event in [
            Event::CheckIn(check_in),
            Event::Emergency { key: "SM1".to_owned() },
            Event::Login { key: "SM1".to_owned(), proof: Proof::None },
        ] {
            assert_eq!(
                scopes.map(|scope| named(&event, scope)),
                [Some("SM1".to_owned()), Some("SM1".to_owned())]
            );
        }
    }

    #[test]
    fn each_turn_of_a_call_has_its_own_name_and_a_wake_has_none() {
        let scope = Scope::Incident(9.try_into().unwrap());
        let press = |step: &str, digits: &str| ContactAct::Press {
            attempt: 1,
            sid: "CA1".to_owned(),
            step: step.to_owned(),
            digits: Some(digits.to_owned()),
        };
        let name =
            |step, digits| named(&Event::Contact { place: 0, act: press(step, digits) }, scope).unwrap();
        assert_eq!(name("1", "5"), "INCIDENT#9/CA1-1-5");
        assert_ne!(name("1", "9"), name("end1", "9"));
        assert_ne!(name("1", "1"), name("1", "5"), "another key in the same turn is another act");
        assert_eq!(Event::Wake.name(scope), None);
        assert_eq!(format!("{:?}", EventName("CA1".to_owned())), "EventName(…)");
    }
}
