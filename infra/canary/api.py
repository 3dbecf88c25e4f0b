"""The REST API as a person uses it: JSON, a session, and refusals in words."""

from __future__ import annotations

import base64
import json
import time
import urllib.error
import urllib.request
from email.utils import parsedate_to_datetime
from http.client import HTTPMessage
from typing import IO, Any

from say import Failure

TIMEOUT_SECONDS = 10
TRIES = 5


class Refused(Failure):
    """The API answers with an error."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A session goes to the address that the operator gave, and nowhere else."""

    def redirect_request(self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str) -> None:
        del req, fp, code, msg, headers, newurl


class Api:
    """A client with a session, or without one yet."""

    def __init__(self, url: str, is_local: bool, token: str = "") -> None:
        self._url = url
        self._is_local = is_local
        self._token = token
        direct = [urllib.request.ProxyHandler({})] if is_local else []
        self._opener = urllib.request.build_opener(_NoRedirects, *direct)
        self._ahead = 0.0

    def with_token(self, token: str) -> Api:
        """The same with a session."""
        return Api(self._url, self._is_local, token)

    def login(self, email: str, password: str) -> Api:
        """The same with a session of this user."""
        data = self.ask("POST", "/login", {"email": email, "password": password})
        return self.with_token(str(data["token"]))

    def user_id(self) -> str:
        """Whose session it is."""
        payload = self._token.split(".")[1]
        return str(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sub"])

    def now(self) -> float:
        """The time there, in seconds since 1970: this machine's clock may be wrong."""
        return time.time() + self._ahead

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """The `data` of an answer. What may be asked twice is asked again when nothing, or a 5xx, comes back."""
        tries = 1 if method == "POST" else TRIES
        for left in reversed(range(tries)):
            try:
                return self._once(method, path, body)
            except Refused as refused:
                if left == 0 or refused.status < 500:
                    raise
            except OSError as error:
                if left == 0:
                    raise Failure(f"{self._url} does not answer: {getattr(error, 'reason', error)}.") from None
            time.sleep(2)
        raise AssertionError("the last try has returned or raised")

    def _once(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        headers = {"content-type": "application/json"}
        if self._token:
            headers["authorization"] = f"Bearer {self._token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, data=data, method=method, headers=headers)
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as response:
                self._set_clock(response.headers)
                text = response.read()
        except urllib.error.HTTPError as error:
            with error:
                raise Refused(error.code, _words(method, path, error)) from None
        try:
            return json.loads(text)["data"]
        except (ValueError, KeyError, TypeError):
            raise Failure(f"{self._url}{path} answers something else than lucius would.") from None

    def _set_clock(self, headers: HTTPMessage) -> None:
        if headers.get("date"):
            # It names a whole second that has begun: half of it has passed, more or less.
            self._ahead = parsedate_to_datetime(headers["date"]).timestamp() + 0.5 - time.time()


def _words(method: str, path: str, error: urllib.error.HTTPError) -> str:
    try:
        reasons = "; ".join(json.loads(error.read())["errors"])
    except (ValueError, KeyError, TypeError, OSError):
        reasons = "without words"
    return f"{method} {path} was refused ({error.code}): {reasons}"
