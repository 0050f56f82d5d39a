"""Receipts: one for each sale, a correction for what goes back, and numbers without gaps."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from bookings.models import Event
from legal.models import House
from payments.fsck import inspect
from payments.ledger.moving import move, quote_moves
from payments.ledger.verification import ask
from payments.models import Cause, Payment, Refund, Restore
from receipts.issuing import issue_due
from receipts.models import Receipt, Series
from tests.legal.house import make_house
from tests.support.sandbox import Sandbox
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Buy, Deliver, Purchase, make_event
from tests.support.worker import work


@shared
def sold(box_office: BoxOffice) -> Purchase:
    """A house that makes receipts, and a sale of 84.00 that has none so far."""
    make_house()
    make_event()
    return box_office.sell()


def issued(purchase: Purchase) -> list[tuple[str, int, int]]:
    """Issue what is due, and return kind, gross and VAT of what the purchase has."""
    issue_due()
    return list(purchase.payment.receipts.order_by("pk").values_list("kind", "gross", "vat"))


def tell(purchase: Purchase) -> None:
    """Let the shop learn what Stripe knows of the purchase by now."""
    ask(purchase.payment, cause=Cause.RECONCILER)


def this_year() -> int:
    return timezone.localdate().year


def paid_back(purchase: Purchase, **facts: Any) -> Refund:
    """Make the row of a refund of 1.00 that has succeeded."""
    return Refund.objects.create(
        payment=purchase.payment,
        amount=100,
        currency="eur",
        origin="stripe",
        status="succeeded",
        refund_id="re_1",
        checked_at=timezone.now(),
        **facts,
    )


# What is issued


def test_a_sale_gets_a_receipt_once(sold: Purchase) -> None:
    assert issue_due() == 1
    assert issue_due() == 0

    receipt = Receipt.objects.get()
    assert receipt.number == f"TEST-{this_year()}-000001"
    assert (receipt.gross, receipt.net, receipt.vat) == (8400, 7059, 1341)
    assert [(one.basis_points, one.gross, one.vat) for one in receipt.rates.all()] == [(1900, 8400, 1341)]
    assert receipt.lines == [
        {"text": "Admission, row A, seat 1 (A-1)", "amount": 4200},
        {"text": "Admission, row A, seat 2 (A-2)", "amount": 4200},
    ]
    assert receipt.buyer == "Ada Lovelace"
    assert receipt.seller["tax_number"] == "12/345/67890"
    assert receipt.supplied_on == timezone.localdate(sold.booking.event.starts_at)
    assert inspect() == []


def test_whoever_was_moved_before_has_a_receipt_for_what_was_sold(sold: Purchase) -> None:
    wanted = {sold.booking.tickets.get(seat__label="A-1").pk: "B-1"}
    agreed = quote_moves(sold.payment, wanted).agreed
    move(sold.payment, wanted, agreed=agreed, cause=Cause.STAFF)
    work("send_refund")
    Refund.objects.update(status="succeeded")

    assert [(kind, gross) for kind, gross, _vat in issued(sold)] == [("receipt", 8400), ("correction", -1000)]
    assert [line["amount"] for line in Receipt.objects.earliest("pk").lines] == [4200, 4200]
    assert [one.rule for one in inspect() if "receipt" in one.rule] == []


def test_live_money_has_numbers_of_its_own_with_the_houses_prefix(sold: Purchase) -> None:
    House.objects.update(receipt_prefix="LT-")
    Payment.objects.update(livemode=True)

    issue_due()

    assert Receipt.objects.get().number == f"LT-{this_year()}-000001"


def test_an_events_rate_counts_before_the_houses(sold: Purchase) -> None:
    Event.objects.update(vat_rate=Decimal(0), vat_exempt_reason="§ 4 Nr. 20 UStG")

    issue_due()

    rate = Receipt.objects.get().rates.get()
    assert (rate.basis_points, rate.vat, rate.reason) == (0, 0, "§ 4 Nr. 20 UStG")


def test_a_receipt_is_in_the_language_of_its_booking(sold: Purchase) -> None:
    booking = sold.booking
    booking.language = "de"
    booking.save(update_fields=["language"])

    issue_due()

    assert Receipt.objects.get().lines[0]["text"] == "Eintritt, Reihe A, Platz 1 (A-1)"


def test_what_stripe_added_is_the_tax(sold: Purchase) -> None:
    Payment.objects.update(tax_added=400, amount=8000)

    assert issued(sold) == [("receipt", 8400, 400)]
    assert Receipt.objects.get().rates.get().basis_points is None


# What isn't


def test_without_a_described_house_nothing_is_issued_and_nothing_is_wrong(sold: Purchase) -> None:
    House.objects.all().delete()

    assert issued(sold) == []
    assert inspect() == []


def test_what_was_bought_before_the_house_was_described_gets_none(sold: Purchase) -> None:
    House.objects.update(receipts_from=timezone.now())

    assert issued(sold) == []
    assert inspect() == []


def test_where_stripe_makes_invoices_there_is_no_second_number(sold: Purchase, settings: Any) -> None:
    settings.STRIPE_CHECKOUT_OPTIONS = {**settings.STRIPE_CHECKOUT_OPTIONS, "invoices": True}

    assert issued(sold) == []


def test_money_that_bought_nothing_is_in_no_books(
    event: Event, buy: Buy, stripe: Sandbox, deliver: Deliver
) -> None:
    make_house()
    late = buy("A-1")
    stripe.override(late.session_id, amount_total=4100)
    stripe.pay(late.session_id)
    deliver("completed", late)
    assert late.payment.problem

    assert issued(late) == []
    assert inspect() == []


# What goes back


def refund(purchase: Purchase, stripe: Sandbox, amount: int | None = None) -> None:
    stripe.refund_by_staff(purchase.session_id, amount)
    tell(purchase)


def test_what_goes_back_is_corrected_in_steps_that_sum_to_nothing(sold: Purchase, stripe: Sandbox) -> None:
    issue_due()
    refund(sold, stripe, 3333)
    assert issued(sold)[1:] == [("correction", -3333, -532)]
    refund(sold, stripe)

    papers = issued(sold)

    assert [gross for _kind, gross, _vat in papers] == [8400, -3333, -5067]
    assert sum(vat for _kind, _gross, vat in papers) == 0
    last = Receipt.objects.first()
    assert last is not None
    assert str(last.corrects) == f"TEST-{this_year()}-000001"
    assert inspect() == []


def test_what_went_back_before_the_receipt_is_on_papers_of_its_own(sold: Purchase, stripe: Sandbox) -> None:
    refund(sold, stripe)

    assert issued(sold) == [("receipt", 8400, 1341), ("correction", -8400, -1341)]


def test_a_refund_that_did_not_arrive_is_put_back(sold: Purchase, stripe: Sandbox) -> None:
    refund(sold, stripe, 4200)
    issue_due()
    Refund.objects.update(status="failed")

    assert issued(sold)[1:] == [("correction", -4200, -670), ("reinstatement", 4200, 670)]
    assert issue_due() == 0


def test_what_a_bank_took_is_corrected_and_put_back_if_it_returns_it(
    sold: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    issue_due()
    stripe.dispute(sold.session_id)
    tell(sold)
    assert len(issued(sold)) == 1  # It may still be won.
    dispute = sold.payment.disputes.get()
    stripe.close_dispute(dispute.dispute_id, "lost")
    tell(sold)
    assert issued(sold)[1:] == [("correction", -8400, -1341)]
    dispute.refresh_from_db()
    dispute.status, dispute.withdrawn = "won", 0
    dispute.save(update_fields=["status", "withdrawn"])

    assert issued(sold)[2:] == [("reinstatement", 8400, 1341)]


def test_a_refund_and_a_lost_dispute_take_no_more_than_there_was(sold: Purchase, stripe: Sandbox) -> None:
    refund(sold, stripe, 4200)
    stripe.dispute(sold.session_id)
    tell(sold)
    stripe.close_dispute(sold.payment.disputes.get().dispute_id, "lost")
    tell(sold)

    assert [gross for _kind, gross, _vat in issued(sold)] == [8400, -4200, -4200]


# Numbers


def test_numbers_go_on_and_begin_anew_with_the_year(sold: Purchase, buy: Buy, stripe: Sandbox) -> None:
    issue_due()
    with time_machine.travel(f"{this_year() + 1}-01-01T00:00:01Z", tick=False):
        paid_back(sold)
        issue_due()

    numbers = list(Receipt.objects.order_by("pk").values_list("number", flat=True))
    assert numbers == [f"TEST-{this_year()}-000001", f"TEST-{this_year() + 1}-000001"]


def test_after_a_restore_no_number_is_given_out_again(sold: Purchase, stripe: Sandbox) -> None:
    issue_due()
    Restore.objects.create(data_until=timezone.now())
    refund(sold, stripe)
    issue_due()

    numbers = list(Receipt.objects.order_by("pk").values_list("number", flat=True))
    assert numbers == [f"TEST-{this_year()}-000001", f"TEST-{this_year()}B-000001"]


def test_a_run_that_is_rolled_back_leaves_no_gap(sold: Purchase) -> None:
    with transaction.atomic():
        issue_due()
        transaction.set_rollback(True)

    assert Series.objects.count() == 0
    issue_due()
    assert Receipt.objects.get().position == 1


# What stays


@pytest.mark.parametrize("change", [{"gross": 1, "net": 1, "vat": 0}, {"buyer": "Eve"}, {"lines": []}])
def test_what_was_issued_never_changes(sold: Purchase, change: dict[str, Any]) -> None:
    issue_due()

    with pytest.raises(IntegrityError), transaction.atomic():
        Receipt.objects.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        Receipt.objects.get().rates.all().delete()


def test_only_the_buyers_name_can_go(sold: Purchase) -> None:
    issue_due()

    Receipt.objects.update(buyer="")

    assert Receipt.objects.get().buyer == ""


# fsck


def rules() -> list[str]:
    return [violation.rule for violation in inspect()]


def test_fsck_finds_a_sale_without_receipt_and_mends_it(sold: Purchase) -> None:
    with time_machine.travel(timezone.now() + timedelta(minutes=20)):
        found = [one for one in inspect() if one.rule == "sale_without_receipt"]
        assert len(found) == 1
        assert found[0].fix is not None
        found[0].fix()
        assert "sale_without_receipt" not in rules()


def test_fsck_finds_receipts_that_disagree_with_the_money(sold: Purchase) -> None:
    issue_due()
    paid_back(sold, is_entered=True)

    assert "receipts_that_do_not_add_up" in rules()


def test_fsck_finds_a_gap(sold: Purchase) -> None:
    issue_due()
    Series.objects.update(last=2)

    assert "receipt_numbers_with_gaps" in rules()
