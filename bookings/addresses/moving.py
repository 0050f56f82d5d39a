"""Bring addresses that were stored before there was a normal form into it, for migrations."""

from typing import Any

from django.db.models import QuerySet

from config.i18n.domains import encode_domain

# What isn't ASCII. Capitals of a domain don't matter to anybody, and are left as they are.
FOREIGN = "[^\x01-\x7f]"


def foreign(rows: QuerySet[Any], column: str = "email") -> QuerySet[Any]:
    """Return those of ``rows`` whose address in ``column`` isn't in the normal form."""
    return rows.filter(**{f"{column}__regex": FOREIGN}).order_by("pk")


def move(rows: QuerySet[Any], column: str = "email") -> None:
    """Bring the addresses in ``column`` into the normal form."""
    for row in foreign(rows, column):
        rows.filter(pk=row.pk).update(**{column: normal(getattr(row, column))})


def normal(email: str) -> str:
    """
    Return the normal form of an address that was stored before.

    Of a domain that IDNA doesn't allow any more, such as one with a heart, the form that mails were sent to.
    """
    local, at, domain = email.rpartition("@")
    try:
        return f"{local}{at}{encode_domain(domain)}"
    except ValueError:
        return f"{local}{at}{_encode_as_before(domain) or domain}"


def went_elsewhere(email: str) -> str:
    """Return the domain that mails to ``email`` were sent to, if that wasn't its own; else empty."""
    former = _encode_as_before(email.rpartition("@")[2])
    return former if former and not normal(email).endswith(f"@{former}") else ""


def _encode_as_before(domain: str) -> str:
    """Return what Python's codec makes of ``domain``: ``fass.de`` of ``faß.de``; empty if it can't."""
    try:
        return domain.encode("idna").decode().lower()
    except ValueError:
        return ""
