"""The JSON API for what is on, and what there is to buy."""

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bookings.events.addresses import find_event
from bookings.events.offering import describe_events
from bookings.models import AreaKind, Event, EventStatus, SaleStatus
from bookings.models.event import EventQuerySet
from bookings.web.api import UNKNOWN_EVENT, unknown_event
from config.schema import CONDITIONAL, UNCHANGED, operation
from waiting.conditional import conditional

# The programme has no topic to wait for.
VERSIONED = [parameter for parameter in CONDITIONAL if parameter.name != "Prefer"]
MINOR = "In the currency's minor unit."


class SeatInEventSerializer(serializers.Serializer):
    label = serializers.CharField()  # type: ignore[assignment]
    row = serializers.CharField()
    number = serializers.IntegerField()
    price = serializers.IntegerField(help_text=MINOR)
    notes = serializers.CharField(help_text="What buyers should know, separated by commas.")


class AreaInEventSerializer(serializers.Serializer):
    """A part of the house. Seats that are in none are in the area ``seats``."""

    slug = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=AreaKind.choices)
    description = serializers.CharField()
    free = serializers.IntegerField()
    price = serializers.IntegerField(allow_null=True, help_text=f"Of a standing place. {MINOR}")
    seats = SeatInEventSerializer(many=True, allow_null=True)


class TypeInEventSerializer(serializers.Serializer):
    """It costs its ``price``, or ``percent_off`` less than the place, or what the place does."""

    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    price = serializers.IntegerField(allow_null=True, help_text=MINOR)
    percent_off = serializers.IntegerField(allow_null=True)
    areas = serializers.ListField(
        child=serializers.CharField(), help_text="Where it is sold. None: everywhere."
    )
    free = serializers.IntegerField(allow_null=True, help_text="How many are left; null without a quota.")
    at_least = serializers.IntegerField(allow_null=True, help_text="In a booking that has any.")
    at_most = serializers.IntegerField(allow_null=True)
    sold_until = serializers.DateTimeField(allow_null=True)
    members_only = serializers.BooleanField()
    proof = serializers.BooleanField(help_text="Its holder shows at the door that they may have it.")


class EventSerializer(serializers.Serializer):
    title = serializers.CharField()
    slug = serializers.CharField()
    url = serializers.URLField()
    summary = serializers.CharField(help_text="One or two sentences; may be empty.")
    description = serializers.CharField()
    picture = serializers.URLField(allow_null=True, help_text="A JPEG, up to 1,600 pixels wide.")
    venue = serializers.CharField()
    map_url = serializers.URLField(help_text="Where a map shows the venue.")
    time_zone = serializers.CharField(help_text="Its name among those of the IANA, such as Europe/Berlin.")
    currency = serializers.CharField()
    status = serializers.ChoiceField(choices=EventStatus.choices)
    sale = serializers.ChoiceField(choices=SaleStatus.choices)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    sales_from = serializers.DateTimeField()
    sales_until = serializers.DateTimeField()
    member_sales_from = serializers.DateTimeField(allow_null=True)
    cancellable_until = serializers.DateTimeField(allow_null=True)
    organiser_name = serializers.CharField()
    organiser_email = serializers.CharField()
    free = serializers.IntegerField()
    areas = AreaInEventSerializer(many=True)
    types = TypeInEventSerializer(many=True)


class EventsSerializer(serializers.Serializer):
    events = EventSerializer(many=True)


class EventsView(APIView):
    """Return the programme: the published events that aren't over, with what they offer."""

    @operation(
        responses={200: EventsSerializer, **UNCHANGED}, parameters=VERSIONED, operation_id="events_list"
    )
    def get(self, request: Request) -> Response:
        events = Event.objects.listed().upcoming(timezone.now()).with_availability()
        return conditional(request, {"events": describe_events(list(events))}, is_shared=True)


class EventView(APIView):
    """Return one event, by the slug that it has or once had, whether or not the programme lists it."""

    @operation(responses={200: EventSerializer, **UNCHANGED}, errors=[UNKNOWN_EVENT], parameters=CONDITIONAL)
    def get(self, request: Request, slug: str) -> Response:
        event = find_event(slug, _public)
        if event is None:
            raise unknown_event()
        (described,) = describe_events([event])
        return conditional(request, described, topic=event.topic, is_shared=True)


def _public() -> EventQuerySet:
    return Event.objects.public().with_availability()
