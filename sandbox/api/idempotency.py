"""Idempotency keys: for a day, a repeated request gets the first reply."""

import hashlib
import json
from typing import Any, NamedTuple

from sandbox.core.box import Box
from sandbox.core.errors import StripeError

KEPT_FOR = 24 * 3_600
LONGEST_KEY = 255


class SavedReply(NamedTuple):
    status: int
    reply: str
    request: str  # id of the first request


def fingerprint(method: str, path: str, params: Any) -> str:
    text = json.dumps([method, path, params], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def find_reply(box: Box, key: str, wanted: str) -> SavedReply | None:
    """Return the saved reply for ``key``; raise ``StripeError`` if it was used with other parameters."""
    if len(key) > LONGEST_KEY:
        raise StripeError(
            f"Idempotency keys may have up to {LONGEST_KEY} characters.", kind="idempotency_error"
        )
    row = box.store.execute(
        "SELECT * FROM idempotency WHERE key = ? AND created >= ?", (key, oldest(box))
    ).fetchone()
    if row is None:
        return None
    if row["fingerprint"] != wanted:
        raise StripeError(
            "Keys for idempotent requests can only be used with the same parameters they were first used "
            f"with. Try using a key other than '{key}' if you meant to execute a different request.",
            kind="idempotency_error",
            headers=headers(row["request"]),
        )
    return SavedReply(row["status"], row["reply"], row["request"])


def save_reply(box: Box, key: str, wanted: str, kept: SavedReply) -> None:
    """Save the first reply. Call it in the transaction that did the work."""
    box.store.execute("DELETE FROM idempotency WHERE created < ?", (oldest(box),))
    box.store.execute(
        "INSERT INTO idempotency (key, fingerprint, status, reply, request, created) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        (key, wanted, kept.status, kept.reply, kept.request, box.clock.exact()),
    )


def headers(original: str, *, is_kept: bool = True, is_replay: bool = False) -> dict[str, str]:
    """
    Return the headers of a reply that belongs to a key; ``original`` is the id of the key's first request.

    Trying again is pointless with a key whose reply is kept, even if that is a 500. Where the parameters were
    refused, so that the key may be used again, Stripe doesn't say.
    """
    found = {"Original-Request": original}
    if is_kept:
        found["Stripe-Should-Retry"] = "false"
    return {**found, "Idempotent-Replayed": "true"} if is_replay else found


def oldest(box: Box) -> float:
    return box.clock.exact() - KEPT_FOR
