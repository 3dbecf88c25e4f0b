//! AWS as the shell's ports: clients that start fast, the queue, the schedules, secrets.
//!
//! Lambda's credentials are environment variables, and AWS's endpoints present certificates of Amazon's own roots. So
//! neither a credential chain nor the system's certificate store is loaded: together they would cost more than everything
//! else before the first event.

use std::time::Duration;

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_types::{SdkConfig, region::Region};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use lucius_core::{actor::ActorId, id::UserId};
use lucius_store::DynamoStore;
use lucius_twilio::{
    TwilioClient,
    client::renewable::{Reading, Source},
};
use secrecy::SecretString;

use crate::{
    config::{Config, is_loopback},
    ports::{Nature, NotArranged, Planner, Ports, Queue},
};

/// Amazon's roots (<https://www.amazontrust.com/repository/>).
const ROOTS: &[u8] = include_bytes!("../../../infra/roots/amazon.pem");

/// What every client of this process shares.
///
/// # Errors
/// Credentials are missing from the environment, or the roots cannot be read.
pub fn sdk_config(config: &Config) -> anyhow::Result<SdkConfig> {
    let var = |name: &str| {
        std::env::var(name).map_err(|_| anyhow::anyhow!("environment variable {name} is not set"))
    };
    let credentials = Credentials::from_keys(
        var("AWS_ACCESS_KEY_ID")?,
        var("AWS_SECRET_ACCESS_KEY")?,
        std::env::var("AWS_SESSION_TOKEN").ok(),
    );
    // A request that AWS does not answer in time is made once more; the decision above it may be made again as well.
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_millis(1_500))
        .operation_timeout(Duration::from_millis(3_500))
        .build();
    let retries =
        RetryConfig::standard().with_max_attempts(2).with_initial_backoff(Duration::from_millis(50));
    let mut builder = SdkConfig::builder()
        .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest())
        .region(Region::new(config.region.clone()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(http_client(config)?)
        .timeout_config(timeouts)
        .retry_config(retries)
        .sleep_impl(aws_smithy_async::rt::sleep::SharedAsyncSleep::new(TokioSleep::new()));
    if let Some(endpoint) = &config.endpoint_url {
        builder = builder.endpoint_url(endpoint.clone());
    }
    Ok(builder.build())
}

/// The same, for what a function cannot start without: secrets and keys. One read more may fail before it gives up, and all
/// of them, which are made side by side, end well within the ten seconds that Lambda gives it to start.
#[must_use]
pub fn patient(sdk: &SdkConfig) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_millis(1_500))
        .operation_timeout(Duration::from_secs(5))
        .build();
    let retries =
        RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(50));
    sdk.to_builder().timeout_config(timeouts).retry_config(retries).build()
}

fn http_client(config: &Config) -> anyhow::Result<SharedHttpClient> {
    if config.endpoint_url.as_deref().is_some_and(is_loopback) {
        return Ok(Builder::new().build_http());
    }
    let roots = TrustStore::empty().with_pem_certificate(ROOTS);
    let context = TlsContext::builder().with_trust_store(roots).build()?;
    Ok(Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).tls_context(context).build_https())
}

/// The queue of near wakes.
#[derive(Debug, Clone)]
pub struct SqsQueue {
    client: aws_sdk_sqs::Client,
    url: String,
}

impl SqsQueue {
    /// The queue at `url`.
    #[must_use]
    pub fn new(sdk: &SdkConfig, url: String) -> Self {
        Self { client: aws_sdk_sqs::Client::new(sdk), url }
    }
}

/// The message that wakes `actors`.
#[must_use]
pub fn wake_message(actors: &[ActorId]) -> String {
    serde_json::json!({ "version": 1, "actors": actors }).to_string()
}

impl Queue for SqsQueue {
    async fn hint(&self, actor: ActorId, delay_seconds: u32) -> Result<(), NotArranged> {
        let sent = self
            .client
            .send_message()
            .queue_url(&self.url)
            .message_body(wake_message(&[actor]))
            .delay_seconds(i32::try_from(delay_seconds).unwrap_or(900))
            .send()
            .await;
        sent.map(|_| ())
            .map_err(|error| NotArranged(aws_sdk_sqs::error::DisplayErrorContext(&error).to_string()))
    }
}

/// The users' schedules: one-time, in UTC, named by user and minute, only ever created.
#[derive(Debug, Clone)]
pub struct EventBridgePlanner {
    client: aws_sdk_scheduler::Client,
    group: String,
    target: String,
    role: String,
    dead_letters: String,
}

