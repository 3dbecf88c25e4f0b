//! Changes by the API: what is told of them, and why some are refused.

use expect_test::expect_file;
use lucius_core::{
    deadman::{ContactChange, Edit, NewContact, Pause, ProbeChange, ProfileChange, Proof},
    decide::Event,
    id::{ContactId, IncidentId},
    schedule::TimeZone,
    voice::Reply,
};

use crate::{
    story::Story,
    told::Told,
    world::{digest, new_contact, phone, pin, schedule, t},
};

fn bob() -> ContactId {
    ContactId::try_from(1).unwrap()
}

fn change(change: ContactChange, proof: Proof) -> Edit {
    Edit::ChangeContact { id: bob(), change, proof }
}

fn profile(change: ProfileChange, proof: Proof) -> Edit {
    Edit::Profile { change: Box::new(change), proof }
}

fn probes(change: ProbeChange, pause: Pause, proof: Proof) -> Edit {
    Edit::Probes { change, pause, proof }
}

fn add(contact: NewContact, proof: Proof) -> Edit {
    Edit::AddContact { contact, proof }
}

/// Makes the change, or says why not.
fn tries(told: &mut Told, sentence: &str, edit: Edit) {
    let mut refused = None;
    told.then(sentence, |story| {
        // What the last decision said is not said again for one that was refused.
        story.last.rows.clear();
        story.last.pointers.clear();
        story.last.reply = Reply::Silence;
        refused = story.edit(edit).err();
    });
    if let Some(why) = refused {
        told.remark(&format!("{why:?}"));
    }
}

fn profile_changes() -> Vec<(&'static str, Edit)> {
    let change = ProfileChange::default;
    let proven = pin("1234");
    vec![
        (
            "Her names.",
            profile(
                ProfileChange {
                    first_name: Some("Anna".to_owned()),
                    last_name: Some("Li".to_owned()),
                    ..change()
                },
                Proof::None,
            ),
        ),
        (
            "Her message and language.",
            profile(
                ProfileChange {
                    message: Some(Some("Help".to_owned())),
                    language: Some(Some("de".to_owned())),
                    ..change()
                },
                Proof::None,
            ),
        ),
        (
            "Her number, without the PIN.",
            profile(ProfileChange { phone: Some(phone(111)), ..change() }, Proof::None),
        ),
        ("With a wrong PIN.", profile(ProfileChange { phone: Some(phone(111)), ..change() }, pin("0000"))),
        ("With the PIN.", profile(ProfileChange { phone: Some(phone(111)), ..change() }, proven)),
        ("To a contact's number.", profile(ProfileChange { phone: Some(phone(201)), ..change() }, proven)),
        (
            "Her address.",
            profile(ProfileChange { email: Some("li@example.org".to_owned()), ..change() }, proven),
        ),
        ("Her password.", profile(ProfileChange { password: Some("other".to_owned()), ..change() }, proven)),
        (
            "Her time zone.",
            profile(
                ProfileChange { time_zone: Some(TimeZone::parse("Asia/Tokyo").unwrap()), ..change() },
                proven,
            ),
        ),
        ("Her PIN.", profile(ProfileChange { pin: Some(digest("5678")), ..change() }, proven)),
        ("The message away again.", profile(ProfileChange { message: Some(None), ..change() }, Proof::None)),
    ]
}

#[test]
fn a_user_changes() {
    let mut told = Told::new("Ann changes who she is", Story::armed());
    let change = ProfileChange::default;
    for (sentence, edit) in profile_changes() {
        tries(&mut told, sentence, edit);
    }
    let now = told.story.now;
    let ann = &told.story.ann().profile;
    assert_eq!(
        (ann.name().as_str(), ann.phone.clone(), &*ann.email, &*ann.password),
        ("Anna Li", phone(111), "li@example.org", "other")
    );
    assert_eq!(
        (ann.language.as_deref(), ann.time_zone.name(), ann.pin, ann.message.as_deref()),
        (Some("de"), "Asia/Tokyo", Some(digest("5678")), None)
    );
    assert_eq!(told.story.ann().updated_at, now);
    for n in 0..9 {
        let edit = profile(ProfileChange { password: Some("x".to_owned()), ..change() }, pin("0000"));
        tries(&mut told, &format!("Wrong PIN {n}."), edit);
    }
    told.story.sos();
    tries(
        &mut told,
        "Her number, in an emergency.",
        profile(ProfileChange { phone: Some(phone(112)), ..change() }, pin("5678")),
    );
    tries(
        &mut told,
        "Her PIN, in an emergency.",
        profile(ProfileChange { pin: Some(digest("1111")), ..change() }, pin("5678")),
    );
    expect_file!["a_user_changes.txt"].assert_eq(told.words());
}

