"""What time does to subscriptions: they renew, their trials end, they end."""

from sandbox.billing import invoice_collection, invoice_lifecycle
from sandbox.billing.billing_rules import rules
from sandbox.billing.invoice_object import new_invoice, regular_lines
from sandbox.billing.subscription_object import ENDED, change, items_of, period_of, with_period
from sandbox.billing.subscription_status import end, expire, set_timers
from sandbox.billing.upcoming_invoices import upcoming_invoice
from sandbox.catalog import intervals
from sandbox.core import timers
from sandbox.core.box import Box
from sandbox.core.registry import timer
from sandbox.core.store import Obj
from sandbox.payments.outcome import Outcome, Result
from sandbox.webhooks.events import emit


@timer("subscription.turn")
def end_period(box: Box, subscription_id: str) -> None:
    """End a period: start the next one, or end the subscription."""
    subscription = box.store.get(subscription_id)
    _, period_end = period_of(subscription)
    if subscription["cancel_at"] is not None and subscription["cancel_at"] <= period_end:
        end(box, subscription, reason="cancellation_requested")
    elif subscription["status"] == "trialing":
        end_trial(box, subscription, at=period_end)
    else:
        renew(box, subscription, at=period_end)


def renew(box: Box, subscription: Obj, *, at: int, **changes: object) -> None:
    """Start the period that begins ``at`` a moment, with a draft invoice for it."""
    recurring = items_of(subscription)[0]["price"]["recurring"]
    before = period_of(subscription)
    _, period_end = intervals.period_at(subscription["billing_cycle_anchor"], recurring, at)
    renewed = {**subscription, "items": with_period(subscription, at, period_end)}
    invoice = new_draft(box, renewed, reason="subscription_cycle", period=before)
    schedule_finalization(box, renewed | changes, invoice)
    change(box, subscription, items=renewed["items"], latest_invoice=invoice["id"], **changes)
    emit(box, "invoice.created", invoice)
    set_timers(box, subscription)


def new_draft(
    box: Box,
    subscription: Obj,
    *,
    reason: str,
    period: tuple[int, int] | None = None,
    regular: bool = True,
) -> Obj:
    """Return a stored draft with the pending lines and, if ``regular``, those of the current period."""
    lines = list(box.store.private(subscription["id"])["pending"])
    if regular:
        lines += regular_lines(box, subscription)
    invoice = new_invoice(box, subscription, lines, reason=reason)
    if period is not None:
        invoice |= {"period_start": period[0], "period_end": period[1]}
    box.store.keep(subscription["id"], pending=[])
    return box.store.add(invoice)


def schedule_finalization(box: Box, subscription: Obj, invoice: Obj) -> None:
    """Schedule a draft to be finalised, unless the subscription keeps its invoices as drafts."""
    paused = subscription["pause_collection"]
    if subscription["status"] == "unpaid" or (paused and paused["behavior"] == "keep_as_draft"):
        invoice_lifecycle.change_silently(box, invoice, auto_advance=False)
        return
    at = box.clock.now() + rules(box.store).finalize_after
    invoice_lifecycle.change_silently(box, invoice, automatically_finalizes_at=at)
    timers.schedule(box, "invoice.finalize", invoice["id"], at=at)


@timer("invoice.finalize")
def finalize_scheduled(box: Box, invoice_id: str) -> None:
    """Finalise a draft that is due, and collect it."""
    invoice = box.store.get(invoice_id)
    if invoice["status"] != "draft":
        return
    finalize(box, invoice)
    paused = invoice_lifecycle.subscription_of(box, invoice)["pause_collection"]
    if paused and paused["behavior"] == "void":
        invoice_lifecycle.void(box, invoice)
    elif paused and paused["behavior"] == "mark_uncollectible":
        invoice_lifecycle.mark_uncollectible(box, invoice)
    elif not paused:
        collect_or_send(box, invoice)


def collect_or_send(box: Box, invoice: Obj) -> Result:
    """Charge an open invoice, or send it to a customer who pays by invoice. That is no payment yet."""
    if invoice["collection_method"] == "send_invoice" and invoice["amount_due"]:
        emit(box, "invoice.sent", invoice)
        return Result(Outcome.PROCESSING)
    return invoice_collection.collect(box, invoice)


def finalize(box: Box, invoice: Obj) -> None:
    timers.unschedule(box, "invoice.finalize", invoice["id"])
    invoice_lifecycle.finalize(box, invoice)
    emit(box, "invoice.finalized", invoice)


def bill_now(box: Box, subscription: Obj, invoice: Obj, **changes: object) -> Result:
    """Change the subscription to what a stored draft is for, then finalise and collect it at once."""
    change(box, subscription, latest_invoice=invoice["id"], **changes)
    set_timers(box, subscription)
    emit(box, "invoice.created", invoice)
    finalize(box, invoice)
    return collect_or_send(box, invoice)


def end_trial(box: Box, subscription: Obj, *, at: int) -> None:
    """Start the first paid period; without a payment method, do what ``trial_settings`` say."""
    missing = invoice_collection.default_payment_method(box, subscription) is None
    wanted = subscription["trial_settings"]["end_behavior"]["missing_payment_method"]
    if missing and wanted == "cancel":
        end(box, subscription, reason=None)
    elif missing and wanted == "pause":
        pause(box, subscription, kind="trial_end_without_payment_method")
    else:
        renew(box, subscription, at=at, status="active")


def pause(box: Box, subscription: Obj, *, kind: str) -> None:
    """Pause a subscription: no periods and no invoices until it is resumed."""
    details = {"subscription": {"type": kind}, "transitioned_at": box.clock.now(), "type": "subscription"}
    change(box, subscription, status="paused", status_details={"paused": details})
    set_timers(box, subscription)
    emit(box, "customer.subscription.paused", subscription)


def resume(box: Box, subscription: Obj) -> Obj:
    """Start a period now. The subscription is active again once that is paid."""
    moment = box.clock.now()
    recurring = items_of(subscription)[0]["price"]["recurring"]
    period_end = intervals.boundary(moment, recurring, 1)
    items = with_period(subscription, moment, period_end)
    invoice = new_draft(box, {**subscription, "items": items}, reason="subscription_update")
    bill_now(box, subscription, invoice, billing_cycle_anchor=moment, items=items)
    return box.store.get(subscription["id"])


@timer("subscription.cancel")
def cancel_scheduled(box: Box, subscription_id: str) -> None:
    subscription = box.store.get(subscription_id)
    if subscription["status"] not in ENDED:
        end(box, subscription, reason="cancellation_requested")


@timer("subscription.expire")
def expire_unpaid(box: Box, subscription_id: str) -> None:
    subscription = box.store.get(subscription_id)
    if subscription["status"] == "incomplete":
        expire(box, subscription)


@timer("subscription.notice")
def announce_trial_end(box: Box, subscription_id: str) -> None:
    """Emit that the trial ends soon."""
    box.store.keep(subscription_id, is_noticed=True)
    emit(box, "customer.subscription.trial_will_end", box.store.get(subscription_id))


@timer("subscription.upcoming")
def announce_invoice(box: Box, subscription_id: str) -> None:
    """Emit what the next invoice will be. It isn't stored yet."""
    emit(box, "invoice.upcoming", upcoming_invoice(box, box.store.get(subscription_id)))


@timer("subscription.reopen")
def resume_collection(box: Box, subscription_id: str) -> None:
    """End a pause of collection."""
    subscription = box.store.get(subscription_id)
    change(box, subscription, pause_collection=None)
    set_timers(box, subscription)
