#!/usr/bin/env python3
"""Checks template.yaml, as it stands and as SAM transforms it. Run by `make lint`, with the tools' own Python.

`cfn-lint` says whether CloudFormation would take it; what is asserted here is what lucius promises: one narrow role for each function, no secret where
it is not needed, nothing lost when the stack goes, nobody who stops an incident from waking itself.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

from samcli.yamlhelper import yaml_parse
from samtranslator.translator.transform import transform

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "template.yaml"

WEBHOOKS = {"twilio-voice", "twilio-call", "twilio-sms", "twilio-receipt"}
PERFORMERS = {"deadman", "escalate"}
CLOCKED = {"deadman", "escalate", "sweep"}

# Where AWS leaves no choice but a wildcard: (resource, statement) and why.
WILDCARDS = {("TokenKey", "Account"): "a key's own policy names no other resource than itself, and without the account's root nobody could manage the key"}

# The partitions of the table that each function may touch (shared/store documents the keys).
PARTITIONS = {
    "twilio-voice": {"DEADMAN", "INCIDENT", "NUMBER", "CALL", "EVENT"},
    "twilio-sms": {"DEADMAN", "INCIDENT", "NUMBER", "EVENT"},
    "twilio-call": {"DEADMAN", "INCIDENT", "NUMBER", "EVENT"},
    "twilio-receipt": {"DEADMAN", "INCIDENT"},
    "deadman": {"DEADMAN", "INCIDENT", "NUMBER", "SLOT"},
    "escalate": {"DEADMAN", "INCIDENT", "NUMBER", "SLOT"},
    "sweep": {"DEADMAN", "INCIDENT", "SYSTEM"},
    "token": {"EMAIL", "DEADMAN", "LOGIN"},
    "users": {"DEADMAN", "INCIDENT", "NUMBER", "EMAIL", "SYSTEM"},
    "contacts": {"DEADMAN", "INCIDENT", "NUMBER"},
    "probes": {"DEADMAN", "INCIDENT"},
    "incidents": {"DEADMAN", "INCIDENT", "NUMBER"},
}

ROUTES = {
    "twilio-voice": ["/inbound/{rest+}"],
    "twilio-sms": ["/inbound/sms", "/webhook/sms"],
    "twilio-call": ["/call/{rest+}"],
    "twilio-receipt": ["/receipt/{rest+}"],
    "token": ["/login", "/jwks", "/health", "$default"],
    "users": ["/v1/users", "/v1/users/{uid}"],
    "contacts": ["/v1/users/{uid}/contacts"],
    "probes": ["/v1/users/{uid}/probe_settings", "/v1/users/{uid}/probes"],
    "incidents": ["/v1/users/{uid}/incidents", "/v1/incidents", "/v1/incidents/{rest+}"],
}

SOURCE: dict[str, Any] = yaml_parse(TEMPLATE.read_text())


class _NoManagedPolicies:
    def load(self) -> dict[str, str]:
        return {}


def _transformed() -> dict[str, Any]:
    """The template as CloudFormation gets it. SAM wants code in S3, where `sam deploy` puts it before this step."""
    template = yaml_parse(TEMPLATE.read_text())
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/key"
            del resource["Metadata"]
    defaults = {name: parameter.get("Default", "x") for name, parameter in template["Parameters"].items()}
    return dict(transform(template, defaults, _NoManagedPolicies()))


BUILT = _transformed()
CHECKS: list[Callable[[], None]] = []


def check(function: Callable[[], None]) -> Callable[[], None]:
    """Registers a check; its docstring is what it claims."""
    CHECKS.append(function)
    return function


def of_type(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """All resources of a type, by logical id."""
    return {name: resource for name, resource in template["Resources"].items() if resource["Type"] == kind}


FUNCTIONS = {name: resource["Properties"] for name, resource in of_type(SOURCE, "AWS::Serverless::Function").items()}


def package(logical: str) -> str:
    """TwilioVoiceFunction -> twilio-voice."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", logical.removesuffix("Function")).lower()


def logical(name: str) -> str:
    """twilio-voice -> TwilioVoiceFunction."""
    return "".join(part.capitalize() for part in name.split("-")) + "Function"


def listed(value: Any) -> list[Any]:
    """IAM allows one thing where a list may stand."""
    return value if isinstance(value, list) else [value]


