"""Keys, URLs, errors and limits."""

import base64
from collections.abc import Callable
from typing import Any

import pytest
import stripe

from tests.sandbox.support.process import KEY, Sandbox


def error_of(sandbox: Sandbox, method: str, path: str, body: str = "", **headers: str) -> tuple[int, Any]:
    answer = sandbox.api(method, path, body, **headers)
    return answer.status_code, answer.json()["error"]


def test_a_request_without_a_key_is_unauthenticated(sandbox: Sandbox) -> None:
    answer = sandbox.http.get("/v1/checkout/sessions")

    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert answer.json()["error"]["message"].startswith("You did not provide an API key.")
    assert "request_log_url" not in answer.json()["error"]
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Stripe"'
    assert not {"Request-Id", "Stripe-Version"} & set(answer.headers.keys())


def test_no_reply_may_be_cached(sandbox: Sandbox) -> None:
    for path in ("/v1/charges", "/v1/charges/ch_1"):
        assert sandbox.api("GET", path).headers["Cache-Control"] == "no-cache, no-store"


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("sk_test_of_another_shop", "sk_test_***********shop"),
        ("sk_live_of_the_shop", "sk_live_*******shop"),
        ("pk_test_1234567", "pk_test_***4567"),
        ("nonsense", "****ense"),
    ],
)
def test_a_wrong_key_is_refused_and_not_repeated(sandbox: Sandbox, key: str, shown: str) -> None:
    client = stripe.StripeClient(key, base_addresses={"api": sandbox.url})
    with pytest.raises(stripe.AuthenticationError) as caught:
        client.v1.checkout.sessions.list()
    assert caught.value.user_message == f"Invalid API Key provided: {shown}"


def test_the_key_may_be_the_user_of_basic_authentication(sandbox: Sandbox) -> None:
    basic = base64.b64encode(f"{KEY}:".encode()).decode()
    assert sandbox.http.get("/v1/charges", headers={"Authorization": f"Basic {basic}"}).status_code == 200
    assert sandbox.http.get("/v1/charges", headers={"Authorization": "Basic !"}).status_code == 401


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v1/x"), ("PUT", "/v1/charges"), ("POST", "/v1/checkout/sessions/a/b")]
)
def test_an_unknown_url_is_named(sandbox: Sandbox, method: str, path: str) -> None:
    status, error = error_of(sandbox, method, path)

    assert status == 404
    assert error["type"] == "invalid_request_error"
    assert error["message"].startswith(f"Unrecognized request URL ({method}: {path}).")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v2/nothing", 404, "not_found"),
        ("POST", "/v2/core/accounts", 404, "sandbox_unsupported"),
        ("GET", "/v2/core/events/evt_x", 404, "not_found"),
        ("PUT", "/v2/core/events", 404, "not_found"),
    ],
)
def test_the_second_api_answers_in_its_own_words(
    sandbox: Sandbox, method: str, path: str, status: int, code: str
) -> None:
    answer = sandbox.api(method, path)

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["error"]["code"] == code
    assert set(answer.json()["error"]) >= {"type", "message", "request_log_url"}
    assert sandbox.http.get("/v2/core/events").json()["error"]["code"] == "unauthorized"


@pytest.mark.parametrize(
    ("body", "code", "param", "message"),
    [
        ("mode=payment&bogus=1", "parameter_unknown", "bogus", "Received unknown parameter: bogus"),
        ("success_url=http://a.b", "parameter_missing", "mode", "Missing required param: mode."),
        ("mode=x", None, "mode", "Invalid mode: must be one of payment, setup, or subscription"),
        (
            "mode=payment&expires_at=two",
            "parameter_invalid_integer",
            "expires_at",
            "Invalid integer: two",
        ),
        ("mode=payment&line_items=1", None, "line_items", "Invalid array"),
        ("mode=payment&line_items[0]=1", None, "line_items[0]", "Invalid object"),
        ("mode=payment&allow_promotion_codes=yes", None, "allow_promotion_codes", "Invalid boolean: yes"),
        ("mode=payment&expand=line_items", None, "expand", "Invalid array"),
    ],
)
def test_a_bad_parameter_is_named(
    sandbox: Sandbox, body: str, code: str | None, param: str, message: str
) -> None:
    status, error = error_of(sandbox, "POST", "/v1/checkout/sessions", body)

    assert status == 400
    assert (error.get("code"), error["param"], error["message"]) == (code, param, message)


def test_what_only_stripe_can_do_is_said_plainly(sandbox: Sandbox) -> None:
    status, error = error_of(
        sandbox, "POST", "/v1/checkout/sessions", "mode=payment&shipping_options[0][shipping_rate]=shr_1"
    )

    assert status == 400
    assert error["message"] == "The sandbox does not support the parameter shipping_options. Stripe does."


