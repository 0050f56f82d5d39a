"""What the checks of ``stripe_doctor`` return."""

from dataclasses import dataclass
from enum import StrEnum

from config.logs import redact


class Severity(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True)
class Finding:
    """What one check found, and what to do about it if something is wrong."""

    check: str
    severity: Severity
    words: str
    remedy: str = ""


def ok(check: str, words: str) -> Finding:
    return Finding(check, Severity.OK, words)


def warning(check: str, words: str, remedy: str) -> Finding:
    return Finding(check, Severity.WARNING, words, remedy)


def fault(check: str, words: str, remedy: str) -> Finding:
    return Finding(check, Severity.FAULT, words, remedy)


def lacking(check: str, refusal: Exception) -> Finding:
    """Return the fault that our key lacks a right, in Stripe's words."""
    words = f"The key lacks a permission: {redact(str(refusal))}"
    return fault(check, words, "Use the secret key, or add this permission to the restricted key.")
