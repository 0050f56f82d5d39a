"""What a subscription's next invoice will be."""

from sandbox.billing.billing_rules import rules
from sandbox.billing.invoice_object import new_invoice, regular_lines
from sandbox.billing.subscription_object import items_of, period_of, with_period
from sandbox.catalog import intervals
from sandbox.core.box import Box
from sandbox.core.store import Obj


def upcoming_invoice(box: Box, subscription: Obj, lines: list[Obj] | None = None) -> Obj:
    """
    Return the invoice of the period that follows, not stored.

    ``lines`` come before those of the period; without them, those that wait for the next invoice.
    """
    start, at = period_of(subscription)
    first = pending_lines(box, subscription) if lines is None else lines
    following = next_period(subscription)
    with box.clock.frozen_at(at):  # A discount may have ended by then.
        invoice = new_invoice(box, following, [*first, *regular_lines(box, following)], reason="upcoming")
    charged_at = at + rules(box.store).finalize_after
    return invoice | {"next_payment_attempt": charged_at, "period_start": start, "period_end": at}


def next_period(subscription: Obj) -> Obj:
    """Return the subscription as it is in the period that follows."""
    recurring = items_of(subscription)[0]["price"]["recurring"]
    _, at = period_of(subscription)
    _, end = intervals.period_at(subscription["billing_cycle_anchor"], recurring, at)
    return {**subscription, "items": with_period(subscription, at, end)}


def pending_lines(box: Box, subscription: Obj) -> list[Obj]:
    return list(box.store.private(subscription["id"])["pending"])
