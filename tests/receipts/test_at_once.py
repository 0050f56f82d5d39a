"""Numbers without gaps though several issue at once, and customers who never wait for them."""

from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from payments.fsck import inspect
from payments.models import Dispute, Payment, Refund
from payments.models.dispute import LOST_UNENTERED
from payments.models.payment import BOUGHT_UNRECEIPTED
from payments.models.refund import PAID_UNENTERED
from receipts.issuing import issue_due
from receipts.models import Receipt, Series
from tests.legal.house import make_house
from tests.support.sandbox import Sandbox
from tests.support.shop import Buy, Deliver
from tests.support.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_at_once_give_out_every_number_once(
    buy: Buy, stripe: Sandbox, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_house()
    for number in range(1, 7):
        purchase = buy(f"A-{number}")
        stripe.pay(purchase.session_id)
        deliver("completed", purchase)
    monkeypatch.setattr("receipts.issuing.BATCH", 2)

    at_once(lambda _number: issue_due(), 3)
    issue_due()

    assert sorted(Receipt.objects.values_list("position", flat=True)) == [1, 2, 3, 4, 5, 6]
    assert Series.objects.get().last == 6
    assert inspect() == []


def test_a_confirmation_does_not_wait_for_a_series(buy: Buy, stripe: Sandbox, deliver: Deliver) -> None:
    house = make_house()
    purchase = buy()
    stripe.pay(purchase.session_id)

    with transaction.atomic():
        Series.lock(house, is_live=False)
        (answer,) = at_once(lambda _number: deliver("completed", purchase), 1)

    assert answer.json()["outcome"] == "applied"


@pytest.mark.parametrize(
    ("model", "condition", "index"),
    [
        (Payment, BOUGHT_UNRECEIPTED, "payment_unreceipted"),
        (Refund, PAID_UNENTERED, "refund_unentered"),
        (Dispute, LOST_UNENTERED, "dispute_unentered"),
    ],
)
def test_what_is_due_is_found_by_an_index(model: Any, condition: Any, index: str, event: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
    order = "created_at" if model is Payment else "pk"
    try:
        plan = model.objects.filter(condition).order_by(order).explain()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET enable_seqscan")

    assert index in plan


def test_a_run_with_nothing_due_asks_four_questions(event: object) -> None:
    make_house()

    with CaptureQueriesContext(connection) as asked:
        issue_due()

    statements = [query["sql"] for query in asked if query["sql"].startswith("SELECT")]
    assert len(statements) <= 5
