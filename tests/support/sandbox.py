"""A client for the sandbox, which runs as a process of its own."""

import json
import time
from collections.abc import Iterable
from typing import Any

import httpx
import stripe

from tests.support.stripe_schema.check import check_event, check_journal

Event = dict[str, Any]


class Sandbox:
    """A running sandbox. Methods raise unless the answer is 2xx, or the one that their docstring names."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self._http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=30)

    def close(self) -> None:
        self._http.close()

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Call the sandbox's control API, such as ``/faults``."""
        return self._post(f"/_sandbox{path}", body or {}).raise_for_status().json()

    def pay(self, session_id: str, **how: Any) -> Any:
        """Pay as a customer would: ``card="4242…"``, or ``method="us_bank_account", outcome="failed"``."""
        return self.post(f"/sessions/{session_id}/pay", how)

    def coupon(self, **form: str) -> str:
        """Create a coupon, ``percent_off="10"`` for instance, and return its id, for ``pay(…, coupon=…)``."""
        return self._http.post("/v1/coupons", data=form).raise_for_status().json()["id"]

    def decline(self, session_id: str, card: str = "4000000000000002") -> None:
        """Try to pay with a card that is declined; require the answer 402."""
        response = self._post(f"/_sandbox/sessions/{session_id}/pay", {"card": card})
        assert response.status_code == 402, response.text

    def session(self, session_id: str) -> Any:
        return self._get(f"/v1/checkout/sessions/{session_id}")

    def sessions(self) -> list[Any]:
        return self._get("/v1/checkout/sessions?limit=100")["data"]

    def expire(self, session_id: str) -> None:
        self._http.post(f"/v1/checkout/sessions/{session_id}/expire").raise_for_status()

    def events(self, session_id: str = "", *, after: str = "") -> list[Event]:
        """Return all events, oldest first, or those about one session, or ``after`` the one with this id."""
        page = f"&ending_before={after}" if after else ""
        events = self._get(f"/v1/events?limit=100{page}")["data"][::-1]
        return [event for event in events if session_id in ("", event["data"]["object"]["id"])]

    def event(self, kind: str, session_id: str) -> Event:
        """Return the only event of a session of this kind, such as ``completed``."""
        (event,) = [e for e in self.events(session_id) if e["type"] == f"checkout.session.{kind}"]
        return event

    def refund(self, session_id: str, amount: int | None = None) -> Any:
        """Refund a payment, in full by default, as staff do in Stripe's dashboard; return the refund."""
        form = {"payment_intent": self.session(session_id)["payment_intent"]}
        if amount is not None:
            form["amount"] = str(amount)
        return self._http.post("/v1/refunds", data=form).raise_for_status().json()

    def refund_by_staff(self, session_id: str, amount: int | None = None, **how: Any) -> Any:
        """Refund a payment in Stripe's dashboard, with a ``status`` if it matters; return the refund."""
        return self.post(f"/sessions/{session_id}/refund", {"amount": amount, **how})

    def override(self, object_id: str, **members: Any) -> None:
        """Show an object's members with other values from now on, such as a status of the future."""
        self.post(f"/objects/{object_id}", members)

    def settle_refund(self, refund_id: str, status: str, **more: Any) -> None:
        """Set a refund's status."""
        self.post(f"/refunds/{refund_id}/settle", {"status": status, **more})

    def dispute(self, session_id: str, **how: Any) -> Any:
        """Dispute a payment as its cardholder; return the dispute."""
        return self.post(f"/sessions/{session_id}/dispute", how)

    def close_dispute(self, dispute_id: str, status: str) -> None:
        """Close a dispute with the status ``won``, ``lost``, ``warning_closed`` or ``prevented``."""
        self.post(f"/disputes/{dispute_id}/close", {"status": status})

    def add_endpoint(self, url: str, *types: str, **more: str) -> str:
        """Create a webhook endpoint for events of these ``types``, and return its id."""
        form = {"url": url, **{f"enabled_events[{n}]": kind for n, kind in enumerate(types)}, **more}
        return self._http.post("/v1/webhook_endpoints", data=form).raise_for_status().json()["id"]

    def change_endpoint(self, endpoint_id: str, **form: str) -> None:
        self._http.post(f"/v1/webhook_endpoints/{endpoint_id}", data=form).raise_for_status()

    def objects(self, kind: str) -> list[Any]:
        """Return all objects of a kind, such as ``refund``, oldest first."""
        return self._get(f"/_sandbox/objects?kind={kind}")["objects"]

    def fault(self, path: str, do: str, **more: Any) -> None:
        """Make the next requests to ``path``, such as ``POST /v1/checkout/sessions``, fail."""
        self.post("/faults", {"match": path, "do": do, **more})

    def clear_faults(self) -> None:
        self._http.delete("/_sandbox/faults").raise_for_status()

    def requests(self, path: str = "") -> list[Any]:
        """Return the recorded API requests, or those to one path, such as ``POST /v1/events``."""
        journal = self._get("/_sandbox/requests")["requests"]
        return [entry for entry in journal if path in f"{entry['method']} {entry['url']}"]

    def problems(self) -> list[str]:
        """Return what Stripe's schema of v1 finds wrong with the requests, the replies and the events."""
        requests = [entry for entry in self.requests() if not entry["url"].startswith("/v2/")]
        problems = {entry["id"]: check_journal([entry]) for entry in requests}
        problems |= {event["id"]: check_event(event) for event in self.events()}
        if any(problems.values()):
            for shown in self._get("/_sandbox/overrides")["shown_in"]:  # Tests have asked for unknown values.
                problems.pop(shown, None)
        return [it for found in problems.values() for it in found]

    def _post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        return self._http.post(path, json=body)

    def _get(self, path: str) -> Any:
        return self._http.get(path).raise_for_status().json()


def sign(body: bytes, *secrets: str, at: float | None = None) -> str:
    """Return the ``Stripe-Signature`` header for ``body``, with a signature for each secret."""
    timestamp = int(time.time() if at is None else at)
    signed = f"{timestamp}.{body.decode()}"
    signatures: Iterable[str] = (stripe.WebhookSignature._compute_signature(signed, s) for s in secrets)
    return ",".join([f"t={timestamp}", *(f"v1={signature}" for signature in signatures)])


def encode(event: Any) -> bytes:
    """Return the body of an event's delivery, formatted like Stripe's."""
    return json.dumps(event, indent=2).encode()
