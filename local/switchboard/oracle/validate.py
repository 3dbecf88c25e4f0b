"""Holds the switchboard against what Twilio publishes: its own Python client, and its OpenAPI document.

The official client places calls, sends texts, fetches, updates, lists and pages, and sees errors as it would from
Twilio. Every reply is also checked against the schemas of the OpenAPI document, if LUCIUS_ORACLES names the folder
that holds it. Prints "N passed, N failed" and exits with 1 if any failed.

    pip install --require-hashes -r local/switchboard/oracle/requirements.txt
    python local/switchboard/oracle/validate.py
"""

import email.utils
import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import jsonschema
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from twilio.twiml.voice_response import Gather, VoiceResponse

ROOT = Path(__file__).resolve().parents[3]
OPENAPI = "twilio-api-calls-messages.openapi.json"
ACCOUNT = "AC0123456789abcdef0123456789abcdef"
TOKEN = "0123456789abcdef0123456789abcdef"
KEY, SECRET = "SK0123456789abcdef0123456789abcdef", "secret-of-the-key"
SERVICE = "+15005550006"
BEN, CARLA, DORA = "+12025550102", "+12025550103", "+12025550104"


class Schemas:
    """The OpenAPI document, as JSON Schema."""

    def __init__(self, path):
        self.document = json.loads(path.read_text())
        self.checker = jsonschema.FormatChecker(formats=())
        self.checker.checks("date-time-rfc-2822", raises=(TypeError, ValueError))(self._rfc_2822)
        self.checker.checks("currency")(lambda text: text is None or re.fullmatch("[A-Za-z]{3}", text))
        self.checker.checks("uri-map")(lambda value: value is None or isinstance(value, dict))
        self.checker.checks("phone-number")(lambda text: text is None or re.fullmatch(r"\+[1-9]\d{6,14}", text))

    @staticmethod
    def _rfc_2822(text):
        return text is None or (email.utils.parsedate_to_datetime(text) is not None and text.endswith("+0000"))

    def convert(self, schema):
        """OpenAPI 3.0 says `nullable`; JSON Schema says so with a second type. References are put in place."""
        if isinstance(schema, list):
            return [self.convert(part) for part in schema]
        if not isinstance(schema, dict):
            return schema
        if "$ref" in schema:
            target = self.document
            for step in schema["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            return self.convert(target)
        converted = {name: self.convert(value) for name, value in schema.items() if name not in ("nullable", "description")}
        if schema.get("nullable") and isinstance(schema.get("type"), str):
            converted["type"] = [schema["type"], "null"]
            if "enum" in converted:
                converted["enum"] = [*converted["enum"], None]
        return converted

    def of_reply(self, method, path, status):
        """The schema of a reply, or None where there is no body or no such operation."""
        for template, operations in self.document["paths"].items():
            pattern = re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(template))
            if re.fullmatch(pattern, path) and method.lower() in operations:
                responses = operations[method.lower()]["responses"]
                content = responses.get(str(status), {}).get("content", {})
                return str(status) in responses, self.convert(content.get("application/json", {}).get("schema"))
        return False, None


class Checks:
    """What was compared, and what did not agree."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def that(self, what, good, detail=""):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED {what} {detail}", file=sys.stderr)


class HttpClient(TwilioHttpClient):
    """Twilio's own client, sent to the switchboard, with every reply held against its schema."""

    def __init__(self, base, schemas, checks):
        super().__init__()
        self.base, self.schemas, self.checks = base, schemas, checks

    def request(self, method, url, *args, **kwargs):
        path = urllib.parse.urlsplit(url).path
        reply = super().request(method, url.replace("https://api.twilio.com", self.base), *args, **kwargs)
        if self.schemas is None or reply.status_code >= 400:
            return reply
        known, schema = self.schemas.of_reply(method, path, reply.status_code)
        what = f"{method} {path} {reply.status_code}"
        self.checks.that(f"{what}: documented", known)
        if schema:
            body = json.loads(reply.text)
            errors = [error.message for error in jsonschema.Draft202012Validator(schema, format_checker=self.schemas.checker).iter_errors(body)]
            self.checks.that(f"{what}: schema", not errors, "; ".join(errors))
            missing = sorted(schema["properties"].keys() - body.keys())
            unknown = sorted(body.keys() - schema["properties"].keys())
            self.checks.that(f"{what}: fields", not missing and not unknown, f"missing {missing}, unknown {unknown}")
        return reply


