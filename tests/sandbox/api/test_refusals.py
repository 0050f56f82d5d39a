"""What Stripe refuses is refused: in whatever parameter it stands, and with the right name of it."""

from typing import Any
from urllib.parse import urlencode

import pytest

from tests.sandbox.support.payments import paid_intent, pay
from tests.sandbox.support.process import Obj, Sandbox
from tests.sandbox.support.subscribers import plan

SESSION = {
    "mode": "payment",
    "success_url": "http://shop.test/paid",
    "line_items[0][quantity]": "1",
    "line_items[0][price_data][currency]": "eur",
    "line_items[0][price_data][unit_amount]": "2100",
    "line_items[0][price_data][product_data][name]": "Seat",
}
PRODUCT = {"name": "Seat"}
PRICE = {"currency": "eur", "unit_amount": "100", "product_data[name]": "Seat"}
CONFIGURATION = {"features[invoice_history][enabled]": "true"}
ENDPOINT = {"url": "http://shop.test/hook", "enabled_events[0]": "charge.succeeded"}
IN_LINE = "line_items[0][price_data][product_data]"
OF_INTENT = "payment_intent_data"

Route = tuple[str, dict[str, str]]
SESSIONS = ("/v1/checkout/sessions", SESSION)
CUSTOMERS: Route = ("/v1/customers", {})
PRODUCTS = ("/v1/products", PRODUCT)
PRICES = ("/v1/prices", PRICE)


def post(sandbox: Sandbox, route: Route, **given: Any) -> Any:
    path, usual = route
    return sandbox.api("POST", path, urlencode({**usual, **given}))


def refused(sandbox: Sandbox, route: Route, param: str, value: str) -> Obj:
    """Return the error for one parameter, which names it."""
    answer = post(sandbox, route, **{param: value})
    error: Obj = answer.json()["error"]
    assert (answer.status_code, error["param"], error["type"]) == (400, param, "invalid_request_error")
    return error


def made(sandbox: Sandbox, route: Route) -> Route:
    """Return the route that updates a new object of ``route``."""
    path, _ = route
    return f"{path}/{post(sandbox, route).json()['id']}", {}


EMAILS: list[tuple[Route, str]] = [
    (SESSIONS, "customer_email"),
    (SESSIONS, f"{OF_INTENT}[receipt_email]"),
    (CUSTOMERS, "email"),
]


@pytest.mark.parametrize(("route", "param"), EMAILS)
@pytest.mark.parametrize(
    "address",
    [
        *("ada", "ada@", "@example.com", "ada@example", "ada@example.", "ada@.com", "ada@exa mple.com"),
        *("ada..l@example.com", ".ada@example.com", "ada.@example.com", "adä@example.com", "a@b@c.com"),
        *("ada@-example.com", "ada@example..com", "ada@example.c", "Ada <ada@example.com>", "ada\n@a.com"),
    ],
)
def test_a_bad_email_address_is_refused(sandbox: Sandbox, route: Route, param: str, address: str) -> None:
    error = refused(sandbox, route, param, address)

    assert (error["code"], error["message"]) == ("email_invalid", f"Invalid email address: {address}")


@pytest.mark.parametrize(("route", "param"), EMAILS)
@pytest.mark.parametrize(
    "address",
    ["ada@example.com", "a+b_c-d'e@sub.example.co.at", "1@2.io", "ada@xn--mnchen-3ya.xn--p1ai", "A.B@C.DE"],
)
def test_a_good_email_address_is_taken(sandbox: Sandbox, route: Route, param: str, address: str) -> None:
    assert post(sandbox, route, **{param: address}).status_code == 200


def test_a_customer_cannot_get_a_bad_email_address_later(sandbox: Sandbox) -> None:
    route = made(sandbox, CUSTOMERS)

    assert refused(sandbox, route, "email", "ada@example")["code"] == "email_invalid"
    assert post(sandbox, route, email="ada@example.com").json()["email"] == "ada@example.com"
    assert post(sandbox, route, email="").json()["email"] is None


@pytest.mark.parametrize(
    ("route", "param"),
    [
        (SESSIONS, "success_url"),
        (SESSIONS, "cancel_url"),
        (SESSIONS, f"{IN_LINE}[images][0]"),
        (PRODUCTS, "url"),
        (PRODUCTS, "images[1]"),
        (("/v1/webhook_endpoints", ENDPOINT), "url"),
        (("/v1/billing_portal/configurations", CONFIGURATION), "default_return_url"),
        (("/v1/billing_portal/configurations", CONFIGURATION), "business_profile[privacy_policy_url]"),
    ],
)
@pytest.mark.parametrize("address", ["shop.test", "//shop.test", "ftp://shop.test", "http://", "http://a b"])
def test_a_bad_web_address_is_refused(sandbox: Sandbox, route: Route, param: str, address: str) -> None:
    given = {"images[0]": "http://shop.test/a.png"} if param == "images[1]" else {}
    answer = post(sandbox, route, **given, **{param: address})
    error = answer.json()["error"]

    assert (answer.status_code, error["code"], error["param"]) == (400, "url_invalid", param)
    assert error["message"] == "Not a valid URL"


