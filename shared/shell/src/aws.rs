//! AWS as the shell's ports: clients that start fast, the queue, the schedules, secrets.
//!
//! Lambda's credentials are environment variables, and AWS's endpoints present certificates of Amazon's own roots. So
//! neither a credential chain nor the system's certificate store is loaded: together they would cost more than everything
//! else before the first event.

use std::time::Duration;

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
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
use lucius_twilio::TwilioClient;
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

/// Reads a secret.
///
/// # Errors
/// It cannot be read, or holds no text.
pub async fn secret(client: &aws_sdk_secretsmanager::Client, arn: &str) -> anyhow::Result<SecretString> {
    let value = client.get_secret_value().secret_id(arn).send().await.map_err(|error| {
        anyhow::anyhow!(
            "a secret could not be read: {}",
            aws_sdk_secretsmanager::error::DisplayErrorContext(&error)
        )
    })?;
    let text = value.secret_string().ok_or_else(|| anyhow::anyhow!("a secret holds no text"))?;
    Ok(SecretString::from(text.to_owned()))
}