impl EventBridgePlanner {
    /// Schedules as `config` says.
    #[must_use]
    pub fn new(sdk: &SdkConfig, config: &Config) -> Self {
        Self {
            client: aws_sdk_scheduler::Client::new(sdk),
            group: config.schedule_group.clone(),
            target: config.schedule_target_arn.clone(),
            role: config.schedule_role_arn.clone(),
            dead_letters: config.schedule_dlq_arn.clone(),
        }
    }
}

impl Planner for EventBridgePlanner {
    async fn plan(&self, user: UserId, minute: Timestamp) -> Result<(), NotArranged> {
        use aws_sdk_scheduler::types::{
            ActionAfterCompletion, DeadLetterConfig, FlexibleTimeWindow, FlexibleTimeWindowMode, RetryPolicy,
            Target,
        };
        let explain = |error: &dyn std::fmt::Display| NotArranged(error.to_string());
        let at = minute.to_zoned(TimeZone::UTC).strftime("at(%Y-%m-%dT%H:%M:%S)").to_string();
        let window = FlexibleTimeWindow::builder()
            .mode(FlexibleTimeWindowMode::Off)
            .build()
            .map_err(|error| explain(&error))?;
        // A wake that comes much too late is of no use: the sweep has been there before.
        let retries =
            RetryPolicy::builder().maximum_event_age_in_seconds(300).maximum_retry_attempts(5).build();
        let mut target = Target::builder()
            .arn(&self.target)
            .role_arn(&self.role)
            .input(wake_message(&[ActorId::Deadman(user)]))
            .retry_policy(retries);
        if !self.dead_letters.is_empty() {
            target = target.dead_letter_config(DeadLetterConfig::builder().arn(&self.dead_letters).build());
        }
        let created = self
            .client
            .create_schedule()
            .name(format!("{user}-{}", minute.as_second().div_euclid(60)))
            .group_name(&self.group)
            .schedule_expression(at)
            .flexible_time_window(window)
            .action_after_completion(ActionAfterCompletion::Delete)
            .target(target.build().map_err(|error| explain(&error))?)
            .send()
            .await;
        match created {
            Ok(_) => Ok(()),
            Err(error) => {
                let exists = error.as_service_error().is_some_and(
                    aws_sdk_scheduler::operation::create_schedule::CreateScheduleError::is_conflict_exception,
                );
                if exists {
                    return Ok(());
                }
                Err(NotArranged(aws_sdk_scheduler::error::DisplayErrorContext(&error).to_string()))
            }
        }
    }
}

/// Real time and the kernel's random numbers.
#[derive(Debug, Clone, Copy)]
pub struct RealNature;

impl Nature for RealNature {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn pause(&self, time: SignedDuration) {
        tokio::time::sleep(time.unsigned_abs()).await;
    }

    fn chance(&self) -> u128 {
        let mut bytes = [0; 16];
        #[expect(
            clippy::expect_used,
            reason = "without random numbers no id or code is safe: the invocation has to fail"
        )]
        getrandom::fill(&mut bytes).expect("the kernel gives random numbers");
        u128::from_le_bytes(bytes)
    }
}

/// The ports of a deployed function.
#[derive(Debug)]
pub struct AwsPorts {
    /// State.
    pub store: DynamoStore,
    /// The carrier; in performers only.
    pub carrier: Option<TwilioClient>,
    /// Near wakes.
    pub queue: SqsQueue,
    /// Far wakes.
    pub planner: EventBridgePlanner,
    /// Time and chance.
    pub nature: RealNature,
}

impl Ports for AwsPorts {
    type Store = DynamoStore;
    type Carrier = TwilioClient;
    type Queue = SqsQueue;
    type Planner = EventBridgePlanner;
    type Nature = RealNature;

    fn store(&self) -> &DynamoStore {
        &self.store
    }

    fn carrier(&self) -> Option<&TwilioClient> {
        self.carrier.as_ref()
    }

    fn queue(&self) -> &SqsQueue {
        &self.queue
    }

    fn planner(&self) -> &EventBridgePlanner {
        &self.planner
    }

    fn nature(&self) -> &RealNature {
        &self.nature
    }
}

/// What kind of failure it was, and nothing of what came back: an answer that cannot be read may hold the secret itself.
pub(crate) fn kind<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> String {
    let kind = match error {
        SdkError::ServiceError(context) => context.err().code().unwrap_or("an error without a code"),
        SdkError::TimeoutError(_) => "no answer in time",
        SdkError::DispatchFailure(_) => "no connection",
        SdkError::ResponseError(_) => "an answer that cannot be read",
        SdkError::ConstructionFailure(_) => "the request was not made",
        // The SDK may learn new kinds.
        _ => "an unknown failure",
    };
    kind.to_owned()
}

