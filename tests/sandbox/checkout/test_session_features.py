"""What a session asks its customer for, and what it does after the payment or its expiry."""

from typing import Any

import pytest
import stripe

from tests.sandbox.support.pages import METHOD, words_of
from tests.sandbox.support.payments import PAID, paid_intent
from tests.sandbox.support.process import Sandbox, order
from tests.sandbox.support.promotions import coupon
from tests.sandbox.support.subscribers import DAY, open_offer

TERMS = "https://shop.test/terms"
FORM = {
    METHOD: "card",
    "cardNumber": "4242424242424242",
    "cardExpiry": "12/34",
    "cardCvc": "123",
    "billingName": "Ada Lovelace",
}
INVOICED = ["invoice.created", "invoice.finalized", "invoice.paid", "invoice.payment_succeeded"]


def refusal(sandbox: Sandbox, **changes: Any) -> stripe.InvalidRequestError:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sandbox.open_session(**changes)
    assert caught.value.http_status == 400
    return caught.value


def page(sandbox: Sandbox, session: stripe.checkout.Session) -> str:
    return sandbox.http.get(f"/c/pay/{session.id}").text


def test_the_button_says_what_the_shop_wants(sandbox: Sandbox) -> None:
    session = sandbox.open_session(submit_type="book")
    assert session.submit_type == "book"
    assert "Book €42.00" in page(sandbox, session)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "TEST SHOP"),
        ({"statement_descriptor_suffix": "HAMLET 12 MAY"}, "TEST SHOP* HAMLET 12 MAY"[:22]),
        ({"statement_descriptor_suffix": "HAMLET"}, "TEST SHOP* HAMLET"),
    ],
)
def test_the_bank_statement_names_the_shop_and_the_event(
    sandbox: Sandbox, data: dict[str, str], words: str
) -> None:
    session = sandbox.open_session(payment_intent_data={"description": "Hamlet, 12 May", **data})
    sandbox.pay(session.id)
    intent = paid_intent(sandbox, session.id)

    assert intent.latest_charge.calculated_statement_descriptor == words
    assert (intent.description, intent.latest_charge.description) == ("Hamlet, 12 May", "Hamlet, 12 May")


def test_consent_needs_the_terms_address(sandbox: Sandbox) -> None:
    error = refusal(sandbox, consent_collection={"terms_of_service": "required"})
    assert error.param == "consent_collection[terms_of_service]"
    assert error.user_message == (
        "You cannot collect consent to your terms of service unless a URL is set in the Stripe Dashboard. "
        "Update your public business details in the Dashboard https://dashboard.stripe.com/settings/public "
        "with a Terms of service URL to collect terms of service consent."
    )


def test_terms_are_accepted_on_the_page_or_nothing_is_paid(sandbox: Sandbox) -> None:
    sandbox.control("account", terms_of_service_url=TERMS)
    session = sandbox.open_session(consent_collection={"terms_of_service": "required"})
    assert TERMS in page(sandbox, session)
    sandbox.http.post(f"/c/pay/{session.id}", data=FORM)
    assert "Accept the terms to continue." in page(sandbox, session)
    assert sandbox.event_types() == []
    sandbox.http.post(f"/c/pay/{session.id}", data={**FORM, "termsOfServiceConsentCheckbox": "on"})

    done = sandbox.session(session.id)
    assert done.payment_status == "paid"
    assert done.consent is not None
    assert done.consent.terms_of_service == "accepted"


