"""Stripe's events, and where it delivers them."""

import json
import re
from dataclasses import dataclass

from payments.gateway.objects import Json

EVENT_ID = re.compile(r"\w{1,255}", re.ASCII)
EVENT_TYPE = re.compile(r"[\w.]{1,100}", re.ASCII)


class InvalidPayload(Exception):
    """The body is signed, but it isn't an event."""


@dataclass(frozen=True)
class WebhookEndpoint:
    """
    Where Stripe delivers events of ``types`` (``*`` is all). No ``api_version`` is the account's.

    The ``types`` of one for thin events, which have no version, are those of the same snapshot events.
    """

    url: str
    is_enabled: bool
    api_version: str
    types: frozenset[str]
    is_thin: bool = False


def read_endpoint(endpoint: Json) -> WebhookEndpoint:
    return WebhookEndpoint(
        url=endpoint["url"],
        is_enabled=endpoint["status"] == "enabled",
        api_version=endpoint.get("api_version") or "",
        types=frozenset(endpoint["enabled_events"]),
    )


def read_destination(destination: Json) -> WebhookEndpoint:
    return WebhookEndpoint(
        url=(destination.get("webhook_endpoint") or {}).get("url") or "",
        is_enabled=destination["status"] == "enabled",
        api_version="",
        types=frozenset(kind.removeprefix("v1.") for kind in destination["enabled_events"]),
        is_thin=destination.get("event_payload") == "thin",
    )


def parse_event(text: str) -> Json:
    """Return an event: a dict with ``id``, ``type`` and ``data.object``. Raise ``InvalidPayload``."""
    try:
        event = json.loads(text)
        if event.get("object") == "v2.core.event":  # A thin event has no object, only where to find one.
            event.setdefault("data", {}).setdefault("object", {})
        well_formed = EVENT_ID.fullmatch(event["id"]) and EVENT_TYPE.fullmatch(event["type"])
        if not (well_formed and isinstance(event["data"]["object"], dict)):
            raise InvalidPayload
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidPayload from error
    return event