def statements(role: str) -> list[dict[str, Any]]:
    """All statements of a role's inline policies."""
    policies = BUILT["Resources"][role]["Properties"]["Policies"]
    return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]


def role_of(name: str) -> str:
    """The role of a function, by package name."""
    return str(FUNCTIONS[logical(name)]["Role"]["Fn::GetAtt"][0])


def actions_of(name: str) -> set[str]:
    """All actions that a function may do."""
    return {action for statement in statements(role_of(name)) for action in listed(statement["Action"])}


def secrets_of(name: str) -> set[str]:
    """The secrets that a function may read."""
    reads = (s for s in statements(role_of(name)) if "secretsmanager:GetSecretValue" in listed(s["Action"]))
    return {resource["Fn::GetAtt"][0] for statement in reads for resource in listed(statement["Resource"])}


def environment(name: str) -> dict[str, Any]:
    """A function's environment after the transformation."""
    return dict(BUILT["Resources"][logical(name)]["Properties"]["Environment"]["Variables"])


def packages() -> set[str]:
    """All functions' package names."""
    return {package(name) for name in FUNCTIONS}


def policy_documents() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement in the stack that allows something, with the resource it stands in."""
    for name, resource in BUILT["Resources"].items():
        properties = resource.get("Properties", {})
        for policy in properties.get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement
        if "KeyPolicy" in properties:
            for statement in properties["KeyPolicy"]["Statement"]:
                yield name, statement


def run(command: list[str]) -> None:
    """Runs a linter; its output is the failure."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@check
def lint_of_the_source() -> None:
    """cfn-lint is clean on template.yaml."""
    run(["cfn-lint", str(TEMPLATE)])


@check
def lint_of_the_transformed() -> None:
    """cfn-lint is clean on what SAM makes of it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "transformed.json"
        path.write_text(json.dumps(BUILT, indent=1))
        run(["cfn-lint", str(path)])


@check
def size() -> None:
    """CloudFormation's limits are far: 500 resources, 200 parameters, 1 MB."""
    assert len(BUILT["Resources"]) < 400 and len(BUILT["Parameters"]) < 150 and len(json.dumps(BUILT)) < 500_000


@check
def names_agree() -> None:
    """Folder, package, logical id and deployed name of every function agree, and every function's folder is deployed."""
    for name, properties in FUNCTIONS.items():
        folder = ROOT / properties["CodeUri"]
        assert folder.name == package(name), f"{name} is built from {folder}"
        assert properties["FunctionName"] == {"Fn::Sub": f"${{AWS::StackName}}-{package(name)}"}, name
        manifest = folder / "Cargo.toml"
        if manifest.exists():
            assert re.search(rf'^name\s*=\s*"{package(name)}"', manifest.read_text(), re.M), f"{manifest} names another package"
    deployed = {(ROOT / properties["CodeUri"]) for properties in FUNCTIONS.values()}
    there = {manifest.parent for manifest in ROOT.glob("functions/*/*/Cargo.toml")}
    assert there <= deployed, f"not deployed: {there - deployed}"
    assert packages() == set(PARTITIONS), packages() ^ set(PARTITIONS)


@check
def functions_are_built_by_cargo_lambda() -> None:
    """Every function is a native binary that cargo-lambda builds."""
    for name, resource in of_type(SOURCE, "AWS::Serverless::Function").items():
        assert resource["Metadata"] == {"BuildMethod": "rust-cargolambda"}, name
        built = BUILT["Resources"][name]["Properties"]
        assert built["Runtime"] == "provided.al2023" and built["Handler"] == "bootstrap", name
        assert built["Architectures"] == [{"Ref": "Architecture"}], name


@check
def one_role_each() -> None:
    """Every function has a role that nobody else has, with no managed policy."""
    roles = [role_of(name) for name in packages()]
    assert len(set(roles)) == len(roles)
    for role in of_type(BUILT, "AWS::IAM::Role").values():
        assert "ManagedPolicyArns" not in role["Properties"]
    generated = set(of_type(BUILT, "AWS::IAM::Role")) - set(of_type(SOURCE, "AWS::IAM::Role"))
    assert not generated, f"SAM made roles of its own: {generated}"


