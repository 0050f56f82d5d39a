"""
Log lines: for people by default, as JSON for machines with ``LOG_FORMAT=json``.

A line about a payment carries ``payment=<reference>``, so that one payment can be followed through all
processes. No line carries an e-mail address, or anything that opens a door: keys, signing secrets,
Stripe's session ids, the addresses of bookings and tickets.
"""

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

# What a line may be about: nothing else of ``extra`` is written.
SUBJECTS = ("payment", "refund", "event", "dispute", "ticket")
# Each with what is left of it.
SECRETS = [
    (re.compile(r"\b([sr]k_(?:live|test)_|whsec_|cs_(?:live_|test_)?)\w+"), r"\1…"),
    (re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,9}"), "…@…"),
    (re.compile(r"(/(?:bookings|tickets)/)[A-Z2-7]{26}"), r"\1…"),
    # PostgreSQL quotes the row that it refuses.
    (re.compile(r"(DETAIL: ).*"), r"\1…"),
]


def redact(text: str) -> str:
    """Return ``text`` without what belongs to nobody who reads logs."""
    for pattern, left in SECRETS:
        text = pattern.sub(left, text)
    return text


def subjects(record: logging.LogRecord) -> dict[str, Any]:
    return {name: str(getattr(record, name)) for name in SUBJECTS if getattr(record, name, "")}


class Line(logging.Formatter):
    """``2026-11-21 10:00:00,123 ERROR payments.ledger.refund_sending refused: … payment=3f…``."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name} {message}", style="{")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        about = "".join(f" {name}={value}" for name, value in subjects(record).items())
        return super().formatMessage(record) + about

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class Json(logging.Formatter):
    """One JSON object a line: ``at``, ``level``, ``logger``, ``message``, what it is about, ``traceback``."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": redact(record.getMessage()),
            **subjects(record),
        }
        if record.exc_info:
            line["traceback"] = redact(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)
