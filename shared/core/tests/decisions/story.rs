//! A story: a clock, the actors, and what happens to them, one sentence after the other.

use jiff::{SignedDuration, Timestamp};
use lucius_core::{
    actor::{ActorId, Due},
    deadman::{CheckIn, Deadman, Edit, Medium, Proof, State},
    decide::{Case, ContactAct, Decision, Event, Rejected, Report, decide},
    effect::{CallProgress, Effect, EffectId, Outcome, Party, Pending, Purpose, claim},
    history::{ProbeStatus, Row, What},
    incident::{Incident, Status, TextAnswer},
    policy::{LEASE, Policy, later},
    turn::Alarm,
    voice::{Login, Reply},
    words::Answer,
};

use crate::world::{ann, contact, deadman, fresh, pin, settings, t};

/// The actors and the clock of one story.
pub(crate) struct Story {
    pub(crate) case: Case,
    pub(crate) now: Timestamp,
    pub(crate) policy: Policy,
    /// What was decided last.
    pub(crate) last: Decision,
    drawn: u64,
}

impl Story {
    /// Ann is armed at 10:00, to be asked at 11:00; Bob is called first, Cas a minute later.
    pub(crate) fn armed() -> Self {
        Self::with_contacts(&[("Bob", 1), ("Cas", 2)])
    }

    /// The same with other contacts, each with a priority.
    pub(crate) fn with_contacts(contacts: &[(&str, u8)]) -> Self {
        let now = t("10:00");
        let mut ann = deadman(now);
        for (n, (name, priority)) in (1..).zip(contacts) {
            ann.contacts.push(contact(name, n, *priority, now));
        }
        let case = Case { deadman: Some(ann), incident: None };
        let last = Decision {
            case: case.clone(),
            removed: false,
            reply: Reply::Silence,
            refused: None,
            rows: Vec::new(),
            pointers: Vec::new(),
            alarms: Vec::new(),
        };
        let mut story = Self { case, now, policy: Policy::default(), last, drawn: 0 };
        story.ann_mut().settings.active = false;
        if contacts.is_empty() {
            return story;
        }
        let arm = Edit::Probes {
            change: settings(now).into(),
            pause: lucius_core::deadman::Pause::Keep,
            proof: Proof::None,
        };
        story.edit(arm).unwrap();
        story
    }

    /// At 10:00 Ann has called for help; nobody has been called yet.
    pub(crate) fn incident() -> Self {
        let mut story = Self::armed();
        story.sos();
        story
    }

    /// At 10:00 Ann has called for help, and Bob's phone rings (call `B1`) with his text beside it.
    pub(crate) fn ringing() -> Self {
        let mut story = Self::incident();
        story.wake().outcome(&crate::world::call(0), &crate::world::placed("B1"));
        story.outcome(&crate::world::text(0), &Outcome::Done);
        story
    }

    /// At 10:01 Bob has accepted in call `B1`, while Cas's phone was ringing (call `C1`).
    pub(crate) fn accepted() -> Self {
        let mut story = Self::ringing();
        story.at("10:01").wake().outcome(&crate::world::call(1), &crate::world::placed("C1"));
        story.outcome(&crate::world::text(1), &Outcome::Done).press(0, "B1", "1", "1");
        story
    }

    // ---- what happens

    pub(crate) fn at(&mut self, time: &str) -> &mut Self {
        self.now = t(time);
        self
    }

    pub(crate) fn after(&mut self, seconds: i64) -> &mut Self {
        self.now = later(self.now, SignedDuration::from_secs(seconds));
        self
    }

    pub(crate) fn decide(&mut self, event: &Event) -> Result<&mut Self, Rejected> {
        self.drawn += 1;
        let decision = decide(&self.case, event, self.now, &self.policy, &fresh(self.drawn))?;
        self.case = decision.case.clone();
        self.last = decision;
        Ok(self)
    }

    fn goes(&mut self, event: &Event) -> &mut Self {
        self.decide(event).unwrap()
    }

    /// A performer comes: it decides, leases what is due, and every alarm clock is then set to the future.
    pub(crate) fn wake(&mut self) -> &mut Self {
        self.goes(&Event::Wake);
        let (now, until) = (self.now, later(self.now, LEASE));
        if let Some(deadman) = &mut self.case.deadman {
            claim(&mut deadman.pending, now, until);
            assert!(deadman.due().is_none_or(|due| due.at > now), "{deadman:?}");
        }
        if let Some(incident) = &mut self.case.incident {
            claim(&mut incident.pending, now, until);
            assert!(incident.due().is_none_or(|due| due.at > now), "{incident:?}");
        }
        self
    }

