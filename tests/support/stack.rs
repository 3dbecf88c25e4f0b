//! The stack under test: where it is and what it is known by.

use std::path::PathBuf;

use serde_json::Value;

/// The facts of a stack, from the file that `make up` writes.
#[derive(Debug, Clone)]
pub struct Stack {
    /// The file.
    pub file: PathBuf,
    /// Where people, carriers and programs reach lucius.
    pub api_url: String,
    /// The simulated carrier, and the control of its phones.
    pub switchboard_url: String,
    /// The number of lucius.
    pub service_number: String,
    /// What makes the first user.
    pub setup_token: String,
    /// The carrier account.
    pub account_sid: String,
    /// What webhooks are signed with.
    pub auth_token: String,
    /// The emulated cloud.
    pub aws_url: String,
    /// Its region.
    pub region: String,
    /// The queue that wakes `escalate`.
    pub queue_url: String,
    /// The event source that feeds `escalate`.
    pub queue_mapping: String,
    /// The name under which each package is deployed.
    pub functions: Value,
    /// How long a product minute lasts, in seconds.
    pub minute_seconds: f64,
    /// The functions' logs.
    pub logs: PathBuf,
}

impl Stack {
    /// The stack that the environment variable `variable` names by its `stack.json`.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn named_by(variable: &str) -> Self {
        let path = std::env::var_os(variable).unwrap_or_else(|| {
            panic!("{variable} is not set: it names the stack.json of a running stack (make up)")
        });
        let file = PathBuf::from(path);
        let text = std::fs::read_to_string(&file)
            .unwrap_or_else(|error| panic!("{variable}: {} cannot be read: {error}", file.display()));
        let facts: Value = serde_json::from_str(&text).expect("stack.json is JSON");
        let text = |at: &str| {
            let found = facts.pointer(at).and_then(Value::as_str);
            found.unwrap_or_else(|| panic!("stack.json has no {at}")).to_owned()
        };
        Self {
            api_url: text("/api_url"),
            switchboard_url: text("/switchboard_url"),
            service_number: text("/service_number"),
            setup_token: text("/setup_token"),
            account_sid: text("/twilio/account_sid"),
            auth_token: text("/twilio/auth_token"),
            aws_url: text("/aws_endpoint_url"),
            region: text("/region"),
            queue_url: text("/queue_url"),
            queue_mapping: text("/queue_mapping_id"),
            functions: facts["functions"].clone(),
            minute_seconds: facts["minute_seconds"].as_f64().expect("minute_seconds is a number"),
            logs: PathBuf::from(text("/logs")),
            file,
        }
    }

    /// The name under which `package` is deployed.
    #[must_use]
    pub fn function(&self, package: &str) -> &str {
        self.functions[package].as_str().unwrap_or_else(|| panic!("no function {package} is deployed"))
    }
}