@check
def no_wildcards() -> None:
    """No action is a pattern and no resource is a bare star, but where AWS demands it."""
    for name, statement in policy_documents():
        if (name, statement.get("Sid")) in WILDCARDS:
            continue
        for action in listed(statement["Action"]):
            assert "*" not in action, f"{name}: {action}"
        for resource in listed(statement["Resource"]):
            assert resource != "*", f"{name}: {statement}"
            text = json.dumps(resource)
            assert "*" not in text or text.endswith('schedule/${ScheduleGroup}/*"}'), f"{name}: {text}"


@check
def only_their_partitions() -> None:
    """Every statement on the table is narrowed to partitions, and every function to its own."""
    for name in packages():
        allowed: set[str] = set()
        for statement in statements(role_of(name)):
            if not any(action.startswith("dynamodb:") for action in listed(statement["Action"])):
                continue
            if statement["Resource"] == {"Fn::Sub": "${Table.Arn}/index/due"}:
                assert name == "sweep" and statement["Action"] == "dynamodb:Query", name
                continue
            assert statement["Resource"] == {"Fn::GetAtt": ["Table", "Arn"]}, name
            keys = statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
            assert all(re.fullmatch(r"[A-Z]+#\*|SYSTEM#warm", key) for key in keys), keys
            allowed |= {key.removesuffix("#*") for key in keys if key != "SYSTEM#warm"}
            assert "dynamodb:Scan" not in listed(statement["Action"]), "a scan has no leading key to be narrowed by"
        assert allowed == PARTITIONS[name], f"{name}: {allowed ^ PARTITIONS[name]}"


@check
def secrets_where_needed() -> None:
    """Webhooks hold no key that places calls; only performers do; the setup token is for users alone."""
    for name in packages():
        held = secrets_of(name)
        assert ("TwilioSecret" in held) == (name in WEBHOOKS), name
        assert ("TwilioApiSecret" in held) == (name in PERFORMERS), name
        assert ("SetupSecret" in held) == (name == "users"), name
        assert ("kms:Sign" in actions_of(name)) == (name == "token"), name


@check
def a_retired_key_is_read_only() -> None:
    """Who knows the key of sessions also knows the retired one, after it, and may read its public half; nobody may do more with it."""
    both = [{"Fn::GetAtt": ["TokenKey", "Arn"]}, {"Ref": "RetiredTokenKeyArn"}]
    assert SOURCE["Parameters"]["RetiredTokenKeyArn"]["Default"] == ""
    for name in packages():
        for statement in statements(role_of(name)):
            if "RetiredTokenKeyArn" in json.dumps(statement):
                assert statement["Action"] == "kms:GetPublicKey", name
                assert statement["Resource"] == {"Fn::If": ["HasRetiredTokenKey", both, both[0]]}, name
            elif "kms:Sign" in listed(statement["Action"]):
                assert statement["Action"] == "kms:Sign" and statement["Resource"] == both[0], name
        if "JWT_KEY_ID" in environment(name):
            ids = {"Fn::If": ["HasRetiredTokenKey", {"Fn::Sub": "${TokenKey},${RetiredTokenKeyArn}"}, {"Ref": "TokenKey"}]}
            assert environment(name)["JWT_KEY_ID"] == ids, name
            assert any("RetiredTokenKeyArn" in json.dumps(statement) for statement in statements(role_of(name))), name


@check
def environment_matches_role() -> None:
    """A function that is told of a secret, a key or a function may use it, and one that may use it is told."""
    variables = {
        "SECRET_DEPLOYMENT": "DeploymentSecret",
        "SECRET_TWILIO": "TwilioSecret",
        "SECRET_TWILIO_API": "TwilioApiSecret",
        "SECRET_SETUP": "SetupSecret",
    }
    for name in packages():
        given = environment(name)
        assert {variables[key] for key in given if key in variables} == secrets_of(name), name
        assert all(given[key] == {"Fn::GetAtt": [variables[key], "Id"]} for key in given if key in variables), name
        assert ("JWT_KEY_ID" in given) == ("kms:GetPublicKey" in actions_of(name)), name
        assert ("DEADMAN_FUNCTION" in given) == ("ESCALATE_FUNCTION" in given) == ("lambda:InvokeFunction" in actions_of(name)) == (name == "sweep"), name
        assert "AWS_ENDPOINT_URL" not in given, f"{name}: on AWS there is no endpoint to override"