def test_a_session_without_consent_has_none(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.pay(session.id)
    assert sandbox.session(session.id).consent is None
    assert sandbox.session(session.id).consent_collection is None


def test_a_tax_id_is_kept_with_the_customer(sandbox: Sandbox) -> None:
    session = sandbox.open_session(tax_id_collection={"enabled": True})
    form = {**FORM, "businessName": "Ada Ltd", "taxId": "ATU12345678"}
    sandbox.http.post(f"/c/pay/{session.id}", data=form)
    details: Any = sandbox.session(session.id).customer_details

    assert details.business_name == "Ada Ltd"
    assert [each.to_dict() for each in details.tax_ids] == [{"type": "eu_vat", "value": "ATU12345678"}]


def test_a_tax_id_is_only_taken_where_it_is_asked_for(sandbox: Sandbox) -> None:
    given = {"type": "eu_vat", "value": "ATU12345678"}
    plain, asking = sandbox.open_session(), sandbox.open_session(tax_id_collection={"enabled": True})
    assert sandbox.pay(plain.id, tax_id=given) == {"error": "The session doesn't ask for a tax ID."}
    details = sandbox.pay(asking.id, tax_id=given)["session"]["customer_details"]
    assert details["tax_ids"] == [given]


def test_a_known_customer_must_be_allowed_a_business_name(sandbox: Sandbox) -> None:
    customer = sandbox.stripe.customers.create({"email": "ada@example.com"})
    params: Any = {**order(), "customer": customer.id, "tax_id_collection": {"enabled": True}}
    del params["customer_email"]
    with pytest.raises(stripe.InvalidRequestError, match="Tax ID collection requires updating"):
        sandbox.stripe.checkout.sessions.create(params)
    sandbox.stripe.checkout.sessions.create({**params, "customer_update": {"name": "auto"}})


def test_a_phone_number_is_asked_for(sandbox: Sandbox) -> None:
    session = sandbox.open_session(phone_number_collection={"enabled": True})
    sandbox.http.post(f"/c/pay/{session.id}", data=FORM)
    assert sandbox.session(session.id).status == "open"
    sandbox.http.post(f"/c/pay/{session.id}", data={**FORM, "phoneNumber": "+43 1 23456"})

    details = sandbox.session(session.id).customer_details
    assert details is not None
    assert details.phone == "+43 1 23456"


def test_the_shops_own_words_are_on_the_page(sandbox: Sandbox) -> None:
    sandbox.control("account", terms_of_service_url=TERMS)
    texts = {
        "submit": {"message": "Seats are held for you."},
        "after_submit": {"message": "Tickets come by mail."},
        "terms_of_service_acceptance": {"message": "I accept the house rules."},
    }
    session = sandbox.open_session(
        custom_text=texts, consent_collection={"terms_of_service": "required"}
    ).to_dict()
    shown = words_of(sandbox.http.get(f"/c/pay/{session['id']}").text)

    assert session["custom_text"] == {"shipping_address": None, **texts}
    for each in texts.values():
        assert each["message"] in shown
    assert refusal(sandbox, custom_text={"submit": {"message": "x" * 1201}}).param == (
        "custom_text[submit][message]"
    )


def test_a_payment_can_have_an_invoice(sandbox: Sandbox) -> None:
    session = sandbox.open_session(
        invoice_creation={
            "enabled": True,
            "invoice_data": {"description": "Two seats", "metadata": {"a": "b"}},
        },
        discounts=[{"coupon": coupon(sandbox)}],
    )
    sandbox.pay(session.id)
    done: Any = sandbox.session(session.id, "invoice.payments", "customer")
    invoice = done.invoice

    assert (invoice.status, invoice.total, invoice.amount_paid, invoice.parent) == ("paid", 3360, 3360, None)
    assert (invoice.subtotal, invoice.total_discount_amounts[0].amount) == (4200, 840)
    assert (invoice.description, invoice.metadata.to_dict()) == ("Two seats", {"a": "b"})
    assert invoice.customer == done.customer.id
    assert invoice.payments.data[0].payment.payment_intent == done.payment_intent
    assert sandbox.event_types() == [
        "coupon.created",
        "customer.created",
        *PAID[:-1],
        *INVOICED,
        "invoice_payment.paid",
        "checkout.session.completed",
    ]
    assert "Paid in full" in sandbox.http.get(f"/i/{invoice.id}").text
    with pytest.raises(stripe.InvalidRequestError, match="already paid"):
        sandbox.stripe.invoices.pay(invoice.id)


@pytest.mark.parametrize("method", ["sepa_debit", "multibanco"])
def test_an_invoice_comes_with_the_money(sandbox: Sandbox, method: str) -> None:
    sandbox.control("account", payment_methods=["card", "sepa_debit", "multibanco"])
    session = sandbox.open_session(invoice_creation={"enabled": True})
    sandbox.pay(session.id, method=method)
    assert sandbox.session(session.id).invoice is None
    sandbox.control(f"sessions/{session.id}/settle")
    assert str(sandbox.session(session.id).invoice).startswith("in_1")


def test_a_subscription_has_invoices_anyway(sandbox: Sandbox) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        open_offer(sandbox, invoice_creation={"enabled": True})
    assert caught.value.param == "invoice_creation"


def test_an_expired_session_can_be_recovered(sandbox: Sandbox) -> None:
    session = sandbox.open_session(after_expiration={"recovery": {"enabled": True}})
    recovery: Any = session.after_expiration
    assert recovery.to_dict() == {
        "recovery": {"allow_promotion_codes": False, "enabled": True, "expires_at": None, "url": None}
    }
    ended: Any = sandbox.stripe.checkout.sessions.expire(session.id)
    found = ended.after_expiration.recovery
    assert found.expires_at >= session.created + 30 * DAY
    place = sandbox.http.get(found.url.removeprefix(sandbox.url)).headers["Location"]

    copy = sandbox.session(place.removeprefix("/c/pay/"))
    assert (copy.status, copy.recovered_from, copy.amount_total) == ("open", session.id, 4200)
    assert copy.metadata is not None
    assert copy.metadata.to_dict() == {"payment": "p1"}
    sandbox.pay(copy.id)
    assert sandbox.session(copy.id).payment_status == "paid"


def test_a_recovery_may_come_with_promotion_codes_and_ends_after_a_month(sandbox: Sandbox) -> None:
    session = sandbox.open_session(
        after_expiration={"recovery": {"enabled": True, "allow_promotion_codes": True}}
    )
    sandbox.stripe.checkout.sessions.expire(session.id)
    path = f"/c/recover/{session.id}"
    copy = sandbox.session(sandbox.http.get(path).headers["Location"].removeprefix("/c/pay/"))
    assert copy.allow_promotion_codes is True
    sandbox.advance(31 * DAY)
    assert sandbox.http.get(path).status_code == 410


def test_only_an_expired_session_with_recovery_is_recovered(sandbox: Sandbox) -> None:
    plain, still_open = (
        sandbox.open_session(),
        sandbox.open_session(after_expiration={"recovery": {"enabled": True}}),
    )
    sandbox.stripe.checkout.sessions.expire(plain.id)
    assert sandbox.http.get(f"/c/recover/{plain.id}").status_code == 410
    assert sandbox.http.get(f"/c/recover/{still_open.id}").status_code == 410
    assert sandbox.http.get("/c/recover/cs_test_nobody").status_code == 404
