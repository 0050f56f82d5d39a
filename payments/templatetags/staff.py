from datetime import datetime, timedelta

from django import template
from django.conf import settings
from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from bookings.staff.access import within_scope
from payments.models import StaffAction
from payments.staff.alerts import Found, survey
from payments.staff.alerts.shop import ShopAlert, door_alerts, shop_alerts

register = template.Library()

DASHBOARD = "https://dashboard.stripe.com/"
# The colour of each state; its word is the model's.
TONES = {
    "good": [
        *("succeeded", "confirmed", "valid", "paid", "applied", "won", "warning_closed"),
        *("active", "trialing"),
    ],
    "wait": ["pending", "processing", "held", "open", "received", "due", "requires_action", "refund_due"],
    "bad": [
        *("disputed", "failed", "refused", "canceled", "missing", "suspended", "lost", "unknown"),
        *("past_due", "unpaid", "incomplete"),
        *("needs_response", "warning_needs_response", "appeal_needs_response"),
    ],
}
TONE = {state: tone for tone, states in TONES.items() for state in states}


@register.filter
def ago(at: datetime | None) -> str:
    """Return how long ago ``at`` was, or how far ahead it is, as HTML with the exact time on hover."""
    if at is None:
        return "–"
    exact = date_format(timezone.localtime(at), "j F Y, H:i:s")
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), exact, spell_age(at))


def spell_age(at: datetime) -> str:
    """Return how long ago ``at`` was, or how far ahead it is: ``3 hours ago``."""
    words = _("%(time)s ago") if at <= timezone.now() else _("in %(time)s")
    return words % {"time": age(at)}


@register.filter
def age(since: datetime) -> str:
    """Return the time between ``since`` and now in one unit: ``3 hours``."""
    now = timezone.now()
    distance = abs(now - since)
    if distance < timedelta(minutes=1):
        return _("%(n)d s") % {"n": distance.total_seconds()}
    return timesince(now - distance, now, depth=1)


@register.simple_tag
def state(row: Model, field: str = "status") -> SafeString | str:
    """Return the state in a ``field`` of ``row`` as a coloured label."""
    value = getattr(row, field)
    words = getattr(row, f"get_{field}_display")()
    tone = TONE.get(value, "over")
    return format_html('<span class="state" data-tone="{}">{}</span>', tone, words) if value else "–"


@register.simple_tag
def at_stripe(kind: str, name: str) -> str:
    """Return an address in Stripe's dashboard; ``kind`` is ``payments``, ``events`` or ``disputes``."""
    is_test = settings.STRIPE_SECRET_KEY.startswith(("sk_test_", "rk_test_"))
    return f"{DASHBOARD}{'test/' if is_test else ''}{kind}/{name}"


@register.simple_tag(takes_context=True)
def find_alerts(context: template.Context) -> dict[str, list[Found]]:
    """Return the alerts: the ``urgent`` ones, those that can ``wait``, and those that found ``none``."""
    found = survey(context["user"])
    some = [it for it in found if it.count]
    return {
        "urgent": [it for it in some if it.alert.urgent],
        "wait": [it for it in some if not it.alert.urgent],
        "none": [it for it in found if not it.count],
    }


@register.simple_tag(takes_context=True)
def find_shop_alerts(context: template.Context) -> list[ShopAlert]:
    """Return what is wrong with the shop itself."""
    return shop_alerts(context["user"])


@register.simple_tag(takes_context=True)
def find_door_alerts(context: template.Context) -> list[ShopAlert]:
    """Return what is wrong at the doors, for those who see nothing of money."""
    return door_alerts(context["user"])


@register.simple_tag(takes_context=True)
def last_actions(context: template.Context) -> QuerySet[StaffAction]:
    """Return the last eight things that staff did, with what whoever looks has to do with."""
    about = ["payment__booking", "subscription", "stripe_event"]
    theirs = within_scope(StaffAction.objects.all(), context["user"], "payment__booking__event")
    return theirs.select_related("actor", *about).order_by("-pk")[:8]
