//! Answers that are lost, and a table that cannot be reached.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use aws_sdk_dynamodb::config::{
    ConfigBag, Intercept, RuntimeComponents, interceptors::BeforeDeserializationInterceptorContextMut,
};
use aws_smithy_runtime_api::{box_error::BoxError, client::orchestrator::Metadata, http::StatusCode};
use lucius_core::{deadman::Deadman, history::Row};
use lucius_store::{Change, Commit, CommitError, DynamoStore, Keyring, Store, StoreError};

use crate::{
    story::{at, incident_id, nothing, op, user},
    world::{World, config, draw},
};

/// Turns the answers of the next writes into errors of the server, after the write was done.
#[derive(Debug, Clone, Default)]
pub(crate) struct Loses {
    answers: Arc<AtomicU32>,
}

impl Loses {
    /// Loses so many answers from now on.
    pub(crate) fn lose(&self, answers: u32) {
        self.answers.store(answers, Ordering::SeqCst);
    }
}

impl Intercept for Loses {
    fn name(&self) -> &'static str {
        "Loses"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let reads = config.load::<Metadata>().is_some_and(|operation| operation.name() == "GetItem");
        let left = |answers: u32| answers.checked_sub(1);
        if !reads && self.answers.fetch_update(Ordering::SeqCst, Ordering::SeqCst, left).is_ok() {
            *context.response_mut().status_mut() = StatusCode::try_from(500)?;
        }
        Ok(())
    }
}

pub(crate) async fn world(loses: &Loses) -> (World, Deadman) {
    let world = World::with(|config| config.interceptor(loses.clone())).await;
    let deadman = user(draw() * 100);
    world.store.create_user(&deadman, false, op()).await.unwrap();
    (world, deadman)
}

fn update(deadman: &Deadman, version: u64, listed: bool) -> Commit {
    let incident = incident_id(draw());
    let rows = if listed { vec![Row::Listed { user: deadman.id, incident }] } else { vec![] };
    Commit { deadman: Some(Change::Update { version, to: deadman.clone() }), rows, ..nothing(at(0)) }
}

/// The SDK tries again and meets what the first try wrote; if no try is answered, reading tells.
#[tokio::test]
async fn a_write_whose_answer_is_lost_counts_as_written() {
    let loses = Loses::default();
    let (world, deadman) = world(&loses).await;
    let mut version = 1;
    for listed in [false, true] {
        for answers in [1, 2, 3] {
            loses.answers.store(answers, Ordering::SeqCst);
            let commit = update(&deadman, version, listed);
            assert_eq!(world.store.commit(&commit).await, Ok(()), "{listed} {answers}");
            assert_eq!(loses.answers.load(Ordering::SeqCst), 0);
            version += 1;
            let loaded = world.store.load_deadman(deadman.id).await.unwrap().unwrap();
            assert_eq!((loaded.version, loaded.op), (version, commit.op));
        }
    }
}

#[tokio::test]
async fn a_user_whose_answer_is_lost_is_created() {
    let loses = Loses::default();
    let (world, _) = world(&loses).await;
    for answers in [1, 3] {
        loses.answers.store(answers, Ordering::SeqCst);
        let deadman = user(draw() * 100);
        assert_eq!(world.store.create_user(&deadman, false, op()).await, Ok(()));
    }
}

/// A stale commit stays a conflict although its answers are lost.
#[tokio::test]
async fn a_conflict_whose_answer_is_lost_is_no_success() {
    let loses = Loses::default();
    let (world, deadman) = world(&loses).await;
    world.store.commit(&update(&deadman, 1, false)).await.unwrap();
    loses.answers.store(1, Ordering::SeqCst);
    assert_eq!(world.store.commit(&update(&deadman, 1, false)).await, Err(CommitError::Conflict));
    loses.answers.store(3, Ordering::SeqCst);
    let lost = world.store.commit(&update(&deadman, 1, true)).await;
    assert!(lost.is_err());
}

#[tokio::test]
async fn a_table_that_cannot_be_reached_may_be_reached_later() {
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let client = aws_sdk_dynamodb::Client::from_conf(config(&format!("http://{nobody}")).build());
    let store = DynamoStore::new(client, "none".to_owned(), Keyring::new(b"secret"));
    let deadman = user(1);
    let read = store.load_deadman(deadman.id).await;
    assert!(matches!(read, Err(StoreError::Temporary(_))), "{read:?}");
    let written = store.commit(&update(&deadman, 1, false)).await;
    assert!(matches!(written, Err(CommitError::Temporary(_))), "{written:?}");
}

#[tokio::test]
async fn a_table_that_is_not_there_will_not_come() {
    let World { client, .. } = World::new().await;
    let store = DynamoStore::new(client, "another".to_owned(), Keyring::new(b"secret"));
    let deadman = user(1);
    assert!(matches!(store.load_deadman(deadman.id).await, Err(StoreError::Permanent(_))));
    let commit = update(&deadman, 1, true);
    let written = store.commit(&commit).await;
    assert!(matches!(written, Err(CommitError::Permanent(_))), "{written:?}");
    let text = format!("{written:?} {}", written.as_ref().unwrap_err());
    assert!(!text.contains(&deadman.profile.email) && !text.contains(deadman.profile.phone.as_str()));
}

/// Nobody may answer: a server that takes the request and keeps it.
#[tokio::test]
async fn a_commit_gives_up_within_four_seconds() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap();
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((stream, _)) = silent.accept().await {
            kept.push(stream);
        }
    });
    let client = aws_sdk_dynamodb::Client::from_conf(config(&format!("http://{address}")).build());
    let store = DynamoStore::new(client, "none".to_owned(), Keyring::new(b"secret"));
    let commit = update(&user(1), 1, true);
    let patience = std::time::Duration::from_secs(4);
    let written = tokio::time::timeout(patience, store.commit(&commit)).await.unwrap();
    assert!(matches!(written, Err(CommitError::Temporary(_))), "{written:?}");
}
