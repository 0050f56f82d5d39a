from django import template

from bookings.models import Event
from bookings.web.waiting_forms import JoinForm, join_form

register = template.Library()


@register.simple_tag
def waiting_list_form(event: Event) -> JoinForm | None:
    """Return the form with which to wait for places of ``event``, or None if nobody can."""
    return join_form(event)
