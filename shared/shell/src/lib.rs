//! The imperative half of lucius: [`run()`] is the one place where *load → decide → commit → perform* exists; around it,
//! everything that a function needs at its edge.
//!
//! The shell is generic over [`ports::Ports`], so that the same lines run on AWS and in a simulated world.

pub mod alarm;
pub mod api;
pub mod app;
pub mod aws;
pub mod config;
pub mod edge;
pub mod heartbeat;
mod pace;
mod perform;
pub mod ports;
pub mod respond;
pub mod run;
pub mod runtime;
pub mod say;
pub mod session;
pub mod shell;
pub mod sweep;
#[cfg(feature = "testing")]
pub mod testing;
pub mod wake;
pub mod webhook;

pub use app::App;
pub use edge::{Request, Response};
pub use perform::progress;
pub use run::{Done, RunError, run};
pub use shell::Shell;
