"""``POST /api/door/scans``: what devices have scanned, and what is true of it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from bookings.door.answering import answer
from bookings.door.attempts import Attempt
from bookings.door.counting import count
from bookings.door.devices.allowance import spend
from bookings.door.devices.authentication import OF_AN_EVENT, OF_DEVICES
from bookings.door.devices.views import DoorView
from bookings.door.metrics import scans_sent
from bookings.door.recording import record, working_event
from bookings.models import Device, Direction, ScanKind, Verdict
from config.errors import ApiError
from config.rest.fields import ShortListField
from config.schema import Errors, Schema, operation

MOST = 100  # scans in a request
LONGEST = 500  # characters of what was read; a token has 136
THROTTLED: Errors = {429: {"throttled": {}}}
SCANS: Schema = {"type": "array", "items": {}, "description": "The answers to all."}


class ScanSerializer(serializers.Serializer):
    """One attempt: of a ``token`` as its QR code says it, or of a ``ticket`` by the digest in the list."""

    nonce = serializers.UUIDField(
        help_text="The device makes it up, and sends it again until it is recorded."
    )
    token = serializers.CharField(max_length=LONGEST, required=False, trim_whitespace=True)
    ticket = serializers.RegexField(r"^[0-9a-f]{24}\Z", required=False)
    direction = serializers.ChoiceField(choices=Direction.choices, default=Direction.IN)
    kind = serializers.ChoiceField(choices=ScanKind.choices, default=ScanKind.CODE)
    scanned_at = serializers.DateTimeField(help_text="By the device's clock.")
    offline = serializers.BooleanField(default=False, help_text="The device has decided it by itself.")
    shown = serializers.ChoiceField(choices=Verdict.choices, allow_blank=True, default="")
    gate = serializers.CharField(max_length=60, allow_blank=True, default="")
    override = serializers.CharField(
        max_length=300, required=False, help_text="Why a supervisor lets somebody in all the same."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("token" in attrs) == ("ticket" in attrs):
            raise serializers.ValidationError(_("Send either a token or a ticket."))
        return attrs


class ScansRequestSerializer(serializers.Serializer):
    """The list of what was scanned; ``sent_at`` tells how far the device's clock is off."""

    sent_at = serializers.DateTimeField(required=False)
    list_version = serializers.CharField(max_length=40, allow_blank=True, default="")
    queued = serializers.IntegerField(min_value=0, max_value=1_000_000, default=0)
    person = serializers.CharField(max_length=100, allow_blank=True, default="", help_text="Who is scanning.")
    event = serializers.IntegerField(required=False, help_text="At whose door, if the device is for several.")
    scans = ShortListField(child=serializers.JSONField(allow_null=True), min_length=1, max_length=MOST)


class GroupSerializer(serializers.Serializer):
    """How many tickets of the booking are inside, and which aren't yet."""

    vars()["in"] = serializers.IntegerField()
    of = serializers.IntegerField()
    others = serializers.ListField(child=serializers.CharField())


class ScanErrorSerializer(serializers.Serializer):
    code = serializers.CharField()
    message = serializers.CharField()
    fields = serializers.DictField(required=False)  # type: ignore[assignment]


class ScanAnswerSerializer(serializers.Serializer):
    nonce = serializers.CharField(allow_null=True)
    recorded = serializers.BooleanField()
    verdict = serializers.ChoiceField(choices=Verdict.choices, required=False)
    message = serializers.CharField(required=False)
    seat = serializers.CharField(required=False)
    name = serializers.CharField(required=False)
    category = serializers.CharField(required=False)
    notes = serializers.ListField(child=serializers.CharField(), required=False)
    group = GroupSerializer(required=False, allow_null=True)
    inside_since = serializers.DateTimeField(required=False, allow_null=True)
    other_name = serializers.CharField(required=False)
    gate = serializers.CharField(required=False)
    ticket = serializers.CharField(required=False)
    error = ScanErrorSerializer(required=False)


