//! Secrets that change while a process lives.
//!
//! A process that lives long has read its secrets once. When one is changed, it finds out by being refused, and reads that
//! secret again: at most once a minute, so that neither forged requests nor an account that is closed cost more than that.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

/// After it was read again, whatever came of it, a secret is not read for this long.
const REST: Duration = Duration::from_mins(1);

/// A secret on its way; nothing if it could not be read.
pub type Reading<'a, T> = Pin<Box<dyn Future<Output = Option<T>> + Send + 'a>>;

/// Where a secret is kept.
pub trait Source<T>: Send + Sync {
    /// Reads it as it is now. Somebody waits for the answer: it has to come within few seconds, or be given up.
    fn read(&self) -> Reading<'_, T>;
}

/// What was made of a secret, and of the same secret when it has changed.
pub struct Renewable<T> {
    held: Mutex<Held<T>>,
    source: Option<Box<dyn Source<T>>>,
}

struct Held<T> {
    value: Arc<T>,
    tried_at: Option<SystemTime>,
}

impl<T> Renewable<T> {
    /// What never changes.
    #[must_use]
    pub fn fixed(value: T) -> Self {
        Self { held: Mutex::new(Held { value: Arc::new(value), tried_at: None }), source: None }
    }

    /// The same, but what it was made of may change in `source`.
    #[must_use]
    pub fn renewed_by(self, source: impl Source<T> + 'static) -> Self {
        Self { source: Some(Box::new(source)), ..self }
    }

    /// The newest that is known.
    #[must_use]
    pub fn get(&self) -> Arc<T> {
        Arc::clone(&self.held().value)
    }

    /// Reads the secret again, because the one that is known was refused at `now`. False: nothing was read, be it too soon
    /// or in vain, and the old one stays.
    pub async fn renew(&self, now: SystemTime) -> bool {
        let Some(source) = self.source.as_ref().filter(|_| self.is_allowed(now)) else { return false };
        let Some(value) = source.read().await else { return false };
        self.held().value = Arc::new(value);
        true
    }

    fn is_allowed(&self, now: SystemTime) -> bool {
        let mut held = self.held();
        // A time that lies in the future was told by a clock that was wrong: it forbids nothing.
        let is_soon =
            held.tried_at.is_some_and(|at| now.duration_since(at).is_ok_and(|passed| passed < REST));
        if !is_soon {
            held.tried_at = Some(now);
        }
        !is_soon
    }

    fn held(&self) -> MutexGuard<'_, Held<T>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc, Mutex,
            atomic::{AtomicUsize, Ordering},
        },
        time::{Duration, SystemTime},
    };

    use super::{Reading, Renewable, Source};

    /// Says what it is told to, and counts how often it is asked.
    #[derive(Clone, Default)]
    struct Told {
        says: Arc<Mutex<Option<&'static str>>>,
        asked: Arc<AtomicUsize>,
    }

    impl Source<&'static str> for Told {
        fn read(&self) -> Reading<'_, &'static str> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            let says = *self.says.lock().unwrap();
            Box::pin(async move { says })
        }
    }

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).unwrap()
    }

    #[tokio::test]
    async fn a_secret_is_read_again_once_a_minute_at_most() {
        let source = Told::default();
        let secret = Renewable::fixed("old").renewed_by(source.clone());
        let asked = || source.asked.load(Ordering::Relaxed);

        *source.says.lock().unwrap() = Some("new");
        assert_eq!((*secret.get(), asked()), ("old", 0));
        assert!(secret.renew(at(0)).await);
        assert_eq!((*secret.get(), asked()), ("new", 1));

        *source.says.lock().unwrap() = Some("newer");
        for second in [0, 1, 59] {
            assert!(!secret.renew(at(second)).await);
        }
        assert_eq!((*secret.get(), asked()), ("new", 1));
        assert!(secret.renew(at(60)).await);
        assert_eq!((*secret.get(), asked()), ("newer", 2));
    }

    #[tokio::test]
    async fn a_read_that_fails_keeps_the_old_and_counts() {
        let source = Told::default();
        let secret = Renewable::fixed("old").renewed_by(source.clone());
        assert!(!secret.renew(at(0)).await);
        *source.says.lock().unwrap() = Some("new");
        assert!(!secret.renew(at(59)).await);
        assert_eq!((*secret.get(), source.asked.load(Ordering::Relaxed)), ("old", 1));
        assert!(secret.renew(at(60)).await);
        assert_eq!(*secret.get(), "new");
    }

    #[tokio::test]
    async fn a_clock_that_is_set_back_stops_nothing() {
        let source = Told { says: Arc::new(Mutex::new(Some("new"))), ..Told::default() };
        let secret = Renewable::fixed("old").renewed_by(source);
        assert!(secret.renew(at(3_600)).await && secret.renew(at(0)).await);
        assert!(!Renewable::fixed("only").renew(at(0)).await);
    }
}