class Product(BaseHTTPRequestHandler):
    """A product of a few lines, whose signatures Twilio's own library checks."""

    seen = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        fields = dict(urllib.parse.parse_qsl(body, keep_blank_values=True))
        url = f"http://{self.headers['Host']}{self.path}"
        valid = RequestValidator(TOKEN).validate(url, fields, self.headers["X-Twilio-Signature"])
        self.seen.append((self.path, fields, valid))
        reply = VoiceResponse()
        reply.say(f"You pressed {fields.get('Digits')}")
        text = "<Response/>" if self.path.startswith("/receipt") else str(reply)
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_args):
        """Nothing: what was received is in `seen`."""


def control(base, method, path, body=None):
    """One request to the switchboard's control API."""
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{base}/control{path}", data=data, method=method), timeout=30) as reply:
        return json.load(reply)


def refused(checks, what, code, status, work):
    """`work` must be refused as Twilio's client shows it."""
    try:
        work()
    except TwilioRestException as error:
        checks.that(what, (error.code, error.status) == (code, status), f"{error.code} {error.status} {error.msg}")
    else:
        checks.that(what, False, "was not refused")


def until(work, wanted):
    """`work()` again and again until it satisfies `wanted`, for ten seconds at most; what it said last."""
    deadline = time.monotonic() + 10
    while True:
        value = work()
        if wanted(value) or time.monotonic() > deadline:
            return value
        time.sleep(0.02)


def calls(checks, base, product, client):
    control(base, "PUT", f"/phones/{BEN}", {"behaviour": "answer", "script": [{"press": "1"}]})
    document = VoiceResponse()
    gather = Gather(action=f"{product}/call/step", num_digits=1, timeout=5)
    gather.say("Press 1 if you are going.")
    document.append(gather)
    call = client.calls.create(
        to=BEN,
        from_=SERVICE,
        twiml=str(document),
        timeout=25,
        time_limit=180,
        status_callback=f"{product}/receipt/call#ct=2000&rt=6000&rc=2&rp=all",
        status_callback_event=["initiated", "ringing", "answered", "completed"],
    )
    checks.that("a new call is queued", call.status == "queued" and re.fullmatch("CA[0-9a-f]{32}", call.sid), call.status)
    done = until(lambda: client.calls(call.sid).fetch(), lambda c: c.status == "completed")
    checks.that("the call completes", done.status == "completed" and done.to == BEN and done.direction == "outbound-api", done.status)
    until(lambda: Product.seen, lambda seen: sum(path == "/receipt/call" for path, _, _ in seen) >= 4)
    receipts = [fields for path, fields, _ in Product.seen if path == "/receipt/call"]
    checks.that("callbacks come in order", [f["CallStatus"] for f in receipts] == ["initiated", "ringing", "in-progress", "completed"], receipts)
    checks.that("callbacks are numbered", [f["SequenceNumber"] for f in receipts] == ["0", "1", "2", "3"])
    pressed = [fields for path, fields, _ in Product.seen if path == "/call/step"]
    checks.that("the key arrives", [f["Digits"] for f in pressed] == ["1"], pressed)
    checks.that("Twilio's library accepts every signature", all(valid for _, _, valid in Product.seen))

    control(base, "PUT", f"/phones/{CARLA}", {"behaviour": "manual"})
    ringing = client.calls.create(to=CARLA, from_=SERVICE, url=f"{product}/call/menu")
    until(lambda: client.calls(ringing.sid).fetch().status, lambda status: status == "ringing")
    checks.that("a ringing call can be canceled", client.calls(ringing.sid).update(status="canceled").status == "canceled")
    ended = until(lambda: client.calls(ringing.sid).fetch().status, lambda status: status == "canceled")
    checks.that("and stays canceled", ended == "canceled", ended)
    refused(checks, "a call that is over is not redirected", 21220, 400, lambda: client.calls(ringing.sid).update(twiml="<Response/>"))

    control(base, "PUT", f"/phones/{DORA}", {"behaviour": "busy"})
    for _ in range(5):
        client.calls.create(to=DORA, from_=SERVICE, twiml="<Response/>")
    until(lambda: client.calls.list(to=DORA, status="busy"), lambda found: len(found) == 5)
    checks.that("lists are filtered", {c.to for c in client.calls.list(to=DORA)} == {DORA})
    checks.that("lists are read page by page", len(client.calls.list(to=DORA, page_size=2)) == 5)
    checks.that("a limit is kept", len(client.calls.list(to=DORA, limit=3, page_size=2)) == 3)
    checks.that("a call can be deleted", client.calls(ringing.sid).delete() is True)
    refused(checks, "and is gone", 20404, 404, lambda: client.calls(ringing.sid).fetch())


