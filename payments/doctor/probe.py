"""
A probe: a harmless event that is sent to our own webhook on the way that Stripe's events take.

It is signed as Stripe signs, but nothing handles its type, so the webhook ignores it and stores nothing.
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
    """What the webhook answered. If nothing came back, ``status`` is 0 and ``failure`` says why."""

    status: int
    location: str = ""
    code: str = ""  # the API's code of an error, such as invalid_signature
    is_ignored: bool = False  # what our webhook answers to a probe
    failure: str = ""


def send(url: str, secret: str = "") -> Answer:
    """POST a probe to ``url``, signed if a ``secret`` is given. Like Stripe, follow no redirect."""
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
    """Return the JSON object in ``data``, or an empty one if it holds anything else."""
    try:
        said = json.loads(data)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _code(said: dict[str, object]) -> str:
    error = said.get("error")
    return str(error.get("code", "")) if isinstance(error, dict) else ""