    /// The live try of `id` comes to `outcome`.
    pub(crate) fn outcome(&mut self, id: &EffectId, outcome: &Outcome) -> &mut Self {
        let attempt = self.attempt(id);
        self.late(id, attempt, outcome)
    }

    /// The try `attempt` of `id` comes to `outcome`, whether or not anybody still waits for it.
    pub(crate) fn late(&mut self, id: &EffectId, attempt: u32, outcome: &Outcome) -> &mut Self {
        let actor = match (id.party, &id.purpose, &self.case.incident) {
            (Party::User, Purpose::Ask, _) | (_, _, None) => ActorId::Deadman(self.ann().id),
            (_, _, Some(incident)) => ActorId::Incident(incident.id),
        };
        let report = Report { actor, effect: id.clone(), attempt, outcome: outcome.clone() };
        self.goes(&Event::Settled(vec![report]))
    }

    /// The carrier tells how the call `sid`, placed in the try `attempt`, stands.
    pub(crate) fn told(
        &mut self,
        id: &EffectId,
        attempt: u32,
        sid: &str,
        progress: CallProgress,
    ) -> &mut Self {
        self.goes(&Event::CallTold { effect: id.clone(), attempt, sid: sid.to_owned(), progress })
    }

    /// The contact at `place` presses `digits` in the call `sid`.
    pub(crate) fn press(&mut self, place: usize, sid: &str, step: &str, digits: &str) -> &mut Self {
        let digits = Some(digits.to_owned()).filter(|digits| !digits.is_empty());
        let act = ContactAct::Press { attempt: 1, sid: sid.to_owned(), step: step.to_owned(), digits };
        self.goes(&Event::Contact { place, act })
    }

    /// The contact at `place` texts their code, in the message `key`.
    pub(crate) fn code(&mut self, place: usize, key: &str) -> &mut Self {
        let code = self.open().contacts[place].code.clone();
        self.any_code(place, key, &code, TextAnswer::Accept)
    }

    pub(crate) fn any_code(&mut self, place: usize, key: &str, code: &str, answer: TextAnswer) -> &mut Self {
        let act = ContactAct::Code { key: key.to_owned(), code: code.to_owned(), answer };
        self.goes(&Event::Contact { place, act })
    }

    pub(crate) fn call_back(&mut self, place: usize, key: &str) -> &mut Self {
        self.goes(&Event::Contact { place, act: ContactAct::CallBack { key: key.to_owned() } })
    }

    /// Ann answers by text, now.
    pub(crate) fn answers(&mut self, answer: Answer, proof: Proof) -> &mut Self {
        let key = format!("SM{}", self.drawn);
        self.check_in(CheckIn { key, answer, proof, ..self.answer() })
    }

    /// An answer by text, to be changed as the story needs it.
    pub(crate) fn answer(&self) -> CheckIn {
        CheckIn {
            key: "SM".to_owned(),
            answer: Answer::Good,
            sos: false,
            medium: Medium::Sms,
            arrived_at: self.now,
            proof: Proof::None,
            logged_in: false,
            unless: None,
            heard: None,
            words: None,
            text: "as written".to_owned(),
        }
    }

    pub(crate) fn check_in(&mut self, answer: CheckIn) -> &mut Self {
        self.goes(&Event::CheckIn(answer))
    }

    pub(crate) fn good(&mut self) -> &mut Self {
        self.answers(Answer::Good, Proof::None)
    }

    pub(crate) fn good_with(&mut self, digits: &str) -> &mut Self {
        self.answers(Answer::Good, pin(digits))
    }

    pub(crate) fn sos(&mut self) -> &mut Self {
        let key = format!("SOS{}", self.drawn);
        self.check_in(CheckIn { key, answer: Answer::Bad, sos: true, ..self.answer() })
    }

    pub(crate) fn emergency(&mut self, key: &str) -> &mut Self {
        self.goes(&Event::Emergency { key: key.to_owned() })
    }

    pub(crate) fn login(&mut self, key: &str, digits: &str) -> Login {
        let event = Event::Login { key: key.to_owned(), proof: pin(digits) };
        match self.goes(&event).last.reply {
            Reply::Login(login) => login,
            ref other @ (Reply::Silence | Reply::Words(_) | Reply::Prompt(_)) => panic!("{other:?}"),
        }
    }

