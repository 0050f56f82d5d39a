"""The door's JSON API for mistakes and conflicts: undo, list and settle."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from bookings.door.conflicts import Clash, Settlement, clashes, explain, settle
from bookings.door.counting import count
from bookings.door.devices.authentication import OF_AN_EVENT, OF_DEVICES, event_of
from bookings.door.devices.views import DoorView
from bookings.door.undoing import undo
from bookings.door.web.scans_api import CountsSerializer
from bookings.models import Conflict, Device, Entry, Event
from config.errors import ApiError
from config.schema import CONDITIONAL, UNCHANGED, Errors, operation
from waiting.conditional import conditional

SUPERVISORS: Errors = {403: {"supervisor_only": {}}}


class UndoRequestSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=300, allow_blank=True, default="")
    person = serializers.CharField(max_length=100, allow_blank=True, default="")


class UndoResponseSerializer(serializers.Serializer):
    nonce = serializers.UUIDField()
    undone_at = serializers.DateTimeField()
    counts = CountsSerializer()


class ClashSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    conflict = serializers.ChoiceField(choices=Conflict.choices)
    message = serializers.CharField()
    seat = serializers.CharField()
    name = serializers.CharField()
    at = serializers.DateTimeField()
    gate = serializers.CharField()
    device = serializers.CharField()
    about_the_same_time = serializers.BooleanField()
    other_at = serializers.DateTimeField(allow_null=True, help_text="When the one came who has the seat.")
    other_gate = serializers.CharField()
    other_name = serializers.CharField()


class ConflictsResponseSerializer(serializers.Serializer):
    conflicts = ClashSerializer(many=True)


class SettleRequestSerializer(serializers.Serializer):
    how = serializers.CharField(
        max_length=100, help_text=f"{', '.join(Settlement.values)}, or words of one's own."
    )
    reason = serializers.CharField(max_length=300, allow_blank=True, default="")
    person = serializers.CharField(max_length=100, allow_blank=True, default="")


class SettleResponseSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    settled_at = serializers.DateTimeField()
    settled_by = serializers.CharField()
    settled_how = serializers.CharField()


class UndoView(DoorView):
    """Take back that a scan has let somebody in."""

    @operation(
        request=UndoRequestSerializer,
        responses={200: UndoResponseSerializer},
        errors=[
            OF_DEVICES,
            SUPERVISORS,
            {400: {"reason_needed": {}}, 403: {"too_late": {}}, 404: {"unknown_scan": {}}},
        ],
    )
    def post(self, request: Request, nonce: str) -> Response:
        device: Device = request.auth  # type: ignore[assignment]
        said = UndoRequestSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        entry = undo(device, _read(nonce), said.validated_data["reason"], said.validated_data["person"])
        body = {"nonce": nonce, "undone_at": entry.undone_at, "counts": count(entry.event)}
        return Response(body, headers={"Cache-Control": "no-store"})


def _read(nonce: str) -> UUID:
    try:
        return UUID(nonce)
    except ValueError as error:
        raise ApiError(404, "unknown_scan", _("Nobody was let in by this scan.")) from error


class ConflictsView(DoorView):
    """List the conflicts of an event that nobody has settled, for supervisors."""

    @operation(
        responses={200: ConflictsResponseSerializer, **UNCHANGED},
        errors=[OF_DEVICES, OF_AN_EVENT, SUPERVISORS],
        parameters=CONDITIONAL,
    )
    def get(self, request: Request, event_id: str) -> Response:
        event = event_of(self.supervisor(request), int(event_id))
        found = [_describe(clash, event) for clash in clashes(event)]
        return conditional(request, {"conflicts": found}, topic=event.door_topic)


class SettleView(DoorView):
    """Note how a conflict was dealt with. What was noted first stays."""

    @operation(
        request=SettleRequestSerializer,
        responses={200: SettleResponseSerializer},
        errors=[OF_DEVICES, SUPERVISORS, {404: {"unknown_conflict": {}}}],
    )
    def post(self, request: Request, conflict_id: str) -> Response:
        device = self.supervisor(request)
        said = SettleRequestSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        events = [event.pk for event in device.events.all()]
        entry = Entry.objects.exclude(conflict="").filter(pk=int(conflict_id), event__in=events).first()
        if entry is None:
            raise ApiError(404, "unknown_conflict", _("There is no such conflict."))
        told = said.validated_data
        by = f"{device.name}, {told['person']}" if told["person"] else device.name
        settled = settle(entry, told["how"], told["reason"], by)
        body = {
            "id": settled.pk,
            "settled_at": settled.settled_at,
            "settled_by": settled.settled_by,
            "settled_how": settled.settled_how,
        }
        return Response(body, headers={"Cache-Control": "no-store"})


def _describe(clash: Clash, event: Event) -> dict[str, Any]:
    entry, other = clash.entry, clash.other
    return {
        "id": entry.pk,
        "conflict": entry.conflict,
        "message": explain(clash, event),
        "seat": entry.seat.label if entry.seat else "",
        "name": entry.ticket.holder if entry.ticket else "",
        "at": entry.entered_at,
        "gate": entry.scan.gate,
        "device": entry.scan.device.name,
        "about_the_same_time": clash.is_close,
        "other_at": other.entered_at if other else None,
        "other_gate": other.scan.gate if other else "",
        "other_name": other.ticket.holder if other and other.ticket else "",
    }
