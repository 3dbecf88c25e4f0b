//! Every key of the table, by hand and in one place.
//!
//! | partition (`pk`) | sort key (`sk`) | item | attributes beside the key | `ttl` |
//! |---|---|---|---|---|
//! | `DEADMAN#<user>` | `ACTOR` | a user's switch | schema, version, op, fails, state; `due_shard`, `due_at`, rank while it is due | never |
//! | `DEADMAN#<user>` | `PROBE#<probe>` | a probe, as it is listed | record | never |
//! | `DEADMAN#<user>` | `INCIDENT#<incident>` | an incident, listed under its user | | never |
//! | `INCIDENT#<incident>` | `ACTOR` | an incident | as a switch | never |
//! | `INCIDENT#<incident>` | `T#<version>#<op>` | the lines that one commit wrote to the timeline | entries | never |
//! | `NUMBER#<digest>` | `USER` | whose number it is | holder | never |
//! | `NUMBER#<digest>` | `CONTACT#<user>` | it is a contact of this user | | never |
//! | `NUMBER#<digest>` | `CODE#<digest>` | what a code from this number speaks for | incident, place; `expires_at` once it is over | its end |
//! | `NUMBER#<digest>` | `STOP` | whether the number has stopped our texts | stopped, `changed_at` | never |
//! | `EMAIL#<digest>` | `USER` | whose address it is | holder | never |
//! | `LOGIN#<digest of address>` | `TRIES#<window>` | log-ins tried | tries | an hour |
//! | `SLOT#<account>` | `W#<window>` | calls placed in ten seconds | taken | an hour |
//! | `CALL#<sid>` | `SESSION` | where a caller stands | version, body | as given |
//! | `EVENT#<digest>` | `DECIDED` | a text, or a key in a call, of a human was decided by a commit | op | [400 days](crate::EVENTS_KEPT) |
//! | `SYSTEM#users` | `USER#<user>` | a user, listed | | never |
//! | `SYSTEM#admin` | `MARK` | there has been a first administrator | holder | never |
//! | `SYSTEM#sweep` | `CYCLE` | the sweep's last cycle | `finished_at` | never |
//!
//! Ids in sort keys have 16 digits, so that their order is the order of time. `due_at`, `expires_at` and all other instants are
//! milliseconds, `ttl` seconds of the Unix epoch. The sparse index `due` (`due_shard`, `due_at`) holds actors only.

use aws_sdk_dynamodb::types::AttributeValue;
use lucius_core::{
    actor::ActorId,
    id::{IncidentId, OpId, ProbeId, UserId},
    once::EventName,
    phone::PhoneNumber,
};

use crate::{
    attribute::{Item, s},
    keyring::Keyring,
};

/// The sort key of an actor.
pub(crate) const ACTOR: &str = "ACTOR";
/// What the sort keys of a user's probes begin with.
pub(crate) const PROBES: &str = "PROBE#";
/// What the sort keys of a user's incidents begin with.
pub(crate) const INCIDENTS: &str = "INCIDENT#";
/// What the sort keys of a timeline begin with.
pub(crate) const TIMELINE: &str = "T#";
/// What the sort keys of the list of users begin with.
pub(crate) const USERS: &str = "USER#";
/// What the sort keys begin with that make a number a contact's.
pub(crate) const CONTACTS: &str = "CONTACT#";
/// What the sort keys of a number's codes begin with.
pub(crate) const CODES: &str = "CODE#";
/// The sort key that tells whose number or address it is.
pub(crate) const USER: &str = "USER";
/// The sort key that tells whether a number has stopped our texts.
pub(crate) const STOP: &str = "STOP";

/// The sort key that tells which commit has decided an event.
pub(crate) const DECIDED: &str = "DECIDED";

/// Over how many parts the index of what is due is spread.
pub const SHARDS: u8 = 16;

/// The key of one item.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

impl Key {
    fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }

    /// The two attributes.
    pub(crate) fn item(&self) -> Item {
        Item::from([("pk".to_owned(), s(&self.pk)), ("sk".to_owned(), s(&self.sk))])
    }

    /// The partition, as the value of an expression.
    pub(crate) fn partition(&self) -> AttributeValue {
        s(&self.pk)
    }
}

/// An id in a sort key: as text, in the order of numbers.
fn padded(id: u64) -> String {
    format!("{id:016}")
}

pub(crate) fn actor(id: ActorId) -> Key {
    Key::new(id.to_string(), ACTOR)
}

pub(crate) fn probe(user: UserId, probe: ProbeId) -> Key {
    Key::new(ActorId::Deadman(user).to_string(), format!("{PROBES}{}", padded(probe.get())))
}

pub(crate) fn listed(user: UserId, incident: IncidentId) -> Key {
    Key::new(ActorId::Deadman(user).to_string(), format!("{INCIDENTS}{}", padded(incident.get())))
}

/// The lines that the commit `op`, which made or saw `version`, wrote to the timeline of `incident`.
pub(crate) fn timeline(incident: IncidentId, version: u64, op: OpId) -> Key {
    Key::new(ActorId::Incident(incident).to_string(), format!("{TIMELINE}{}#{op}", padded(version)))
}

