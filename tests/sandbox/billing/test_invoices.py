"""Invoices over the API."""

from typing import Any

import pytest
import stripe

from tests.sandbox.support.process import Sandbox
from tests.sandbox.support.subscribers import subscribe


def test_a_list_of_invoices_is_refused_for_what_does_not_exist(sandbox: Sandbox) -> None:
    wanted: list[Any] = [{"subscription": "sub_gone"}, {"customer": "cus_gone"}]

    for params in wanted:
        with pytest.raises(stripe.InvalidRequestError) as caught:
            sandbox.stripe.invoices.list(params)
        assert (caught.value.http_status, caught.value.code) == (400, "resource_missing")


def draft(sandbox: Sandbox) -> stripe.Invoice:
    """Return the draft of a renewal, an hour before it is finalised."""
    subscription = subscribe(sandbox)
    sandbox.advance(subscription["items"].data[0].current_period_end - sandbox.show("clock")["now"])
    return sandbox.stripe.invoices.list({"subscription": subscription.id, "status": "draft"}).data[0]


def owed(sandbox: Sandbox) -> stripe.Invoice:
    """Return an open invoice that is retried later."""
    subscription = subscribe(sandbox, card="4000000000000341")
    open_invoice = sandbox.control(f"subscriptions/{subscription.id}/renew")["invoice"]["id"]
    return sandbox.stripe.invoices.retrieve(open_invoice)


def test_a_draft_is_finalised_and_collected_on_request(sandbox: Sandbox) -> None:
    invoice = draft(sandbox)
    assert sandbox.stripe.invoices.finalize_invoice(invoice.id).status == "paid"
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sandbox.stripe.invoices.finalize_invoice(invoice.id)
    assert caught.value.code == "invoice_not_editable"


def test_a_draft_can_be_opened_without_collecting_it(sandbox: Sandbox) -> None:
    invoice = draft(sandbox)
    assert sandbox.stripe.invoices.finalize_invoice(invoice.id, {"auto_advance": False}).status == "open"


def test_an_open_invoice_is_given_up(sandbox: Sandbox) -> None:
    invoice = owed(sandbox)
    given_up = sandbox.stripe.invoices.mark_uncollectible(invoice.id)
    assert (given_up.status, given_up.next_payment_attempt) == ("uncollectible", None)
    assert sandbox.stripe.invoices.void_invoice(invoice.id).status == "void"
    with pytest.raises(stripe.InvalidRequestError, match="status of void"):
        sandbox.stripe.invoices.void_invoice(invoice.id)


def test_an_open_invoice_is_sent_again(sandbox: Sandbox) -> None:
    invoice = owed(sandbox)
    assert sandbox.stripe.invoices.send_invoice(invoice.id).status == "open"
    assert sandbox.event_types()[-1] == "invoice.sent"


def test_the_lines_of_an_invoice_are_a_list(sandbox: Sandbox) -> None:
    invoice = owed(sandbox)
    assert [line.amount for line in sandbox.stripe.invoices.line_items.list(invoice.id).data] == [1200]
