"""What a Checkout Session is opened with: its names, the ways to pay, and what the owner has switched on."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from stripe.params.checkout import _session_create_params as stripes

from bookings.models import Event
from payments.gateway.billing import subscriptions
from payments.gateway.checkout.options import SUFFIX_LENGTH, CheckoutOptions, statement_suffix
from payments.gateway.checkout.payment_methods import DELAYS, Delay, too_slow
from payments.gateway.checkout.session_params import session_params
from tests.support.paths import DOCS
from tests.support.sandbox import Sandbox
from tests.support.shop import Buy, Purchase

NOW = timezone.now()
DAY = timedelta(days=1)


def params_of(purchase: Purchase) -> Any:
    return session_params(purchase.payment, purchase.payment.booking.booked_seats.with_seats())


# Names


def test_a_payment_names_its_event_and_its_seats(purchase: Purchase, stripe: Sandbox) -> None:
    named = params_of(purchase)

    day = timezone.localtime(purchase.booking.event.starts_at).date()
    assert named["submit_type"] == "book"
    assert named["payment_intent_data"]["description"] == f"Demo Night, {day}: A-1, A-2"
    assert named["payment_intent_data"]["statement_descriptor_suffix"] == "Demo Night"
    stripe.pay(purchase.session_id)
    (intent,) = stripe.objects("payment_intent")
    assert intent["statement_descriptor_suffix"] == "Demo Night"


@pytest.mark.parametrize(
    ("title", "suffix"),
    [
        ("Demo Night", "Demo Night"),
        ("Die Zauberflöte", "Die"),
        ("Zauberflöte", "Zauberfloe"),
        ("Ärger im Büro", "Aerger im"),
        ("Ćwiczenia łódź", "Cwiczenia"),
        ('Don\'t <look> \\ "back" *', "Don t look"),
        ("Rock & Pop", "Rock Pop"),
        ("R.E.M. + U2", "R.E.M U2"),
        ("  1984  ", ""),
        ("2001: A Space Odyssey", "2001 A"),
        ("Вишнёвый сад", ""),
        ("🎭", ""),
        ("", ""),
    ],
)
def test_a_statement_names_the_event_in_plain_letters_that_fit(title: str, suffix: str) -> None:
    assert statement_suffix(title) == suffix
    assert len(suffix) <= SUFFIX_LENGTH


def test_an_event_without_latin_letters_has_no_suffix(buy: Buy, event: Event) -> None:
    Event.objects.update(title="Вишнёвый сад")

    assert "statement_descriptor_suffix" not in params_of(buy())["payment_intent_data"]


# Slow ways to pay


def test_the_table_has_only_methods_that_stripe_can_leave_out() -> None:
    named = stripes.SessionCreateParams.__annotations__["excluded_payment_method_types"]
    known = {name for name in DELAYS if f'"{name}"' in str(named) or f"'{name}'" in str(named)}

    assert known == set(DELAYS)


@pytest.mark.parametrize(
    ("delay", "days"),
    [
        (Delay(working_days=1), 3),
        (Delay(working_days=5), 7),
        (Delay(working_days=14), 20),
        (Delay(days=3), 3),
        (Delay(days=7, working_days=3), 12),
    ],
)
def test_working_days_have_weekends_between_them(delay: Delay, days: int) -> None:
    assert delay.span == days * DAY


def test_the_docs_say_how_long_each_takes() -> None:
    section = (DOCS / "money.md").read_text().split("### Ways to pay that take days")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| `")]
    told = {name.strip(" `"): int(row[1]) for row in rows for name in row[0].partition("(")[0].split(",")}

    assert told == {method: delay.span.days for method, delay in DELAYS.items()}


@pytest.mark.parametrize(
    ("left", "margin", "missing"),
    [
        (timedelta(hours=3), 0, set(DELAYS)),
        (19 * DAY, 0, {"sepa_debit"}),
        (20 * DAY, 0, set()),
        (20 * DAY, 1, {"sepa_debit"}),
        (3 * DAY, 0, set(DELAYS) - {"konbini"}),
        (-DAY, 0, set(DELAYS)),
    ],
)
def test_what_can_not_settle_before_the_event_is_left_out(
    left: timedelta, margin: int, missing: set[str]
) -> None:
    methods = too_slow(paid_by=NOW, needed_by=NOW + left, margin=margin * DAY)

    assert set(methods) == missing


def test_three_hours_before_the_doors_no_debit_is_offered(buy: Buy, event: Event, stripe: Sandbox) -> None:
    soon = timezone.now() + timedelta(hours=3)
    Event.objects.update(starts_at=soon, ends_at=soon + DAY, sales_until=soon)

    purchase = buy()

    (opened,) = stripe.requests("POST /v1/checkout/sessions")
    assert "excluded_payment_method_types" in opened["body"]
    assert stripe.session(purchase.session_id)["payment_method_types"] == ["card"]


def test_long_before_the_event_nothing_is_left_out(buy: Buy, event: Event, settings: Any) -> None:
    purchase = buy()
    assert "excluded_payment_method_types" not in params_of(purchase)

    settings.SLOW_PAYMENT_MARGIN_DAYS = 15

    assert params_of(purchase)["excluded_payment_method_types"] == ["sepa_debit"]


# What the owner has switched on


def switch_on(settings: Any, *names: str) -> None:
    settings.STRIPE_CHECKOUT_OPTIONS = {**settings.STRIPE_CHECKOUT_OPTIONS, **dict.fromkeys(names, True)}


def test_nothing_is_switched_on_by_itself(purchase: Purchase) -> None:
    switches = ["consent_collection", "automatic_tax", "tax_id_collection", "invoice_creation"]

    assert [name for name in switches if name in params_of(purchase)] == []
    assert "tax_behavior" not in params_of(purchase)["line_items"][0]["price_data"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("terms_of_service", {"consent_collection": {"terms_of_service": "required"}}),
        ("automatic_tax", {"automatic_tax": {"enabled": True}}),
        ("tax_ids", {"tax_id_collection": {"enabled": True}}),
        ("invoices", {"invoice_creation": {"enabled": True}}),
    ],
)
def test_a_switch_is_one_parameter(
    name: str, expected: dict[str, Any], purchase: Purchase, settings: Any
) -> None:
    before = params_of(purchase)
    switch_on(settings, name)

    after = params_of(purchase)

    assert {key: value for key, value in after.items() if key not in before} == expected


def test_a_tax_is_within_the_price(purchase: Purchase, settings: Any) -> None:
    switch_on(settings, "automatic_tax")

    prices = [item["price_data"] for item in params_of(purchase)["line_items"]]

    assert [(price["unit_amount"], price["tax_behavior"]) for price in prices] == [(4200, "inclusive")] * 2


@pytest.mark.parametrize(
    ("has_customer", "changes"), [(False, None), (True, {"address": "auto", "name": "auto"})]
)
def test_memberships_have_what_applies_to_them(has_customer: bool, changes: dict[str, str] | None) -> None:
    options = CheckoutOptions(terms_of_service=True, automatic_tax=True, tax_ids=True, invoices=True)

    params = options.for_memberships(has_customer=has_customer)

    assert params.get("customer_update") == changes
    assert "invoice_creation" not in params
    assert subscriptions.checkout_options() == CheckoutOptions()
