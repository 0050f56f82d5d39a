"""Why a purchase was refused: the words for the page and for the API, and the API's status and code."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings.messages import explain_code, explain_sold_out, explain_tickets_soon, join_labels
from bookings.models import SaleStatus, TicketType
from bookings.money import format_money
from bookings.orders.codes import CodeUsedUp, UnknownCode
from bookings.orders.members import MemberLimit
from bookings.orders.types import TypeCount, TypeSoldOut, UnknownType
from bookings.orders.wishes import MAX_SEATS
from bookings.seats.holds import (
    AreaSoldOut,
    NotOnSale,
    SeatsTaken,
    SoldOut,
    TotalTooLarge,
    UnknownArea,
    UnknownSeats,
)
from config.database.timeouts import LockTimeout
from config.errors import RETRY_AFTER, ApiError
from config.schema import INTEGER, TEXT, TEXTS, Errors
from legal.models import LegalText
from legal.terms import TermsNotAccepted
from payments.checkout.limits import (
    CustomerLimit,
    EmailUnconfirmed,
    OrderLimit,
    TooManyFree,
    TooManyHolds,
)
from payments.checkout.start import AttemptReused, CostsMore
from payments.gateway.errors import KeyRefused, NotAllowed, StripeBusy, StripeRefused, StripeUnavailable
from payments.pause import SalesPaused
from payments.web.hold_errors import HOLDS, explain_too_many

REFUSALS = (
    SalesPaused,
    NotOnSale,
    UnknownSeats,
    UnknownArea,
    UnknownType,
    UnknownCode,
    TypeCount,
    CodeUsedUp,
    TypeSoldOut,
    AreaSoldOut,
    TotalTooLarge,
    MemberLimit,
    SeatsTaken,
    SoldOut,
    LockTimeout,
    OrderLimit,
    CustomerLimit,
    TooManyHolds,
    TooManyFree,
    EmailUnconfirmed,
    CostsMore,
    AttemptReused,
    TermsNotAccepted,
    StripeUnavailable,
    StripeRefused,
)
# How the API answers with those.
CHECKOUT: Errors = {
    400: {
        "invalid": {"seats": TEXTS},
        "idempotency_key_reused": {},
        "terms_not_accepted": {"terms": INTEGER, "url": TEXT},
        "amount_too_large": {"most": INTEGER, "currency": TEXT},
        "unknown_area": {"area": TEXT},
        "unknown_type": {"types": TEXTS},
        "unknown_code": {"field": TEXT},
        "type_count": {"type": TEXT, "at_least": INTEGER, "at_most": INTEGER},
    },
    404: {"unknown_event": {}},
    409: {
        "not_on_sale": {},
        "member_limit": {"limit": INTEGER, "left": INTEGER},
        "order_limit": {"limit": INTEGER},
        "customer_limit": {"limit": INTEGER, "left": INTEGER},
        "seats_taken": {"seats": TEXTS},
        "sold_out": {"free": INTEGER},
        "area_sold_out": {"area": TEXT, "free": INTEGER},
        "type_sold_out": {"type": TEXT, "free": INTEGER},
        "code_used_up": {},
        "price_changed": {"total": INTEGER, "currency": TEXT},
        "email_unconfirmed": {"confirm_url": TEXT},
    },
    429: {"throttled": {}, "too_many_holds": HOLDS, "too_many_free": {"limit": INTEGER, "taken": INTEGER}},
    503: {"stripe_unavailable": {}},
}
THROTTLED: Errors = {429: {"throttled": {}}}
UNAVAILABLE: Errors = {503: {"stripe_unavailable": {}}}


# Beside what on the page they are said; the others belong to all of it.
FIELDS: dict[type[Exception], str] = {
    TermsNotAccepted: "terms",
    UnknownCode: "code",
    CodeUsedUp: "code",
    UnknownArea: "places",
    AreaSoldOut: "places",
    UnknownType: "types",
    TypeCount: "types",
    TypeSoldOut: "types",
}


def explain(refusal: Exception) -> ApiError:
    """Return the HTTP status, the code and the sentence for one of ``REFUSALS``."""
    match refusal:
        case SalesPaused():
            message = _(
                "Sales are paused while we fix a fault. Everything you’ve paid for stays valid. Come "
                "back in an hour."
            )
            return ApiError(409, "not_on_sale", message)
        case NotOnSale(sale=SaleStatus.UPCOMING):
            return ApiError(409, "not_on_sale", _("Tickets aren’t on sale yet."))
        case NotOnSale(sale=SaleStatus.CALLED_OFF):
            return ApiError(409, "not_on_sale", _("This event is cancelled."))
        case NotOnSale(sale=SaleStatus.SOON):
            return ApiError(409, "not_on_sale", explain_tickets_soon())
        case NotOnSale(sale=SaleStatus.OVER):
            return ApiError(409, "not_on_sale", _("This event is over."))
        case NotOnSale():
            return ApiError(409, "not_on_sale", _("Ticket sales have ended."))
        case UnknownSeats(labels=labels):
            message = _("There’s no seat %(seats)s at this event.") % {"seats": ", ".join(labels)}
            return ApiError(400, "invalid", message, seats=labels)
        case UnknownArea(slug=slug):
            message = _("There’s no standing area %(area)s at this event.") % {"area": slug}
            return ApiError(400, "unknown_area", message, area=slug)
        case UnknownType(types=types):
            message = _("These tickets aren’t available here: %(types)s. Choose others.")
            return ApiError(400, "unknown_type", message % {"types": join_labels(types)}, types=types)
        case TypeCount(type=kind):
            return ApiError(400, "type_count", _counted(kind), **_bounds(kind))
        case UnknownCode():
            return ApiError(400, "unknown_code", explain_code(refusal), field="code")
        case CodeUsedUp():
            return ApiError(409, "code_used_up", explain_code(refusal))
        case AreaSoldOut(area=area, free=free):
            message = _("%(area)s: %(words)s") % {"area": area, "words": explain_sold_out(free)}
            return ApiError(409, "area_sold_out", message, area=area.slug, free=free)
        case TypeSoldOut(type=kind, free=free):
            message = _("%(type)s: %(words)s") % {"type": kind, "words": explain_sold_out(free)}
            return ApiError(409, "type_sold_out", message, type=kind.slug, free=free)
        case TotalTooLarge(most=most, currency=currency):
            message = _("One payment can be up to %(most)s. Choose fewer tickets at a time.")
            words = message % {"most": format_money(most, currency)}
            return ApiError(400, "amount_too_large", words, most=most, currency=currency)
        case MemberLimit(limit=limit, left=left):
            return ApiError(409, "member_limit", _limited(limit, left), limit=limit, left=left)
        case OrderLimit(limit=limit):
            return ApiError(409, "order_limit", _order_limited(limit), limit=limit)
        case CustomerLimit(limit=limit, left=left):
            return ApiError(409, "customer_limit", _customer_limited(limit, left), limit=limit, left=left)
        case SeatsTaken(labels=labels):
            return ApiError(409, "seats_taken", _taken(labels), seats=labels)
        case CostsMore(amount=amount, currency=currency):
            message = _("The price has changed: it’s now %(amount)s. Check your order, then continue.")
            words = message % {"amount": format_money(amount, currency)}
            return ApiError(409, "price_changed", words, total=amount, currency=currency)
        case SoldOut(free=free, has_limit=has_limit):
            return ApiError(409, "sold_out", explain_sold_out(free, has_limit=has_limit), free=free)
        case LockTimeout():
            message = _(
                "Another buyer is choosing these seats right now. Nothing was booked or charged. Try "
                "again in a few seconds."
            )
            return ApiError(503, "unavailable", message, retry_after=RETRY_AFTER)
        case TooManyHolds():
            return explain_too_many(refusal)
        case TooManyFree(limit=limit, taken=taken):
            message = _(
                "You, or someone on your internet connection, booked %(taken)d free tickets for this "
                "event since yesterday. The limit is %(limit)d, so that everyone gets a chance."
            )
            words = message % {"limit": limit, "taken": taken}
            return ApiError(429, "too_many_free", words, retry_after=3600, limit=limit, taken=taken)
        case EmailUnconfirmed():
            message = _("Confirm your email first: we send you a code.")
            return ApiError(409, "email_unconfirmed", message, confirm_url=reverse("account_confirm"))
        case AttemptReused():
            message = _("This Idempotency-Key was used before, for another purchase.")
            return ApiError(400, "idempotency_key_reused", message)
        case TermsNotAccepted(current=current, given=given):
            return ApiError(
                400, "terms_not_accepted", _disagreed(given), terms=current.version, url=_address_of(current)
            )
        case StripeRefused(param="customer_email"):
            return ApiError(
                400, "invalid", _("The payment provider can’t use this email. Check it and try again.")
            )
        case StripeBusy(retry_after=seconds):
            words = _("Many people are buying right now. Try again in a few seconds.")
            return _unavailable(words, retry_after=seconds)
        case KeyRefused() | NotAllowed():
            return _unavailable(
                _(
                    "We can’t take payments right now. Nothing was booked or charged. Try again in an hour, "
                    "or contact the organiser."
                ),
                retry_after=600,
            )
        case _:
            return _unavailable(_("We can’t take payments right now. Nothing was charged. Try again later."))


def explain_unavailable(error: BaseException | None) -> ApiError:
    """Return the error for a payment whose state is unknown: asking Stripe raised ``error``, if any."""
    if isinstance(error, StripeUnavailable):
        return _unavailable(
            _(
                "We can’t reach the payment provider right now, so we’re still confirming your payment. "
                "We’ll keep trying. Don’t pay again."
            )
        )
    return _unavailable(
        _(
            "The payment provider’s answer isn’t clear. The box office is looking into your payment. "
            "Don’t pay again."
        )
    )


def _counted(kind: TicketType) -> str:
    words = {"type": kind, "least": kind.at_least, "most": kind.at_most}
    if kind.at_most is None:
        return _("%(type)s: at least %(least)d in one booking.") % words
    if kind.at_least is None:
        return _("%(type)s: at most %(most)d in one booking.") % words
    return _("%(type)s: from %(least)d to %(most)d in one booking.") % words


def _bounds(kind: TicketType) -> dict[str, Any]:
    return {"type": kind.slug, "at_least": kind.at_least or 0, "at_most": kind.at_most or MAX_SEATS}


def _disagreed(given: int | None) -> str:
    if given is None:
        return _("Agree to the terms to continue.")
    return _("The terms have changed since you opened this page. Read them and agree again.")


def _address_of(terms: LegalText) -> str:
    return f"{settings.SITE_URL}{terms.get_absolute_url()}"


def _limited(limit: int, left: int) -> str:
    message = ngettext(
        "Members can buy %(limit)d ticket per event in the presale. You have %(left)d left.",
        "Members can buy %(limit)d tickets per event in the presale. You have %(left)d left.",
        limit,
    )
    return message % {"limit": limit, "left": left}


def _order_limited(limit: int) -> str:
    message = ngettext(
        "You can buy %(limit)d ticket for this event at a time.",
        "You can buy up to %(limit)d tickets for this event at a time.",
        limit,
    )
    return message % {"limit": limit}


def _customer_limited(limit: int, left: int) -> str:
    message = ngettext(
        "You can have %(limit)d ticket for this event, counting all bookings with your email or "
        "account. You have %(left)d left.",
        "You can have up to %(limit)d tickets for this event, counting all bookings with your "
        "email or account. You have %(left)d left.",
        limit,
    )
    return message % {"limit": limit, "left": left}


def _taken(labels: list[str]) -> str:
    message = ngettext(
        "Seat %(seats)s was just taken. Choose another.",
        "Seats %(seats)s were just taken. Choose others.",
        len(labels),
    )
    return message % {"seats": ", ".join(labels)}


def _unavailable(message: str, *, retry_after: int = 10) -> ApiError:
    return ApiError(503, "stripe_unavailable", message, retry_after=retry_after)