/// Reads a secret.
///
/// # Errors
/// It cannot be read, or holds no text.
pub async fn secret(client: &aws_sdk_secretsmanager::Client, arn: &str) -> anyhow::Result<SecretString> {
    let value = client.get_secret_value().secret_id(arn).send().await;
    let value = value.map_err(|error| anyhow::anyhow!("a secret could not be read: {}", kind(&error)))?;
    let text = value.secret_string.ok_or_else(|| anyhow::anyhow!("a secret holds no text"))?;
    Ok(SecretString::from(text))
}

/// A secret of the carrier that is read again when the carrier no longer agrees with it.
pub(crate) struct Rotated<F> {
    /// Reads it.
    pub(crate) client: aws_sdk_secretsmanager::Client,
    /// Where it is.
    pub(crate) arn: String,
    /// Makes of it what is held.
    pub(crate) parse: F,
}

/// Reading a secret again may take this long: a carrier, or the outcomes of other calls, wait meanwhile.
const PATIENCE: Duration = Duration::from_secs(2);

impl<T, F: Fn(&SecretString) -> anyhow::Result<T> + Send + Sync> Source<T> for Rotated<F> {
    fn read(&self) -> Reading<'_, T> {
        Box::pin(async move {
            let read = tokio::time::timeout(PATIENCE, secret(&self.client, &self.arn)).await;
            let read = read.unwrap_or_else(|_| Err(anyhow::anyhow!("a secret was not read in time")));
            match read.and_then(|secret| (self.parse)(&secret)) {
                Ok(value) => Some(value),
                Err(error) => {
                    tracing::error!(error = %error, "the carrier's secret was not read again; the old one stays");
                    None
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read as _, Write as _},
        net::TcpListener,
        thread,
    };

    use aws_smithy_async::rt::sleep::SharedAsyncSleep;
    use secrecy::ExposeSecret as _;

    use super::*;

    /// Secrets Manager on this machine, with one answer after the other; and what starts a function there.
    fn answering(answers: &'static [(u16, &'static str)]) -> SdkConfig {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        thread::spawn(move || {
            for (status, body) in answers {
                let (mut stream, _) = listener.accept().unwrap();
                // The request fits into one read, and says nothing that is needed.
                let _length = stream.read(&mut [0; 8_192]).unwrap();
                let head =
                    format!("HTTP/1.1 {status} Any\r\nconnection: close\r\ncontent-length: {}", body.len());
                stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).unwrap();
            }
        });
        let sdk = SdkConfig::builder()
            .behavior_version(aws_sdk_secretsmanager::config::BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::from_keys("a", "b", None)))
            .http_client(Builder::new().build_http())
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .endpoint_url(endpoint)
            .build();
        patient(&sdk)
    }

    async fn read(answers: &'static [(u16, &'static str)]) -> anyhow::Result<SecretString> {
        secret(&aws_sdk_secretsmanager::Client::new(&answering(answers)), "arn").await
    }

    #[tokio::test]
    async fn a_secret_is_asked_for_three_times() {
        const FINE: (u16, &str) = (200, r#"{"SecretString":"hush"}"#);
        let told = read(&[(500, "{}"), (503, "{}"), FINE]).await.unwrap();
        assert_eq!(told.expose_secret(), "hush");
        assert!(read(&[(500, "{}"), (500, "{}"), (500, "{}"), FINE]).await.is_err());
    }

    #[tokio::test]
    async fn a_failure_shows_its_kind_and_nothing_of_the_answer() {
        let broken = read(&[(200, r#"{"SecretString":"hush","#); 3]).await.unwrap_err();
        assert!(!format!("{broken:?}").contains("hush"), "{broken:?}");
        assert_eq!(format!("{broken:#}"), "a secret could not be read: an error without a code");
        let refused = read(&[(400, r#"{"__type":"AccessDeniedException","Message":"hush"}"#)]).await;
        assert_eq!(refused.unwrap_err().to_string(), "a secret could not be read: AccessDeniedException");
    }

    #[tokio::test]
    async fn a_rotated_secret_is_read_again_and_one_that_makes_no_sense_is_not_taken() {
        let sdk = answering(&[(200, r#"{"SecretString":"7"}"#), (200, r#"{"SecretString":"seven"}"#)]);
        let parse = |text: &SecretString| Ok(text.expose_secret().parse::<u32>()?);
        let client = aws_sdk_secretsmanager::Client::new(&sdk);
        let source = Rotated { client, arn: "arn".to_owned(), parse };
        assert_eq!(source.read().await, Some(7));
        assert_eq!(source.read().await, None);
    }
}
