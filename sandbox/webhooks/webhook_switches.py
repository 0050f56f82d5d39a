"""
Switches that make webhooks go wrong on purpose.

A switch is on for a number of events or until it is reset. ``drop``, ``duplicate``, ``delay`` and ``shuffle``
affect a delivery when it is enqueued; ``bad_signature``, ``old_timestamp`` and ``ignore_answer`` affect an
attempt to send it; ``two_different_events`` affects an event when it is stored.
"""

from fnmatch import fnmatchcase
from typing import Any

from sandbox.core.store import Store

NAMES = (
    "drop",
    "duplicate",
    "delay",
    "shuffle",
    "bad_signature",
    "old_timestamp",
    "ignore_answer",
    "two_different_events",
)
USUAL_DELAY = 5.0  # seconds


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


def setting_of(name: str, value: Any) -> dict[str, Any]:
    usual = {"times": None, "types": ["*"], "seconds": USUAL_DELAY, "reverse": False}
    if value is True:
        return usual
    if name == "shuffle" and value == "reverse":
        return {**usual, "reverse": True}
    if isinstance(value, int | float):
        return {**usual, "seconds" if name == "delay" else "times": value}
    if isinstance(value, dict) and set(value) <= set(usual):
        return {**usual, **value}
    raise ValueError(f"{name}: give true, false, a number or an object of times, types and seconds")
