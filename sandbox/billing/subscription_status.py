"""The status of a subscription: it follows the payments of its invoices, and ends."""

import json

from sandbox.billing import invoice_lifecycle
from sandbox.billing.billing_rules import rules
from sandbox.billing.subscription_object import ENDED, change, change_silently, period_of
from sandbox.core import timers
from sandbox.core.box import Box
from sandbox.core.registry import listener, timer
from sandbox.core.store import Obj
from sandbox.webhooks.events import emit

TIMERS = ("turn", "cancel", "expire", "notice", "upcoming", "reopen")  # timers named subscription.<word>
OWING = ("incomplete", "past_due", "unpaid")


@listener("invoice.paid")
@listener("invoice.marked_uncollectible")
def recover(box: Box, invoice: Obj) -> None:
    """Reactivate a subscription once its latest invoice is paid or given up."""
    if invoice["parent"] is None:
        return
    subscription = invoice_lifecycle.subscription_of(box, invoice)
    if subscription["latest_invoice"] != invoice["id"]:
        return
    if subscription["status"] in OWING and invoice["status"] == "paid":
        change(box, subscription, status="active")
        set_timers(box, subscription)
    elif subscription["status"] == "paused":
        resume(box, subscription)


def resume(box: Box, subscription: Obj) -> None:
    change(box, subscription, status="active")
    emit(box, "customer.subscription.resumed", subscription)
    set_timers(box, subscription)


@listener("invoice.payment_failed")
def mark_past_due(box: Box, invoice: Obj) -> None:
    """Mark a subscription as past due; once there are no more retries, apply ``after_retries``."""
    subscription = invoice_lifecycle.subscription_of(box, invoice)
    if subscription["status"] in ("active", "trialing"):
        change(box, subscription, status="past_due")
    if subscription["status"] == "past_due" and invoice["next_payment_attempt"] is None:
        end_retries(box, subscription)


@timer("invoice.due")
def mark_overdue(box: Box, invoice_id: str) -> None:
    """Mark a subscription as past due if an invoice that was sent isn't paid by its due date."""
    invoice = box.store.get(invoice_id)
    subscription = invoice_lifecycle.subscription_of(box, invoice)
    if invoice["status"] == "open" and subscription["status"] in ("active", "trialing"):
        change(box, subscription, status="past_due")


def end_retries(box: Box, subscription: Obj) -> None:
    ends_as = rules(box.store).after_retries
    if ends_as == "canceled":
        end(box, subscription, reason="payment_failed")
    else:
        change(box, subscription, status=ends_as)


def end(box: Box, subscription: Obj, *, reason: str | None) -> None:
    """Cancel a subscription now. Open invoices stay open but are no longer collected."""
    moment = box.clock.now()
    details = subscription["cancellation_details"]
    change_silently(
        box,
        subscription,
        canceled_at=subscription["canceled_at"] or moment,
        cancellation_details=details | {"reason": details["reason"] or reason},
        ended_at=moment,
        pause_collection=None,
        status="canceled",
    )
    set_timers(box, subscription)
    for invoice in unfinished_invoices(box, subscription):
        invoice_lifecycle.stop_collecting(box, invoice)
    emit(box, "customer.subscription.deleted", subscription)


def expire(box: Box, subscription: Obj) -> None:
    """Expire a subscription whose first payment never came, and void its invoice."""
    moment = box.clock.now()
    change(box, subscription, ended_at=moment, canceled_at=moment, status="incomplete_expired")
    set_timers(box, subscription)
    for invoice in unfinished_invoices(box, subscription):
        invoice_lifecycle.void(box, invoice)


def unfinished_invoices(box: Box, subscription: Obj) -> list[Obj]:
    """Return the drafts and open invoices of a subscription, oldest first."""
    rows = box.store.rows(
        "SELECT body FROM object WHERE kind = 'invoice' "
        "AND json_extract(body, '$.parent.subscription_details.subscription') = ? "
        "AND json_extract(body, '$.status') IN ('draft', 'open') ORDER BY seq",
        (subscription["id"],),
    )
    return [json.loads(row["body"]) for row in rows]


def set_timers(box: Box, subscription: Obj) -> None:
    """Replace a subscription's timers by those that it needs now."""
    for word in TIMERS:
        timers.unschedule(box, f"subscription.{word}", subscription["id"])
    for word, at in due_timers(box, subscription).items():
        timers.schedule(box, f"subscription.{word}", subscription["id"], at=at)


def due_timers(box: Box, subscription: Obj) -> dict[str, int]:
    """Return when each timer of a subscription is due."""
    status = subscription["status"]
    found: dict[str, int] = {}
    if status in (*ENDED, "paused"):
        return found
    if status == "incomplete":
        return {"expire": subscription["created"] + 23 * 3_600}
    _, period_end = period_of(subscription)
    found["turn"] = period_end
    if subscription["cancel_at"] is not None:
        found["cancel"] = subscription["cancel_at"]
    paused = subscription["pause_collection"] or {}
    if paused.get("resumes_at"):
        found["reopen"] = paused["resumes_at"]
    return found | due_notices(box, subscription, period_end)


def due_notices(box: Box, subscription: Obj, period_end: int) -> dict[str, int]:
    """Return when the shop is notified of the next invoice and of a trial's end, unless it is too late."""
    found: dict[str, int] = {}
    moment, wanted = box.clock.now(), rules(box.store)
    ends_before = subscription["cancel_at"] is not None and subscription["cancel_at"] <= period_end
    if not ends_before and period_end - wanted.upcoming_before > moment:
        found["upcoming"] = period_end - wanted.upcoming_before
    if subscription["status"] == "trialing":
        notice = period_end - wanted.trial_notice_before
        if not box.store.private(subscription["id"]).get("is_noticed"):
            found["notice"] = max(notice, moment)
    return found