class CountsSerializer(serializers.Serializer):
    inside = serializers.IntegerField()
    expected = serializers.IntegerField()
    per_minute = serializers.IntegerField(help_text="Admitted in the last minute.")
    by_gate = serializers.DictField(child=serializers.IntegerField())


class ScansResponseSerializer(serializers.Serializer):
    now = serializers.DateTimeField()
    scans = ScanAnswerSerializer(many=True)
    counts = CountsSerializer()


class ScansView(DoorView):
    """
    Record scans and return the verdict on each.

    One that can't be read doesn't stop the others. A nonce that is known gets its first answer again.
    """

    @operation(
        request=ScansRequestSerializer,
        responses={200: ScansResponseSerializer},
        errors=[OF_DEVICES, OF_AN_EVENT, THROTTLED, {400: {"no_reentry": {"scans": SCANS}}}],
    )
    def post(self, request: Request) -> Response:
        device: Device = request.auth  # type: ignore[assignment]
        sent = ScansRequestSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        told, now = sent.validated_data, timezone.now()
        event = working_event(device, told.get("event"), None, now)
        skew = told["sent_at"] - now if "sent_at" in told else timedelta(0)
        wait = spend(
            device.pk,
            len(told["scans"]),
            list_version=told["list_version"],
            queued=told["queued"],
            skew_ms=round(skew / timedelta(milliseconds=1)),
        )
        if wait:
            message = _("This device sends too fast.")
            raise ApiError(429, "throttled", message, retry_after=int(wait) + 1)
        with scans_sent():
            answers = [_answer(device, element, told, skew, now) for element in told["scans"]]
        _refuse_all(answers)
        body = {"now": now, "scans": answers, "counts": count(event)}
        return Response(body, headers={"Cache-Control": "no-store"})


def _answer(
    device: Device, element: Any, told: Mapping[str, Any], skew: timedelta, now: datetime
) -> dict[str, Any]:
    """Record one element, and return its answer; what is wrong with it is its answer, too."""
    read = ScanSerializer(data=element)
    if not read.is_valid():
        message = _("This scan can’t be read.")
        nonce = element.get("nonce") if isinstance(element, dict) else None
        error = {"code": "invalid", "message": message, "fields": read.errors}
        return {"nonce": nonce if isinstance(nonce, str) else None, "recorded": False, "error": error}
    attempt = _attempt(read.validated_data, told, skew, now)
    try:
        recorded = record(device, attempt)
    except ApiError as error:
        code = str(error.detail.code)  # type: ignore[union-attr]
        refused = {"code": code, "message": str(error.detail)}
        return {"nonce": str(attempt.nonce), "recorded": False, "error": refused}
    return answer(recorded, attempt)


def _correct(told: datetime, skew: timedelta, now: datetime) -> datetime:
    """Return the time that a device has told by our clock; now, if that is later or no time at all."""
    try:
        return min(told - skew, now)
    except OverflowError:
        return now


def _attempt(scan: Mapping[str, Any], told: Mapping[str, Any], skew: timedelta, now: datetime) -> Attempt:
    at = _correct(scan["scanned_at"], skew, now) if scan["offline"] else now
    return Attempt(
        nonce=scan["nonce"],
        token=scan.get("token", ""),
        digest=scan.get("ticket", ""),
        direction=Direction(scan["direction"]),
        kind=ScanKind(scan["kind"]),
        scanned_at=scan["scanned_at"],
        at=at,
        is_offline=scan["offline"],
        shown=scan["shown"],
        gate=scan["gate"],
        person=told["person"],
        override=scan.get("override", ""),
        event_id=told.get("event"),
    )


def _refuse_all(answers: list[dict[str, Any]]) -> None:
    """Raise ``ApiError`` if nothing was recorded since nobody can leave this event and come back."""
    codes = {answer.get("error", {}).get("code") for answer in answers}
    if codes == {"no_reentry"}:
        message = answers[0]["error"]["message"]
        raise ApiError(400, "no_reentry", message, scans=answers)
