"""
``/styleguide/``: every component in every state, in the light and in the dark theme. In development only.

The examples are the shop's own templates, filled with invented data, so the page always shows what the shop
does. Components that are plain HTML have their examples in ``templates/styleguide/``.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from bookings.programme.cards import Card
from payments.models import PaymentStatus
from styleguide import samples

NAMES = re.compile(r'\b(id|for|aria-labelledby|aria-describedby|aria-controls)="([^"]+)"|\bhref="#([^"]+)"')
MAIN = re.compile(r"<main[^>]*>(.*)</main>", re.DOTALL)
LOOKS = ("in-light", "in-dark")


@dataclass(frozen=True)
class Example:
    """A template, and the context to render it with."""

    caption: str
    template: str
    context: dict[str, Any] = field(default_factory=dict)


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    if not settings.DEBUG:
        raise Http404
    number = count()
    parts = [
        (name, [(it.caption, [_look(request, it, look, next(number)) for look in LOOKS]) for it in make()])
        for name, make in PARTS.items()
    ]
    return render(request, "styleguide/page.html", {"parts": parts})


def _look(request: HttpRequest, example: Example, look: str, number: int) -> tuple[str, SafeString]:
    """Return the name of a theme, and the example's HTML with ids that are unique on the page."""

    def rename(match: re.Match[str]) -> str:
        if match[3]:
            return f'href="#{match[3]}-{number}"'
        return f'{match[1]}="{" ".join(f"{name}-{number}" for name in match[2].split())}"'

    drawn = render_to_string(example.template, example.context, request)
    page = MAIN.search(drawn)  # Of a whole page, only its main part.
    html = (page[1] if page else drawn).replace(
        reverse("bookings:ticket-png", args=[samples.CODE]), static("styleguide/code.png")
    )
    return look, mark_safe(NAMES.sub(rename, html))  # noqa: S308 - A template has written it.


def _plain(*names: str) -> Callable[[], list[Example]]:
    return lambda: [Example("", f"styleguide/{name}.html") for name in names]


def _listings() -> list[Example]:
    sales = [samples.event(sale) for sale in ("open", "upcoming", "soon", "sold_out", "closed")]
    long = samples.event(title=samples.LONG)
    cards = [Card([event], timezone.now()) for event in [*sales, long]]
    return [
        Example("In each state of its sale", "styleguide/listings.html", {"cards": cards}),
        Example("Several dates", "styleguide/listings.html", {"cards": [samples.run()]}),
        Example("None", "bookings/home/_no_events.html"),
        Example("None that is looked for", "bookings/home/_no_match.html"),
        *(
            Example(f"On its own page: {event.sale}", "bookings/event/_not_on_sale.html", {"event": event})
            for event in (*sales[1:], samples.event("over"))
        ),
    ]


def _forms() -> list[Example]:
    fields = "bookings/event/_customer_fields.html"
    wrong = samples.form(seats="", name="", email="nobody")
    return [
        Example("Empty", fields, {"form": samples.form(), "prefix": "a"}),
        Example("With mistakes", fields, {"form": wrong, "prefix": "a", "show_errors": True}),
        Example(
            "What is said of them above", "bookings/event/_problems.html", {"form": wrong, "prefix": "a"}
        ),
    ]


def _payments() -> list[Example]:
    event = samples.event()
    panel = "styleguide/payment.html"
    states = [
        Example(status, panel, {"state": samples.payment(status), "event": event, "booking_url": "#"})
        for status in PaymentStatus
    ]
    pending = {"state": samples.payment(PaymentStatus.PENDING), "event": event}
    return [
        *states,
        Example("processing, to be paid by voucher", panel, {**pending, "state": samples.voucher()}),
        Example("pending, late", panel, {**pending, "late": True}),
        Example("pending, Stripe silent", panel, {**pending, "late": True, "silent": True}),
        Example("pending, no connection", panel, {**pending, "problem": "away"}),
        Example("unknown", panel, {**pending, "problem": "unknown"}),
    ]


def _bookings() -> list[Example]:
    card = "styleguide/card.html"
    return [
        *(Example(status, card, {"card": samples.card(status)}) for status in PaymentStatus),
        Example("processing, to be paid by voucher", card, {"card": samples.voucher_card()}),
        Example("pending, late", card, {"card": samples.card(PaymentStatus.PENDING, late=True)}),
    ]


def _house() -> list[Example]:
    return [Example("", "styleguide/house.html", {"map": samples.house(), "own": {1}})]


def _tickets() -> list[Example]:
    return [Example("", "styleguide/tickets.html", {"tickets": samples.tickets(), **samples.bought()})]


def _refunds() -> list[Example]:
    return [Example("", "styleguide/refunds.html", {"refunds": samples.refunds()})]


def _checkout() -> list[Example]:
    return [Example("", "payments/event/_open_checkout.html", {"checkout": samples.open_checkout()})]


def _errors() -> list[Example]:
    names = ("400", "403", "403_csrf", "404", "500", "503")
    return [Example(name, f"{name}.html") for name in names]


PARTS: dict[str, Callable[[], list[Example]]] = {
    "Colours": _plain("colours"),
    "Type": _plain("type"),
    "Buttons and links": _plain("buttons"),
    "Notices": _plain("notices"),
    "Badges": _plain("badges"),
    "Pictures": _plain("pictures"),
    "Facts": _plain("facts"),
    "Events": _listings,
    "Forms": _forms,
    "Seats": _house,
    "An open checkout": _checkout,
    "Payments": _payments,
    "Tickets": _tickets,
    "Refunds": _refunds,
    "My bookings": _bookings,
    "Errors": _errors,
}
