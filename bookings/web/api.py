"""The JSON API for an event's seats."""

from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bookings.events.addresses import find_event
from bookings.messages import explain_sold_out, explain_tickets_soon
from bookings.models import Event
from bookings.money import MAXIMUM
from bookings.orders.wishes import MAX_SEATS
from bookings.seats.alternatives import suggest_best
from bookings.seats.holds import NotOnSale, SoldOut
from bookings.seats.seat_states import read_states
from config.errors import ApiError
from config.schema import CONDITIONAL, FIELDS, INTEGER, UNCHANGED, Errors, operation
from waiting.conditional import conditional

UNKNOWN_EVENT: Errors = {404: {"unknown_event": {}}}
NO_SUCH_BEST: Errors = {
    400: {"invalid": {"fields": FIELDS}},
    409: {"sold_out": {"free": INTEGER}, "not_on_sale": {}},
}


class SeatsResponseSerializer(serializers.Serializer):
    layout = serializers.CharField(help_text="Changes when seats are added, removed or repriced.")
    is_whole = serializers.BooleanField(help_text="Whether this lists all seats, or only those that changed.")
    free = serializers.ListField(child=serializers.CharField())
    held = serializers.ListField(child=serializers.CharField())
    taken = serializers.ListField(child=serializers.CharField())


class BestRequestSerializer(serializers.Serializer):
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_SEATS)
    most = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=MAXIMUM,
        help_text="What one place may cost at the most, in the currency's minor unit.",
    )


class BestResponseSerializer(serializers.Serializer):
    seats = serializers.ListField(child=serializers.CharField())


class SeatsView(APIView):
    """
    Return which seats are free, held or taken: the changes since the ETag in ``If-None-Match``, else all.

    The answer is the same for all customers; it doesn't say which seats are the customer's own.
    """

    @operation(
        responses={200: SeatsResponseSerializer, **UNCHANGED}, errors=[UNKNOWN_EVENT], parameters=CONDITIONAL
    )
    def get(self, request: Request, slug: str) -> Response:
        event = _find_event(slug)
        states, labels = read_states(event)
        tag, known = states.known(parse_etags(request.headers.get("If-None-Match", "")))
        # Keep the client's tag if it has the same states: another zlib version may have compressed them
        # otherwise.
        tag = tag if known == states.digits else states.tag
        changes = states.changes(known, labels)
        return conditional(request, changes, topic=event.topic, tag=tag, is_shared=True)


class BestSeatsView(APIView):
    """Suggest the best free seats without holding them."""

    @operation(
        responses={200: BestResponseSerializer},
        errors=[UNKNOWN_EVENT, NO_SUCH_BEST],
        parameters=[BestRequestSerializer],
    )
    def get(self, request: Request, slug: str) -> Response:
        wanted = BestRequestSerializer(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        try:
            seats = suggest_best(_find_event(slug), **wanted.validated_data)
        except NotOnSale as error:
            raise ApiError(409, "not_on_sale", explain_tickets_soon()) from error
        except SoldOut as error:
            words = explain_sold_out(error.free, has_limit=error.has_limit)
            raise ApiError(409, "sold_out", words, free=error.free) from error
        return Response({"seats": [seat.label for seat in seats]})


def _find_event(slug: str) -> Event:
    event = find_event(slug)
    if event is None:
        raise unknown_event()
    return event


def unknown_event() -> ApiError:
    """Return the error for a slug that no event has, or none that customers can see."""
    return ApiError(404, "unknown_event", _("There’s no event with this name."))