@check
def no_secret_in_plain_sight() -> None:
    """Secret parameters are NoEcho and go nowhere but into Secrets Manager."""
    # An ARN names a key and does not open it.
    secret = {name for name in SOURCE["Parameters"] if re.search(r"Token|Secret", name) and not name.endswith("Arn")}
    for name in secret:
        parameter = SOURCE["Parameters"][name]
        assert parameter.get("NoEcho") is True, name
    for logical_id, resource in BUILT["Resources"].items():
        if resource["Type"] == "AWS::SecretsManager::Secret":
            continue
        text = json.dumps(resource)
        for name in secret:
            assert f'"{name}"' not in text and f"${{{name}}}" not in text, f"{logical_id} shows {name}"
    for name in secret:
        assert f'"{name}"' not in json.dumps(SOURCE["Outputs"]), name


@check
def scheduling() -> None:
    """Who may create schedules may pass their role, to the scheduler alone; sweep and receipts create none; all but token may send hints."""
    for name in packages():
        may = actions_of(name)
        assert ("scheduler:CreateSchedule" in may) == ("iam:PassRole" in may) == (name not in {"sweep", "token", "twilio-receipt"}), name
        for statement in statements(role_of(name)):
            if statement["Action"] == "iam:PassRole":
                assert statement["Condition"] == {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}}, name
        assert ("sqs:SendMessage" in may) == (name != "token"), name


@check
def escalate_may_loop() -> None:
    """Lambda's loop detection would end a page after about 16 rounds."""
    assert BUILT["Resources"]["EscalateFunction"]["Properties"]["RecursiveLoop"] == "Allow"