def messages(checks, base, product, client):
    text = client.messages.create(to=BEN, from_=SERVICE, body="Are you okay, Ben? 🙂", status_callback=f"{product}/receipt/text")
    checks.that("a new text is queued", text.status == "queued" and re.fullmatch("SM[0-9a-f]{32}", text.sid), text.status)
    done = until(lambda: client.messages(text.sid).fetch(), lambda m: m.status == "delivered")
    checks.that("the text is delivered", done.status == "delivered" and done.num_segments == "1", done.status)
    until(lambda: Product.seen, lambda seen: sum(path == "/receipt/text" for path, _, _ in seen) >= 2)
    receipts = [fields for path, fields, _ in Product.seen if path == "/receipt/text"]
    checks.that("receipts come in order", [f["MessageStatus"] for f in receipts] == ["sent", "delivered"], receipts)
    checks.that("texts are listed", [m.sid for m in client.messages.list(to=BEN)] == [text.sid])
    checks.that("a text's body can be blanked", client.messages(text.sid).update(body="").body == "")
    checks.that("a text can be deleted", client.messages(text.sid).delete() is True)
    control(base, "PUT", f"/phones/{CARLA}", {"texts": "landline"})
    lost = client.messages.create(to=CARLA, from_=SERVICE, body="x" * 161)
    done = until(lambda: client.messages(lost.sid).fetch(), lambda m: m.status == "undelivered")
    checks.that("a landline gets no text", (done.error_code, done.num_segments) == (30006, "2"), done.error_code)


def refusals(checks, base, client, stranger):
    document = "<Response/>"
    refused(checks, "a wrong token", 20003, 401, lambda: stranger.calls("CA" + "0" * 32).fetch())
    refused(checks, "a call to no number", 21211, 400, lambda: client.calls.create(to="12", from_=SERVICE, twiml=document))
    refused(checks, "a call from a number that is not ours", 21210, 400, lambda: client.calls.create(to=BEN, from_=CARLA, twiml=document))
    refused(checks, "a call without instructions", 21205, 400, lambda: client.calls.create(to=BEN, from_=SERVICE))
    refused(checks, "a call with too long a document", 21205, 400, lambda: client.calls.create(to=BEN, from_=SERVICE, twiml="x" * 4001))
    refused(checks, "a text from a number that is not ours", 21606, 400, lambda: client.messages.create(to=BEN, from_=CARLA, body="x"))
    refused(checks, "a text without a body", 21602, 400, lambda: client.messages.create(to=BEN, from_=SERVICE))
    refused(checks, "a text that is too long", 21617, 400, lambda: client.messages.create(to=BEN, from_=SERVICE, body="x" * 1601))
    control(base, "PUT", f"/phones/{DORA}", {"opted_out": True})
    refused(checks, "a text to whoever opted out", 21610, 400, lambda: client.messages.create(to=DORA, from_=SERVICE, body="x"))
    refused(checks, "a call that never was", 20404, 404, lambda: client.calls("CA" + "0" * 32).fetch())
    control(base, "POST", "/faults", {"on": "rest.call.create", "number": DORA, "effect": {"status": {"status": 429}}, "count": 1})
    refused(checks, "too many requests", 20429, 429, lambda: client.calls.create(to=DORA, from_=SERVICE, twiml=document))


def start_switchboard(product):
    build = ["cargo", "build", "--quiet", "--package", "lucius-switchboard", "--message-format", "json"]
    built = subprocess.run(build, cwd=ROOT, check=True, capture_output=True, text=True)
    # Where cargo put it depends on the target that is set; cargo says so itself.
    binary = next(path for path in (json.loads(line).get("executable") for line in built.stdout.splitlines()) if path)
    command = [binary, "--account-sid", ACCOUNT, "--auth-token", TOKEN, "--api-key", KEY, "--api-secret", SECRET]
    command += ["--service-number", SERVICE, "--public-base-url", product]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    return process, process.stdout.readline().split()[-1]


def main():
    checks = Checks()
    published = Path(os.environ.get("LUCIUS_ORACLES", ROOT.parent / "shared" / "oracles")) / OPENAPI
    schemas = Schemas(published) if published.exists() else None
    if schemas is None:
        print(f"{published} is not there: replies are not compared with the schemas")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Product)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    product = f"http://127.0.0.1:{server.server_port}"
    process, base = start_switchboard(product)
    try:
        http = HttpClient(base, schemas, checks)
        client = Client(KEY, SECRET, ACCOUNT, http_client=http)
        calls(checks, base, product, Client(ACCOUNT, TOKEN, http_client=http))
        messages(checks, base, product, client)
        refusals(checks, base, client, Client(ACCOUNT, "wrong", http_client=http))
    finally:
        process.terminate()
        process.wait()
        server.shutdown()
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
