"""The shapes of the JSON interface: requests are validated with them, and ``/api/schema`` shows them all."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers

from bookings.addresses.serializers import AddressSerializerField
from bookings.models import BookingStatus
from bookings.money import MAXIMUM
from bookings.orders.wishes import FULL_PRICE, MAX_SEATS, PlacesWish, Wish
from bookings.validators import clean_name
from config.rest.fields import ShortListField
from config.schema import TEXT
from payments.memberships.status import STATUSES
from payments.models import PaymentStatus, Source


class TermsSerializer(serializers.Serializer):
    terms = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=1_000_000,
        help_text="The version of the terms that the buyer agrees to; needed where the house has terms.",
    )


class TypedSeatSerializer(serializers.Serializer):
    seat = serializers.CharField(max_length=60)
    type = serializers.CharField(max_length=40, required=False, default=FULL_PRICE, allow_blank=True)


TYPED_SEAT = {"type": "object", "properties": {"seat": TEXT, "type": TEXT}, "required": ["seat"]}


@extend_schema_field({"oneOf": [TEXT, TYPED_SEAT]})
class SeatField(serializers.Field):
    """A seat by its label, or as ``{"seat", "type"}``: a pair of both, the type empty at full price."""

    def to_internal_value(self, data: Any) -> tuple[str, str]:
        if isinstance(data, str):
            data = {"seat": data}
        wanted = TypedSeatSerializer(data=data)
        wanted.is_valid(raise_exception=True)
        return wanted.validated_data["seat"], wanted.validated_data["type"]

    def to_representation(self, value: tuple[str, str]) -> dict[str, str]:
        return {"seat": value[0], "type": value[1]}


class PlacesSerializer(serializers.Serializer):
    """So many places of a standing area; without a ``type``, at full price."""

    area = serializers.CharField(max_length=40)
    type = serializers.CharField(max_length=40, required=False, default=FULL_PRICE, allow_blank=True)
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_SEATS)


class SeatCheckoutSerializer(TermsSerializer):
    """``seats`` by their labels and ``places`` of standing areas, or a ``quantity`` of the best available."""

    event = serializers.CharField(max_length=80)
    seats = ShortListField(child=SeatField(), required=False, min_length=1, max_length=MAX_SEATS)
    places = ShortListField(child=PlacesSerializer(), required=False, min_length=1, max_length=MAX_SEATS)
    code = serializers.CharField(required=False, max_length=60, help_text="A promotion or an access code.")
    total = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=MAXIMUM,
        help_text="The price that the customer has seen, in minor units: a higher one is refused.",
    )
    quantity = serializers.IntegerField(required=False, min_value=1, max_value=MAX_SEATS)
    name = serializers.CharField(max_length=200)
    email = AddressSerializerField(max_length=254)

    def validate_name(self, name: str) -> str:
        return clean_name(name)

    def validate_seats(self, seats: list[tuple[str, str]]) -> dict[str, str]:
        if len(dict(seats)) != len(seats):
            raise serializers.ValidationError(_("Name each seat only once."))
        return dict(seats)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("seats" in attrs or "places" in attrs) == ("quantity" in attrs):
            raise serializers.ValidationError(_("Give either seats or a quantity."))
        attrs["wish"] = wish = Wish(
            seats=attrs.get("seats", {}),
            places=[PlacesWish(**places) for places in attrs.get("places", ())],
            quantity=attrs.get("quantity", 0),
            code=attrs.get("code", ""),
        )
        if wish.count > MAX_SEATS:
            words = _("You can buy %(max)d tickets at a time.") % {"max": MAX_SEATS}
            raise serializers.ValidationError(words)
        return attrs


class MembershipCheckoutSerializer(TermsSerializer):
    plan = serializers.CharField(help_text="The name of a membership, for a customer who is signed in.")


class SeatCheckoutResponseSerializer(serializers.Serializer):
    booking = serializers.CharField()
    session_id = serializers.CharField()
    checkout_url = serializers.URLField()
    expires_at = serializers.DateTimeField(
        help_text="When it ends. It is closed earlier if nobody begins to pay for some minutes."
    )
    status_url = serializers.CharField()


class FreeCheckoutResponseSerializer(serializers.Serializer):
    """A booking with nothing to pay, which is confirmed at once."""

    booking = serializers.CharField()
    session_id = serializers.CharField(allow_null=True)
    checkout_url = serializers.URLField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    status_url = serializers.CharField(allow_null=True)
    booking_url = serializers.URLField()


class OverCheckoutSerializer(serializers.Serializer):
    """A purchase that was asked for before, and whose session can't be paid any more."""

    booking = serializers.CharField()
    session_id = serializers.CharField()
    status = serializers.ChoiceField(choices=PaymentStatus.choices)
    expires_at = serializers.DateTimeField()
    status_url = serializers.CharField()


