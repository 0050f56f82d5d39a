"""
Format log lines: plain text by default, JSON with ``LOG_FORMAT=json``.

Lines about a payment have ``payment=<reference>``, so that it can be followed through all processes. Email
addresses and secrets are removed: keys, signing secrets, Stripe's session ids, and URLs of bookings and
tickets. A payment's reference isn't one: it opens nothing.
"""

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

# The only members of a log call's ``extra`` that are written.
EXTRA_FIELDS = ("payment", "refund", "event", "dispute", "ticket")
# Patterns and their replacements.
REDACTIONS = [
    (re.compile(r"\b([sr]k_(?:live|test)_|whsec_|cs_(?:live_|test_)?)\w+"), r"\1…"),
    (re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,9}"), "…@…"),
    (re.compile(r"(/(?:bookings|tickets)/)[A-Z2-7]{26}"), r"\1…"),
    (re.compile(r"(\bpayment=[A-Z2-7]{26}[.:])[\w-]+"), r"\1…"),
    # PostgreSQL quotes the whole row that violates a constraint.
    (re.compile(r"(DETAIL: ).*"), r"\1…"),
]


def redact(text: str) -> str:
    """Return ``text`` with secrets and personal data replaced by "…"."""
    for pattern, left in REDACTIONS:
        text = pattern.sub(left, text)
    return text


def extra_fields(record: logging.LogRecord) -> dict[str, Any]:
    return {name: redact(str(getattr(record, name))) for name in EXTRA_FIELDS if getattr(record, name, "")}


class LineFormatter(logging.Formatter):
    """``2026-11-21 10:00:00,123 ERROR payments.ledger.refund_sending refused: … payment=3f…``."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name} {message}", style="{")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        about = "".join(f" {name}={value}" for name, value in extra_fields(record).items())
        return super().formatMessage(record) + about

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class JsonFormatter(logging.Formatter):
    """One JSON object per line: ``at``, ``level``, ``logger``, ``message``, extra fields, ``traceback``."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": redact(record.getMessage()),
            **extra_fields(record),
        }
        if record.exc_info:
            line["traceback"] = redact(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)
