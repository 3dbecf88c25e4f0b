//! Every function behind one door, as the API gateway sees them: who answers which path stands in `template.yaml`.

use lucius_shell::{Request, Response, testing::World};

/// What the function to which the path belongs answers.
pub async fn answer(world: &World, request: &Request) -> Response {
    let app = &world.app;
    let path = request.raw_path.clone();
    let parts: Vec<_> = path.trim_start_matches('/').split('/').collect();
    match parts.as_slice() {
        ["inbound" | "webhook", "sms", ..] => Box::pin(twilio_sms::handle(app, request)).await,
        ["inbound", ..] => Box::pin(twilio_voice::handle(app, request)).await,
        ["call", ..] => Box::pin(twilio_call::handle(app, request)).await,
        ["receipt", ..] => Box::pin(twilio_receipt::handle(app, request)).await,
        ["v1", "users", _, "contacts", ..] => Box::pin(contacts::handle(app, request)).await,
        ["v1", "users", _, "probes" | "probe_settings", ..] => Box::pin(probes::handle(app, request)).await,
        ["v1", "incidents", ..] | ["v1", "users", _, "incidents", ..] => {
            Box::pin(incidents::handle(app, request)).await
        }
        ["v1", "users", ..] => Box::pin(users::handle(app, request)).await,
        _ => Box::pin(token::handle(app, request)).await,
    }
}