class MembershipCheckoutResponseSerializer(serializers.Serializer):
    subscription = serializers.CharField()
    session_id = serializers.CharField()
    checkout_url = serializers.URLField()
    expires_at = serializers.DateTimeField()
    status_url = serializers.CharField()


CHECKOUT_REQUEST = PolymorphicProxySerializer(
    component_name="CheckoutRequest",
    serializers=[SeatCheckoutSerializer, MembershipCheckoutSerializer],
    resource_type_field_name=None,
)
CHECKOUT_RESPONSE = PolymorphicProxySerializer(
    component_name="CheckoutResponse",
    serializers=[
        SeatCheckoutResponseSerializer,
        FreeCheckoutResponseSerializer,
        MembershipCheckoutResponseSerializer,
    ],
    resource_type_field_name=None,
)


class SessionRequestSerializer(serializers.Serializer):
    session_id = serializers.CharField(max_length=255)


class BookingInStatusSerializer(serializers.Serializer):
    reference = serializers.CharField()
    event_title = serializers.CharField()
    customer_name = serializers.CharField()
    customer_email = serializers.CharField()
    booked_seats = serializers.ListField(child=serializers.CharField())
    amount_total = serializers.IntegerField(
        help_text="What the booking costs; once it is paid, what was paid, with any discount or tax."
    )
    currency = serializers.CharField()
    payment_id = serializers.CharField(allow_null=True)
    ticket_reference = serializers.CharField(
        allow_null=True, help_text="The booking number, once there are tickets."
    )


class TicketInStatusSerializer(serializers.Serializer):
    seat = serializers.CharField()
    code = serializers.CharField()
    success = serializers.BooleanField()
    error_message = serializers.CharField(allow_null=True)
    url = serializers.CharField()
    qr_url = serializers.CharField()


class StatusResponseSerializer(serializers.Serializer):
    session_id = serializers.CharField()
    status = serializers.ChoiceField(choices=PaymentStatus.choices)
    is_processed = serializers.BooleanField()
    processed_at = serializers.DateTimeField(allow_null=True)
    message = serializers.CharField()
    error_message = serializers.CharField(allow_null=True)
    checked_at = serializers.DateTimeField(allow_null=True)
    instructions_url = serializers.URLField(allow_null=True)
    booking = BookingInStatusSerializer()
    tickets = TicketInStatusSerializer(many=True)


class EventInSyncSerializer(serializers.Serializer):
    url = serializers.CharField()
    venue = serializers.CharField()
    time_zone = serializers.CharField(help_text="Its name among those of the IANA, such as Europe/Berlin.")
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class SeatToCancelSerializer(serializers.Serializer):
    seat = serializers.CharField()
    fee = serializers.IntegerField()
    refund = serializers.IntegerField()


class CancellationSerializer(serializers.Serializer):
    url = serializers.CharField()
    api = serializers.CharField()
    seats = SeatToCancelSerializer(many=True)
    fee = serializers.IntegerField()
    refund = serializers.IntegerField()
    until = serializers.DateTimeField()


class ActionSerializer(serializers.Serializer):
    url = serializers.CharField()


class ActionsSerializer(serializers.Serializer):
    cancel = CancellationSerializer(allow_null=True)
    pay = ActionSerializer(allow_null=True)
    resend = ActionSerializer(allow_null=True)


class CancelRequestSerializer(serializers.Serializer):
    seats = ShortListField(
        child=serializers.CharField(max_length=60), required=False, min_length=1, max_length=MAX_SEATS
    )
    refund = serializers.IntegerField(required=False, min_value=0, help_text=_("What the customer has seen."))


class EntryInSyncSerializer(StatusResponseSerializer):
    url = serializers.CharField()
    event = EventInSyncSerializer()
    booking_status = serializers.ChoiceField(choices=BookingStatus.choices)
    created_at = serializers.DateTimeField()
    held_until = serializers.DateTimeField()
    checkout_url = serializers.URLField(allow_null=True)
    actions = ActionsSerializer()


class SyncResponseSerializer(serializers.Serializer):
    bookings = EntryInSyncSerializer(many=True)


class WebhookResponseSerializer(serializers.Serializer):
    received = serializers.BooleanField()
    outcome = serializers.ChoiceField(choices=["applied", "duplicate", "ignored"])


class MembershipResponseSerializer(serializers.Serializer):
    status = serializers.ChoiceField(choices=STATUSES)
    plan = serializers.CharField(allow_null=True)
    entitled_until = serializers.DateTimeField(allow_null=True)
    cancel_at_period_end = serializers.BooleanField()
    source = serializers.ChoiceField(choices=Source.choices, allow_null=True)  # type: ignore[assignment]
    checked_at = serializers.DateTimeField(allow_null=True)
