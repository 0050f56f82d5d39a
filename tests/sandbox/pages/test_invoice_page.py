"""The page of an invoice, as a browser without JavaScript uses it."""

import pytest
import stripe

from tests.sandbox.support.pages import GOOD, enter, page, send, words_of
from tests.sandbox.support.process import Sandbox
from tests.sandbox.support.subscribers import DAY, history, status_of, subscribe


def owed(sandbox: Sandbox, card: str = "4000000000000341") -> tuple[stripe.Subscription, str]:
    """Return a subscription whose renewal failed, and the path of the open invoice."""
    subscription = subscribe(sandbox, card=card)
    invoice = sandbox.control(f"subscriptions/{subscription.id}/renew")["invoice"]
    return subscription, invoice["hosted_invoice_url"].removeprefix(sandbox.url)


def test_an_invoice_has_a_page(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    invoice = sandbox.stripe.invoices.retrieve(str(subscription.latest_invoice))
    assert invoice.hosted_invoice_url is not None
    words = words_of(page(sandbox, invoice.hosted_invoice_url))
    assert f"Invoice {invoice.number}" in words
    assert "1 × Friend (at €12.00 / month)" in words
    assert "Paid on" in words
    assert "Card number" not in words


def test_the_portal_and_the_invoice_tell_of_what_is_owed(sandbox: Sandbox) -> None:
    subscription, path = owed(sandbox)
    portal = page(sandbox, enter(sandbox, subscription))
    assert "€12.00 couldn’t be charged." in words_of(portal)
    assert path in portal
    assert "Not paid yet" in page(sandbox, path)


def test_an_open_invoice_is_paid_with_another_card(sandbox: Sandbox) -> None:
    subscription, path = owed(sandbox)
    send(sandbox, path, **{"with": "saved"})
    assert "Your card was declined." in page(sandbox, path)
    send(sandbox, path, **GOOD)

    assert "Paid in full" in page(sandbox, path)
    assert status_of(sandbox, subscription) == "active"
    sandbox.advance(62 * DAY)
    assert status_of(sandbox, subscription) == "active"
    send(sandbox, path, **GOOD)
    assert len([e for e in history(sandbox) if e["type"] == "invoice.paid"]) == 4


def test_a_bad_field_is_marked_and_nothing_is_charged(sandbox: Sandbox) -> None:
    _, path = owed(sandbox)
    before = len(history(sandbox))
    send(sandbox, path, **{**GOOD, "cardNumber": "42"})
    assert '<p class="error" id="cardNumber-error">Your card number is incorrect.</p>' in page(sandbox, path)
    assert len(history(sandbox)) == before


@pytest.mark.parametrize(("outcome", "status"), [("complete", "active"), ("fail", "past_due")])
def test_a_renewal_that_needs_3d_secure_is_confirmed_there(
    sandbox: Sandbox, outcome: str, status: str
) -> None:
    subscription, path = owed(sandbox, "4000002760003184")
    assert "confirm €12.00" in words_of(page(sandbox, f"{path}/challenge"))
    send(sandbox, f"{path}/challenge", outcome=outcome)
    assert status_of(sandbox, subscription) == status
    if outcome == "fail":
        assert "unable to authenticate" in page(sandbox, path)
        assert send(sandbox, path, **{"with": "saved"}).headers["Location"] == f"{path}/challenge"


def test_an_unknown_invoice_is_not_found(sandbox: Sandbox) -> None:
    for path in ("/i/in_nobody", "/i/in_nobody/challenge"):
        assert sandbox.http.get(path).status_code in (303, 404)
        assert sandbox.http.post(path).status_code == 404
