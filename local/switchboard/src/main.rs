//! Starts the switchboard from the command line and runs until Ctrl-C or SIGTERM.

use lucius_switchboard::{Config, USAGE, start};
use std::io::Write as _;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let config = match Config::from_args(std::env::args().skip(1)) {
        Ok(config) => config,
        Err(problem) => return fail(&format!("{problem}\n\n{USAGE}")),
    };
    let running = match start(config).await {
        Ok(running) => running,
        Err(error) => return fail(&format!("cannot listen: {error}")),
    };
    let line = format!("lucius-switchboard listening on {}", running.url());
    if writeln!(std::io::stdout(), "{line}").is_err() {
        return ExitCode::FAILURE;
    }
    wait_for_end().await;
    ExitCode::SUCCESS
}

fn fail(message: &str) -> ExitCode {
    // Nothing better can be done when even stderr is gone.
    let _ = writeln!(std::io::stderr(), "{message}");
    ExitCode::from(2)
}

async fn wait_for_end() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
