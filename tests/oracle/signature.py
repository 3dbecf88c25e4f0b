"""Compares our request signatures with those of Twilio's own Python library.

A thousand random requests, the same ones every time: each is signed by both, and then presented, as it is or tampered
with, to both. Prints "N passed, N failed" and exits with 1 if any failed.

    pip install --require-hashes -r tests/oracle/requirements.txt
    python tests/oracle/signature.py [--requests N] [--seed N] [--signer PATH]
"""

import argparse
import json
import random
import subprocess
import sys
from pathlib import Path

from twilio.request_validator import RequestValidator

ROOT = Path(__file__).resolve().parents[2]
BUILD_AND_RUN = ["cargo", "run", "--quiet", "--package", "lucius-twilio", "--example", "sign"]
NAMES = ["CallSid", "AccountSid", "From", "To", "Body", "Digits", "DigitsLong", "digits", "NumMedia", "Ünï", "a b", "="]
LETTERS = "abcXYZ019 +&=%#?/;:'\"\\<>\t\n\0~éßøΩ中文🙂\u200d\ufeff"
TAMPERINGS = ["none", "none", "value", "field", "token", "path", "signature"]


class Values(dict):
    """Fields with several values each, in the form that Twilio's library asks frameworks for."""

    def getlist(self, name):
        return self[name]


def random_text(rng, longest):
    return "".join(rng.choices(LETTERS, k=rng.randint(0, longest)))


def random_url(rng):
    """The URL as configured, and the form of it that Twilio signs: it may leave the port out."""
    scheme = rng.choice(["https", "http"])
    default = {"https": 443, "http": 80}[scheme]
    port = rng.choice([None, None, default, 8443, 1, 65535])
    rest = rng.choice(["", "/", "/inbound/answer", "/call/1/", "/%C3%A9/x%2Fy"])
    if rng.random() < 0.6:
        rest += "?" + rng.choice(["step=1", "a=1&b=2", "q=%26%3D&r", "x=%F0%9F%99%82", "e='()*"])
    host = rng.choice(["example.org", "abc123.execute-api.us-east-1.amazonaws.com", "127.0.0.1"])
    bare, configured = (f"{scheme}://{host}{suffix}{rest}" for suffix in ("", f":{port}" if port else ""))
    with_default = f"{scheme}://{host}:{default}{rest}"
    return configured, rng.choice([configured, bare] if port else [configured, with_default])


def random_request(rng):
    url, signed_url = random_url(rng)
    request = {"token": "".join(rng.choices("0123456789abcdef", k=32)), "url": url}
    if rng.random() < 0.2:
        request["body"] = json.dumps({random_text(rng, 5): random_text(rng, 30)}, ensure_ascii=rng.random() < 0.5)
        digest = RequestValidator("").compute_hash(request["body"])
        query = f"bodySHA256={digest}"
        request["url"], signed_url = (u + ("&" if "?" in u else "?") + query for u in (url, signed_url))
    else:
        names = rng.choices(NAMES, k=rng.randint(0, 12))
        request["params"] = [[name, rng.choice(["", "1", random_text(rng, 40)])] for name in names]
    return request, signed_url


def fields(request):
    values = Values()
    for name, value in request.get("params", []):
        values.setdefault(name, []).append(value)
    return values


def tamper(rng, request):
    """Changes what is presented after it was signed. Returns whether it is still genuine."""
    kind = rng.choice(TAMPERINGS)
    if kind == "value":
        if "body" in request:
            request["body"] += " "
        else:
            request["params"] = [[n, v + "x"] for n, v in request["params"]] or [["x", ""]]
    elif kind == "field":
        request.setdefault("params", []).append(["Extra", ""])
        request.pop("body", None)
    elif kind == "token":
        request["token"] = request["token"][::-1] + "0"
    elif kind == "path":
        request["url"] = request["url"].replace("://", "://x", 1)
    elif kind == "signature":
        request["signature"] = request["signature"][:-3] + rng.choice(["AA=", "", "==="])
    return kind == "none"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=20260801)
    parser.add_argument("--signer", help="the built example `sign`, instead of building it")
    options = parser.parse_args()

    rng = random.Random(options.seed)
    asked, expected = [], []
    for _ in range(options.requests):
        request, signed_url = random_request(rng)
        request["signature"] = RequestValidator(request["token"]).compute_signature(signed_url, fields(request))
        genuine = tamper(rng, request)
        validator = RequestValidator(request["token"])
        verified = validator.validate(request["url"], request.get("body", fields(request)), request["signature"])
        if verified and not genuine:
            sys.exit(f"Twilio's library accepts what was tampered with: {request}")
        asked.append(request)
        expected.append(
            {"signature": validator.compute_signature(request["url"], fields(request)), "verified": verified}
        )

    lines = "".join(json.dumps(request) + "\n" for request in asked)
    command = [options.signer] if options.signer else BUILD_AND_RUN
    run = subprocess.run(command, input=lines.encode(), stdout=subprocess.PIPE, cwd=ROOT, check=True)
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    failed = options.requests - len(answers)
    for request, wanted, got in zip(asked, expected, answers):
        if wanted != got:
            failed += 1
            print(f"request {request}\n  Twilio {wanted}\n  ours   {got}", file=sys.stderr)
    accepted = sum(answer["verified"] for answer in expected)
    print(f"{options.requests - failed} passed, {failed} failed ({accepted} genuine)")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
