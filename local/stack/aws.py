"""The few AWS calls that the launcher makes itself, to the emulator, without an SDK: it must run before anything is installed."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any
from xml.etree import ElementTree

REGION = "us-east-1"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}


class Aws:
    """A client of the emulator at `endpoint`."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint

    def ready(self) -> bool:
        """Whether the emulator answers."""
        try:
            with urllib.request.urlopen(f"{self.endpoint}/_ministack/ready", timeout=2) as response:
                return bool(response.status == 200)
        except (OSError, urllib.error.URLError):
            return False

    def make_bucket(self, name: str) -> None:
        """Makes a bucket."""
        self._send("s3", "PUT", f"/{name}", b"", {})

    def outputs(self, stack: str) -> dict[str, str]:
        """The outputs of a stack."""
        return {fields["OutputKey"]: fields["OutputValue"] for fields in self._members(stack, "DescribeStacks") if "OutputKey" in fields}

    def failures(self, stack: str) -> list[str]:
        """What went wrong in a stack: resource and reason of everything that failed."""
        events = self._members(stack, "DescribeStackEvents")
        failed = [fields for fields in events if fields.get("ResourceStatus", "").endswith("_FAILED")]
        return [f"{fields['LogicalResourceId']}: {fields.get('ResourceStatusReason', 'no reason given')}" for fields in reversed(failed)]

    def secret(self, name: str) -> str:
        """The text of a secret."""
        return str(self._json("secretsmanager", "secretsmanager.GetSecretValue", {"SecretId": name})["SecretString"])

    def _members(self, stack: str, action: str) -> list[dict[str, str]]:
        """All list members anywhere in the answer of a CloudFormation call, as flat maps."""
        body = urllib.parse.urlencode({"Action": action, "Version": "2010-05-15", "StackName": stack})
        answer = self._send("cloudformation", "POST", "/", body.encode(), {"content-type": "application/x-www-form-urlencoded"})
        members = (element for element in ElementTree.fromstring(answer).iter() if element.tag.rpartition("}")[2] == "member")
        return [{child.tag.rpartition("}")[2]: child.text or "" for child in member} for member in members]

    def _json(self, service: str, target: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": target}
        return dict(json.loads(self._send(service, "POST", "/", json.dumps(body).encode(), headers)))

    def _send(self, service: str, method: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
        # The emulator reads service and region from the credential's scope and checks no signature.
        scope = f"test/20200101/{REGION}/{service}/aws4_request"
        authorization = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
        request = urllib.request.Request(self.endpoint + path, data=body, method=method, headers={**headers, "authorization": authorization})
        with urllib.request.urlopen(request, timeout=30) as response:
            return bytes(response.read())