def test_an_updated_product_has_good_addresses_too(sandbox: Sandbox) -> None:
    route = made(sandbox, PRODUCTS)

    assert refused(sandbox, route, "url", "shop.test")["code"] == "url_invalid"
    assert refused(sandbox, route, "images[0]", "a.png")["code"] == "url_invalid"
    assert post(sandbox, route, url="https://shop.test").json()["url"] == "https://shop.test"


SUFFIX = f"{OF_INTENT}[statement_descriptor_suffix]"


@pytest.mark.parametrize(("route", "param"), [(SESSIONS, SUFFIX), (PRODUCTS, "statement_descriptor")])
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("12345", "must contain at least one Latin character"),
        ("#96054", "must contain at least one Latin character"),
        ("ÄÖÜ", "must contain at least one Latin character"),
        ("HAMLET <3", "can't contain any of"),
        ("HAMLET*", "can't contain any of"),
        ("L'AVARE", "can't contain any of"),
        ('"HAMLET"', "can't contain any of"),
        ("HAM\\LET", "can't contain any of"),
        ("H" * 23, "at most 22 characters"),
    ],
)
def test_a_descriptor_that_no_statement_can_show_is_refused(
    sandbox: Sandbox, route: Route, param: str, text: str, reason: str
) -> None:
    assert reason in refused(sandbox, route, param, text)["message"]


def test_cards_take_no_whole_descriptor(sandbox: Sandbox) -> None:
    param = f"{OF_INTENT}[statement_descriptor]"
    error = refused(sandbox, SESSIONS, param, "HAMLET")
    without_cards = post(
        sandbox, SESSIONS, **{param: "HAMLET", "excluded_payment_method_types[0]": "card"}
    ).json()

    assert "not supported for the payment_method_type `card`" in error["message"]
    assert without_cards["payment_method_types"] == ["sepa_debit"]
    sandbox.pay(without_cards["id"], method="sepa_debit")
    charge = paid_intent(sandbox, without_cards["id"]).latest_charge
    assert (charge.statement_descriptor, charge.calculated_statement_descriptor) == ("HAMLET", "HAMLET")


@pytest.mark.parametrize(
    ("own", "suffix", "shown"),
    [
        ("TEST SHOP", None, "TEST SHOP"),
        ("TEST SHOP", "Hamlet", "TEST SHOP* HAMLET"),
        ("SCHAUSPIELHAUS WIEN", "Hamlet 3 Dec", "SCHAUSPIEL* HAMLET 3 D"),
        (None, "Faust für alle", "TEST SHOP* FAUST FR AL"),
    ],
)
def test_a_statement_shows_the_account_and_the_suffix(
    sandbox: Sandbox, own: str | None, suffix: str | None, shown: str
) -> None:
    sandbox.control("account", statement_descriptor=own)
    data = {} if suffix is None else {"statement_descriptor_suffix": suffix}
    charge = paid_intent(sandbox, pay(sandbox, payment_intent_data=data)).latest_charge

    assert (charge.calculated_statement_descriptor, charge.statement_descriptor_suffix) == (shown, suffix)


@pytest.mark.parametrize(
    ("param", "message"),
    [
        ("transfer_data[destination]", "No such destination: 'acct_nobody'"),
        ("on_behalf_of", "No such on_behalf_of: 'acct_nobody'"),
    ],
)
def test_there_are_no_other_accounts(sandbox: Sandbox, param: str, message: str) -> None:
    head, bracket, rest = param.partition("[")
    error = refused(sandbox, SESSIONS, f"{OF_INTENT}[{head}]{bracket}{rest}", "acct_nobody")

    assert (error["code"], error["message"]) == ("resource_missing", message)


def test_without_another_account_there_is_no_fee(sandbox: Sandbox) -> None:
    error = refused(sandbox, SESSIONS, f"{OF_INTENT}[application_fee_amount]", "10")

    assert "Can only apply an application_fee_amount" in error["message"]


METADATA: list[tuple[Route, str]] = [
    (SESSIONS, "metadata"),
    (SESSIONS, f"{OF_INTENT}[metadata]"),
    (SESSIONS, f"{IN_LINE}[metadata]"),
    (CUSTOMERS, "metadata"),
    (PRODUCTS, "metadata"),
    (PRICES, "metadata"),
]


@pytest.mark.parametrize(("route", "param"), METADATA)
@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [("k" * 41, "v", "40 characters or less"), ("key", "v" * 501, "500 characters or less")],
)
def test_metadata_has_bounds(
    sandbox: Sandbox, route: Route, param: str, key: str, value: str, reason: str
) -> None:
    assert reason in refused(sandbox, route, f"{param}[{key}]", value)["message"]


