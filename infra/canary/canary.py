"""The synthetic user: made once, armed when it is to miss, put back to rest whatever happened."""

from __future__ import annotations

import time
from typing import Any

from api import Api, Refused
from say import Failure, masked, step
from settings import Settings

FIRST_NAME, LAST_NAME = "Lucius", "Canary"
MESSAGE = "This is a test of the alarm. Nobody is in danger."
RESTING_SECONDS = 60


class Canary:
    """The user, with a session."""

    def __init__(self, api: Api, pin: str) -> None:
        self.api = api
        self._pin = pin
        self._me = f"/v1/users/{api.user_id()}"

    def incidents(self) -> list[dict[str, Any]]:
        """Its incidents, newest first."""
        return list(self.api.ask("GET", f"{self._me}/incidents"))

    def probes(self) -> list[dict[str, Any]]:
        """What it was asked, newest first."""
        return list(self.api.ask("GET", f"{self._me}/probes"))

    def is_a_canary(self) -> bool:
        """Whether this program made the user. A real person's switch is never touched."""
        user = self.api.ask("GET", self._me)
        return (user["first_name"], user["last_name"]) == (FIRST_NAME, LAST_NAME)

    def has_contact(self, number: str) -> None:
        """Makes the phone that is to ring the canary's one contact."""
        contacts = list(self.api.ask("GET", f"{self._me}/contacts"))
        if len(contacts) > 1:
            raise Failure("the canary has several contacts, who would all be called: remove them first.")
        # Sent even if nothing changes: a PIN that is wrong is refused here, and not when the canary is to be put to rest.
        if not contacts:
            person = {"first_name": "The", "last_name": "Operator", "phone_number": number, "is_emergency_contact": True, "consented": True, "pin": self._pin}
            self.api.ask("POST", f"{self._me}/contacts", person)
        else:
            change = {"phone_number": number, "is_emergency_contact": True, "pin": self._pin}
            self.api.ask("PUT", f"{self._me}/contacts/{contacts[0]['id']}", change)

    def arm(self) -> dict[str, Any]:
        """Asks for a question at the next minute, with the shortest wait and no second one; the settings."""
        wanted = {"cron_expression": "* * * * *", "active": True, "max_retries": 0, "wait_time_in_minutes": 5, "pin": self._pin}
        return dict(self.api.ask("PUT", f"{self._me}/probe_settings", wanted))

    def rest(self) -> None:
        """Ends what is open with the PIN, and disarms. It is tried for a minute: a canary that stays armed pages again and again."""
        deadline = time.monotonic() + RESTING_SECONDS
        while True:
            try:
                self._end()
                self.api.ask("PUT", f"{self._me}/probe_settings", {"active": False, "pin": self._pin})
            except Failure as error:
                # 409: an incident was opened in this very moment.
                if time.monotonic() > deadline or (isinstance(error, Refused) and error.status in (400, 401, 403)):
                    raise Failure(f"{error}\nTHE CANARY IS STILL ARMED and will page again: end its incident and switch its probes off.") from None
                time.sleep(2)
            else:
                return

    def _end(self) -> None:
        newest = next(iter(self.incidents()), None)
        if newest is not None and newest["status"] != "ended":
            self.api.ask("POST", f"/v1/incidents/{newest['id']}/resolve", {"pin": self._pin})


def find_or_make(settings: Settings) -> Canary:
    """The canary with a session; it is made if there is none and an administrator is named."""
    nobody = Api(settings.api_url, settings.is_local)
    password = settings.secret("CANARY_PASSWORD", "the canary's password")
    pin = settings.secret("CANARY_PIN", "the canary's PIN, 4 to 12 digits")
    try:
        api = nobody.login(settings.email, password)
    except Refused as refused:
        if refused.status != 401:
            raise
        _make(settings, nobody, password, pin)
        api = nobody.login(settings.email, password)
    canary = Canary(api, pin)
    if not canary.is_a_canary():
        raise Failure(f"{settings.email} is a user that this program has not made. It would disarm them: give another CANARY_EMAIL.")
    step(f"the canary is {settings.email}; the phone that has to ring is {masked(settings.contact_number)}")
    return canary


def _make(settings: Settings, nobody: Api, password: str, pin: str) -> None:
    person = {
        "first_name": FIRST_NAME,
        "last_name": LAST_NAME,
        "email": settings.email,
        "password": password,
        "phone_number": settings.user_number,
        "pin": pin,
        "message": MESSAGE,
    }
    try:
        _admin(settings, nobody).ask("POST", "/v1/users", person)
    except Refused as refused:
        if "address already" in str(refused):
            raise Failure(f"{settings.email} is there, and CANARY_PASSWORD is not its password.") from None
        raise
    step("the canary was made")


def _admin(settings: Settings, nobody: Api) -> Api:
    """A session of an administrator."""
    token, email = settings.optional("ADMIN_TOKEN"), settings.optional("ADMIN_EMAIL")
    if token:
        return nobody.with_token(token)
    if not email:
        raise Failure(f"{settings.email} cannot log in. If there is no canary yet, name an administrator who makes it: ADMIN_EMAIL=…")
    password = settings.secret("ADMIN_PASSWORD", "the administrator's password")
    try:
        return nobody.login(email, password)
    except Refused as refused:
        if refused.status != 401 or not settings.setup_token:
            raise
    # A local stack that nobody has used yet.
    person = {"first_name": "Olga", "last_name": "Operator", "email": email, "password": password, "phone_number": "+12025550199"}
    nobody.with_token(settings.setup_token).ask("POST", "/v1/users", person)
    return nobody.login(email, password)
