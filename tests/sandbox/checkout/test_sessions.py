"""Checkout Sessions over the API."""

import time
from typing import Any

import pytest
import stripe

from tests.sandbox.support.process import Sandbox, order
from tests.support.stripe_schema import check as stripe_schema


def refusal(sandbox: Sandbox, **changes: Any) -> stripe.InvalidRequestError:
    """Return the error for creating a session with these changes."""
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sandbox.open_session(**changes)
    assert caught.value.http_status == 400
    return caught.value


def items(*amounts: int, currency: str = "eur", quantity: int = 1) -> list[dict[str, Any]]:
    return [
        {
            "price_data": {"currency": currency, "unit_amount": amount, "product_data": {"name": "Seat"}},
            "quantity": quantity,
        }
        for amount in amounts
    ]


def test_a_new_session_is_open_unpaid_and_has_no_payment_intent(sandbox: Sandbox) -> None:
    session = sandbox.open_session()

    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    assert (session.amount_total, session.currency) == (4200, "eur")
    assert session.url == f"{sandbox.url}/c/pay/{session.id}#sandbox"
    assert session.expires_at == session.created + 24 * 3600
    assert session.client_reference_id == "BOOKING-1"
    assert session.metadata is not None
    assert session.metadata.to_dict() == {"payment": "p1"}
    assert len(session.id) == len("cs_test_") + 58
    assert sandbox.event_types() == []


def test_a_session_has_every_member_that_stripe_sends(sandbox: Sandbox) -> None:
    session = sandbox.api("GET", f"/v1/checkout/sessions/{sandbox.open_session().id}").json()

    assert stripe_schema.load().check_object(session) == []
    assert "line_items" not in session


def test_a_session_has_the_defaults_of_a_new_account(sandbox: Sandbox) -> None:
    sandbox.control("account", display_name="Schauspielhaus")
    session: Any = sandbox.open_session()
    other: Any = sandbox.open_session()

    assert session.adaptive_pricing.to_dict() == {"enabled": True}
    assert session.branding_settings.to_dict() == {
        "background_color": "#ffffff",
        "border_style": "rounded",
        "button_color": "#0074d4",
        "display_name": "Schauspielhaus",
        "font_family": "default",
        "icon": None,
        "logo": None,
    }
    configuration = session.payment_method_configuration_details
    assert configuration.id.startswith("pmc_1")
    assert configuration == other.payment_method_configuration_details
    assert session.collected_information is None


def test_what_a_customer_may_be_asked_for_is_empty_at_first(sandbox: Sandbox) -> None:
    customer = sandbox.stripe.customers.create({"email": "ada@example.com"})
    params: Any = {**order(), "customer": customer.id}
    del params["customer_email"]
    session: Any = sandbox.stripe.checkout.sessions.create(params)

    assert session.collected_information.to_dict() == {
        "business_name": None,
        "individual_name": None,
        "shipping_details": None,
    }


def test_line_items_come_with_the_session_only_when_asked_for(sandbox: Sandbox) -> None:
    session = sandbox.open_session(line_items=items(1000, 2000), expand=["line_items"])

    assert session.line_items is not None
    assert [item.amount_total for item in session.line_items.data] == [1000, 2000]
    assert session.line_items.data[0].description == "Seat"
    assert [
        item.amount_total for item in sandbox.stripe.checkout.sessions.line_items.list(session.id).data
    ] == [1000, 2000]


def test_line_items_are_paged_in_their_own_order(sandbox: Sandbox) -> None:
    session = sandbox.open_session(line_items=items(*range(100, 125)))
    lines = sandbox.stripe.checkout.sessions.line_items

    assert [line.amount_total for line in lines.list(session.id, {"limit": 7}).auto_paging_iter()] == list(
        range(100, 125)
    )
    last = lines.list(session.id, {"limit": 100}).data[-1]
    before = lines.list(session.id, {"ending_before": last.id, "limit": 3})
    assert [line.amount_total for line in before.data] == [121, 122, 123]


