//! Who is on the stage: Ann is being asked, Bob is in need, Dan is called for him, Cleo is the administrator.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use lucius_core::{
    deadman::{Contact, Deadman, State},
    decide::{Event, Scope},
    id::{IncidentId, ProbeId, UserId},
    incident::Incident,
};
use lucius_shell::{
    Request, Response,
    ports::Nature as _,
    run,
    testing::{AUTH_TOKEN, SETUP_TOKEN, World, contact},
};
use lucius_store::Store as _;

use crate::{
    changes::{Snapshot, changes},
    door,
};

/// Ann's PIN.
pub const PIN: &str = "271828";

/// Bob's.
pub const PIN_OF_BOB: &str = "314159";

/// What Ann's contacts would be told.
const MESSAGE: &str = "The spare key lies under the third pot.";

/// A world with people in it.
pub struct Stage {
    /// The world.
    pub world: World,
    /// She has been asked, and has two contacts.
    pub ann: UserId,
    /// The question to her.
    pub probe: ProbeId,
    /// He has raised an emergency, and has one contact, Dan.
    pub bob: UserId,
    /// His emergency.
    pub incident: IncidentId,
    /// What Dan may answer with.
    pub code: String,
    /// The administrator.
    pub cleo: UserId,
    secrets: Vec<String>,
    names: Vec<String>,
    marked: Option<Snapshot>,
    found: Items,
}

/// The table as it is stored.
type Items = BTreeMap<String, HashMap<String, AttributeValue>>;

fn named(deadman: &mut Deadman, first: &str, last: &str, pin: Option<lucius_core::secret::Digest>) {
    first.clone_into(&mut deadman.profile.first_name);
    last.clone_into(&mut deadman.profile.last_name);
    deadman.profile.email = format!("{}@qvist.example", first.to_lowercase());
    deadman.profile.password = format!("the-hash-of-{last}");
    deadman.profile.message = Some(MESSAGE.to_owned());
    deadman.profile.pin = pin;
}

fn person(id: u64, first: &str, now: Timestamp) -> Contact {
    let last = "Ottolenghi".to_owned();
    Contact { first_name: first.to_owned(), last_name: last, ..contact(id, now) }
}

impl Stage {
    /// A new one. All of them are alike.
    pub async fn new() -> Self {
        let world = World::new().await;
        let ring = world.app.keyring.clone();
        let cleo = world
            .user(|deadman| {
                named(deadman, "Cleopatra", "Zimmerli", None);
                deadman.profile.is_admin = true;
            })
            .await;
        let ann = world
            .user(|deadman| {
                named(deadman, "Annabel", "Qvist", Some(ring.pin_digest(deadman.id, PIN)));
                let now = deadman.created_at;
                deadman.contacts = vec![person(1, "Benedikt", now), person(2, "Carlotta", now)];
                deadman.settings.active = true;
                deadman.armed_once = true;
                deadman.state = State::Waiting { next_probe_at: now };
            })
            .await;
        run(&world.app.shell, Scope::User(ann), Event::Wake).await.unwrap();
        let bob = world
            .user(|deadman| {
                named(deadman, "Bohumil", "Hrabal", Some(ring.pin_digest(deadman.id, PIN_OF_BOB)));
                deadman.contacts = vec![person(3, "Dantès", deadman.created_at)];
            })
            .await;
        let emergency = Event::Emergency { key: "sos".to_owned() };
        let done = run(&world.app.shell, Scope::User(bob), emergency).await.unwrap();
        let incident = done.case.incident.unwrap();
        let probe = world.deadman(ann).await.unwrap().probe().unwrap().id;
        let code = incident.contacts[0].code.clone();
        let mut stage = Self {
            world,
            ann,
            probe,
            bob,
            incident: incident.id,
            code,
            cleo,
            secrets: Vec::new(),
            names: Vec::new(),
            marked: None,
            found: Items::new(),
        };
        stage.find_secrets(&incident).await;
        stage
    }

    async fn find_secrets(&mut self, incident: &Incident) {
        let mut secrets = [PIN, PIN_OF_BOB, AUTH_TOKEN, SETUP_TOKEN].map(str::to_owned).to_vec();
        secrets.push(incident.contacts[0].code.clone());
        for user in [self.ann, self.bob, self.cleo] {
            let Deadman { profile, contacts, .. } = self.deadman(user).await;
            let numbers = contacts.iter().map(|contact| &contact.phone).chain([&profile.phone]);
            secrets.extend(numbers.map(|phone| phone.as_str().trim_start_matches('+').to_owned()));
            secrets.extend([profile.email, profile.password]);
            // The header of a token is no secret.
            secrets.extend(self.world.token(user).await.split('.').skip(1).map(str::to_owned));
            let names = contacts.into_iter().flat_map(|contact| [contact.first_name, contact.last_name]);
            self.names.extend(names.chain([profile.first_name, profile.last_name]));
        }
        self.secrets = secrets;
        // What contacts hear.
        self.names.push(MESSAGE.to_owned());
    }

    /// A user as stored.
    pub async fn deadman(&self, user: UserId) -> Deadman {
        self.world.deadman(user).await.unwrap()
    }

    /// Bob's emergency as stored.
    pub async fn incident(&self) -> Incident {
        self.world.store().load_incident(self.incident).await.unwrap().unwrap().state
    }

    /// The number of a user.
    pub async fn number(&self, user: UserId) -> String {
        self.deadman(user).await.profile.phone.as_str().to_owned()
    }

    /// The number of Dan, Bob's contact.
    pub async fn dan(&self) -> String {
        self.incident().await.contacts[0].phone.as_str().to_owned()
    }

    /// What the function to which the request belongs answers.
    pub async fn answer(&self, mut request: Request) -> Response {
        request.arrived_at = self.world.clock().now();
        door::answer(&self.world, &request).await
    }

    /// From here on changes count.
    pub async fn mark(&mut self) {
        self.found = self.world.items().await;
        self.marked = Some(Snapshot::of(self, self.found.clone()));
    }

    /// Puts everything back to how it was when the stage was marked. Time goes on.
    pub async fn put_back(&mut self) {
        self.world.restore(&self.found).await;
    }

    /// What has changed since the stage was marked.
    pub async fn changes(&self) -> BTreeSet<String> {
        let now = Snapshot::of(self, self.world.items().await);
        changes(self.marked.as_ref().unwrap_or(&now), &now)
    }

    /// What stands in `text` that nobody is answered who has not brought it: numbers, PINs, codes, tokens, addresses.
    pub fn leaks<'a>(&'a self, text: &'a str) -> impl Iterator<Item = &'a str> {
        self.secrets.iter().map(String::as_str).filter(|secret| text.contains(secret))
    }

    /// What stands in `text` that is for people who know each other: names, and the message to contacts.
    pub fn names<'a>(&'a self, text: &'a str) -> impl Iterator<Item = &'a str> {
        self.names.iter().map(String::as_str).filter(|name| text.contains(name))
    }

    /// `text` with the people and things of this stage for what stands in braces.
    #[must_use]
    pub fn told(&self, text: &str) -> String {
        let Self { ann, bob, cleo, probe, incident, .. } = self;
        let ids = [
            ("{ann}", ann.to_string()),
            ("{bob}", bob.to_string()),
            ("{cleo}", cleo.to_string()),
            ("{probe}", probe.to_string()),
            ("{incident}", incident.to_string()),
            ("{code}", self.code.clone()),
        ];
        ids.iter().fold(text.to_owned(), |text, (name, id)| text.replace(name, id))
    }
}
