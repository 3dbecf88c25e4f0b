//! What nobody thought of: every parser of bytes from outside, with what must hold for whatever is sent.
//!
//! Each target runs in two ways. As a test, over its corpus (`__fuzz__/<target>/corpus`), over what once made it fail
//! (`…/crashes`), and over a fixed number of inputs that are mutations of the corpus, the same ones every time. And without
//! an end, guided by coverage, under libFuzzer: `make fuzz TARGET=form SECONDS=60`.
//!
//! `FUZZ_SEED=n` mutates otherwise, `FUZZ_TIMES=n` so many times as often. What fails is shrunk and shown; to keep it, put
//! the bytes into `crashes`.

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a property that does not hold says so by panicking"
)]

mod bodies;
mod edge;
mod engine;
mod names;
mod persons;
mod scene;
mod stored;
mod times;
mod twiml;
mod wakes;
mod webhooks;

/// Makes a test of each property: its name, how many inputs, what must hold.
macro_rules! targets {
    ($($name:ident, $inputs:literal, $property:path;)*) => {
        $(
            #[test]
            fn $name() {
                if !engine::is_under_libfuzzer() {
                    engine::mutations(stringify!($name), $inputs, $property);
                }
                bolero::check!(name = stringify!($name)).with_iterations(0).for_each(|bytes: &[u8]| $property(bytes));
            }
        )*
    };
}

targets! {
    form, 20_000, edge::form;
    path, 20_000, edge::path;
    event, 20_000, edge::event;
    signature, 4_000, edge::signature;
    token, 5_000, edge::token;
    routes, 1_000, webhooks::routes;
    texts, 300, webhooks::texts;
    keys, 120, webhooks::keys;
    phone, 20_000, persons::phone;
    profile, 20_000, persons::profile;
    words, 20_000, persons::words;
    code, 20_000, persons::code;
    spoken, 20_000, persons::spoken;
    cron, 20_000, times::cron;
    schedule, 50_000, times::schedule;
    zone, 20_000, times::zone;
    effect_id, 50_000, names::effect_id;
    actor_id, 50_000, names::actor_id;
    wake, 800, wakes::wake;
    body, 500, bodies::body;
    twiml, 10_000, twiml::document;
    deadman, 400, stored::deadman;
    incident, 400, stored::incident;
    session, 250, stored::session;
}