def test_a_stored_price_can_be_sold(sandbox: Sandbox) -> None:
    product = sandbox.stripe.products.create({"name": "Programme"})
    price = sandbox.stripe.prices.create({"currency": "eur", "unit_amount": 450, "product": product.id})
    session = sandbox.open_session(
        line_items=[{"price": price.id, "quantity": 3}], expand=["line_items.data.price.product"]
    )

    assert session.amount_total == 1350
    assert session.line_items is not None
    line = session.line_items.data[0]
    assert line.price is not None
    assert isinstance(line.price.product, stripe.Product)
    assert line.price.product.name == "Programme"


def test_decimal_amounts_are_rounded_per_line(sandbox: Sandbox) -> None:
    price = {"currency": "eur", "unit_amount_decimal": "33.5", "product_data": {"name": "Metre"}}
    assert sandbox.open_session(line_items=[{"price_data": price, "quantity": 3}]).amount_total == 101


def test_an_existing_customer_lends_the_session_their_address(sandbox: Sandbox) -> None:
    customer = sandbox.stripe.customers.create({"email": "grace@example.com"})
    params: Any = {**order(), "customer": customer.id}
    del params["customer_email"]
    session = sandbox.stripe.checkout.sessions.create({**params, "expand": ["customer"]})

    assert isinstance(session.customer, stripe.Customer)
    assert session.customer.email == "grace@example.com"
    assert session.customer_details is not None
    assert session.customer_details.email == "grace@example.com"


def test_a_bank_debit_is_offered_in_its_currencies(sandbox: Sandbox) -> None:
    assert sandbox.open_session().payment_method_types == ["card", "sepa_debit"]
    assert sandbox.open_session(line_items=items(900, currency="usd")).payment_method_types == [
        "card",
        "us_bank_account",
    ]
    assert sandbox.open_session(line_items=items(900, currency="gbp")).payment_method_types == ["card"]
    assert sandbox.open_session(allowed_payment_method_types=["card"]).payment_method_types == ["card"]
    assert sandbox.open_session(excluded_payment_method_types=["card"]).payment_method_types == ["sepa_debit"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (29 * 60, "must be at least 30 minutes from Checkout Session creation."),
        (24 * 3600 + 60, "must be less than 24 hours from Checkout Session creation."),
    ],
)
def test_a_session_lives_between_thirty_minutes_and_a_day(sandbox: Sandbox, seconds: int, words: str) -> None:
    error = refusal(sandbox, expires_at=int(time.time()) + seconds)

    assert error.param == "expires_at"
    assert error.user_message == f"The `expires_at` timestamp {words}"


def test_thirty_one_minutes_are_enough(sandbox: Sandbox) -> None:
    expires_at = int(time.time()) + 31 * 60
    assert sandbox.open_session(expires_at=expires_at).expires_at == expires_at