@check
def kept_for_ever() -> None:
    """Table and secrets outlive the stack; the table can be restored to any second and is encrypted."""
    # A protected table cannot be deleted by a roll-back; a secret that was never used can.
    kept = {"AWS::DynamoDB::Table": "Retain", "AWS::SecretsManager::Secret": "RetainExceptOnCreate"}
    for name, resource in BUILT["Resources"].items():
        if resource["Type"] in kept:
            assert resource["DeletionPolicy"] == kept[resource["Type"]] and resource["UpdateReplacePolicy"] == "Retain", name
    table = BUILT["Resources"]["Table"]["Properties"]
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["SSESpecification"] == {"SSEEnabled": True} and table["DeletionProtectionEnabled"] is True
    assert table["BillingMode"] == "PAY_PER_REQUEST" and table["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}


@check
def the_index_of_what_is_due() -> None:
    """The index is what the sweep reads: sharded, ordered by time, with rank, version and fails."""
    (index,) = BUILT["Resources"]["Table"]["Properties"]["GlobalSecondaryIndexes"]
    assert index["IndexName"] == "due"
    assert [key["AttributeName"] for key in index["KeySchema"]] == ["due_shard", "due_at"]
    assert index["Projection"] == {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["rank", "version", "fails"]}


@check
def queues() -> None:
    """A wake is tried often enough, one at a time, invisible for six times the function's timeout, and kept for 14 days when given up."""
    escalate = BUILT["Resources"]["EscalateFunction"]["Properties"]
    queue = BUILT["Resources"]["EscalateQueue"]["Properties"]
    assert queue["VisibilityTimeout"] >= 6 * escalate["Timeout"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] >= 5 and "FifoQueue" not in queue
    mapping = BUILT["Resources"]["EscalateQueueMapping"]["Properties"]
    assert mapping["BatchSize"] == 1 and mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    dead = [resource["Properties"] for name, resource in of_type(BUILT, "AWS::SQS::Queue").items() if name.endswith("DeadLetterQueue")]
    assert len(dead) == 2 and all(properties["MessageRetentionPeriod"] == 14 * 86400 for properties in dead)
    assert all(properties["SqsManagedSseEnabled"] is True for properties in [queue, *dead])


@check
def dead_letters() -> None:
    """The sweep, and nobody else, takes dead letters: few at a time, with an answer for each; two alarms watch every queue of theirs."""
    queues = {name for name in of_type(BUILT, "AWS::SQS::Queue") if name.endswith("DeadLetterQueue")}
    mappings = [mapping["Properties"] for name, mapping in of_type(BUILT, "AWS::Lambda::EventSourceMapping").items() if name != "EscalateQueueMapping"]
    assert sorted(mapping["EventSourceArn"]["Fn::GetAtt"][0] for mapping in mappings) == sorted(queues)
    timeout = BUILT["Resources"]["SweepFunction"]["Properties"]["Timeout"]
    for mapping in mappings:
        assert mapping["FunctionName"] == {"Ref": "SweepFunction"} and mapping["ScalingConfig"] == {"MaximumConcurrency": 2}
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"], "one that cannot be read must not be deleted with the others"
    for name in queues:
        queue = BUILT["Resources"][name]["Properties"]
        # One that waits is looked at again at least once in the two periods of its alarm.
        assert 6 * timeout <= queue["VisibilityTimeout"] <= 300 and "RedrivePolicy" not in queue, name
        alarms = {
            alarm["Properties"]["MetricName"]: alarm["Properties"]
            for alarm in of_type(BUILT, "AWS::CloudWatch::Alarm").values()
            if alarm["Properties"].get("Dimensions", [{}])[0].get("Value") == {"Fn::GetAtt": [name, "QueueName"]}
        }
        assert set(alarms) == {"NumberOfMessagesReceived", "ApproximateNumberOfMessagesVisible"}, name
        taken = alarms["NumberOfMessagesReceived"]
        assert taken["Period"] * (taken["EvaluationPeriods"] - taken["DatapointsToAlarm"] + 1) > queue["VisibilityTimeout"], f"{name}: the alarm would flicker"
    takes = {
        name
        for name in packages()
        for s in statements(role_of(name))
        if any(queue in json.dumps(s) for queue in queues) and "sqs:ReceiveMessage" in s["Action"]
    }
    assert takes == {"sweep"}, takes
    # Both functions that the sweep invokes send what they give up there, after the tries that Lambda makes.
    for name in PERFORMERS:
        config = BUILT["Resources"][f"{logical(name)}EventInvokeConfig"]["Properties"]
        assert config["DestinationConfig"]["OnFailure"]["Destination"] == {"Fn::GetAtt": ["EscalateDeadLetterQueue", "Arn"]}, name
        sends = [s for s in statements(role_of(name)) if s["Action"] == "sqs:SendMessage"]
        assert {"Fn::GetAtt": ["EscalateDeadLetterQueue", "Arn"]} in [s["Resource"] for s in sends], name


@check
def the_watcher_is_watched() -> None:
    """The sweep alone knows the address of the heartbeat, which nobody is shown, and which is https unless it is on this machine."""
    parameter = SOURCE["Parameters"]["HeartbeatUrl"]
    assert parameter["NoEcho"] is True and parameter["Default"] == ""
    assert {name for name in packages() if "HEARTBEAT_URL" in environment(name)} == {"sweep"}
    for fine in ("https://hc-ping.com/1-2-3", "https://a.example:8443/ping?token=1", "http://127.0.0.1:4000/ping", "http://localhost/ping"):
        assert re.fullmatch(parameter["AllowedPattern"], fine), fine
    for wrong in (
        "http://hc-ping.com/1-2-3",
        "https://me:pass@a.example/",
        "http://127.0.0.1.evil.example/",
        "http://127.0.0.1@evil.example/",
        "https://",
        "ping",
    ):
        assert not re.fullmatch(parameter["AllowedPattern"], wrong), wrong


@check
def clocks() -> None:
    """Two services drive the sweep every minute; each function that is invoked asynchronously says what happens when it fails."""
    (rule,) = of_type(BUILT, "AWS::Events::Rule").values()
    (schedule,) = of_type(BUILT, "AWS::Scheduler::Schedule").values()
    assert rule["Properties"]["ScheduleExpression"] == schedule["Properties"]["ScheduleExpression"] == "rate(1 minute)"
    assert "GroupName" not in schedule["Properties"], "whoever empties the users' group must not stop the sweep"
    target = {"Fn::GetAtt": ["SweepFunction", "Arn"]}
    assert rule["Properties"]["Targets"][0]["Arn"] == schedule["Properties"]["Target"]["Arn"] == target
    invoked = {json.dumps(config["Properties"]["FunctionName"]) for config in of_type(BUILT, "AWS::Lambda::EventInvokeConfig").values()}
    assert invoked == {json.dumps({"Ref": logical(name)}) for name in CLOCKED}


@check
def timeouts() -> None:
    """Performers have 25 s, the sweep less than its minute, whoever answers a request 10 s (a carrier waits 15)."""
    for name in packages():
        timeout = BUILT["Resources"][logical(name)]["Properties"]["Timeout"]
        assert timeout == 25 if name in PERFORMERS else 25 <= timeout < 60 if name == "sweep" else timeout == 10, f"{name}: {timeout}"


@check
def routes() -> None:
    """Every route of the contract is there, for any method, with the path below it; each API function may be invoked by this API only."""
    integrations = {
        name: integration["Properties"]["IntegrationUri"]["Fn::GetAtt"][0] for name, integration in of_type(BUILT, "AWS::ApiGatewayV2::Integration").items()
    }
    served: dict[str, str] = {}
    for route in of_type(BUILT, "AWS::ApiGatewayV2::Route").values():
        found = re.fullmatch(r"integrations/\$\{(\w+)\}", route["Properties"]["Target"]["Fn::Sub"])
        assert found is not None
        served[route["Properties"]["RouteKey"]] = package(integrations[found[1]])
    for name, paths in ROUTES.items():
        for path in paths:
            key = path if path == "$default" else f"ANY {path}"
            assert served.get(key) == name, f"{key} is served by {served.get(key)}"
            if not path.endswith("}") and path != "$default":
                assert served.get(f"{key}/{{rest+}}") == name, f"{key}/ is served by {served.get(f'{key}/{{rest+}}')}"
    assert not [key for key in served if key.endswith("/")], "AWS refuses route keys that end in a slash"
    permitted = {permission["Properties"]["FunctionName"]["Ref"] for permission in of_type(BUILT, "AWS::Lambda::Permission").values()}
    assert permitted == {*integrations.values(), "SweepFunction"}
    for name, permission in of_type(BUILT, "AWS::Lambda::Permission").items():
        assert "SourceArn" in permission["Properties"], name


@check
def webhooks_come_first() -> None:
    """Throttles leave webhooks more room than anything else, and the stage waits for the routes that it names."""
    stage = BUILT["Resources"]["ApiStage"]
    settings = stage["Properties"]["RouteSettings"]
    paths = [path for name in WEBHOOKS for path in ROUTES[name]]
    paths += [f"{path}/{{rest+}}" for path in paths if not path.endswith("}")]
    least = min(settings[f"ANY {path}"]["ThrottlingRateLimit"] for path in paths)
    others = [setting["ThrottlingRateLimit"] for key, setting in settings.items() if key.removeprefix("ANY ") not in paths]
    assert least > max([*others, stage["Properties"]["DefaultRouteSettings"]["ThrottlingRateLimit"]])
    named = {BUILT["Resources"][name]["Properties"]["RouteKey"] for name in stage["DependsOn"]}
    assert set(settings) <= named, set(settings) - named


@check
def logins_are_throttled() -> None:
    """No spelling of a path that may end at the log-in has more room than the log-in itself."""
    settings = BUILT["Resources"]["ApiStage"]["Properties"]["RouteSettings"]
    for key in ("ANY /login", "ANY /login/{rest+}", "$default"):
        assert settings[key]["ThrottlingRateLimit"] <= 10 and settings[key]["ThrottlingBurstLimit"] <= 20, key


@check
def no_personal_data_in_access_logs() -> None:
    """Paths carry ids and codes; the log has the route instead."""
    line = BUILT["Resources"]["ApiStage"]["Properties"]["AccessLogSettings"]["Format"]
    assert "$context.path" not in line and "queryString" not in line and json.loads(re.sub(r"\$context\.\w+(\.\w+)?", "0", line.replace('"$', '"x$')))


@check
def alarms() -> None:
    """Every alarm reaches the topic, and there is one for each way to fall silent."""
    every = of_type(BUILT, "AWS::CloudWatch::Alarm")
    for name, alarm in every.items():
        assert alarm["Properties"]["AlarmActions"] == [{"Ref": "AlarmTopic"}], name
    for name, metric in (("SweepSilentAlarm", "SweepCycle"), ("SweepRuleSilentAlarm", "SweepTickRule"), ("SweepSchedulerSilentAlarm", "SweepTickScheduler")):
        silent = every[name]["Properties"]
        assert silent["TreatMissingData"] == "breaching" and silent["MetricName"] == metric, name
    clocks = {
        json.loads(target["Input"])["clock"]
        for target in (BUILT["Resources"]["SweepRule"]["Properties"]["Targets"][0], BUILT["Resources"]["SweepSchedule"]["Properties"]["Target"])
    }
    assert clocks == {"rule", "scheduler"}, "the sweep counts the ticks of these two"
    metrics = {alarm["Properties"]["MetricName"] for alarm in every.values()}
    own = {alarm["Properties"]["Dimensions"][0]["Value"] for alarm in every.values() if alarm["Properties"].get("Dimensions", [{}])[0].get("Name") == "alarm"}
    assert {"CarrierAccount", "RoundReachedNobody", "NobodyToCall", "NotRecorded"} <= own, "one that lasts must not hide these"
    assert {"Errors", "Throttles", "5xx", "OperatorAlarm", "WebhookRefused", "WebhookMismatch", "HeartbeatUnheard"} <= metrics, metrics
    # A metric of our own that no function writes would never ring.
    written = "".join(path.read_text() for crate in ("shared", "functions") for path in (ROOT / crate).rglob("*.rs"))
    for alarm in every.values():
        if alarm["Properties"]["Namespace"] == "lucius":
            metric, dimensions = alarm["Properties"]["MetricName"], alarm["Properties"].get("Dimensions", [])
            assert f'"{metric}"' in written, metric
            kinds = [dimension["Value"] for dimension in dimensions if dimension["Name"] == "alarm"]
            assert len(kinds) == len(dimensions) and all(f'operator("{kind}"' in written for kind in kinds), (metric, dimensions)
    errors = {json.dumps(a["Properties"]["Dimensions"]) for a in every.values() if a["Properties"]["MetricName"] == "Errors"}
    assert len(errors) == len(WEBHOOKS | CLOCKED)


@check
def logs() -> None:
    """Every function writes into a group of its own that forgets after the days that the operator chose, and into no other."""
    for name in packages():
        group = FUNCTIONS[logical(name)]["LoggingConfig"]["LogGroup"]["Ref"]
        assert BUILT["Resources"][group]["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}, name
        writes = [s for s in statements(role_of(name)) if "logs:PutLogEvents" in listed(s["Action"])]
        assert [s["Resource"] for s in writes] == [{"Fn::GetAtt": [group, "Arn"]}], name


@check
def parameters() -> None:
    """Every parameter is used, described, grouped, and says in words what it takes."""
    text = json.dumps({key: SOURCE[key] for key in ("Rules", "Conditions", "Globals", "Resources", "Outputs")})
    grouped = [name for group in SOURCE["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"] for name in group["Parameters"]]
    assert sorted(grouped) == sorted(SOURCE["Parameters"]), set(grouped) ^ set(SOURCE["Parameters"])
    for name, parameter in SOURCE["Parameters"].items():
        assert f'"{name}"' in text or f"${{{name}}}" in text, f"{name} is not used"
        assert parameter.get("Description"), name
        if any(limit in parameter for limit in ("AllowedPattern", "MinValue", "MaxValue")):
            assert parameter.get("ConstraintDescription"), name
        if "Default" in parameter and "AllowedPattern" in parameter:
            assert re.fullmatch(parameter["AllowedPattern"], str(parameter["Default"])), name


@check
def addresses_for_twilio() -> None:
    """The addresses to paste into Twilio end in the timeouts and retries that calls need."""
    for name in ("TwilioVoiceUrl", "TwilioSmsUrl"):
        assert json.dumps(SOURCE["Outputs"][name]["Value"]).endswith('#ct=2000&rt=6000&rc=2&rp=all"]]}'), name


def main() -> int:
    """Runs all checks; the exit code of the process."""
    failed = 0
    for function in CHECKS:
        try:
            function()
        except Exception as error:  # a check that cannot be run has failed, whatever stopped it
            failed += 1
            where = traceback.extract_tb(error.__traceback__)[-1]
            print(f"FAILED {function.__name__}: {function.__doc__}\n  line {where.lineno}: {where.line}\n  {error}", file=sys.stderr)
    print(f"{len(CHECKS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
