from django import template

from bookings.models import Booking
from bookings.questions.asking import Asking, asking, is_over

register = template.Library()


@register.simple_tag
def questions_of(booking: Booking) -> Asking | None:
    """Return what the customer of ``booking`` is asked and can still answer, or None."""
    asked = None if is_over(booking) else asking(booking)
    return asked if asked and asked.is_anything else None
