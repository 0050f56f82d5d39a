"""Signed events with anything in any place: each is understood, refused, or kept as evidence."""

import copy
import hmac
import json
import random
import re
import time
from collections.abc import Iterator
from typing import Any

import httpx

from tests.browser.support.stack import SECRET
from tests.fuzz.answers import Answers, ask, code_of
from tests.fuzz.scene import Scene, shuffled
from tests.fuzz.values import odd, told

DEEPEST = 60  # levels
PATH = "/api/webhook/stripe"
KEPT = "SELECT traceback FROM payments_stripeevent WHERE event_id = %s AND outcome = 'failed'"
MORE_TYPES = [
    "refund.updated",
    "refund.failed",
    "charge.dispute.updated",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "customer.subscription.deleted",
    "invoice.payment_failed",
    "customer.deleted",
    "v1.checkout.session.completed",
]
QUESTION = re.compile(r"Request req_\w+: ")  # of Stripe's, another each time
Path = tuple[str | int, ...]


def fuzz_webhook(scene: Scene, answers: Answers, *, cases: int, seed: object) -> None:
    """Deliver ``cases`` bodies."""
    with scene.client() as client:
        for number in range(cases):
            deliver(answers, client, scene, number, shuffled(number, f"{seed} webhook"))


def deliver(answers: Answers, client: httpx.Client, scene: Scene, number: int, dice: random.Random) -> None:
    event_id = f"evt_fuzz{number}"
    body = mutated(scene, event_id, dice)
    headers = {"Stripe-Signature": signature(body), "Content-Type": "application/json"}
    response = ask(answers, client, "POST", PATH, content=body, headers=headers)
    if response is None or response.status_code != 500 or code_of(response.content) != "not_applied":
        return
    kept = scene.shop.rows(KEPT, id_of(body))
    if not kept or not kept[0][0]:
        answers.fault("an event that isn't applied has left no evidence", repr(body[:1_500]))
    else:
        why = QUESTION.sub("", str(kept[0][0]).splitlines()[-1])[:60]
        answers.notes[f"not applied: {why}"] += 1


def mutated(scene: Scene, event_id: str, dice: random.Random) -> bytes:
    """Return the body of an event that Stripe has sent, with something else in it."""
    event = copy.deepcopy(dice.choice(scene.events))
    if dice.random() < 0.95:  # The others are known already.
        event["id"] = event_id
    for _ in range(dice.choice([1, 1, 1, 2, 5])):
        change(event, scene, dice)
    text = told(json.dumps(event), dice)
    return damaged(text, dice).encode(errors="surrogatepass")


def change(event: dict[str, Any], scene: Scene, dice: random.Random) -> None:
    """Change one place of ``event``."""
    places = list(paths(event))
    place = dice.choice(places[:12] if dice.random() < 0.3 else places)
    match dice.randrange(8):
        case 0:
            remove(event, place)
        case 1:  # A value from somewhere else.
            put(event, place, copy.deepcopy(get(event, dice.choice(places))))
        case 2:
            event["type"] = dice.choice([*MORE_TYPES, dice.choice(scene.events)["type"]])
        case 3:
            event[dice.choice(["account", "context", "livemode", "object"])] = dice.choice(
                [True, False, None, "acct_1", "v2.core.event", odd(dice)]
            )
        case 4:
            put(event, place, [copy.deepcopy(get(event, place))])
        case _:
            put(event, place, copy.deepcopy(odd(dice)))


def damaged(text: str, dice: random.Random) -> str:
    """Return ``text``, or in one of twenty cases something that is hardly JSON."""
    if dice.random() > 0.05:
        return text
    cut = dice.randrange(len(text))
    return dice.choice(
        [
            *(text[:cut], text[:cut] + "\0" + text[cut:], "\ufeff" + text, text + text, f"[{text}]"),
            *(text[:-1] + ', "id": "evt_twice"}', text.replace("{", '{"id": 1, ', 1)),
            *("", "null", "1", "\ud800", "[" * 100_000),
        ]
    )


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the place of every value in ``value``, down to ``DEEPEST``: one may have been nested before."""
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, member in members:
        yield (*path, key)
        if len(path) < DEEPEST:
            yield from paths(member, (*path, key))


def get(value: Any, path: Path) -> Any:
    for key in path:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def put(value: Any, path: Path, new: Any) -> None:
    parent = get(value, path[:-1])
    if isinstance(parent, dict):
        parent[path[-1]] = new
    elif isinstance(parent, list) and int(path[-1]) < len(parent):
        parent[int(path[-1])] = new


def remove(value: Any, path: Path) -> None:
    parent = get(value, path[:-1])
    if isinstance(parent, dict):
        parent.pop(path[-1], None)


def id_of(body: bytes) -> str:
    try:
        return str(json.loads(body)["id"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""


def signature(body: bytes) -> str:
    """Return the header for bytes that need not be text."""
    now = str(int(time.time()))
    signed = hmac.new(SECRET.encode(), now.encode() + b"." + body, "sha256").hexdigest()
    return f"t={now},v1={signed}"
