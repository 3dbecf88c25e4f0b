//! A stage for targets that need the table: made once, and made anew when something has changed on it.

use std::cell::RefCell;

use lucius_bad_inputs::{Log, Stage};
use lucius_shell::Response;
use tokio::runtime::{Builder, Runtime};

/// A stage, and an ear.
pub(crate) struct Scene {
    /// The stage, marked.
    pub(crate) stage: Stage,
    /// What is logged.
    pub(crate) log: Log,
}

thread_local! {
    static SCENE: RefCell<Option<(Runtime, Scene)>> = const { RefCell::new(None) };
}

impl Scene {
    async fn new() -> Self {
        let (log, guard) = Log::listen();
        // It lives as long as the thread, which is the test's own.
        std::mem::forget(guard);
        let mut stage = Stage::new().await;
        stage.mark().await;
        let _ = log.take();
        Self { stage, log }
    }

    /// An answer is one: the request was understood or refused, not failed; nothing secret is in it or in the log.
    pub(crate) fn expect_quiet(&self, response: &Response) {
        assert!(response.status.as_u16() < 500, "{response:?}");
        let log = self.log.take();
        let said: Vec<_> = self.stage.leaks(&response.body).chain(self.stage.leaks(&log)).collect();
        assert!(said.is_empty(), "it tells {said:?}: {} {log}", response.body);
        let named: Vec<_> = self.stage.names(&log).collect();
        assert!(named.is_empty(), "it names {named:?}: {log}");
        assert!(!log.contains("panicked"), "{log}");
    }
}

/// Plays on the stage of this thread. What fails leaves it to be made anew.
pub(crate) fn play<T>(what: impl AsyncFnOnce(&mut Scene) -> T) -> T {
    let kept = SCENE.with(RefCell::take);
    let (runtime, mut scene) = kept.unwrap_or_else(|| {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let scene = runtime.block_on(Scene::new());
        (runtime, scene)
    });
    let result = runtime.block_on(async {
        let result = what(&mut scene).await;
        scene.stage.put_back().await;
        let _ = scene.log.take();
        result
    });
    SCENE.with(|scene_of_thread| scene_of_thread.replace(Some((runtime, scene))));
    result
}
