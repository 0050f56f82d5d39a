"""Compiled statements do what Django's own would do."""

from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.db.models import Count

from bookings.models import Booking, Event, Seat
from config.database.compiled import CompiledQuery, execute, insert, update
from payments.models import Cause, Payment, PaymentStatus
from payments.models.payment import Transition
from tests.support.shop import Purchase

PAYMENT = CompiledQuery(lambda: Payment.objects.with_booking().filter(session_id=""))
SEATS = CompiledQuery(
    lambda: Seat.objects.filter(booking=0).annotate(tickets_made=Count("tickets")).order_by("pk")
)


def columns(row: Any) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_a_compiled_query_returns_what_the_queryset_does(purchase: Purchase) -> None:
    (fetched,) = PAYMENT.fetch(purchase.session_id)
    read = purchase.payment

    assert isinstance(fetched.session_params, dict)
    for mine, djangos in [
        (fetched, read),
        (fetched.booking, read.booking),
        (fetched.booking.event, read.booking.event),
    ]:
        assert columns(mine) == columns(djangos)
        assert not mine.get_deferred_fields()


def test_it_runs_with_other_values(purchase: Purchase) -> None:
    seats = SEATS.fetch(purchase.booking.pk)

    assert [(str(seat), seat.tickets_made) for seat in seats] == [("A-1", 0), ("A-2", 0)]  # type: ignore[attr-defined]
    assert SEATS.fetch(0) == []
    assert PAYMENT.fetch("cs_unknown") == []


def test_its_plan_is_kept_by_the_connection(purchase: Purchase) -> None:
    for _ in range(4):
        PAYMENT.fetch(purchase.session_id)

    with execute("SELECT statement FROM pg_prepared_statements", []) as cursor:
        assert any("payments_payment" in statement for (statement,) in cursor.fetchall())


def test_inserted_rows_know_their_ids_and_times(purchase: Purchase) -> None:
    payment = purchase.payment
    steps = [
        Transition(payment=payment, from_status="pending", to_status=to, cause=Cause.STAFF)
        for to in (PaymentStatus.EXPIRED, PaymentStatus.FAILED)
    ]
    insert(*steps)

    assert list(payment.transitions.all()) == steps
    assert [columns(step) for step in payment.transitions.all()] == [columns(step) for step in steps]


def test_an_update_saves_the_fields_it_names_and_the_row_besides(purchase: Purchase) -> None:
    payment = purchase.payment
    payment.check_error, payment.check_problem, payment.error_message = "a\x00b", "failed", "not saved"
    step = Transition(payment=payment, from_status="pending", to_status="failed", cause=Cause.STAFF)
    update(payment, ("check_error", "check_problem"), also=step)

    assert (purchase.payment.check_error, purchase.payment.error_message) == (r"a\x00b", "")
    assert payment.transitions.get().to_status == "failed"


def test_an_update_of_a_row_that_is_gone_fails(event: Event) -> None:
    with pytest.raises(DatabaseError, match="to update"):
        update(Booking(pk=0), ("name",))


def test_compiled_statements_are_in_djangos_transaction(purchase: Purchase) -> None:
    booking = purchase.booking
    booking.name = "Grace"
    update(booking, ("name",))
    connection.set_rollback(True)

    assert connection.get_rollback()
    connection.set_rollback(False)
    assert purchase.booking.name == "Grace"
