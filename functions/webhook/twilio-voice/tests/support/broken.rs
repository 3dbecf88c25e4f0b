//! A table that has gone down, and the alarms that this raises.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up its world has to stop")]

use lucius_shell::testing::World;

pub(crate) use lucius_shell::testing::Alarms;

/// A world whose table has gone down since `make` was done with it. To be made outside of any runtime.
pub(crate) fn broken<T>(make: impl AsyncFnOnce(&World) -> T) -> (World, T) {
    let up = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let both = up.block_on(async {
        let world = World::new().await;
        let wanted = make(&world).await;
        (world, wanted)
    });
    up.shutdown_timeout(std::time::Duration::from_secs(1));
    both
}

/// Runs what happens then.
pub(crate) fn then<T>(what: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(what)
}