    pub(crate) fn edit(&mut self, edit: Edit) -> Result<&mut Self, Rejected> {
        self.decide(&Event::Edit(edit))?;
        match self.last.refused.clone() {
            Some(refused) => Err(refused),
            None => Ok(self),
        }
    }

    // ---- what is there now

    pub(crate) fn ann(&self) -> &Deadman {
        self.case.deadman.as_ref().unwrap()
    }

    pub(crate) fn ann_mut(&mut self) -> &mut Deadman {
        self.case.deadman.as_mut().unwrap()
    }

    pub(crate) fn open(&self) -> &Incident {
        self.case.incident.as_ref().unwrap()
    }

    pub(crate) fn incident_mut(&mut self) -> &mut Incident {
        self.case.incident.as_mut().unwrap()
    }

    pub(crate) fn pending(&self, id: &EffectId) -> Option<&Pending> {
        let deadman = self.case.deadman.as_ref().and_then(|deadman| deadman.pending.get(id));
        self.case.incident.as_ref().and_then(|incident| incident.pending.get(id)).or(deadman)
    }

    pub(crate) fn attempt(&self, id: &EffectId) -> u32 {
        self.pending(id).unwrap_or_else(|| panic!("{id} is not pending")).attempt
    }

    pub(crate) fn is_called(&self, place: usize) -> bool {
        self.pending(&crate::world::call(place)).is_some() || !self.open().contacts[place].calls.is_empty()
    }

    /// Whether the call to the contact at `place` goes before repeats; nothing if none is to be made.
    pub(crate) fn goes_first(&self, place: usize) -> Option<bool> {
        match self.pending(&crate::world::call(place))?.effect {
            Effect::Call { first, .. } => Some(first),
            Effect::Text { .. } | Effect::Cancel { .. } | Effect::Poll { .. } => None,
        }
    }

    /// All texts to this party that are under way.
    pub(crate) fn texts_to(&self, party: Party) -> String {
        let pendings = [
            self.case.deadman.as_ref().map(|deadman| &deadman.pending),
            self.case.incident.as_ref().map(|incident| &incident.pending),
        ];
        let all = pendings.into_iter().flatten().flatten().filter(|(id, _)| id.party == party);
        let bodies = all.filter_map(|(_, pending)| match &pending.effect {
            Effect::Text { body, .. } => Some(body.as_str()),
            Effect::Call { .. } | Effect::Cancel { .. } | Effect::Poll { .. } => None,
        });
        bodies.collect::<Vec<_>>().join("\n")
    }

    pub(crate) fn reply(&self) -> String {
        match &self.last.reply {
            Reply::Words(words) => words.join(" "),
            Reply::Prompt(prompt) => prompt.say.join(" "),
            Reply::Silence => String::new(),
            Reply::Login(login) => format!("{login:?}"),
        }
    }

    pub(crate) fn probing(&self) -> bool {
        matches!(self.ann().state, State::Probing(_))
    }

    /// What history was written of a probe, last.
    pub(crate) fn recorded(&self) -> Option<ProbeStatus> {
        let probes = self.last.rows.iter().rev().filter_map(|row| match row {
            Row::Probe(record) => Some(record.status),
            Row::Listed { .. } | Row::Timeline { .. } => None,
        });
        probes.into_iter().next()
    }

    /// How many lines of this kind the last decision wrote.
    pub(crate) fn lines(&self, what: What) -> usize {
        let is = |row: &&Row| matches!(row, Row::Timeline { entry, .. } if entry.what == what);
        self.last.rows.iter().filter(is).count()
    }

    pub(crate) fn alarmed(&self, alarm: Alarm) -> bool {
        self.last.alarms.contains(&alarm)
    }

    pub(crate) fn status(&self) -> &'static str {
        self.open().status_word()
    }

    pub(crate) fn next_round_at(&self) -> Timestamp {
        match self.open().status {
            Status::Escalating { next_at, .. } => next_at,
            Status::Accepted { .. } | Status::Ended { .. } => panic!("nobody is called"),
        }
    }

    pub(crate) fn ann_due(&self) -> Option<Due> {
        self.ann().due()
    }

    /// Nothing changes from here on, whoever wakes whom until `time`.
    pub(crate) fn is_quiet_until(&mut self, time: &str) -> bool {
        let before = self.case.clone();
        self.at(time).goes(&Event::Wake);
        before == self.case
    }

    /// Ann's number, as the story's texts name it.
    pub(crate) fn anns_number() -> String {
        ann().as_str().to_owned()
    }

    pub(crate) fn pendings(&self) -> Vec<String> {
        self.open().pending.keys().map(ToString::to_string).collect()
    }
}