def test_arrays_may_be_indexed_or_not(sandbox: Sandbox) -> None:
    item = "line_items[][quantity]=1&line_items[0][price_data][currency]=eur"
    item += "&line_items[0][price_data][unit_amount]=900&line_items[0][price_data][product_data][name]=A"
    body = f"mode=payment&success_url=http://a.test&{item}&expand[]=line_items"
    answer = sandbox.api("POST", "/v1/checkout/sessions", body)

    assert answer.status_code == 200
    assert answer.json()["line_items"]["data"][0]["amount_total"] == 900


def test_replies_carry_stripes_headers(sandbox: Sandbox) -> None:
    answer = sandbox.api("GET", "/v1/charges", **{"Stripe-Version": "2026-09-30.endive"})
    assert answer.headers["Stripe-Version"] == "2026-09-30.endive"
    assert answer.headers["Content-Type"] == "application/json"
    assert len(answer.headers["Request-Id"]) == len("req_") + 14

    assert sandbox.api("GET", "/v1/charges").headers["Stripe-Version"] == "2026-10-28.endive"
    refused = sandbox.api("POST", "/v1/checkout/sessions", "mode=x", **{"Idempotency-Key": "k"})
    assert refused.headers["Idempotency-Key"] == "k"


def test_an_error_names_its_request_and_where_its_log_is(sandbox: Sandbox) -> None:
    answer = sandbox.api("GET", "/v1/prices/price_x")
    account = sandbox.show("account")["id"]

    assert answer.json()["error"] == {
        "type": "invalid_request_error",
        "message": "No such price: 'price_x'",
        "code": "resource_missing",
        "doc_url": "https://stripe.com/docs/error-codes/resource-missing",
        "param": "price",
        "request_log_url": f"https://dashboard.stripe.com/{account}/test/workbench/logs"
        f"?object={answer.headers['Request-Id']}",
    }


@pytest.mark.parametrize(
    ("path", "kind", "param"),
    [
        ("charges", "charge", "charge"),
        ("checkout/sessions", "checkout.session", "session"),
        ("customers", "customer", "id"),
        ("events", "event", "id"),
        ("invoices", "invoice", "invoice"),
        ("payment_intents", "payment_intent", "intent"),
        ("payment_methods", "PaymentMethod", "payment_method"),
        ("products", "product", "id"),
        ("refunds", "refund", "refund"),
        ("subscriptions", "subscription", "id"),
    ],
)
def test_a_missing_object_is_named_with_its_place_in_the_url(
    sandbox: Sandbox, path: str, kind: str, param: str
) -> None:
    status, error = error_of(sandbox, "GET", f"/v1/{path}/x_1")

    assert status == 404
    assert (error["code"], error["param"]) == ("resource_missing", param)
    assert error["message"] == f"No such {kind}: 'x_1'"


def test_ids_are_in_stripes_form(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.pay(session.id)
    sandbox.advance(5)
    paid = sandbox.session(session.id, "payment_intent.latest_charge.balance_transaction", "line_items")
    intent: Any = paid.payment_intent
    assert paid.line_items is not None
    price: Any = paid.line_items.data[0].price
    lengths = {
        "pi_3": intent.id,
        "ch_3": intent.latest_charge.id,
        "txn_3": intent.latest_charge.balance_transaction.id,
        "pm_1": intent.payment_method,
        "li_1": paid.line_items.data[0].id,
        "price_1": price.id,
    }
    for prefix, found in lengths.items():
        assert found.startswith(prefix)
        assert len(found) == len(prefix) + 23
    for event in sandbox.events():
        about_payments = event["type"].startswith(("charge.", "payment_intent."))
        assert event["id"].startswith("evt_3" if about_payments else "evt_1")


def test_the_rate_limit_is_per_second(start: Callable[..., Sandbox]) -> None:
    sandbox = start("--rate-limit", "5")
    answers = [sandbox.api("GET", "/v1/charges").status_code for _ in range(8)]

    assert answers[:5] == [200] * 5
    assert 429 in answers
    with pytest.raises(stripe.RateLimitError) as caught:
        [sandbox.stripe.charges.list() for _ in range(8)]
    sandbox.stop()
    assert caught.value.http_status == 429
    assert caught.value.error is not None
    assert caught.value.error.code == "rate_limit"
    assert caught.value.headers is not None
    assert caught.value.headers["Stripe-Rate-Limited-Reason"] == "global-rate"


def test_any_test_key_will_do_where_none_is_configured(start: Callable[..., Sandbox]) -> None:
    sandbox = start("--key", "")
    assert sandbox.http.get("/v1/charges", headers={"Authorization": "Bearer sk_test_x"}).status_code == 200
    assert sandbox.http.get("/v1/charges", headers={"Authorization": "Bearer sk_live_x"}).status_code == 401
    sandbox.stop()
