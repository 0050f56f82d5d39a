"""The pages of vouchers and of bank transfers' instructions."""

import pytest

from tests.sandbox.checkout.test_vouchers import FAILED, PAID, PLACED, VOUCHERS, details, place
from tests.sandbox.pages.test_checkout_page import GOOD, paid_address
from tests.sandbox.support.pages import METHOD, page, send, words_of
from tests.sandbox.support.process import Obj, Sandbox


def path_of(sandbox: Sandbox, session: Obj) -> str:
    shown = details(sandbox, session)
    url: str = shown.get("hosted_voucher_url") or shown["hosted_instructions_url"]
    return url.removeprefix(sandbox.url)


@pytest.mark.parametrize("method", sorted(VOUCHERS))
def test_a_vouchers_address_shows_how_to_pay(sandbox: Sandbox, method: str) -> None:
    session = place(sandbox, method, VOUCHERS[method][0])
    shown = page(sandbox, path_of(sandbox, session))

    for name in ("entity", "reference", "number"):
        assert details(sandbox, session).get(name, "") in shown
    assert sandbox.session(session["id"]).success_url is not None


def test_a_transfers_address_shows_where_to_send(sandbox: Sandbox) -> None:
    session = place(sandbox, "customer_balance")
    shown = words_of(page(sandbox, path_of(sandbox, session)))

    assert "Send €42.00 to Test shop" in shown
    assert details(sandbox, session)["financial_addresses"][0]["iban"]["iban"] in shown


def test_the_page_plays_the_customer(sandbox: Sandbox) -> None:
    session = place(sandbox, "customer_balance")
    path = path_of(sandbox, session)
    send(sandbox, path, step="half")
    assert "Send €21.00" in words_of(page(sandbox, path))
    send(sandbox, path, step="pay")

    assert "Test shop has received €42.00" in words_of(page(sandbox, path))
    send(sandbox, path, step="fail")
    assert sandbox.event_types()[1:] == [*PLACED, "payment_intent.partially_funded", *PAID]


def test_a_voucher_that_has_ended_says_so(sandbox: Sandbox) -> None:
    session = place(sandbox, "multibanco")
    path = path_of(sandbox, session)
    send(sandbox, path, step="fail")

    assert "This payment has ended" in page(sandbox, path)
    assert sandbox.event_types() == PLACED + FAILED


def test_choosing_a_voucher_leads_to_it_and_from_there_to_the_shop(sandbox: Sandbox) -> None:
    sandbox.control("account", payment_methods=["card", "multibanco"])
    session = sandbox.open_session()
    assert "Multibanco" in page(sandbox, f"/c/pay/{session.id}")
    answer = sandbox.http.post(f"/c/pay/{session.id}", data={**GOOD, METHOD: "multibanco"})

    intent = sandbox.session(session.id).payment_intent
    assert answer.headers["Location"] == f"/vouchers/{intent}"
    assert paid_address(session) in page(sandbox, f"/vouchers/{intent}")


def test_a_method_that_is_not_offered_is_refused(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    send(sandbox, f"/c/pay/{session.id}", **{**GOOD, METHOD: "multibanco"})

    assert "Choose one of the payment methods." in page(sandbox, f"/c/pay/{session.id}")
    assert sandbox.session(session.id).status == "open"


def test_there_is_no_voucher_for_other_payments(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.pay(session.id)
    intent = sandbox.session(session.id).payment_intent
    for path in (f"/vouchers/{intent}", "/vouchers/pi_nobody"):
        assert sandbox.http.get(path).status_code == 404
