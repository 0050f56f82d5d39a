"""
An event that is none, sent to our own webhook by the way that Stripe's events take.

It is signed like Stripe's, and of a type that nobody handles: the webhook counts it as ignored, and keeps
nothing.
"""

import json
import secrets
from dataclasses import dataclass

import urllib3
from urllib3.exceptions import HTTPError

from payments.gateway.signatures import sign

WITHIN = 10  # s
TYPE = "admit.probe"


@dataclass(frozen=True)
class Answer:
    """What came back. Without any answer ``status`` is 0, and ``failure`` says why."""

    status: int
    location: str = ""
    code: str = ""  # of an error in our own words
    is_ignored: bool = False  # as our webhook says of a probe
    failure: str = ""


def knock(url: str, secret: str = "") -> Answer:
    """POST a probe to ``url``, signed with ``secret`` if there is one; follow no redirect, as Stripe does."""
    body = json.dumps(
        {"id": f"evt_probe_{secrets.token_hex(8)}", "object": "event", "type": TYPE, "data": {"object": {}}}
    ).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "stripe_doctor"}
    if secret:
        headers["Stripe-Signature"] = sign(body, secret)
    try:
        with urllib3.PoolManager() as pool:
            reply = pool.request(
                "POST", url, body=body, headers=headers, redirect=False, retries=False, timeout=WITHIN
            )
    except HTTPError as error:
        return Answer(0, failure=str(error))
    said = _read(reply.data)
    return Answer(
        reply.status,
        location=reply.headers.get("Location", ""),
        code=_code(said),
        is_ignored=said.get("outcome") == "ignored",
    )


def _read(data: bytes) -> dict[str, object]:
    """Return the JSON object in ``data``, an empty one if there is none."""
    try:
        said = json.loads(data)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _code(said: dict[str, object]) -> str:
    error = said.get("error")
    return str(error.get("code", "")) if isinstance(error, dict) else ""
