"""What a member reads about their membership: a headline and a sentence, by its status."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from payments.models import PeriodMoney as Money
from payments.models import Plan, Subscription
from payments.models import SubscriptionStatus as Status
from payments.models.subscription import RUNNING

HEADLINES = {
    Status.PENDING: gettext_lazy("Waiting for your payment"),
    Status.EXPIRED: gettext_lazy("Not subscribed"),
    Status.INCOMPLETE: gettext_lazy("Your first payment is on its way"),
    Status.INCOMPLETE_EXPIRED: gettext_lazy("The first payment didn’t go through"),
    Status.TRIALING: gettext_lazy("Your trial is running"),
    Status.ACTIVE: gettext_lazy("You’re a member"),
    Status.PAST_DUE: gettext_lazy("A payment is overdue"),
    Status.UNPAID: gettext_lazy("Your membership is on hold"),
    Status.PAUSED: gettext_lazy("Your membership is paused"),
    Status.CANCELED: gettext_lazy("Your membership has ended"),
}
# While the money for the current period is back, or with the bank; Stripe still calls it active.
MONEY_HEADLINES = {
    Money.REFUNDED: gettext_lazy("This period was refunded"),
    Money.DISPUTED: gettext_lazy("Your membership is on hold"),
    Money.CHARGED_BACK: gettext_lazy("Your membership is on hold"),
}


@dataclass(frozen=True)
class Words:
    """The state of a membership in words; ``what_to_do`` is empty if there is nothing to do."""

    headline: str
    message: str
    what_to_do: str = ""


def words_of(subscription: Subscription) -> Words:
    """Return what the member's page says of ``subscription``."""
    says = _money if _is_off_for_its_money(subscription) else SAYS[Status(subscription.status)]
    message, what_to_do = says(subscription)
    return Words(str(_headline(subscription)), message, what_to_do)


def _is_off_for_its_money(subscription: Subscription) -> bool:
    is_running = subscription.status in RUNNING and not subscription.collection_paused
    return is_running and subscription.has_lost_its_money


def _headline(subscription: Subscription) -> str:
    if _is_off_for_its_money(subscription):
        return str(MONEY_HEADLINES[Money(subscription.money)])
    if subscription.collection_paused and not subscription.is_over:
        return str(HEADLINES[Status.PAUSED])
    return str(HEADLINES[Status(subscription.status)])


def _day(at: object) -> str:
    return date_format(timezone.localtime(at), "DATE") if at else ""  # type: ignore[arg-type]


Says = Callable[[Subscription], tuple[str, str]]


def _pending(subscription: Subscription) -> tuple[str, str]:
    return _("We’re confirming your payment. This page updates automatically."), _(
        "If you’ve paid, there’s nothing to do. If not, you can continue where you left off."
    )


def _expired(subscription: Subscription) -> tuple[str, str]:
    return _("You left the payment page without paying. Nothing was charged."), ""


def _incomplete(subscription: Subscription) -> tuple[str, str]:
    return _("Your bank hasn’t confirmed the first payment yet. Your benefits start once it does."), _(
        "If your bank asks you to approve it, do so within a day."
    )


def _incomplete_expired(subscription: Subscription) -> tuple[str, str]:
    return _("The first payment didn’t go through in time, so your membership hasn’t started."), ""


def _active(subscription: Subscription) -> tuple[str, str]:
    if subscription.collection_paused:
        return _paused(subscription)
    if subscription.cancel_at_period_end:
        day = {"day": _day(subscription.ends_at)}
        return _("It ends on %(day)s. You won’t be charged again.") % day, _(
            "Changed your mind? You can keep it until then."
        )
    if subscription.entitled_until is None:
        return _("We can’t confirm your benefits yet. The box office is looking into it."), ""
    return _("It renews automatically on %(day)s.") % {"day": _day(subscription.period_end)}, ""


def _money(subscription: Subscription) -> tuple[str, str]:
    day = {"day": _day(subscription.period_end)}
    if subscription.money == Money.DISPUTED:
        return _("Your bank is reviewing the last payment. Your benefits are off until it has decided."), _(
            "If you didn’t mean to dispute the payment, tell your bank, and let the box office know."
        )
    if subscription.money == Money.CHARGED_BACK:
        message = _("Your bank took the last payment back, so your benefits are off.")
    else:
        message = _("You got your money back for this period, so your benefits are off.")
    if not subscription.is_to_be_paid:
        return message, ""
    renewal = _("It renews on %(day)s, and your benefits come back then. If you don’t want that, cancel it.")
    return message, renewal % day


def _past_due(subscription: Subscription) -> tuple[str, str]:
    advice = _(
        "Check your card, or pay the open invoice below. The payment provider also retries automatically."
    )
    if subscription.is_entitled():
        day = {"day": _day(subscription.entitled_until)}
        return _("The last payment didn’t go through. You keep your benefits until %(day)s.") % day, advice
    return _("The last payment didn’t go through, so your benefits are off for now."), advice


def _unpaid(subscription: Subscription) -> tuple[str, str]:
    return _("Several payments failed, so your benefits are off."), _(
        "Pay the open invoice below, and it continues right away."
    )


def _paused(subscription: Subscription) -> tuple[str, str]:
    return _("While it’s paused, you’re not charged and your benefits are off."), _(
        "You can resume any time: ask the box office, or use your subscription page."
    )


def _canceled(subscription: Subscription) -> tuple[str, str]:
    return _(
        "You won’t be charged again. Tickets you’ve bought stay valid. You’re welcome back any time."
    ), ""


SAYS: dict[Status, Says] = {
    Status.PENDING: _pending,
    Status.EXPIRED: _expired,
    Status.INCOMPLETE: _incomplete,
    Status.INCOMPLETE_EXPIRED: _incomplete_expired,
    Status.TRIALING: _active,
    Status.ACTIVE: _active,
    Status.PAST_DUE: _past_due,
    Status.UNPAID: _unpaid,
    Status.PAUSED: _paused,
    Status.CANCELED: _canceled,
}

INVOICE_STATES = {
    "draft": pgettext_lazy("invoice", "in preparation"),
    "open": pgettext_lazy("invoice", "open"),
    "paid": pgettext_lazy("invoice", "paid"),
    "uncollectible": pgettext_lazy("invoice", "written off"),
    "void": pgettext_lazy("invoice", "void"),
}


def benefits_of(plan: Plan) -> list[str]:
    """Return the benefits of ``plan``, a sentence each."""
    return list(_benefits(plan))


def _benefits(plan: Plan) -> Iterator[str]:
    if plan.has_presale:
        yield _("Choose your seats before everyone else.")
    if plan.discount_percent:
        yield _("Get %(percent)d%% off every seat.") % {"percent": plan.discount_percent}
    if plan.seats_per_event:
        words = ngettext(
            "Valid for %(count)d seat per event.",
            "Valid for up to %(count)d seats per event.",
            plan.seats_per_event,
        )
        yield words % {"count": plan.seats_per_event}
