"""What coupons take off invoices, and that a coupon for one invoice is used up."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.billing.invoice_discounts import Reduction, discounted, drop_used, percent_off, shares
from sandbox.billing.invoice_object import new_invoice, regular_lines
from sandbox.billing.subscription_object import new_subscription
from sandbox.box import RunningBox, open_box
from sandbox.catalog.prices import new_price
from sandbox.core.settings import Settings
from sandbox.payments.customers import new_customer

Obj = dict[str, Any]


@pytest.fixture
def box(tmp_path: Path) -> Iterator[RunningBox]:
    opened = open_box(Settings(base_url="http://sandbox.test", state=str(tmp_path / "state.sqlite3")))
    yield opened
    opened.store.close()


def price(box: RunningBox, amount: int) -> Obj:
    data = {
        "currency": "eur",
        "unit_amount": amount,
        "product_data": {"name": "Friend"},
        "recurring": {"interval": "month"},
    }
    return new_price(box, data, active=True)


def discount(box: RunningBox, **coupon: Any) -> str:
    """Return the id of a discount with such a coupon."""
    number = box.store.execute("SELECT count(*) FROM object").fetchone()[0]
    made = {"percent_off": None, "amount_off": None, "currency": None, "duration": "forever", **coupon}
    products = made.pop("applies_to", {}).get("products", [])
    box.store.add({"id": f"coupon_{number}", "object": "coupon", "created": 1, **made}, products=products)
    kept = {"end": made.pop("end", None), "source": {"coupon": f"coupon_{number}", "type": "coupon"}}
    return str(box.store.add({"id": f"di_{number}", "object": "discount", "created": 1, **kept})["id"])


def subscription(box: RunningBox, amounts: list[int], discounts: list[str]) -> Obj:
    customer = new_customer(box, {"email": "ada@example.com"})
    lines = [{"price": price(box, amount), "quantity": 1} for amount in amounts]
    made = new_subscription(box, {"customer": customer["id"], "currency": "eur"}, lines, {})
    made["discounts"] = discounts
    box.store.save(made)
    return made


def bill(box: RunningBox, found: Obj, reason: str = "subscription_cycle") -> Obj:
    return new_invoice(box, found, regular_lines(box, found), reason=reason)


def test_a_percentage_comes_off_every_line(box: RunningBox) -> None:
    half = discount(box, percent_off=50)
    invoice = bill(box, subscription(box, [1200, 501], [half]))

    assert (invoice["subtotal"], invoice["total"], invoice["amount_due"]) == (1701, 850, 850)
    assert invoice["discounts"] == [half]
    assert invoice["total_discount_amounts"] == [{"amount": 851, "discount": half}]
    amounts = [line["discount_amounts"] for line in invoice["lines"]["data"]]
    assert amounts == [[{"amount": 600, "discount": half}], [{"amount": 251, "discount": half}]]


def test_a_fixed_amount_is_spread_and_never_exceeds_the_price(box: RunningBox) -> None:
    ten, all_of_it = (discount(box, amount_off=amount, currency="eur") for amount in (1000, 9000))
    assert bill(box, subscription(box, [1200, 300], [ten]))["total"] == 500
    assert bill(box, subscription(box, [1200, 300], [all_of_it]))["amount_due"] == 0
    assert (
        bill(box, subscription(box, [1200], [discount(box, amount_off=1, currency="usd")]))["total"] == 1200
    )


def test_discounts_count_one_after_the_other(box: RunningBox) -> None:
    found = subscription(box, [1000], [discount(box, percent_off=50), discount(box, percent_off=10)])
    assert bill(box, found)["total"] == 450
    assert percent_off(box, found, 1000) == 550


def test_the_customers_discount_counts_unless_the_subscription_has_its_own(box: RunningBox) -> None:
    found = subscription(box, [1000], [])
    customer = box.store.get(found["customer"])
    customer["discount"] = box.store.get(discount(box, percent_off=20))
    box.store.save(customer)
    assert bill(box, found)["total"] == 800
    assert bill(box, {**found, "discounts": [discount(box, percent_off=5)]})["total"] == 950


def test_a_discount_ends(box: RunningBox) -> None:
    ended = discount(box, percent_off=50, duration="repeating", end=box.clock.now())
    lasting = discount(box, percent_off=50, duration="repeating", end=box.clock.now() + 60)
    assert bill(box, subscription(box, [1000], [ended]))["total"] == 1000
    assert bill(box, subscription(box, [1000], [lasting]))["total"] == 500


def test_a_discount_for_one_invoice_is_used_up(box: RunningBox) -> None:
    once, ever = discount(box, percent_off=50, duration="once"), discount(box, percent_off=10)
    found = subscription(box, [1000], [once, ever])
    assert [bill(box, found, reason)["total"] for reason in ("upcoming", "upcoming")] == [450, 450]
    paid = bill(box, found)
    assert (paid["total"], bill(box, found)["total"]) == (450, 900)
    drop_used(box, paid)
    assert box.store.get(found["id"])["discounts"] == [ever]


def test_a_coupon_can_be_for_some_products(box: RunningBox) -> None:
    found = subscription(box, [1000, 1000], [])
    product = found["items"]["data"][1]["price"]["product"]
    found["discounts"] = [discount(box, percent_off=50, applies_to={"products": [product]})]
    assert [net(line) for line in bill(box, found)["lines"]["data"]] == [1000, 500]


def net(line: Obj) -> int:
    return int(line["amount"] - sum(each["amount"] for each in line["discount_amounts"]))


def test_prorations_are_not_discounted_again() -> None:
    pricing = {"price_details": {"product": "prod_1"}}
    lines = [{"amount": amount, "discountable": False, "pricing": pricing} for amount in (-600, 600)]
    ten = Reduction("di_1", None, 1000, (), False)
    assert [line["discount_amounts"] for line in discounted(lines, [ten])] == [[], []]
    assert shares(ten, []) == []