@pytest.mark.parametrize(
    ("changes", "param", "code"),
    [
        ({"bogus": "1"}, "bogus", "parameter_unknown"),
        ({"payment_method_types": ["card"]}, "payment_method_types", "parameter_unknown"),
        ({"line_items": [{"quantity": 1, "extra": 1}]}, "line_items[0][extra]", "parameter_unknown"),
        ({"mode": "sale"}, "mode", None),
        ({"mode": "setup"}, "mode", None),
        ({"ui_mode": "hosted"}, "ui_mode", None),
        ({"ui_mode": "embedded_page"}, "ui_mode", None),
        ({"success_url": "/paid"}, "success_url", "url_invalid"),
        ({"cancel_url": "javascript:1"}, "cancel_url", "url_invalid"),
        ({"customer_email": "ada"}, "customer_email", "email_invalid"),
        ({"client_reference_id": "x" * 201}, "client_reference_id", None),
        ({"client_reference_id": ""}, "client_reference_id", "parameter_invalid_empty"),
        ({"metadata": {"k" * 41: "v"}}, f"metadata[{'k' * 41}]", None),
        ({"metadata": {"k": "v" * 501}}, "metadata[k]", None),
        ({"metadata": {str(n): "v" for n in range(51)}}, "metadata", None),
        ({"customer": "cus_nobody", "customer_email": "a@b.co"}, "customer_email", "parameters_exclusive"),
        ({"locale": "klingon"}, "locale", None),
        ({"expires_at": "tomorrow"}, "expires_at", "parameter_invalid_integer"),
        ({"shipping_address_collection": {"allowed_countries": ["AT"]}}, "shipping_address_collection", None),
        ({"discounts": [{"coupon": "a", "promotion_code": "b"}]}, "discounts[0]", None),
        ({"discounts": [{"coupon": "NONE"}]}, "discounts[0][coupon]", "resource_missing"),
        (
            {"discounts": [{"promotion_code": "promo_x"}]},
            "discounts[0][promotion_code]",
            "resource_missing",
        ),
        (
            {"discounts": [{"coupon": "a"}], "allow_promotion_codes": True},
            "discounts",
            "parameters_exclusive",
        ),
        ({"line_items": []}, "line_items", "parameter_missing"),
        ({"line_items": items(*[100] * 101)}, "line_items", None),
        ({"line_items": items(1000) + items(1000, currency="usd")}, "line_items", None),
        ({"line_items": items(1000, quantity=0)}, "line_items[0][quantity]", "parameter_invalid_integer"),
        ({"line_items": items(-5)}, "line_items[0][price_data][unit_amount]", "parameter_invalid_integer"),
        ({"line_items": [{"price": "price_x", "quantity": 1}]}, "line_items[0][price]", "resource_missing"),
        ({"line_items": [{"quantity": 1}]}, "line_items[0][price]", "parameter_missing"),
        (
            {"line_items": [{"price_data": {"unit_amount": 1}, "quantity": 1}]},
            "line_items[0][price_data][currency]",
            "parameter_missing",
        ),
        ({"line_items": items(1000, currency="euro")}, "line_items[0][price_data][currency]", None),
        ({"allowed_payment_method_types": ["klarna"]}, None, None),
    ],
)
def test_what_stripe_refuses_is_refused(
    sandbox: Sandbox, changes: dict[str, Any], param: str | None, code: str | None
) -> None:
    error = refusal(sandbox, **changes)

    assert (error.param, error.code) == (param, code)
    assert sandbox.stripe.checkout.sessions.list().data == []
    assert sandbox.stripe.products.list().data == []


def test_an_unknown_customer_is_a_bad_parameter(sandbox: Sandbox) -> None:
    params: Any = {**order(), "customer": "cus_nobody"}
    del params["customer_email"]
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sandbox.stripe.checkout.sessions.create(params)
    assert (caught.value.http_status, caught.value.code) == (400, "resource_missing")
    assert caught.value.param == "customer"


@pytest.mark.parametrize("missing", ["mode", "line_items", "success_url"])
def test_what_a_session_needs(sandbox: Sandbox, missing: str) -> None:
    params: Any = order()
    del params[missing]
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sandbox.stripe.checkout.sessions.create(params)
    assert (caught.value.param, caught.value.code) == (missing, "parameter_missing")


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        (50, "usd"),
        (30, "gbp"),
        (50, "jpy"),
        (17500, "huf"),
        (500, "isk"),
        (510, "kwd"),
        (0, "eur"),
        (1, "xof"),
    ],
)
def test_the_smallest_charges(sandbox: Sandbox, amount: int, currency: str) -> None:
    assert sandbox.open_session(line_items=items(amount, currency=currency)).amount_total == amount


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        (49, "usd", "amount_too_small"),
        (49, "jpy", "amount_too_small"),
        (17499, "huf", "amount_too_small"),
        (550, "isk", None),
        (1005, "kwd", None),
        (1_000_000_000_000, "eur", "amount_too_large"),
    ],
)
def test_amounts_that_cannot_be_charged(sandbox: Sandbox, amount: int, currency: str, code: str) -> None:
    assert refusal(sandbox, line_items=items(amount, currency=currency)).code == code


def test_the_minimum_is_named_in_the_currencys_own_form(sandbox: Sandbox) -> None:
    assert refusal(sandbox, line_items=items(10, currency="usd")).user_message == (
        "The Checkout Session's total amount due must add up to at least $0.50 usd"
    )