fn question_changes() -> Vec<(&'static str, Edit)> {
    let change = ProbeChange::default;
    let proven = pin("1234");
    let cron = schedule(r#"{"cron":"0 18 * * *"}"#);
    let set = |change, proof| probes(change, Pause::Keep, proof);
    vec![
        ("Called as well.", set(ProbeChange { by_call: Some(true), ..change() }, Proof::None)),
        (
            "Not called any more, without the PIN.",
            set(ProbeChange { by_call: Some(false), ..change() }, Proof::None),
        ),
        ("With it.", set(ProbeChange { by_call: Some(false), ..change() }, proven)),
        ("At six in the evening.", set(ProbeChange { schedule: Some(cron.clone()), ..change() }, proven)),
        ("The same again.", set(ProbeChange { schedule: Some(cron), ..change() }, Proof::None)),
        ("A PIN in replies.", set(ProbeChange { pin_in_reply: Some(true), ..change() }, Proof::None)),
        ("No PIN in replies.", set(ProbeChange { pin_in_reply: Some(false), ..change() }, Proof::None)),
        (
            "A pause until tomorrow, without the PIN.",
            probes(change(), Pause::Until(t("1d 10:00")), Proof::None),
        ),
        ("With it.", probes(change(), Pause::Until(t("1d 10:00")), proven)),
        ("A pause of a year.", probes(change(), Pause::Until(t("365d 10:00")), proven)),
        ("Its end.", probes(change(), Pause::End, Proof::None)),
        ("More patience.", set(ProbeChange { wait_minutes: Some(61), ..change() }, Proof::None)),
        ("More questions.", set(ProbeChange { max_retries: Some(4), ..change() }, Proof::None)),
        (
            "Less of both.",
            set(ProbeChange { max_retries: Some(2), wait_minutes: Some(30), ..change() }, Proof::None),
        ),
        ("Off.", set(ProbeChange { active: Some(false), ..change() }, proven)),
        ("A pause of what is off.", probes(change(), Pause::Until(t("1d 10:00")), proven)),
        (
            "More patience while it is off.",
            set(ProbeChange { wait_minutes: Some(90), by_sms: Some(false), ..change() }, Proof::None),
        ),
        ("The end of a pause while it is off.", probes(change(), Pause::End, Proof::None)),
        ("On.", set(ProbeChange { active: Some(true), by_sms: Some(true), ..change() }, Proof::None)),
    ]
}

#[test]
fn the_questions_change() {
    let mut told = Told::new("Ann changes how and when she is asked", Story::armed());
    let change = ProbeChange::default;
    let proven = pin("1234");
    for (sentence, edit) in question_changes() {
        tries(&mut told, sentence, edit);
    }
    told.at("18:00").wakes("She is asked.");
    tries(
        &mut told,
        "Another patience while a question is open.",
        probes(ProbeChange { wait_minutes: Some(20), ..change() }, Pause::Keep, Proof::None),
    );
    tries(&mut told, "A pause while a question is open.", probes(change(), Pause::Until(t("19:00")), proven));
    told.at("18:59:59").wakes("It still lasts.");
    told.at("19:00").wakes("The pause is over.");
    told.story.ann_mut().profile.pin = None;
    let wanted = probes(ProbeChange { pin_in_reply: Some(true), ..change() }, Pause::Keep, Proof::None);
    tries(&mut told, "A PIN in replies, but she has none.", wanted);
    told.story.sos();
    tries(
        &mut told,
        "Off, in an emergency.",
        probes(ProbeChange { active: Some(false), ..change() }, Pause::Keep, proven),
    );
    expect_file!["the_questions_change.txt"].assert_eq(told.words());
}

fn contact_changes() -> Vec<(&'static str, Edit)> {
    let other = ContactChange::default;
    let proven = pin("1234");
    let dee =
        NewContact { email: Some("dee@example.org".to_owned()), priority: None, ..new_contact("Dee", 300) };
    let eve = NewContact { email: Some("dee@example.org".to_owned()), ..new_contact("Eve", 301) };
    let gus = NewContact {
        is_emergency_contact: false,
        email: Some("dee@example.org".to_owned()),
        ..new_contact("Gus", 302)
    };
    vec![
        ("Dee is added.", add(dee, proven)),
        ("Eve has the same address.", add(eve, proven)),
        ("Gus has Ann's number.", add(NewContact { phone: phone(100), ..gus.clone() }, proven)),
        ("Gus has Bob's number.", add(NewContact { phone: phone(201), ..gus }, proven)),
        (
            "Bob has another name.",
            change(
                ContactChange {
                    first_name: Some("Rob".to_owned()),
                    last_name: Some("Roe".to_owned()),
                    ..other()
                },
                Proof::None,
            ),
        ),
        ("Bob has another number.", change(ContactChange { phone: Some(phone(222)), ..other() }, proven)),
        (
            "Bob has an address, a language, and agrees.",
            change(
                ContactChange {
                    email: Some(Some("bob@example.org".to_owned())),
                    language: Some(Some("fr".to_owned())),
                    consented: Some(false),
                    ..other()
                },
                Proof::None,
            ),
        ),
        ("Bob is not texted.", change(ContactChange { by_sms: Some(false), ..other() }, proven)),
        ("Nor called.", change(ContactChange { by_call: Some(false), ..other() }, proven)),
        (
            "Bob comes later, without the PIN.",
            change(ContactChange { priority: Some(2), ..other() }, Proof::None),
        ),
        ("Bob comes later.", change(ContactChange { priority: Some(2), ..other() }, proven)),
        (
            "Bob is no emergency contact.",
            change(ContactChange { is_emergency_contact: Some(false), ..other() }, proven),
        ),
        (
            "Bob comes later still, which matters to nobody.",
            change(ContactChange { priority: Some(9), ..other() }, Proof::None),
        ),
        ("Bob is one again.", change(ContactChange { is_emergency_contact: Some(true), ..other() }, proven)),
        ("Cas goes.", Edit::RemoveContact { id: ContactId::try_from(2).unwrap(), proof: proven }),
        ("Cas is gone.", Edit::RemoveContact { id: ContactId::try_from(2).unwrap(), proof: proven }),
        (
            "A stranger changes.",
            Edit::ChangeContact { id: ContactId::try_from(77).unwrap(), change: other(), proof: proven },
        ),
        ("Dee goes.", Edit::RemoveContact { id: ContactId::try_from(30_002).unwrap(), proof: proven }),
        ("Bob goes.", Edit::RemoveContact { id: bob(), proof: proven }),
        (
            "Bob is the last, and is to be none.",
            change(ContactChange { is_emergency_contact: Some(false), ..other() }, proven),
        ),
    ]
}

#[test]
fn contacts_change() {
    let mut told = Told::new("Ann changes her contacts", Story::armed());
    let other = ContactChange::default;
    let proven = pin("1234");
    for (sentence, edit) in contact_changes() {
        tries(&mut told, sentence, edit);
    }
    told.story.ann_mut().settings.active = true;
    told.story.sos();
    for (sentence, edit) in [
        (
            "In an emergency Bob is to be called by fewer channels.",
            change(ContactChange { by_call: Some(false), by_sms: Some(true), ..other() }, proven),
        ),
        (
            "He is to be no emergency contact.",
            change(ContactChange { is_emergency_contact: Some(false), ..other() }, proven),
        ),
        ("He is to be removed.", Edit::RemoveContact { id: bob(), proof: proven }),
        (
            "Another emergency is to end.",
            Edit::Resolve { incident: IncidentId::try_from(1).unwrap(), proof: proven },
        ),
        ("This one, without the PIN.", Edit::Resolve { incident: told.story.open().id, proof: Proof::None }),
        ("With a wrong one.", Edit::Resolve { incident: told.story.open().id, proof: pin("0000") }),
        ("With the right one.", Edit::Resolve { incident: told.story.open().id, proof: proven }),
        ("Twice.", Edit::Resolve { incident: told.story.open().id, proof: proven }),
    ] {
        tries(&mut told, sentence, edit);
    }
    told.story.ann_mut().tries.wrong = 10;
    told.story.sos();
    let incident = told.story.open().id;
    tries(&mut told, "After ten wrong PINs.", Edit::Resolve { incident, proof: proven });
    expect_file!["contacts_change.txt"].assert_eq(told.words());
}

#[test]
fn a_user_goes() {
    let mut told = Told::new("Ann is deleted", Story::armed());
    let remove = |told: &mut Told, sentence: &str, proof: Proof| {
        let mut refused = None;
        told.then(sentence, |story| {
            story.last.rows.clear();
            story.last.pointers.clear();
            story.last.reply = Reply::Silence;
            refused = story.decide(&Event::Remove { proof }).err();
        });
        let why =
            refused.map_or_else(|| format!("removed: {}", told.story.last.removed), |why| format!("{why:?}"));
        told.remark(&why);
    };
    remove(&mut told, "Without the PIN.", Proof::None);
    remove(&mut told, "With a wrong one.", pin("0000"));
    remove(&mut told, "With the right one.", pin("1234"));
    told.story.sos();
    remove(&mut told, "In an emergency.", pin("1234"));
    told.story
        .good_with("1234")
        .edit(profile(ProfileChange { phone: Some(phone(111)), ..ProfileChange::default() }, pin("1234")))
        .unwrap();
    remove(&mut told, "While her old number is told that it is not hers any more.", pin("1234"));
    expect_file!["a_user_goes.txt"].assert_eq(told.words());
}
