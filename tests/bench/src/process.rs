//! A function's process: started in an environment like Lambda's, and read through `/proc`.

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::Context as _;

use crate::{
    aws::Aws,
    event::{ACCOUNT, PUBLIC_BASE_URL, SERVICE_NUMBER},
    runtime_api::RuntimeApi,
};

/// The unit of `/proc/<pid>/stat` (`USER_HZ`).
const TICK: Duration = Duration::from_millis(10);

/// A process that has started.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    /// Its runtime API.
    pub(crate) api: RuntimeApi,
    /// From before `exec` until it asked for its first event.
    pub(crate) start: Duration,
}

impl Process {
    /// Starts `binary` and waits until it is ready.
    pub(crate) fn start(
        binary: &Path,
        variables: &[(&str, &str)],
        aws: Option<&Aws>,
    ) -> anyhow::Result<Self> {
        let api = RuntimeApi::new()?;
        let mut command = Command::new(binary);
        command.env_clear().stdin(Stdio::null()).stdout(Stdio::null());
        command.envs(lambda(api.address())).envs(variables.iter().copied());
        if let Some(aws) = aws {
            command.env("AWS_ENDPOINT_URL", format!("http://{}", aws.address())).envs(ours());
        }
        let before = Instant::now();
        let child = command.spawn().with_context(|| format!("{} does not start", binary.display()))?;
        let mut process = Self { child, api, start: Duration::ZERO };
        let ready = process.api.ready().with_context(|| binary.display().to_string())?;
        process.start = ready.duration_since(before);
        Ok(process)
    }

    /// The most memory that it has held so far, in KiB.
    pub(crate) fn peak_kib(&self) -> anyhow::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = line.and_then(|line| line.split_whitespace().next()).context("no VmHWM")?;
        Ok(number.parse()?)
    }

    /// The processor time that it has spent in its own code, and in the kernel.
    pub(crate) fn cpu(&self) -> anyhow::Result<(Duration, Duration)> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The second field is the name, in brackets, and may hold anything; the 14th and 15th are the times.
        let after = stat.rsplit_once(") ").map_or("", |(_, after)| after);
        let mut fields = after.split(' ').skip(11);
        let mut ticks = || -> anyhow::Result<Duration> {
            let ticks: u32 = fields.next().context("a line too short")?.parse()?;
            Ok(TICK.saturating_mul(ticks))
        };
        Ok((ticks()?, ticks()?))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What Lambda sets (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>).
fn lambda(api: SocketAddr) -> [(&'static str, String); 11] {
    [
        ("AWS_LAMBDA_RUNTIME_API", api.to_string()),
        ("AWS_LAMBDA_FUNCTION_NAME", "bench".to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256".to_owned()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "bench".to_owned()),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "bench".to_owned()),
        ("AWS_LAMBDA_LOG_FORMAT", "JSON".to_owned()),
        ("AWS_REGION", "eu-central-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned()),
        ("AWS_SESSION_TOKEN", "t".repeat(400)),
    ]
}

/// What the template sets for every function.
fn ours() -> [(&'static str, &'static str); 11] {
    [
        ("TABLE", "lucius"),
        ("PUBLIC_BASE_URL", PUBLIC_BASE_URL),
        ("QUEUE_URL", "http://127.0.0.1/123456789012/escalate"),
        ("SCHEDULE_GROUP", "lucius"),
        ("SCHEDULE_TARGET_ARN", "arn:aws:lambda:eu-central-1:123456789012:function:deadman"),
        ("SCHEDULE_ROLE_ARN", "arn:aws:iam::123456789012:role/schedule"),
        ("SCHEDULE_DLQ_ARN", "arn:aws:sqs:eu-central-1:123456789012:late"),
        ("SECRET_DEPLOYMENT", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:Deployment"),
        ("TWILIO_ACCOUNT_SID", ACCOUNT),
        ("SERVICE_NUMBER", SERVICE_NUMBER),
        ("ALLOWED_PREFIXES", "+1"),
    ]
}
