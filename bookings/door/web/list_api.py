"""The door's JSON API for what devices keep and look up: the list of an event's tickets, and search."""

import base64
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from bookings.door.answering import describe
from bookings.door.counting import count
from bookings.door.devices.authentication import UNPAIRED, event_of
from bookings.door.devices.views import DoorView
from bookings.door.listing import digest_rows, list_tickets
from bookings.door.searching import search
from bookings.door.web.scans_api import CountsSerializer
from bookings.models import Device, Entry, Event, Ticket
from bookings.tickets.tokens import verifying_keys
from config.schema import CONDITIONAL, UNCHANGED, operation
from waiting.conditional import conditional, etag

SEEN_EVERY = timedelta(seconds=30)


class ListRequestSerializer(serializers.Serializer):
    since = serializers.CharField(
        max_length=40,
        required=False,
        allow_blank=True,
        default="",
        help_text="A version that the device has.",
    )
    digest = serializers.BooleanField(
        default=False, help_text="Whether to send the digest of the whole list."
    )


class ListResponseSerializer(serializers.Serializer):
    """Rows are ``[digest, status, reason, seat, name, category, notes, group, since, gate, until]``."""

    version = serializers.CharField(help_text="To send as `since` the next time.")
    now = serializers.DateTimeField()
    event = serializers.IntegerField()
    whole = serializers.BooleanField(help_text="Whether there are no other tickets than these.")
    keys = serializers.ListField(child=serializers.CharField(), help_text="Ed25519 public keys in base64.")
    counts = CountsSerializer()
    tickets = serializers.ListField(child=serializers.ListField())
    digest = serializers.CharField(allow_null=True)


class SearchRequestSerializer(serializers.Serializer):
    q = serializers.CharField(max_length=100, allow_blank=True, default="")


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
        errors=[UNPAIRED, {400: {"invalid": {}}}],
        parameters=[ListRequestSerializer, *CONDITIONAL],
    )
    def get(self, request: Request, pk: str) -> Response:
        device: Device = request.auth  # type: ignore[assignment]
        event = event_of(device, int(pk))
        asked = ListRequestSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        _note(device)
        listed, counts = list_tickets(event, asked.validated_data["since"]), count(event)
        body = {
            "version": listed.version,
            "now": timezone.now(),
            "event": event.pk,
            "whole": listed.is_whole,
            "keys": [
                base64.b64encode(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
                for key in verifying_keys()
            ],
            "counts": counts,
            "tickets": listed.rows,
            "digest": _digest(event, listed.rows, listed.is_whole, asked.validated_data["digest"]),
        }
        tag = etag([listed.rows, counts, body["digest"]])
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
        errors=[UNPAIRED, {400: {"invalid": {}}}],
        parameters=[SearchRequestSerializer],
    )
    def get(self, request: Request, pk: str) -> Response:
        event = event_of(request.auth, int(pk))  # type: ignore[arg-type]
        asked = SearchRequestSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        found = search(event, asked.validated_data["q"])
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
