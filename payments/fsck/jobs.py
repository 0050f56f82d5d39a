"""Rule: every row that waits for a job has one, or it would wait for ever."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.db.models import BigIntegerField, Exists, Model, OuterRef, QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from procrastinate.contrib.django.models import ProcrastinateJob

from bookings.announcements import sending
from bookings.event_changes.notices import enqueue as enqueue_notice
from bookings.models import Announcement, Booking, EventNotice, Ticket, WaitingEntry
from bookings.tickets.issuing import enqueue_mail
from bookings.tickets.qr_codes import enqueue_redraw
from bookings.waiting_list.mails import enqueue_mail as enqueue_mail_of_entry
from payments import notifications
from payments.ledger import refunds
from payments.memberships import stripe_customers
from payments.models import MembershipNotification, Notification, Refund, Subscription

from .violations import Violation, rule


def without_job(rows: QuerySet[Any], task: str, argument: str) -> QuerySet[Any]:
    """Return those of ``rows`` for which no job of ``task`` will run; ``argument`` has the row's key."""
    jobs = ProcrastinateJob.objects.filter(task_name=task, status__in=["todo", "doing"])
    about = jobs.annotate(about=Cast(KT(f"args__{argument}"), BigIntegerField()))
    return rows.filter(~Exists(about.filter(about=OuterRef("pk"))))


@rule
def missing() -> Iterator[Violation]:
    """Rows whose job doesn't exist; ``fix`` makes it."""
    for booking in without_job(
        Booking.objects.unmailed(),
        "bookings.tasks.mail_tickets",
        "booking_id",
    ):
        yield _missing_job("the mail with its tickets", booking, partial(enqueue_mail, booking))
    undrawn = Ticket.objects.undrawn().select_related("seat")
    for ticket in without_job(undrawn, "bookings.tasks.redraw_ticket", "ticket_id"):
        yield _missing_job("its drawing", ticket, partial(enqueue_redraw, ticket))
    for refund in without_job(Refund.objects.due(), "payments.tasks.send_refund", "refund_id"):
        yield _missing_job("being sent to Stripe", refund, partial(refunds.enqueue, refund))
    moved = Subscription.objects.of_this_mode().exclude(customer_due_at=None)
    for row in without_job(moved, stripe_customers.TASK, "subscription_id"):
        yield _missing_job("its new address to reach Stripe", row, partial(stripe_customers.enqueue, row))
    notices = EventNotice.objects.unmailed().select_related("change__event", "booking")
    for notice in without_job(notices, "bookings.tasks.mail_event_notice", "notice_id"):
        yield _missing_job("being mailed", notice, partial(enqueue_notice, notice))
    waiting = WaitingEntry.objects.owed()
    for entry in without_job(waiting, "bookings.tasks.mail_waiting_entry", "entry_id"):
        yield _missing_job("being mailed", entry, partial(enqueue_mail_of_entry, entry))
    running = Announcement.objects.filter(finished_at=None, stopped_at=None)
    for announcement in without_job(running, sending.TASK, "announcement_id"):
        yield _missing_job("its copies to be sent", announcement, partial(sending.enqueue, announcement))
    for model in (Notification, MembershipNotification):
        unsent = model.objects.owed()
        for notification in without_job(unsent, model.task, "notification_id"):
            yield _missing_job("being mailed", notification, partial(notifications.enqueue, notification))


def _missing_job(kind: str, row: Model, fix: Callable[[], object]) -> Violation:
    words = f"waits for {kind}, but has no job"
    return Violation("job_that_does_not_exist", f"{row._meta.verbose_name} {row}", words, fix)