def test_a_rupiah_charge_may_be_large(sandbox: Sandbox) -> None:
    assert sandbox.open_session(line_items=items(999_999_999, currency="idr")).amount_total == 999_999_999


def test_expiring_ends_an_open_session(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    expired = sandbox.stripe.checkout.sessions.expire(session.id)

    assert (expired.status, expired.url, expired.payment_status) == ("expired", None, "unpaid")
    [event] = sandbox.events()
    assert event["type"] == "checkout.session.expired"
    assert event["data"]["object"]["id"] == session.id
    assert event["request"]["id"].startswith("req_")
    assert event["request"]["idempotency_key"]


def test_only_an_open_session_can_be_expired(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.pay(session.id)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sandbox.stripe.checkout.sessions.expire(session.id)

    assert caught.value.user_message == (
        'Only Checkout Sessions with a status in ["open"] can be expired. '
        "This Checkout Session has a status of `complete`."
    )
    assert (caught.value.http_status, caught.value.code, caught.value.param) == (400, None, None)


def test_a_session_expires_by_time(sandbox: Sandbox) -> None:
    session = sandbox.open_session(expires_at=int(time.time()) + 31 * 60)
    sandbox.advance(30 * 60)
    assert sandbox.session(session.id).status == "open"
    sandbox.advance(2 * 60)

    assert sandbox.session(session.id).status == "expired"
    [event] = sandbox.events()
    assert event["type"] == "checkout.session.expired"
    assert event["request"] == {"id": None, "idempotency_key": None}
    assert session.expires_at <= event["created"] <= session.expires_at + 1


def test_metadata_is_merged_and_unset(sandbox: Sandbox) -> None:
    session = sandbox.open_session(metadata={"a": "1", "b": "2"})
    updated = sandbox.stripe.checkout.sessions.update(session.id, {"metadata": {"a": "", "c": "3"}})

    assert updated.metadata is not None
    assert updated.metadata.to_dict() == {"b": "2", "c": "3"}
    cleared = sandbox.stripe.checkout.sessions.update(session.id, {"metadata": ""})
    assert cleared.metadata is not None
    assert cleared.metadata.to_dict() == {}


def test_the_payment_intents_metadata_can_be_changed_before_it_exists(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.stripe.checkout.sessions.update(
        session.id, {"payment_intent_data": {"metadata": {"payment": "p2"}}}
    )
    sandbox.pay(session.id)

    [intent] = sandbox.stripe.payment_intents.list().data
    assert intent.metadata.to_dict() == {"payment": "p2"}


def test_a_closed_session_cannot_be_changed(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.stripe.checkout.sessions.expire(session.id)
    with pytest.raises(stripe.InvalidRequestError, match="status of `expired`"):
        sandbox.stripe.checkout.sessions.update(session.id, {"metadata": {"a": "1"}})


@pytest.mark.parametrize("method", ["retrieve", "expire"])
def test_an_unknown_session_is_not_found(sandbox: Sandbox, method: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        getattr(sandbox.stripe.checkout.sessions, method)("cs_test_nobody")

    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")
    assert (caught.value.param, caught.value.user_message) == (
        "session",
        "No such checkout.session: 'cs_test_nobody'",
    )


def test_sessions_are_listed_by_what_stripe_can_filter(sandbox: Sandbox) -> None:
    paid, waiting = sandbox.open_session(customer_email="grace@example.com"), sandbox.open_session()
    sandbox.pay(paid.id)
    intent = sandbox.session(paid.id).payment_intent
    sessions = sandbox.stripe.checkout.sessions

    assert [s.id for s in sessions.list().data] == [waiting.id, paid.id]
    assert [s.id for s in sessions.list({"status": "open"}).data] == [waiting.id]
    assert [s.id for s in sessions.list({"payment_intent": str(intent)}).data] == [paid.id]
    found = sessions.list({"customer_details": {"email": "grace@example.com"}})
    assert [s.id for s in found.data] == [paid.id]
    assert sessions.list({"customer": "cus_nobody"}).data == []
