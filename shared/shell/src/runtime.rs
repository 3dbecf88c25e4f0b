//! A function from its start to its events: environment, secrets, clients, then Lambda's loop.

use std::pin::Pin;

use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use lambda_runtime::LambdaEvent;
use lucius_auth::Sessions;
use lucius_store::{DynamoStore, Keyring};
use lucius_twilio::{
    Settings, Tokens, TwilioClient, TwilioVerifier,
    client::{ApiKey, renewable::Renewable},
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::{
    app::App,
    aws::{self, AwsPorts, EventBridgePlanner, RealNature, Rotated, SqsQueue},
    config::Config,
    edge::{Request, Response},
    ports::Nature,
    shell::Shell,
};

/// Why a function cannot go on.
pub type Error = lambda_runtime::Error;

/// The carrier's secret for webhooks.
#[derive(Deserialize)]
struct WebhookSecret {
    auth_token: SecretString,
    #[serde(default)]
    auth_token_next: Option<SecretString>,
}

/// The carrier's secret for performers.
#[derive(Deserialize)]
struct ApiSecret {
    key: String,
    secret: SecretString,
}

/// What a started function is made of.
pub struct Started {
    /// Its parts.
    pub app: App<AwsPorts>,
    /// What its AWS clients share.
    pub sdk: aws_types::SdkConfig,
    /// The function that wakes switches; for the sweep.
    pub deadman_function: String,
    /// The function that wakes incidents; for the sweep.
    pub escalate_function: String,
    /// Who is told outside that the sweep is alive; for the sweep.
    pub heartbeat_url: Option<SecretString>,
}

/// Starts a function: reads its environment, its secrets and its keys, and opens the connection to its table.
///
/// What it gets depends on what the template gives it: a variable that is not set means that its role may not either.
///
/// # Errors
/// Something that it needs is missing or cannot be read. Lambda tries again with the next event.
pub async fn start() -> Result<Started, Error> {
    lambda_runtime::tracing::init_default_subscriber();
    let config = Config::from_env()?;
    let sdk = aws::sdk_config(&config)?;
    let patient = aws::patient(&sdk);
    let secrets = aws_sdk_secretsmanager::Client::new(&patient);
    let table = aws_sdk_dynamodb::Client::new(&sdk);
    let (deployment, setup_token, webhook, api, sessions, ()) = futures::join!(
        aws::secret(&secrets, &config.secret_deployment),
        optional(&secrets, config.secret_setup.as_deref()),
        optional(&secrets, config.secret_twilio.as_deref()),
        optional(&secrets, config.secret_twilio_api.as_deref()),
        crate::session::load(&patient, config.jwt_key_id.as_deref(), &config.public_base_url),
        warm(&table, &config.table),
    );
    let keyring = Keyring::new(deployment?.expose_secret().as_bytes());
    let ports = AwsPorts {
        store: DynamoStore::new(table, config.table.clone(), keyring.clone()),
        carrier: api?.map(|secret| carrier(&config, &secrets, &secret)).transpose()?,
        queue: SqsQueue::new(&sdk, config.queue_url.clone()),
        planner: EventBridgePlanner::new(&sdk, &config),
        nature: RealNature,
    };
    let (deadman_function, escalate_function) =
        (config.deadman_function.clone(), config.escalate_function.clone());
    let heartbeat_url = config.heartbeat_url.clone();
    let twilio = webhook?.map(|secret| verifier(&config, &secrets, &secret)).transpose()?;
    let app = app(config, keyring, ports, twilio, setup_token?, sessions?);
    Ok(Started { app, sdk, deadman_function, escalate_function, heartbeat_url })
}

fn app(
    config: Config,
    keyring: Keyring,
    ports: AwsPorts,
    twilio: Option<Renewable<TwilioVerifier>>,
    setup_token: Option<SecretString>,
    sessions: Option<Sessions>,
) -> App<AwsPorts> {
    App {
        shell: Shell {
            ports,
            policy: config.policy,
            public_base_url: config.public_base_url,
            pace: config.pace,
        },
        keyring,
        numbers: config.numbers,
        service_number: config.service_number,
        twilio,
        sessions,
        setup_token,
    }
}

async fn optional(
    client: &aws_sdk_secretsmanager::Client,
    arn: Option<&str>,
) -> anyhow::Result<Option<SecretString>> {
    match arn {
        Some(arn) => aws::secret(client, arn).await.map(Some),
        None => Ok(None),
    }
}

/// Opens the connection to the table while the function starts: Lambda gives a whole processor to that, and less later.
async fn warm(client: &aws_sdk_dynamodb::Client, table: &str) {
    use aws_sdk_dynamodb::types::AttributeValue;
    let key = || AttributeValue::S("SYSTEM#warm".to_owned());
    let read = client.get_item().table_name(table).key("pk", key()).key("sk", key()).send().await;
    if read.is_err() {
        // The role may not read this key; the connection stands all the same.
        tracing::debug!("the table was reached");
    }
}

/// Tells the carrier's requests from others, with the auth tokens as they are now and as they will be.
fn verifier(
    config: &Config,
    client: &aws_sdk_secretsmanager::Client,
    secret: &SecretString,
) -> anyhow::Result<Renewable<TwilioVerifier>> {
    let account = config.twilio_account_sid.clone();
    let parse = move |secret: &SecretString| {
        let WebhookSecret { auth_token, auth_token_next } = serde_json::from_str(secret.expose_secret())
            .map_err(|_| {
                anyhow::anyhow!("the carrier's webhook secret is not the JSON that the template writes")
            })?;
        Ok(TwilioVerifier::new(account.clone(), Tokens::new(auth_token, auth_token_next)?))
    };
    let first = parse(secret)?;
    let arn = config.secret_twilio.clone().unwrap_or_default();
    Ok(Renewable::fixed(first).renewed_by(Rotated { client: client.clone(), arn, parse }))
}

/// Calls and texts with the API key as it is now and as it will be.
fn carrier(
    config: &Config,
    client: &aws_sdk_secretsmanager::Client,
    secret: &SecretString,
) -> anyhow::Result<TwilioClient> {
    let ApiSecret { key, secret } = api_secret(secret)?;
    let carrier = TwilioClient::new(Settings {
        account_sid: config.twilio_account_sid.clone(),
        service_number: config.service_number.clone(),
        base_url: config.twilio_base_url.clone(),
        key,
        secret,
        timeouts: lucius_twilio::client::Timeouts::default(),
    })?;
    let parse = |secret: &SecretString| {
        let ApiSecret { key, secret } = api_secret(secret)?;
        Ok(ApiKey::new(key, secret)?)
    };
    let arn = config.secret_twilio_api.clone().unwrap_or_default();
    Ok(carrier.renewed_by(Rotated { client: client.clone(), arn, parse }))
}

fn api_secret(secret: &SecretString) -> anyhow::Result<ApiSecret> {
    serde_json::from_str(secret.expose_secret())
        .map_err(|_| anyhow::anyhow!("the carrier's API secret is not the JSON that the template writes"))
}

/// A function that answers requests.
pub type Handler =
    for<'a> fn(&'a App<AwsPorts>, &'a Request) -> Pin<Box<dyn Future<Output = Response> + Send + 'a>>;

/// Serves HTTP events for ever.
///
/// # Errors
/// The function cannot start, or Lambda's runtime is gone.
pub async fn serve_http(handle: Handler) -> Result<(), Error> {
    let started = Box::pin(start()).await?;
    let app = &started.app;
    lambda_runtime::run(lambda_runtime::service_fn(
        |event: LambdaEvent<ApiGatewayV2httpRequest>| async move {
            let request = Request::from_gateway(event.payload, app.shell.ports.nature.now());
            handle(app, &request).await.into_gateway().map_err(Error::from)
        },
    ))
    .await
}

/// Serves events of another kind for ever.
///
/// # Errors
/// The function cannot start, or Lambda's runtime is gone.
pub async fn serve<E, R, H>(handle: H) -> Result<(), Error>
where
    E: for<'de> Deserialize<'de>,
    R: serde::Serialize,
    H: AsyncFn(&App<AwsPorts>, E) -> Result<R, Error>,
{
    serve_aws(|_: &Started| Ok(()), async |app: &App<AwsPorts>, (): &(), event: E| handle(app, event).await)
        .await
}

/// Serves events of another kind for ever, with a client of the function's own.
///
/// # Errors
/// The function cannot start, or Lambda's runtime is gone.
pub async fn serve_aws<O, E, R, H>(own: impl Fn(&Started) -> Result<O, Error>, handle: H) -> Result<(), Error>
where
    E: for<'de> Deserialize<'de>,
    R: serde::Serialize,
    H: AsyncFn(&App<AwsPorts>, &O, E) -> Result<R, Error>,
{
    let started = Box::pin(start()).await?;
    let own = own(&started)?;
    let (app, own, handle) = (&started.app, &own, &handle);
    lambda_runtime::run(lambda_runtime::service_fn(|event: LambdaEvent<E>| async move {
        handle(app, own, event.payload).await
    }))
    .await
}
