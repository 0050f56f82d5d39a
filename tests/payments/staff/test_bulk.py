from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied

from bookings.models import Seat
from payments.gateway.client import stripe_client
from payments.models import (
    Action,
    BulkRun,
    Payment,
    PaymentStatus,
    StaffAction,
    StripeEvent,
)
from payments.staff.bulk import cancel, progress, start, work_on
from tests.support.sandbox import Sandbox
from tests.support.shop import Buy, Deliver, Purchase
from tests.support.staff import make_user
from tests.support.worker import work


@pytest.fixture
def manager(db: None) -> User:
    return make_user("Box office")


@pytest.fixture
def purchases(buy: Buy) -> list[Purchase]:
    return [buy(f"A-{number}") for number in range(1, 5)]


def begin(rows: Any, action: Action, actor: User, form_id: str = "") -> BulkRun:
    return start(rows, action=action, actor=actor, reason="A bad evening.", form_id=form_id or uuid4().hex)


def test_many_payments_are_asked_about_and_what_changed_is_counted(
    purchases: list[Purchase], manager: User, stripe: Sandbox
) -> None:
    for purchase in purchases[:3]:
        stripe.pay(purchase.session_id)

    run = begin(Payment.objects.all(), Action.ASK, manager)
    work("continue_bulk_run")

    assert progress(run) == {"changed": 3, "unchanged": 1}
    run.refresh_from_db()
    assert run.finished_at is not None
    assert Payment.objects.filter(status=PaymentStatus.SUCCEEDED).count() == 3
    assert StaffAction.objects.filter(actor=manager, reason="A bad evening.").count() == 4


def test_one_that_fails_says_why_and_stops_no_other(
    purchases: list[Purchase], manager: User, stripe: Sandbox, settings: Any
) -> None:

    settings.STRIPE_RETRIES = 0
    stripe_client.cache_clear()
    stripe.fault(f"GET /v1/checkout/sessions/{purchases[1].session_id}*", "500_before")

    run = begin(Payment.objects.all(), Action.ASK, manager)
    work("continue_bulk_run")

    assert progress(run) == {"failed": 1, "unchanged": 3}
    failed = run.items.get(outcome="failed")
    assert failed.payment == purchases[1].payment
    assert failed.words


def test_failed_events_are_replayed(
    purchases: list[Purchase], manager: User, stripe: Sandbox, deliver: Deliver
) -> None:
    for purchase in purchases[:2]:
        stripe.pay(purchase.session_id)
        Seat.objects.filter(booking=purchase.booking).update(booking=None)
        assert deliver("completed", purchase).status_code == 500
        label = purchase.booking.seat_labels[0]
        Seat.objects.filter(label=label).update(booking=purchase.booking)

    run = begin(StripeEvent.objects.all(), Action.REPLAY, manager)
    work("continue_bulk_run")
    again = begin(StripeEvent.objects.all(), Action.REPLAY, manager)
    work("continue_bulk_run")

    assert progress(run) == {"changed": 2}
    assert progress(again) == {"unchanged": 2}
    assert purchases[0].tickets == ["A-1"]


def test_tickets_are_resent_to_those_who_have_some(
    purchases: list[Purchase],
    manager: User,
    stripe: Sandbox,
    deliver: Deliver,
    mailoutbox: list[Any],
) -> None:
    stripe.pay(purchases[0].session_id)
    deliver("completed", purchases[0])
    work("mail_tickets")

    run = begin(Payment.objects.all(), Action.RESEND, manager)
    work("continue_bulk_run", "mail_tickets")

    assert progress(run) == {"changed": 1, "failed": 3}
    assert len(mailoutbox) == 2


def test_a_run_goes_on_in_batches(purchases: list[Purchase], manager: User, stripe: Sandbox) -> None:
    run = begin(Payment.objects.all(), Action.ASK, manager)

    work_on(run.pk, seconds=-1)
    assert progress(run) == {"waiting": 4}
    assert work("continue_bulk_run") == ["continue_bulk_run", "continue_bulk_run"]

    assert progress(run) == {"unchanged": 4}


def test_a_cancelled_run_leaves_what_was_waiting(
    purchases: list[Purchase], manager: User, stripe: Sandbox
) -> None:
    run = begin(Payment.objects.all(), Action.ASK, manager)

    cancel(run)
    work("continue_bulk_run")

    assert progress(run) == {"cancelled": 4}
    assert stripe.requests("GET /v1/checkout/sessions/cs_") == []


def test_a_run_whose_worker_was_killed_does_nothing_twice(
    purchases: list[Purchase], manager: User, stripe: Sandbox
) -> None:
    run = begin(Payment.objects.all(), Action.ASK, manager)
    work_on(run.pk)
    run.items.update(outcome="waiting")  # As if none of the marks had been committed.

    work_on(run.pk)

    assert StaffAction.objects.count() == 4
    assert len(stripe.requests("GET /v1/checkout/sessions/cs_")) == 4


def test_what_failed_before_the_worker_was_killed_is_not_called_done(
    purchases: list[Purchase], manager: User, stripe: Sandbox, settings: Any
) -> None:
    settings.STRIPE_RETRIES = 0
    stripe_client.cache_clear()
    stripe.fault(f"GET /v1/checkout/sessions/{purchases[1].session_id}*", "500_before")
    run = begin(Payment.objects.all(), Action.ASK, manager)
    work_on(run.pk)
    run.items.update(outcome="waiting", words="")

    work_on(run.pk)

    assert progress(run) == {"failed": 1, "unchanged": 3}
    assert run.items.get(outcome="failed").words.startswith("Not done: ")


def test_a_form_that_is_sent_twice_starts_one_run(purchases: list[Purchase], manager: User) -> None:
    first = begin(Payment.objects.all(), Action.ASK, manager, form_id="the-same")
    second = begin(Payment.objects.all(), Action.ASK, manager, form_id="the-same")

    assert first == second
    assert BulkRun.objects.count() == 1


def test_who_may_not_do_it_to_one_may_not_to_many(purchases: list[Purchase]) -> None:
    with pytest.raises(PermissionDenied):
        begin(Payment.objects.all(), Action.ASK, make_user("Door"))

    assert not BulkRun.objects.exists()
