"""Fsck reads tables in batches: it finds the same, and what it costs grows with their number alone."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.models import Booking, Entry, Scan, Seat, Ticket
from payments.fsck import RULES, Progress, inspect
from payments.fsck.batches import batches
from payments.fsck.ledger import balances
from payments.models import CounterSale, Payment, Refund, Subscription, Till, Transition
from receipts.models import Receipt
from tests.support import old_shop
from tests.support.shared import shared
from tests.support.shop import BoxOffice

SIZE = 500  # of 1,500 payments
NONE_HERE = (Subscription, Receipt, CounterSale, Till, Entry, Scan)


@shared
def world(box_office: BoxOffice) -> None:
    old_shop.fill()


def one_of_each(model: Any) -> list[int]:
    """Return the id of a row in the middle of each batch."""
    return [
        list(batch.of(model.objects.all()).order_by("pk"))[SIZE // 2].pk for batch in batches(model, SIZE)
    ]


def break_steps() -> list[str]:
    ids = one_of_each(Payment)
    Transition.objects.filter(payment__in=ids).update(from_status="failed")
    return ["status_without_its_steps"] * len(ids)


def break_evidence() -> list[str]:
    ids = [payment.pk for payment in Payment.objects.filter(pk__in=one_of_each(Payment), status="succeeded")]
    for payment in Payment.objects.filter(pk__in=ids):
        payment.stripe_events.update(payment=None)
    return ["money_without_a_word_of_stripe"] * len(ids)


def break_price() -> list[str]:
    bookings = Booking.objects.filter(pk__in=one_of_each(Booking), status="confirmed")
    for booking in bookings:
        booking.booked_seats.update(price=1)
    return ["money_without_tickets"] * len(bookings)


def break_seats() -> list[str]:
    tickets = Ticket.objects.filter(pk__in=one_of_each(Ticket), status="valid")
    Seat.objects.filter(tickets__in=tickets).update(booking=None)
    return ["ticket_without_its_seat"] * len(tickets)


def break_tickets() -> list[str]:
    tickets = Ticket.objects.filter(pk__in=one_of_each(Ticket), status="valid", booking__status="confirmed")
    count = len(tickets)
    tickets.update(status="void", stopped_for="refunded")
    return sorted(["sold_without_a_ticket", "void_without_a_reason"] * count)


@pytest.mark.parametrize("break_them", [break_steps, break_evidence, break_price, break_seats, break_tickets])
def test_what_is_wrong_in_any_batch_is_found(break_them: Any, world: None) -> None:
    expected = break_them()

    assert len(expected) >= 3
    found = sorted(violation.rule for violation in inspect(batch_size=SIZE))
    assert [rule for rule in found if rule in expected] == expected
    assert sorted(violation.rule for violation in inspect()) == found


def statements(size: int) -> int:
    with CaptureQueriesContext(connection) as queries:
        inspect(batch_size=size)
    return len(queries)


def test_statements_grow_with_the_number_of_batches_alone(world: None) -> None:
    in_batches = [rule.model for rule in RULES if rule.model]
    most = {model: model._default_manager.count() for model in in_batches}
    # One statement a batch says where it ends, one a batch and rule reads it.
    models = set(in_batches)
    tables = {model: sum(rule is model for rule in in_batches) + 1 for model in models}

    def batches_of(model: Any, size: int) -> int:
        return -(-most[model] // size)

    def difference(small: int, large: int) -> int:
        return sum((batches_of(m, small) - batches_of(m, large)) * tables[m] for m in models)

    prefetched = (
        6  # per batch at most: the refunds and disputes of those that aren't plain, with their tickets
    )
    grown = statements(250) - statements(500)
    payments = batches_of(Payment, 250) - batches_of(Payment, 500)

    assert difference(250, 500) <= grown <= difference(250, 500) + prefetched * payments + 2 * len(models)


def test_batches_have_every_row_once(world: None) -> None:
    Transition.objects.filter(pk__range=(100, 900)).delete()

    found = [
        row.pk for batch in batches(Transition, 300) for row in batch.of(Transition.objects.order_by("pk"))
    ]

    assert found == list(Transition.objects.order_by("pk").values_list("pk", flat=True))
    assert list(batches(Subscription)) == []


def test_the_balance_of_batches_is_that_of_all(world: None) -> None:
    assert balances(batch_size=SIZE // 3) == balances()
    (balance,) = balances()
    received = Payment.objects.values_list("amount_received", flat=True)
    assert balance.received == sum(amount or 0 for amount in received)
    assert balance.refunded == sum(Refund.objects.values_list("amount", flat=True))


def test_the_progress_is_told_after_each_batch(world: None) -> None:
    told: list[Progress] = []

    inspect(told.append, batch_size=SIZE)

    assert {at.name for at in told} == {rule.name for rule in RULES if rule.model not in NONE_HERE}
    assert [at for at in told if at.name == "money_without_tickets"] == [
        Progress("money_without_tickets", done, 3) for done in (1, 2, 3)
    ]


@pytest.mark.parametrize(("options", "is_told"), [([], False), (["--progress"], True)])
def test_a_log_gets_the_progress_only_if_it_is_asked_for(
    options: list[str], is_told: bool, world: None
) -> None:
    out, log = StringIO(), StringIO()

    call_command("fsck", *options, stdout=out, stderr=log)

    assert out.getvalue().endswith(" rules, 0 findings, 0 left.\n")
    assert ("money_without_tickets: 1 of 1\n" in log.getvalue()) is is_told
    assert bool(log.getvalue()) is is_told


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_it_in_one_line_that_is_gone_in_the_end(world: None) -> None:
    screen = Terminal()

    call_command("fsck", stdout=StringIO(), stderr=screen)

    assert "\r\033[Kbalance: 1 of 1" in screen.getvalue()
    assert "\n" not in screen.getvalue()
    assert screen.getvalue().endswith("\r\033[K")
