//! Who is behind a phone number.

use jiff::Timestamp;
use lucius_core::{
    id::{IncidentId, UserId},
    phone::PhoneNumber,
    secret::Digest,
};
use serde::{
    Deserialize,
    de::value::{Error, StrDeserializer},
};

use crate::{
    attribute::{Item, instant, number, text},
    dynamo::DynamoStore,
    error::StoreError,
    keyring::Keyring,
    keys,
};

/// What a code sent from the number speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodePointer {
    /// The code and its number, as [`Keyring::code_key`] makes it.
    pub code_digest: Digest,
    /// The incident.
    pub incident: IncidentId,
    /// The place in its list of contacts.
    pub place: usize,
}

/// What is known of one phone number.
#[derive(Debug, Clone)]
pub struct NumberCard {
    /// Whose number it is.
    pub user: Option<UserId>,
    /// Whose contact it is, in the order of their ids' digits.
    pub contact_of: Vec<UserId>,
    /// The codes that count when they are sent from it.
    pub codes: Vec<CodePointer>,
    /// Whether it has stopped our texts; none: it has never said so.
    pub stopped: Option<bool>,
    phone: PhoneNumber,
    ring: Keyring,
}

impl NumberCard {
    /// What `code` speaks for when it is sent from this number.
    #[must_use]
    pub fn find(&self, code: &str) -> Option<&CodePointer> {
        let digest = self.ring.code_key(&self.phone, code);
        self.codes.iter().find(|pointer| pointer.code_digest == digest)
    }

    /// What the items of the number's partition say.
    pub(crate) fn of<'a>(
        ring: &Keyring,
        phone: &PhoneNumber,
        items: impl IntoIterator<Item = &'a Item>,
        now: Timestamp,
    ) -> Self {
        let (phone, ring) = (phone.clone(), ring.clone());
        let mut card =
            Self { user: None, contact_of: Vec::new(), codes: Vec::new(), stopped: None, phone, ring };
        for item in items {
            card.read(item, now);
        }
        card
    }

    /// Adds what an item of the number's partition says. One that says nothing intelligible is passed over: the others
    /// must be found.
    fn read(&mut self, item: &Item, now: Timestamp) {
        match text(item, "sk").unwrap_or_default() {
            keys::USER => self.user = number::<u64>(item, "holder").and_then(|id| id.try_into().ok()),
            keys::STOP => {
                self.stopped = item.get("stopped").and_then(|stopped| stopped.as_bool().ok()).copied();
            }
            sk => {
                if let Some(user) = sk.strip_prefix(keys::CONTACTS) {
                    self.contact_of.extend(user.parse::<UserId>());
                } else if let Some(digest) = sk.strip_prefix(keys::CODES) {
                    let over = instant(item, "expires_at").is_some_and(|end| end <= now);
                    self.codes.extend(code_pointer(digest, item).filter(|_| !over));
                }
            }
        }
    }
}

fn code_pointer(digest: &str, item: &Item) -> Option<CodePointer> {
    Some(CodePointer {
        code_digest: Digest::deserialize(StrDeserializer::<Error>::new(digest)).ok()?,
        incident: number::<u64>(item, "incident")?.try_into().ok()?,
        place: number(item, "place")?,
    })
}

impl DynamoStore {
    pub(crate) async fn number_card(
        &self,
        phone: &PhoneNumber,
        now: Timestamp,
    ) -> Result<NumberCard, StoreError> {
        let items = self.all(self.query(&keys::user_phone(&self.ring, phone), "")).await?;
        Ok(NumberCard::of(&self.ring, phone, &items, now))
    }
}
