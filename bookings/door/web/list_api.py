"""The door's JSON API for what devices keep and look up: the list of an event's tickets, and search."""

import base64
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from bookings.door.answering import describe
from bookings.door.counting import count
from bookings.door.devices.authentication import OF_AN_EVENT, OF_DEVICES, event_of
from bookings.door.devices.views import DoorView
from bookings.door.listing import digest_rows, list_tickets
from bookings.door.searching import search
from bookings.door.web.scans_api import CountsSerializer
from bookings.models import Device, Entry, Event, Ticket
from bookings.tickets.tokens import verifying_keys
from bookings.when.zones import zone_of
from config.schema import CONDITIONAL, UNCHANGED, operation
from waiting.conditional import conditional, etag

LONGEST = 100  # characters that are looked for
OF_LISTS = [
    OpenApiParameter(
        "since", str, description="A version that the device has; any other gets the whole list."
    ),
    OpenApiParameter("digest", bool, description="Whether to send the digest of the whole list."),
]
OF_SEARCH = [OpenApiParameter("q", str, description="A name, a booking number or a seat.")]
SEEN_EVERY = timedelta(seconds=30)


class ListResponseSerializer(serializers.Serializer):
    """Rows are ``[digest, status, reason, seat, name, category, notes, group, since, gate, until]``."""

    version = serializers.CharField(help_text="To send as `since` the next time.")
    now = serializers.DateTimeField()
    event = serializers.IntegerField()
    admits_from = serializers.DateTimeField(help_text="When the door begins to let guests in.")
    admits_until = serializers.DateTimeField()
    time_zone = serializers.CharField(help_text="The event's, for times that are shown.")
    whole = serializers.BooleanField(help_text="Whether there are no other tickets than these.")
    keys = serializers.ListField(child=serializers.CharField(), help_text="Ed25519 public keys in base64.")
    counts = CountsSerializer()
    tickets = serializers.ListField(child=serializers.ListField())
    digest = serializers.CharField(allow_null=True)


class FoundTicketSerializer(serializers.Serializer):
    ticket = serializers.CharField(help_text="The digest, to be sent as `ticket` of a scan.")
    seat = serializers.CharField()
    name = serializers.CharField()
    category = serializers.CharField()
    notes = serializers.ListField(child=serializers.CharField())
    status = serializers.CharField()
    group = serializers.CharField(help_text="The booking number.")
    since = serializers.DateTimeField(allow_null=True, help_text="Since when somebody is in this seat.")


class SearchResponseSerializer(serializers.Serializer):
    tickets = FoundTicketSerializer(many=True)


class ListView(DoorView):
    """Return all tickets of an event, or those that have changed since a version that the device has."""

    @operation(
        responses={200: ListResponseSerializer, **UNCHANGED},
        errors=[OF_DEVICES, OF_AN_EVENT],
        parameters=[*OF_LISTS, *CONDITIONAL],
    )
    def get(self, request: Request, event_id: str) -> Response:
        device: Device = request.auth  # type: ignore[assignment]
        event = event_of(device, int(event_id))
        asked = request.query_params
        _note(device)
        listed, counts = list_tickets(event, asked.get("since", "")), count(event)
        body = {
            "version": listed.version,
            "now": timezone.now(),
            "event": event.pk,
            "admits_from": event.admits_from,
            "admits_until": event.admits_until,
            "time_zone": zone_of(event.time_zone).key,
            "whole": listed.is_whole,
            "keys": [
                base64.b64encode(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
                for key in verifying_keys()
            ],
            "counts": counts,
            "tickets": listed.rows,
            "digest": _digest(event, listed.rows, listed.is_whole, asked.get("digest") in ("1", "true")),
        }
        tag = etag([listed.rows, counts, body["digest"], event.admits_from, event.admits_until])
        return conditional(request, body, topic=event.door_topic, tag=tag)


def _digest(event: Event, rows: list[list[Any]], is_whole: bool, is_wanted: bool) -> str | None:
    if is_whole:
        return digest_rows(rows)
    return digest_rows(list_tickets(event).rows) if is_wanted else None


def _note(device: Device) -> None:
    """Keep that the device was here; its polls needn't each write that."""
    now = timezone.now()
    if device.last_seen_at is None or now - device.last_seen_at > SEEN_EVERY:
        Device.objects.filter(pk=device.pk).update(last_seen_at=now)


class SearchView(DoorView):
    """Find tickets of an event by name, booking number or seat: at most twenty."""

    @operation(
        responses={200: SearchResponseSerializer},
        errors=[OF_DEVICES, OF_AN_EVENT],
        parameters=OF_SEARCH,
    )
    def get(self, request: Request, event_id: str) -> Response:
        event = event_of(request.auth, int(event_id))  # type: ignore[arg-type]
        found = search(event, request.query_params.get("q", "")[:LONGEST])
        since = dict(
            Entry.objects.open()
            .filter(seat__in=[ticket.seat_id for ticket in found])
            .values_list("seat", "entered_at")
        )
        body = {"tickets": [_found(ticket, since.get(ticket.seat_id)) for ticket in found]}
        return Response(body, headers={"Cache-Control": "no-store"})


def _found(ticket: Ticket, since: Any) -> dict[str, Any]:
    return {
        **describe(ticket),
        "status": ticket.status,
        "group": ticket.booking.ticket_reference,
        "since": since,
    }