@pytest.mark.parametrize(("route", "param"), METADATA)
def test_metadata_has_at_most_fifty_keys(sandbox: Sandbox, route: Route, param: str) -> None:
    fifty = {f"{param}[key{number}]": "v" for number in range(50)}

    assert post(sandbox, route, **fifty).status_code == 200
    answer = post(sandbox, route, **fifty, **{f"{param}[one_more]": "v"})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


@pytest.mark.parametrize("route", [SESSIONS, CUSTOMERS, PRODUCTS, PRICES])
def test_an_update_cannot_add_a_fifty_first_key(sandbox: Sandbox, route: Route) -> None:
    update = made(sandbox, route)
    assert post(sandbox, update, **{f"metadata[key{n}]": "v" for n in range(50)}).status_code == 200

    error = post(sandbox, update, **{"metadata[one_more]": "v"}).json()["error"]
    assert (error["param"], error["message"]) == ("metadata", "You can specify up to 50 metadata keys.")
    changed = post(sandbox, update, **{"metadata[one_more]": "v", "metadata[key0]": ""}).json()
    assert len(changed["metadata"]) == 50


@pytest.mark.parametrize(
    ("route", "param", "longest"),
    [
        (SESSIONS, "client_reference_id", 200),
        (SESSIONS, f"{OF_INTENT}[description]", 1000),
        (SESSIONS, f"{IN_LINE}[name]", 5000),
        (SESSIONS, f"{IN_LINE}[description]", 40_000),
        (CUSTOMERS, "name", 256),
        (CUSTOMERS, "phone", 20),
        (CUSTOMERS, "description", 5000),
        (PRODUCTS, "description", 40_000),
        (PRODUCTS, "unit_label", 12),
        (PRICES, "lookup_key", 200),
    ],
)
def test_texts_have_a_longest_length(sandbox: Sandbox, route: Route, param: str, longest: int) -> None:
    assert post(sandbox, route, **{param: "x" * longest}).status_code == 200

    assert f"at most {longest} characters" in refused(sandbox, route, param, "x" * (longest + 1))["message"]


@pytest.mark.parametrize(
    ("route", "param"),
    [(SESSIONS, "line_items[0][price_data][unit_amount]"), (PRICES, "unit_amount")],
)
def test_amounts_are_not_negative(sandbox: Sandbox, route: Route, param: str) -> None:
    error = refused(sandbox, route, param, "-1")

    assert (error["code"], error["message"]) == ("parameter_invalid_integer", "Invalid non-negative integer")


@pytest.mark.parametrize(("route", "param"), [(PRODUCTS, "tax_code"), (SESSIONS, f"{IN_LINE}[tax_code]")])
def test_an_unknown_tax_code_is_refused(sandbox: Sandbox, route: Route, param: str) -> None:
    assert refused(sandbox, route, param, "tickets")["message"] == "No such tax code: 'tickets'"
    assert post(sandbox, route, **{param: "txcd_20030000"}).status_code == 200


def test_whether_a_price_includes_tax_is_final(sandbox: Sandbox) -> None:
    route = made(sandbox, PRICES)
    assert post(sandbox, route, tax_behavior="inclusive").json()["tax_behavior"] == "inclusive"

    assert post(sandbox, route, tax_behavior="inclusive").status_code == 200
    assert "once it is inclusive" in refused(sandbox, route, "tax_behavior", "exclusive")["message"]


def test_a_default_price_is_one_of_the_product(sandbox: Sandbox) -> None:
    price = post(sandbox, PRICES).json()
    other = made(sandbox, PRODUCTS)

    assert "another product" in refused(sandbox, other, "default_price", price["id"])["message"]
    assert post(sandbox, (f"/v1/products/{price['product']}", {}), default_price=price["id"]).is_success


def test_what_is_no_longer_sold_cannot_be_bought(sandbox: Sandbox) -> None:
    price = plan(sandbox)
    product = str(sandbox.stripe.prices.retrieve(price).product)
    offer = {"mode": "subscription", "success_url": "http://shop.test", "line_items[0][quantity]": "1"}
    route = ("/v1/checkout/sessions", offer)
    assert post(sandbox, route, **{"line_items[0][price]": price}).status_code == 200
    sandbox.stripe.products.update(product, {"active": False})

    assert "product is not active" in refused(sandbox, route, "line_items[0][price]", price)["message"]


def test_parameters_of_other_modes_and_customers_are_refused(sandbox: Sandbox) -> None:
    customer = sandbox.stripe.customers.create({"email": "ada@example.com"}).id
    known = ("/v1/checkout/sessions", {**SESSION, "customer": customer})

    assert refused(sandbox, known, "customer_creation", "always")["code"] == "parameters_exclusive"
    assert refused(sandbox, known, "customer_email", "a@b.com")["code"] == "parameters_exclusive"
    assert "recurring" in refused(sandbox, SESSIONS, "payment_method_collection", "always")["message"]
