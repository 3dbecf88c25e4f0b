//! `/inbound/answer`: the first page, the same for everybody but for a contact who rings back.

use lucius_core::{
    ivr::{POUND, SILENT_MAX, call_back, login_path, nobody_there},
    phone::PhoneNumber,
};
use lucius_shell::{App, Response, ports::Nature as _, ports::Ports};
use lucius_store::Store;
use lucius_telephony::{
    Twiml,
    twiml::{Gather, Input},
};

use crate::{Turn, spoken};

/// Answers a call. Whatever fails in here, the caller gets the first page: it needs nothing but itself.
pub(crate) async fn answer<P: Ports>(app: &App<P>, turn: &Turn<'_>, round: u8) -> Response {
    if round > SILENT_MAX {
        return spoken(app, &nobody_there());
    }
    if let Some(from) = &turn.from
        && is_called_for_another(app, from).await
    {
        return spoken(app, &call_back(0));
    }
    first_page(app, round)
}

/// Whether we have called this number for somebody else. A user's own number hears the first page, and can give a code
/// there as well.
async fn is_called_for_another<P: Ports>(app: &App<P>, from: &PhoneNumber) -> bool {
    match app.shell.ports.store().number(from, app.shell.ports.nature().now()).await {
        Ok(card) => card.user.is_none() && !card.codes.is_empty(),
        Err(error) => {
            tracing::error!(error = %error, "a caller could not be looked up");
            false
        }
    }
}

/// Asks for the PIN, and comes round again into silence.
pub(crate) fn first_page<P: Ports>(app: &App<P>, round: u8) -> Response {
    let gather = Gather::new(app.shell.carrier_url(&login_path(0)))
        .input(Input::KeysOrSpeech)
        .timeout_seconds(10)
        .say("Please enter or say your PIN")
        .say(POUND);
    let again = format!("/inbound/answer/{}", round.saturating_add(1));
    let page = Twiml::new()
        .say(app.shell.policy.texts.greeting.as_str())
        .gather(gather)
        .say("I did not receive your selection. Try Again.")
        .pause(1)
        .redirect(app.shell.carrier_url(&again));
    Response::twiml(&page)
}
