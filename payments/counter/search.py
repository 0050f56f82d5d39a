"""Find counter sales by anything that a customer can name."""

import re

from django.db.models import QuerySet

from bookings.search import find_bookings
from payments.models import CounterSale

NUMBER = re.compile(r"(?:C-?)?0*([1-9]\d{0,11})", re.IGNORECASE)


def find_sales(typed: str, among: QuerySet[CounterSale]) -> QuerySet[CounterSale]:
    """
    Return those of ``among`` that match: by number, booking, ticket reference, seat, address or name.

    What is the number of a sale finds that sale alone.
    """
    number = NUMBER.fullmatch(typed.strip())
    numbered = among.filter(pk=int(number[1])) if number else among.none()
    return numbered if numbered.exists() else among.filter(booking__in=find_bookings(typed))