fn number(ring: &Keyring, phone: &PhoneNumber) -> String {
    format!("NUMBER#{}", ring.number_key(phone))
}

/// Also names the partition of everything that is known of a number.
pub(crate) fn user_phone(ring: &Keyring, phone: &PhoneNumber) -> Key {
    Key::new(number(ring, phone), USER)
}

pub(crate) fn contact_of(ring: &Keyring, phone: &PhoneNumber, user: UserId) -> Key {
    Key::new(number(ring, phone), format!("{CONTACTS}{user}"))
}

pub(crate) fn code(ring: &Keyring, phone: &PhoneNumber, code: &str) -> Key {
    Key::new(number(ring, phone), format!("{CODES}{}", ring.code_name(phone, code)))
}

pub(crate) fn stop(ring: &Keyring, phone: &PhoneNumber) -> Key {
    Key::new(number(ring, phone), STOP)
}

pub(crate) fn user_email(ring: &Keyring, email: &str) -> Key {
    Key::new(format!("EMAIL#{}", ring.email_key(email)), USER)
}

pub(crate) fn login(ring: &Keyring, email: &str, window: i64) -> Key {
    Key::new(format!("LOGIN#{}", ring.email_key(email)), format!("TRIES#{window:016}"))
}

pub(crate) fn slot(account: &str, window: i64) -> Key {
    Key::new(format!("SLOT#{account}"), format!("W#{window:016}"))
}

pub(crate) fn call(sid: &str) -> Key {
    Key::new(format!("CALL#{sid}"), "SESSION")
}

pub(crate) fn event(ring: &Keyring, name: &EventName) -> Key {
    Key::new(format!("EVENT#{}", ring.event_key(name)), DECIDED)
}

pub(crate) fn user_row(user: UserId) -> Key {
    Key::new("SYSTEM#users", format!("{USERS}{}", padded(user.get())))
}

/// Names the partition of the list of users.
pub(crate) fn user_list() -> Key {
    Key::new("SYSTEM#users", "")
}

pub(crate) fn first_admin() -> Key {
    Key::new("SYSTEM#admin", "MARK")
}

pub(crate) fn sweep() -> Key {
    Key::new("SYSTEM#sweep", "CYCLE")
}

/// The shard of the index in which an actor is due, as two digits.
pub(crate) fn due_shard(id: ActorId) -> String {
    let id = match id {
        ActorId::Deadman(id) => id.get(),
        ActorId::Incident(id) => id.get(),
    };
    // Fibonacci hashing: the top four bits of a multiple of 2^64 divided by the golden ratio.
    shard_name(u8::try_from(id.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 60).unwrap_or(0))
}

/// A shard as it stands in the index.
pub(crate) fn shard_name(shard: u8) -> String {
    format!("{:02}", shard.checked_rem(SHARDS).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn keys_are_as_the_table_above_says() {
        let ring = Keyring::new(b"secret");
        let (user, incident) = (UserId::try_from(7).unwrap(), IncidentId::try_from(9).unwrap());
        let written = |key: Key| format!("{} {}", key.pk, key.sk);
        assert_eq!(written(actor(ActorId::Deadman(user))), "DEADMAN#7 ACTOR");
        assert_eq!(written(actor(ActorId::Incident(incident))), "INCIDENT#9 ACTOR");
        assert_eq!(written(probe(user, ProbeId::try_from(8).unwrap())), "DEADMAN#7 PROBE#0000000000000008");
        assert_eq!(written(listed(user, incident)), "DEADMAN#7 INCIDENT#0000000000000009");
        assert_eq!(
            written(timeline(incident, 3, OpId::new(10))),
            "INCIDENT#9 T#0000000000000003#0000000000000000000000000000000a"
        );
        assert_eq!(written(user_row(user)), "SYSTEM#users USER#0000000000000007");
        let phone = PhoneNumber::parse("+12025550123").unwrap();
        let partition = user_phone(&ring, &phone).pk;
        for key in [contact_of(&ring, &phone, user), code(&ring, &phone, "123456"), stop(&ring, &phone)] {
            assert_eq!(key.pk, partition);
            assert!(!key.sk.contains("123456") && !key.pk.contains("5550123"));
        }
        assert!(!user_email(&ring, "ann@example.com").pk.contains("ann"));
    }

    #[test]
    fn shards_are_two_digits_and_even() {
        let mut count = BTreeMap::<String, u32>::new();
        for id in 0..16_000 {
            // Ids of one burst differ in time only, or in chance only.
            for id in [id * 4096, id] {
                let id = ActorId::Incident(IncidentId::try_from(id).unwrap());
                *count.entry(due_shard(id)).or_default() += 1;
            }
        }
        assert_eq!(count.len(), usize::from(SHARDS));
        assert!(count.keys().all(|shard| shard.len() == 2 && shard.as_str() < "16"));
        assert!(count.values().all(|n| (1_800..2_200).contains(n)), "{count:?}");
    }
}
