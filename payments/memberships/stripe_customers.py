"""Stripe's customer follows the account's address and name, by a job in the transaction of their change."""

import logging

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from bookings.addresses.normal_form import normal_form
from payments.gateway.billing.customers import update_customer
from payments.gateway.errors import StripeRefused, UnknownToStripe
from payments.models import MembershipNotification, Subscription
from payments.notifications import owe_again

logger = logging.getLogger(__name__)

TASK = "payments.tasks.update_stripe_customer"


@transaction.atomic
def follow_account(account: User) -> None:
    """
    Have Stripe's customer follow the address and the name of ``account``, if it has one.

    Mails that the old address refused are owed to the new one. Call it in the transaction of their change. A
    session that waits for its customer keeps the address that it was opened with; ``note_older_address``
    catches up.
    """
    if not account.email:
        return
    owe_again(MembershipNotification.objects.refused().filter(subscription__customer=account))
    known = Subscription.objects.of_this_mode().filter(customer=account).exclude(stripe_customer_id="")
    if newest := known.first():
        known.current().update(email=account.email)
        known.update(customer_error="")  # It may be of an earlier membership.
        known.filter(pk=newest.pk).update(customer_due_at=timezone.now())
        enqueue(newest)


def note_older_address(row: Subscription, stripe_customer_id: str) -> None:
    """
    Have Stripe's new customer follow, if the account's address changed while the session of ``row`` was open.

    ``row`` isn't saved.
    """
    address = row.customer.email
    if stripe_customer_id and not row.stripe_customer_id and address and row.email != address:
        row.customer_due_at = timezone.now()
        enqueue(row)


def enqueue(row: Subscription) -> None:
    """Have the worker tell Stripe; jobs for one row run one at a time."""
    app.configure_task(TASK, lock=f"stripe-customer:{row.pk}").defer(subscription_id=row.pk)


def tell_stripe(row_id: int) -> None:
    """
    Give Stripe's customer the account's address as it is now, if that is due.

    A customer that Stripe doesn't know has nothing to follow. What else Stripe refuses is kept for staff.
    Raise ``StripeUnavailable``; then it stays due. So does one of the other mode, without a question.
    """
    row = Subscription.objects.select_related("customer").get(pk=row_id)
    if row.customer_due_at is None or row.is_of_other_mode:
        return
    error = ""
    try:
        email, name = normal_form(row.customer.email), row.customer.get_full_name()
        update_customer(row.stripe_customer_id, email=email, name=name)
    except UnknownToStripe:
        logger.info("its customer is gone at Stripe", extra={"payment": row.reference})
    except StripeRefused as refusal:
        error = str(refusal)
        logger.error("Stripe refused a member's address: %s", error, extra={"payment": row.reference})
    # Unless it has changed again meanwhile, which has a job of its own.
    told = Subscription.objects.filter(pk=row.pk, customer_due_at=row.customer_due_at)
    told.update(customer_due_at=None, customer_error=error)
