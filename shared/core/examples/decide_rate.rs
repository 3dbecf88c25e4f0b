//! How many decisions a second one core makes: rounds of an incident with three contacts, from the wake that calls to the key that
//! accepts, and the check-in that ends it. `cargo run --release -p lucius-core --example decide_rate [seconds]`

use std::{hint::black_box, process::ExitCode};

use jiff::{SignedDuration, Timestamp};
use lucius_core::{
    deadman::{Contact, Deadman, ProbeSettings, Profile},
    decide::{Case, ContactAct, Decision, Event, Rejected, decide},
    effect::{CallProgress, Channel, Purpose, claim},
    id::{ContactId, IncidentId, ProbeId, UserId},
    phone::PhoneNumber,
    policy::{LEASE, Policy, later},
    schedule::TimeZone,
    turn::Fresh,
};

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&format!("decide_rate: {error}"));
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "a benchmark's result is its output")]
fn report(line: &str) {
    println!("{line}");
}

#[expect(clippy::disallowed_methods, reason = "only here time is measured, not decided upon")]
fn measure() -> Result<(), Failure> {
    let seconds: f64 = std::env::args().nth(1).unwrap_or_else(|| "2".to_owned()).parse()?;
    let start = std::time::Instant::now();
    let mut decisions = 0_u64;
    while start.elapsed().as_secs_f64() < seconds {
        for _ in 0..100 {
            decisions = decisions.saturating_add(one_incident()?);
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a rate is no exact number")]
    let rate = decisions as f64 / start.elapsed().as_secs_f64();
    report(&format!("decide: {rate:.0} decisions/s on one core ({decisions} decisions)"));
    Ok(())
}

/// The life of one incident; how many decisions it took.
fn one_incident() -> Result<u64, Failure> {
    let mut now = Timestamp::from_second(1_772_000_000)?;
    let (policy, fresh) = (Policy::default(), fresh()?);
    let mut case = Case { deadman: Some(deadman(now)?), incident: None };
    let mut decisions = 0_u64;
    let mut goes = |case: &mut Case, now, event: &Event| -> Result<(), Rejected> {
        let Decision { case: next, .. } = black_box(decide(black_box(case), event, now, &policy, &fresh)?);
        *case = next;
        decisions = decisions.saturating_add(1);
        Ok(())
    };
    goes(&mut case, now, &Event::Emergency { key: "CA0".to_owned() })?;
    for round in 0..4_u32 {
        goes(&mut case, now, &Event::Wake)?;
        let incident = case.incident.as_mut().ok_or("no incident")?;
        for (id, pending) in claim(&mut incident.pending, now, later(now, LEASE)) {
            let sid = format!("CA{round}{id}");
            let told = |progress| Event::CallTold {
                effect: id.clone(),
                attempt: pending.attempt,
                sid: sid.clone(),
                progress,
            };
            if id.channel == Channel::Call && id.purpose == Purpose::Page {
                goes(&mut case, now, &told(CallProgress::Ringing))?;
                goes(&mut case, now, &told(CallProgress::NoAnswer))?;
            }
        }
        now = later(now, SignedDuration::from_mins(10));
    }
    let digits = Some("1".to_owned());
    let act = ContactAct::Press { attempt: 1, sid: "CA-last".to_owned(), step: "1".to_owned(), digits };
    goes(&mut case, now, &Event::Contact { place: 0, act })?;
    let digits = Some("9".to_owned());
    let act = ContactAct::Press { attempt: 1, sid: "CA-last".to_owned(), step: "end2".to_owned(), digits };
    goes(&mut case, now, &Event::Contact { place: 0, act })?;
    let ended = case.incident.as_ref().is_some_and(|incident| !incident.is_open());
    if ended { Ok(decisions) } else { Err("the incident did not end".into()) }
}

fn fresh() -> Result<Fresh, Failure> {
    Ok(Fresh {
        probe: ProbeId::try_from(1)?,
        incident: IncidentId::try_from(2)?,
        contact: ContactId::try_from(3)?,
        codes: (0..20).map(|n| format!("{n:06}")).collect(),
    })
}

fn deadman(now: Timestamp) -> Result<Deadman, Failure> {
    let profile = Profile {
        first_name: "Ann".to_owned(),
        last_name: "Lee".to_owned(),
        email: "ann@example.org".to_owned(),
        phone: PhoneNumber::parse("+12025550100")?,
        password: String::new(),
        is_admin: false,
        language: None,
        time_zone: TimeZone::utc(),
        pin: None,
        message: None,
    };
    let settings = ProbeSettings {
        active: true,
        schedule: lucius_core::schedule::Schedule::Interval {
            minutes: lucius_core::schedule::IntervalMinutes::new(60)?,
        },
        max_retries: 3,
        wait_minutes: 60,
        by_sms: true,
        by_call: false,
        pin_in_reply: false,
        updated_at: now,
    };
    let mut deadman = Deadman::new(UserId::try_from(7)?, profile, settings, now);
    for n in 1..=3_u8 {
        deadman.contacts.push(Contact {
            id: ContactId::try_from(u64::from(n))?,
            created_at: now,
            updated_at: now,
            first_name: format!("Contact{n}"),
            last_name: String::new(),
            phone: PhoneNumber::parse(&format!("+1202555020{n}"))?,
            email: None,
            is_emergency_contact: true,
            priority: 1,
            by_call: true,
            by_sms: true,
            language: None,
            consented: true,
            text_stopped: false,
        });
    }
    Ok(deadman)
}
