"""What the front page can make go wrong: the control surface's switches and faults, under plain names."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.api.faults import Faults
from sandbox.core.box import Box
from sandbox.webhooks.webhook_switches import WebhookSwitches

PAID = ["checkout.session.completed", "checkout.session.async_payment_succeeded"]
LATE = 10  # seconds
SLOW = 3_000  # ms
API = "* /v[12]/*"


@dataclass(frozen=True)
class Trouble:
    """
    Something that the page switches on and off.

    ``button`` says what switches it on, ``note`` what happens then, ``state`` what is so while it is on.
    """

    name: str
    button: str
    note: str
    state: str
    is_on: Callable[[Box], bool]
    turn: Callable[[Box, bool], None]


def switch(name: str, setting: Any) -> tuple[Callable[[Box], bool], Callable[[Box, bool], None]]:
    """Return how to look at and to turn a webhook switch of this name."""

    def is_on(box: Box) -> bool:
        return name in WebhookSwitches(box.store).all()

    def turn(box: Box, on: bool) -> None:
        WebhookSwitches(box.store).turn({name: setting if on else False})

    return is_on, turn


def fault(do: str, **how: Any) -> tuple[Callable[[Box], bool], Callable[[Box, bool], None]]:
    """Return how to look at and to turn a fault of the whole API. Only one of them is on at a time."""

    def is_on(box: Box) -> bool:
        return any((each.match, each.do) == (API, do) for each in Faults(box.store).all())

    def turn(box: Box, on: bool) -> None:
        faults = Faults(box.store)
        faults.save([each for each in faults.all() if each.match != API])
        if on:
            faults.add({"match": API, "do": do, "times": None, **how})

    return is_on, turn


TROUBLES = (
    Trouble(
        "lose",
        "Lose the next webhook",
        "The shop isn’t told about the next payment, and has to find out by itself.",
        "The webhook of the next payment will be lost.",
        *switch("drop", {"times": 1, "types": PAID}),
    ),
    Trouble(
        "late",
        "Deliver webhooks late",
        f"Customers are back from paying {LATE} seconds before the shop is told.",
        f"Webhooks arrive {LATE} seconds late.",
        *switch("delay", LATE),
    ),
    Trouble(
        "twice",
        "Deliver webhooks twice",
        "Every webhook comes twice. Nobody may get twice the tickets.",
        "Every webhook arrives twice.",
        *switch("duplicate", True),
    ),
    Trouble(
        "slow",
        "Answer slowly",
        f"Each answer to the shop takes {SLOW // 1_000} seconds.",
        f"Each answer takes {SLOW // 1_000} seconds.",
        *fault("slow_ms", ms=SLOW),
    ),
    Trouble(
        "gone",
        "Be unreachable",
        "The shop’s requests are cut off. Its pages say so, and what is paid isn’t forgotten.",
        "Requests of the shop are cut off.",
        *fault("reset_before"),
    ),
)


def turn(box: Box, name: str, *, on: bool) -> None:
    """Switch the trouble of this name on or off; do nothing if there is none."""
    for trouble in TROUBLES:
        if trouble.name == name:
            trouble.turn(box, on)
