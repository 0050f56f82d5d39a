"""``POST /api/door/pair``."""

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bookings.door.devices.authentication import remember, require_same_origin
from bookings.door.devices.codes import read_code
from bookings.door.devices.pairing import InvalidCode, pair
from bookings.models import DeviceRole
from bookings.web.slots import context_for
from config.errors import ApiError
from config.schema import operation


class PairRequestSerializer(serializers.Serializer):
    code = serializers.CharField(max_length=40, help_text="Eight digits.")
    name = serializers.CharField(
        max_length=100,
        required=False,
        allow_blank=True,
        help_text="How staff know it, such as North, phone 2.",
    )


class DoorEventSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    slug = serializers.CharField()
    title = serializers.CharField()


class PairResponseSerializer(serializers.Serializer):
    device = serializers.CharField(help_text="Its name.")
    role = serializers.ChoiceField(choices=DeviceRole.choices)
    gate = serializers.CharField(help_text="Where it scans; may be empty.")
    events = DoorEventSerializer(many=True)
    expires_at = serializers.DateTimeField()


class PairView(APIView):
    """Pair the browser that asks, by a code from the admin; the answer sets its cookie."""

    @operation(
        request=PairRequestSerializer,
        responses={200: PairResponseSerializer},
        errors=[{403: {"invalid_code": {}, "wrong_origin": {}}, 429: {"throttled": {}}}],
    )
    def post(self, request: Request) -> Response:
        require_same_origin(request._request)
        wanted = PairRequestSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        guesses = context_for("pairing", request._request, None)
        if wait := guesses["wait"]:
            message = _("Too many wrong codes. Please wait a minute.")
            raise ApiError(429, "throttled", message, retry_after=wait)
        code = read_code(wanted.validated_data["code"])
        try:
            if code is None:
                raise InvalidCode
            device, secret = pair(code, wanted.validated_data.get("name", ""))
        except InvalidCode as error:
            message = _("This code is wrong, used or too old. Ask for a new one.")
            raise ApiError(403, "invalid_code", message) from error
        guesses["right"]()
        events = [
            {"id": event.pk, "slug": event.slug, "title": event.title}
            for event in device.events.order_by("starts_at", "pk")
        ]
        response = Response(
            {
                "device": device.name,
                "role": device.role,
                "gate": device.gate,
                "events": events,
                "expires_at": device.expires_at,
            },
            headers={"Cache-Control": "no-store"},
        )
        remember(response, secret)
        return response
