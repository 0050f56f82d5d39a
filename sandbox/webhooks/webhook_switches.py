"""
Switches that make webhooks go wrong on purpose.

A switch is on for a number of events or until it is reset. ``drop``, ``duplicate``, ``delay`` and ``shuffle``
affect a delivery when it is enqueued. So do ``livemode``, ``account`` and ``api_version``, which deliver an
event as one of live mode, of a connected account, or in another version. ``bad_signature``, ``old_timestamp``
and ``ignore_answer`` affect an attempt to send it; ``two_different_events`` affects an event when it is
stored.
"""

import re
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from sandbox.core.store import Store
from sandbox.versions.api_versions import API_VERSIONS

NAMES = (
    "drop",
    "duplicate",
    "delay",
    "shuffle",
    "bad_signature",
    "old_timestamp",
    "ignore_answer",
    "two_different_events",
    "livemode",
    "account",
    "api_version",
)
USUAL_DELAY = 5.0  # seconds
ACCOUNT = re.compile(r"acct_[0-9A-Za-z]+")


class Disguise(NamedTuple):
    """As what an event is delivered; None and False for what it is."""

    livemode: bool
    account: str | None
    api_version: str | None


class WebhookSwitches:
    """The switches that are on, kept in the state file."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def all(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = self.store.setting("switches", {})
        return found

    def turn(self, given: dict[str, Any]) -> None:
        """
        Turn switches on and off.

        ``true`` is on until reset, ``false`` is off, and a number is how often (for ``delay``: the seconds).
        ``{"times": 2, "types": ["charge.*"], "seconds": 5}`` sets all of it; ``shuffle`` may be "reverse".
        ``account`` and ``api_version`` are given their value, or ``{"value": "acct_1", "times": 2}``.
        Raise ``ValueError`` for anything else.
        """
        switches = self.all()
        for name, value in given.items():
            if name not in NAMES:
                raise ValueError(f"{name} is none of {', '.join(NAMES)}")
            switches.pop(name, None)
            if value is not False:
                switches[name] = setting_of(name, value)
        self.store.set("switches", switches)

    def reset(self) -> None:
        self.store.set("switches", {})

    def take(self, name: str, event_type: str) -> dict[str, Any] | None:
        """Return the switch if it is on for this type of event, and count it as used."""
        switches = self.all()
        switch = switches.get(name)
        if switch is None or not any(fnmatchcase(event_type, pattern) for pattern in switch["types"]):
            return None
        if switch["times"] is not None:
            switch["times"] -= 1
            if switch["times"] <= 0:
                del switches[name]
            self.store.set("switches", switches)
        return switch

    def disguise(self, event_type: str) -> Disguise:
        """Return as what an event of this type is delivered, and count the switches as used."""
        account, version = self.take("account", event_type), self.take("api_version", event_type)
        return Disguise(
            livemode=self.take("livemode", event_type) is not None,
            account=account["value"] if account else None,
            api_version=version["value"] if version else None,
        )


def setting_of(name: str, value: Any) -> dict[str, Any]:
    usual = {"times": None, "types": ["*"], "seconds": USUAL_DELAY, "reverse": False}
    if name in VALUES:
        return valued(name, value if isinstance(value, dict) else {"value": value}, usual)
    if value is True:
        return usual
    if name == "shuffle" and value == "reverse":
        return {**usual, "reverse": True}
    if isinstance(value, int | float):
        value = {"seconds" if name == "delay" else "times": value}
    if isinstance(value, dict) and is_setting(value):
        return {**usual, **value}
    raise ValueError(f"{name}: give true, false, a number or an object of times, types and seconds")


def valued(name: str, given: dict[str, Any], usual: dict[str, Any]) -> dict[str, Any]:
    what, is_good = VALUES[name]
    value = given.get("value")
    rest = {key: each for key, each in given.items() if key != "value"}
    if not isinstance(value, str) or not is_good(value) or not is_setting(rest):
        raise ValueError(f"{name}: give {what}, false or an object of value, times and types")
    return {**usual, **rest, "value": value}


def is_setting(given: dict[str, Any]) -> bool:
    return all(name in CHECKS and CHECKS[name](value) for name, value in given.items())


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


# The values of switches that have one, and what each member of a setting may be.
VALUES = {
    "account": ("an account such as acct_1", lambda text: ACCOUNT.fullmatch(text) is not None),
    "api_version": ("one of Stripe's API versions", lambda text: text in API_VERSIONS),
}
CHECKS: dict[str, Any] = {
    "times": lambda value: value is None or (is_number(value) and value >= 1 and value == int(value)),
    "types": lambda value: isinstance(value, list) and all(isinstance(each, str) for each in value),
    "seconds": lambda value: is_number(value) and value >= 0,
    "reverse": lambda value: isinstance(value, bool),
}
