from contextlib import suppress
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import (
    ProcrastinateEvent,
    ProcrastinateJob,
    ProcrastinatePeriodicDefer,
)
from procrastinate.exceptions import AlreadyEnqueued

from payments.models import Payment
from tests.support.sandbox import Sandbox
from tests.support.shop import Deliver, Purchase
from tests.support.worker import run_worker

FORBID = "ALTER TABLE payments_transition ADD CONSTRAINT nobody_succeeds CHECK (to_status <> 'succeeded')"
ALLOW = "ALTER TABLE payments_transition DROP CONSTRAINT nobody_succeeds"


def reconcile_in_the_worker() -> None:
    Payment.objects.update(next_check_at=timezone.now(), asked_at=None)
    with suppress(AlreadyEnqueued):  # The worker has done it by its clock.
        app.configure_task("payments.tasks.reconcile").defer(timestamp=0)
    run_worker()


@pytest.mark.django_db(transaction=True)
def test_a_job_that_the_worker_enqueues_is_part_of_its_transaction(
    purchase: Purchase, stripe: Sandbox
) -> None:
    stripe.pay(purchase.session_id, card="4242424242424242")
    with connection.cursor() as cursor:
        cursor.execute(FORBID)  # It fails after the mail was enqueued.
        try:
            reconcile_in_the_worker()
        finally:
            cursor.execute(ALLOW)
    assert "nobody_succeeds" in purchase.payment.check_error
    assert not ProcrastinateJob.objects.filter(task_name="bookings.tasks.mail_tickets").exists()

    reconcile_in_the_worker()
    run_worker()
    assert purchase.payment.status == "succeeded"
    assert [len(sent.attachments) for sent in mail.outbox] == [2]


# The connection breaks while a job that is done is struck off the list; the next try finds another one.
LOSE_ONE = """
    CREATE SEQUENCE breaks;
    CREATE FUNCTION break_once() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF nextval('breaks') = 1 THEN
            PERFORM pg_terminate_backend(pg_backend_pid());
            PERFORM pg_sleep(1);
        END IF;
        RETURN OLD;
    END $$;
    CREATE TRIGGER break_once BEFORE DELETE ON procrastinate_jobs
        FOR EACH ROW EXECUTE FUNCTION break_once();
"""
LOSE_NONE = """
    DROP TRIGGER IF EXISTS break_once ON procrastinate_jobs;
    DROP FUNCTION IF EXISTS break_once;
    DROP SEQUENCE IF EXISTS breaks;
"""


@pytest.mark.django_db(transaction=True)
def test_a_job_is_over_though_the_connection_broke_when_the_worker_said_so(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id, card="4242424242424242")
    deliver("completed", purchase)
    with connection.cursor() as cursor:
        cursor.execute(LOSE_ONE)
        try:
            run_worker()
        finally:
            cursor.execute(LOSE_NONE)

    assert len(mail.outbox) == 1
    assert not ProcrastinateJob.objects.filter(task_name="bookings.tasks.mail_tickets").exists()


PERIODIC = "SELECT procrastinate_defer_periodic_job_v2('default', NULL, NULL, 'reconcile', 0, '', %s, '{}')"
FINISH = "SELECT procrastinate_finish_job_v1(id, 'succeeded', true) FROM procrastinate_jobs"


def test_what_succeeded_leaves_nothing_behind_that_grows(db: None, settings: Any) -> None:
    """As the worker does it: a year has a million and a half runs of the reconciler."""
    assert settings.PROCRASTINATE_WORKER_DEFAULTS["delete_jobs"] == "successful"

    with connection.cursor() as cursor:
        for timestamp in (20, 40, 60):
            cursor.execute(PERIODIC, [timestamp])
            cursor.execute("UPDATE procrastinate_jobs SET status = 'doing'")
            assert ProcrastinateEvent.objects.count() == 2
            cursor.execute(FINISH)

    assert not ProcrastinateJob.objects.exists()
    assert not ProcrastinateEvent.objects.exists()
    assert [run.defer_timestamp for run in ProcrastinatePeriodicDefer.objects.all()] == [60]
