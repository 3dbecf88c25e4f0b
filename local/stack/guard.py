"""Makes the emulator hold every function to its role, as AWS would: actions, resources, and the partitions of the table.

A permission that template.yaml forgets is then missed here, in the first story that needs it, and not on somebody's account. People and tests that call the
emulator themselves may do everything, with any credentials.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from ministack import app
from ministack.core import iam_actions, iam_evaluator

_FUNCTION_KEY = "ASIA"
"""What the emulator's credentials for a function's role begin with."""
_EQUALS = re.compile(r"(#?\w+)\s*=\s*(:\w+)")


def enforce_roles() -> None:
    """Switches authorisation on, for functions only."""
    enforce_as_it_was = iam_evaluator.enforce
    check_as_it_was = iam_evaluator.check_credentials
    context_as_it_was = iam_actions.dynamodb_service_context
    resource_as_it_was = iam_actions.extract_resource_arn

    def enforce(access_key: str, *others: Any, **named: Any) -> Any:
        return enforce_as_it_was(access_key, *others, **named) if (access_key or "").startswith(_FUNCTION_KEY) else None

    def check(access_key: str, *others: Any, **named: Any) -> Any:
        return check_as_it_was(access_key, *others, **named) if (access_key or "").startswith(_FUNCTION_KEY) else None

    def context(body: bytes) -> dict[str, Any]:
        known: dict[str, Any] = context_as_it_was(body)
        keys = sorted(set(leading_keys(json.loads(body or b"{}"))))
        return {**known, "dynamodb:LeadingKeys": keys} if keys else known

    def resource(service: str, method: str, path: str, headers: Any, body: bytes, *others: Any) -> str:
        arn = str(resource_as_it_was(service, method, path, headers, body, *others))
        if service == "scheduler" and ":schedule/default/" in arn and body:
            # The emulator takes every schedule for one of the default group.
            group = json.loads(body).get("GroupName") or "default"
            return arn.replace(":schedule/default/", f":schedule/{group}/")
        return arn

    iam_actions.extract_resource_arn = resource
    iam_evaluator.enforce = enforce
    iam_evaluator.check_credentials = check
    iam_actions.dynamodb_service_context = context
    app.AUTH = True


def leading_keys(request: dict[str, Any]) -> Iterator[str]:
    """`dynamodb:LeadingKeys`, which the emulator leaves out: the partitions that a DynamoDB request touches."""
    for key in (request.get("Key"), request.get("Item")):
        yield from _partition(key)
    for entry in request.get("TransactItems", []):
        for action in entry.values():
            yield from leading_keys(action)
    for entries in request.get("RequestItems", {}).values():
        for entry in entries.get("Keys", []) if isinstance(entries, dict) else [part for one in entries for part in one.values()]:
            yield from _partition(entry.get("Key") or entry.get("Item") or entry)
    names = request.get("ExpressionAttributeNames") or {}
    values = request.get("ExpressionAttributeValues") or {}
    for name, value in _EQUALS.findall(request.get("KeyConditionExpression") or ""):
        if names.get(name, name) in ("pk", "due_shard"):
            yield str(values[value]["S"])


def _partition(key: dict[str, Any] | None) -> Iterator[str]:
    if key and "pk" in key:
        yield str(key["pk"]["S"])
