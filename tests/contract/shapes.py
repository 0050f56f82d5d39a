"""
The shape of what was answered: everything that two runs, or two accounts, have in common.

Ids become ``<cs_test>``, times ``<time>``, secrets ``<secret>``, Stripe's own addresses ``<url>``. The rest
is compared as it is: which members there are, which are null, their types, the values of all others.
"""

import re
from typing import Any
from urllib.parse import urlsplit

Obj = dict[str, Any]

# A prefix and a tail of letters and digits, at least one a digit or a capital: no code of Stripe's is so.
ID = re.compile(r"(?<![\w-])([a-z]{2,}(?:_(?:test|3|1))?)_(?=[a-z]*[A-Z0-9])[A-Za-z0-9]{8,}(?![\w-])")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
UNIQUE = re.compile(r"contract[0-9a-f]{8}", re.IGNORECASE)  # what a recipe makes up: see ``Play.unique``
EARLIEST, LATEST = 1_400_000_000, 4_200_000_000  # s since 1970; no amount of a recipe is as large
SECRETS = {"client_secret", "secret"}
STRIPES_HOSTS = (".stripe.com",)
# Members whose values are the account's, the day's or chance; their type and presence are compared.
VARYING = {
    "account_country",
    "account_name",
    "account_tax_ids",
    "acquirer_reference_number",
    "authorization_code",
    "authorization_url",
    "calculated_statement_descriptor",
    "exp_month",
    "exp_year",
    "fingerprint",
    "idempotency_key",
    "invoice_prefix",
    "network_transaction_id",
    "number",  # of an invoice
    "reference",
    "risk_score",
    "statement_descriptor_prefix",
    "transaction_link_id",
}
HEADERS = (
    "Cache-Control",
    "Content-Type",
    "Idempotency-Key",
    "Idempotent-Replayed",
    "Original-Request",
    "Request-Id",
    "Retry-After",
    "Stripe-Account",
    "Stripe-Notice",
    "Stripe-Should-Retry",
    "Stripe-Version",
    "WWW-Authenticate",
)


def shape_of(value: Any, *, host: str, member: str = "") -> Any:
    """Return ``value``, which may be any JSON, without what differs between two runs at ``host``."""
    if isinstance(value, dict):
        return {key: shape_of(item, host=host, member=key) for key, item in sorted(value.items())}
    if isinstance(value, list):
        return [shape_of(item, host=host, member=member) for item in value]
    if isinstance(value, bool) or value is None:
        return value
    if member in VARYING:
        return f"<{type(value).__name__}>"
    if isinstance(value, str):
        return text_of(value, host=host, member=member)
    return "<time>" if EARLIEST < value < LATEST else value


def text_of(value: str, *, host: str, member: str = "") -> str:
    if member in SECRETS:
        return "<secret>"
    if value.startswith(("http://", "https://")):
        where = urlsplit(value).netloc
        if where == host or (where.endswith(STRIPES_HOSTS) and not where.startswith(("docs.", "support."))):
            return "<url>"
    value = UNIQUE.sub("<unique>", UUID.sub("<uuid>", value))
    return ID.sub(lambda found: f"<{kind_of(found[1])}>", value)


def kind_of(prefix: str) -> str:
    """Return an id's prefix without the digit that Stripe puts before the random part."""
    return re.sub(r"_[13]$", "", prefix)


def headers_of(headers: dict[str, str], *, key: str | None, requests: list[str]) -> Obj:
    """
    Return the shape of a reply's headers.

    ``key`` is the idempotency key that was sent, ``requests`` are the ids of the recipe's earlier requests.
    """
    given = {name.lower(): value for name, value in headers.items()}
    found: Obj = {name: given[name.lower()] for name in HEADERS if name.lower() in given}
    request = found.get("Request-Id")
    if request is not None:
        found["Request-Id"] = "<req>"
    if "Idempotency-Key" in found:
        found["Idempotency-Key"] = "as sent" if found["Idempotency-Key"] == key else "another"
    if (original := found.get("Original-Request")) is not None:
        earlier = "an earlier request" if original in requests else "unknown"
        found["Original-Request"] = "this request" if original == request else earlier
    return found


def ids_in(value: Any) -> set[str]:
    """Return all of Stripe's ids in ``value``."""
    if isinstance(value, dict):
        return {found for item in value.values() for found in ids_in(item)}
    if isinstance(value, list):
        return {found for item in value for found in ids_in(item)}
    return {value} if isinstance(value, str) and ID.fullmatch(value) else set()
