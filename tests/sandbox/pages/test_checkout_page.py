"""The payment page, as a browser without JavaScript uses it."""

import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
import stripe

from tests.sandbox.support.pages import METHOD
from tests.sandbox.support.process import Receiver, Sandbox, order
from tests.sandbox.support.promotions import code
from tests.support.patience import PATIENCE

GOOD = {"email": "ada@example.com", "billingName": "Ada Lovelace", METHOD: "card"} | {
    "cardNumber": "4242 4242 4242 4242",
    "cardExpiry": "12 / 34",
    "cardCvc": "123",
}
NEVER = str(10 * PATIENCE)  # seconds, for waits that must end earlier


def submit(sandbox: Sandbox, session: stripe.checkout.Session, **fields: str) -> httpx.Response:
    """Send the form; the browser has not followed the redirect yet."""
    answer = sandbox.http.post(f"/c/pay/{session.id}", data={**GOOD, **fields})
    assert answer.status_code == 303
    return answer


def page(sandbox: Sandbox, session: stripe.checkout.Session) -> str:
    return sandbox.http.get(f"/c/pay/{session.id}").text


def paid_address(session: stripe.checkout.Session) -> str:
    return f"http://shop.test/paid?session_id={session.id}"


def test_the_page_shows_what_is_bought(sandbox: Sandbox) -> None:
    html = page(sandbox, sandbox.open_session())

    for words in ("Test shop", "Seat A-1", "2 \u00d7 €21.00", "€42.00", "no real money moves"):
        assert words in html
    assert 'href="http://shop.test/cancelled"' in html
    assert 'value="ada@example.com"' in html
    assert "<script" in html
    assert not re.findall(r'(?:src|href)="(?:https?:)?//(?!shop\.test)', html)


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (625, "jpy", "¥1,250"),
        (6250, "kwd", "KWD 12.500"),
        (50000, "isk", "ISK 1,000.00"),
        (999, "usd", "$19.98"),
    ],
)
def test_the_total_is_in_the_currencys_own_form(
    sandbox: Sandbox, amount: int, currency: str, shown: str
) -> None:
    session = sandbox.open_session(line_items=order(amount=amount, currency=currency)["line_items"])
    assert f"Pay {shown}" in page(sandbox, session)


def test_fields_say_what_they_are_to_browsers_and_screen_readers(sandbox: Sandbox) -> None:
    html = page(sandbox, sandbox.open_session())
    for name, autocomplete in {
        "email": "email",
        "billingName": "cc-name",
        "cardNumber": "cc-number",
        "cardExpiry": "cc-exp",
        "cardCvc": "cc-csc",
    }.items():
        field = re.search(rf'<input id="{name}"[^>]*>', html)
        assert field is not None
        assert f'autocomplete="{autocomplete}"' in field.group()
        assert f'<label for="{name}">' in html


def test_the_page_loads_nothing_from_elsewhere_and_is_not_kept(sandbox: Sandbox) -> None:
    answer = sandbox.http.get(f"/c/pay/{sandbox.open_session().id}")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    for path in ("page.css", "page.js", "icon.svg"):
        assert sandbox.http.get(f"/_page/{path}").status_code == 200


def test_paying_leads_back_to_the_shop(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    assert submit(sandbox, session).headers["Location"] == paid_address(session)
    paid = sandbox.session(session.id, "payment_intent.payment_method")

    intent: Any = paid.payment_intent
    assert (paid.payment_status, intent.payment_method.card.exp_year) == ("paid", 2034)
    assert paid.customer_details is not None
    assert paid.customer_details.name == "Ada Lovelace"


def test_a_double_click_pays_once(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    places: list[str] = []
    clicks = [
        threading.Thread(target=lambda: places.append(submit(sandbox, session).headers["Location"]))
        for _ in range(3)
    ]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()

    assert places == [paid_address(session)] * 3
    assert len(sandbox.stripe.charges.list().data) == 1


def test_a_declined_card_is_told_on_the_same_page(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    answer = submit(sandbox, session, cardNumber="4000000000009995", billingName="Grace <Hopper>")
    html = page(sandbox, session)

    assert answer.headers["Location"] == f"/c/pay/{session.id}"
    assert '<p class="alert" role="alert">Your card has insufficient funds.</p>' in html
    assert "Grace &lt;Hopper&gt;" in html
    assert "4000000000009995" not in html.replace("?card=4000000000009995", "").replace(
        'data-card="4000000000009995"', ""
    )
    first = sandbox.session(session.id).payment_intent
    assert submit(sandbox, session).headers["Location"] == paid_address(session)
    assert sandbox.session(session.id).payment_intent == first


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("cardNumber", "4242424242424241", "Your card number is incorrect."),
        ("cardNumber", "", "This field is required."),
        ("cardNumber", "42", "Your card number is incorrect."),
        ("cardExpiry", "13/34", "Your card&#39;s expiration month is invalid."),
        ("cardExpiry", "soon", "Your card&#39;s expiration month is invalid."),
        ("cardExpiry", "12/20", "Your card&#39;s expiration year is invalid."),
        ("cardCvc", "12", "Your card&#39;s security code is invalid."),
        ("email", "ada", "Enter an email address such as ada@example.com."),
        ("billingName", "", "This field is required."),
    ],
)
def test_a_bad_field_is_marked_and_nothing_is_sent_on(
    sandbox: Sandbox, field: str, value: str, words: str
) -> None:
    session = sandbox.open_session()
    submit(sandbox, session, **{field: value})
    html = page(sandbox, session)

    assert f'<p class="error" id="{field}-error">{words}</p>' in html
    assert f'aria-describedby="{field}-error"' in html
    assert 'role="alert">Check the marked fields.' in html
    assert sandbox.session(session.id).payment_intent is None
    assert sandbox.events() == []


def test_an_american_express_card_has_four_digits(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    submit(sandbox, session, cardNumber="378282246310005", cardCvc="123")
    assert "security code is invalid" in page(sandbox, session)
    answer = submit(sandbox, session, cardNumber="378282246310005", cardCvc="1234")
    assert answer.headers["Location"] == paid_address(session)


def test_a_test_card_fills_in_the_form(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    html = sandbox.http.get(f"/c/pay/{session.id}?card=4000000000000002").text
    for value in ("4000000000000002", "12 / 34", "123"):
        assert f'value="{value}"' in html


@pytest.mark.parametrize(("outcome", "status"), [("complete", "complete"), ("fail", "open")])
def test_a_challenge_is_a_page_of_its_own(sandbox: Sandbox, outcome: str, status: str) -> None:
    session = sandbox.open_session()
    answer = submit(sandbox, session, cardNumber="4000002760003184")
    challenge = answer.headers["Location"]
    assert challenge == f"/c/pay/{session.id}/challenge"
    html = sandbox.http.get(challenge).text
    assert "Complete authentication" in html
    assert "Fail authentication" in html

    answer = sandbox.http.post(challenge, data={"outcome": outcome})
    assert answer.status_code == 303
    assert sandbox.session(session.id).status == status
    if status == "complete":
        assert answer.headers["Location"] == paid_address(session)
    else:
        assert "unable to authenticate your payment method" in page(sandbox, session)


def test_a_challenge_that_is_over_leads_away(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    answer = sandbox.http.get(f"/c/pay/{session.id}/challenge")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/c/pay/{session.id}")


@pytest.mark.parametrize(
    ("account", "later"),
    [
        ("AT611904300234573201", "paid"),
        ("AT861904300235473202", "unpaid"),
        ("AT591904300235473209", "unpaid"),
    ],
)
def test_a_bank_debit_is_paid_later_or_not(sandbox: Sandbox, account: str, later: str) -> None:
    session = sandbox.open_session()
    assert "Bank debit (delayed)" in page(sandbox, session)
    answer = submit(sandbox, session, **{METHOD: "bank_debit"}, account=account)

    assert answer.headers["Location"] == paid_address(session)
    assert sandbox.session(session.id).payment_status == "unpaid"
    sandbox.advance(11)
    assert sandbox.session(session.id).payment_status == later


def test_a_bank_debit_needs_an_account(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    submit(sandbox, session, **{METHOD: "bank_debit"}, account="000123456789")
    assert "Choose one of the test accounts." in page(sandbox, session)


def test_nothing_to_pay_asks_for_no_card(sandbox: Sandbox) -> None:
    session = sandbox.open_session(line_items=order(amount=0)["line_items"])
    html = page(sandbox, session)
    assert "Complete order" in html
    assert "Card number" not in html
    answer = sandbox.http.post(f"/c/pay/{session.id}", data={"email": "ada@example.com"})
    assert answer.headers["Location"] == paid_address(session)
    assert sandbox.session(session.id).payment_status == "no_payment_required"


def test_a_finished_checkout_leads_on_to_the_shop(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    submit(sandbox, session)
    answer = sandbox.http.get(f"/c/pay/{session.id}")

    assert answer.status_code == 200
    assert "This checkout is complete." in answer.text
    assert f'href="{paid_address(session)}"' in answer.text


def test_an_expired_checkout_says_so(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    sandbox.stripe.checkout.sessions.expire(session.id)
    answer = submit(sandbox, session)
    assert answer.headers["Location"] == f"/c/pay/{session.id}"

    answer = sandbox.http.get(f"/c/pay/{session.id}")
    assert answer.status_code == 410
    assert "This checkout has expired" in answer.text
    assert 'href="http://shop.test/cancelled"' in answer.text
    assert sandbox.stripe.charges.list().data == []


def test_a_page_left_open_too_long_says_so_too(sandbox: Sandbox) -> None:
    session = sandbox.open_session(expires_at=int(time.time()) + 31 * 60)
    sandbox.advance(32 * 60)
    submit(sandbox, session)
    assert "This checkout has expired" in page(sandbox, session)


def test_an_unknown_checkout_is_not_found(sandbox: Sandbox) -> None:
    for answer in (
        sandbox.http.get("/c/pay/cs_test_nobody"),
        sandbox.http.post("/c/pay/cs_test_nobody", data=GOOD),
    ):
        assert answer.status_code == 404
        assert "Page not found" in answer.text


def test_a_paid_charge_has_a_receipt(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    submit(sandbox, session)
    intent: Any = sandbox.session(session.id, "payment_intent.latest_charge").payment_intent
    answer = sandbox.http.get(intent.latest_charge.receipt_url)

    assert answer.status_code == 200
    for words in ("Receipt from Test shop", "€42.00", "Visa ending in 4242"):
        assert words in answer.text
    assert sandbox.http.get("/receipts/ch_nobody").status_code == 404


def test_turning_back_changes_nothing(sandbox: Sandbox) -> None:
    session = sandbox.open_session()
    page(sandbox, session)
    assert sandbox.session(session.id).status == "open"
    assert sandbox.events() == []


def test_without_a_cancel_address_there_is_no_way_back(sandbox: Sandbox) -> None:
    params: Any = order()
    del params["cancel_url"]
    session = sandbox.stripe.checkout.sessions.create(params)
    assert "Back to" not in page(sandbox, session)


def silent_endpoint(sandbox: Sandbox, receiver: Receiver, status: int = 200) -> threading.Event:
    """Make the endpoint answer only once the returned event is set."""
    speak = threading.Event()
    receiver.answers = lambda _: status if speak.wait(PATIENCE) else 504
    sandbox.stripe.webhook_endpoints.create(
        {"url": receiver.url, "enabled_events": ["checkout.session.completed"]}
    )
    return speak


@pytest.mark.parametrize("status", [200, 500])
def test_the_browser_waits_for_the_webhooks_answer(sandbox: Sandbox, receiver: Receiver, status: int) -> None:
    speak = silent_endpoint(sandbox, receiver, status)
    session = sandbox.open_session()
    with ThreadPoolExecutor() as pool:
        browser = pool.submit(submit, sandbox, session)
        receiver.wait_for(1)
        assert not browser.done()
        speak.set()
        assert browser.result().headers["Location"] == paid_address(session)


def test_the_browser_waits_no_longer_than_the_gate(start: Callable[..., Sandbox], receiver: Receiver) -> None:
    sandbox = start("--gate-seconds", "0.5")
    speak = silent_endpoint(sandbox, receiver)
    session = sandbox.open_session()
    assert submit(sandbox, session).headers["Location"] == paid_address(session)
    speak.set()


def test_a_listener_redirects_at_once(start: Callable[..., Sandbox], receiver: Receiver) -> None:
    sandbox = start("--redirect", "listen", "--gate-seconds", NEVER)
    speak = silent_endpoint(sandbox, receiver)
    session = sandbox.open_session()
    assert submit(sandbox, session).headers["Location"] == paid_address(session)
    speak.set()
    assert [delivery["state"] for delivery in sandbox.deliveries()] == ["delivered"]


def test_a_dropped_webhook_does_not_hold_the_browser(
    start: Callable[..., Sandbox], receiver: Receiver
) -> None:
    sandbox = start("--gate-seconds", NEVER)
    sandbox.stripe.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["*"]})
    sandbox.control("webhooks", drop=True)
    session = sandbox.open_session()
    assert submit(sandbox, session).headers["Location"] == paid_address(session)


def test_a_promotion_code_is_typed_applied_and_removed(sandbox: Sandbox) -> None:
    code(sandbox)
    session = sandbox.open_session(allow_promotion_codes=True)
    path = f"/c/pay/{session.id}/price"
    assert sandbox.http.post(path, data={"promotionCode": "WINTER"}).status_code == 303
    assert "This code is invalid." in page(sandbox, session)
    sandbox.http.post(path, data={"promotionCode": "spring"})

    html = page(sandbox, session)
    assert "SPRING (20 % off)" in html
    assert "\u2212€8.40" in html
    assert "Pay €33.60" in html
    sandbox.http.post(path, data={})
    assert "Pay €42.00" in page(sandbox, session)


def test_a_code_is_typed_only_where_the_shop_or_the_owner_allows_it(sandbox: Sandbox) -> None:
    code(sandbox)
    session = sandbox.open_session()
    sandbox.http.post(f"/c/pay/{session.id}/price", data={"promotionCode": "SPRING"})
    assert sandbox.session(session.id).amount_total == 4200
    assert "promotionCode" not in page(sandbox, session)

    sandbox.control("account", promotion_codes=True)
    assert "promotionCode" in page(sandbox, session)
    sandbox.http.post(f"/c/pay/{session.id}/price", data={"promotionCode": "SPRING"})
    assert sandbox.session(session.id).amount_total == 3360


def test_the_page_shows_the_tax_that_will_be_due(sandbox: Sandbox) -> None:
    sandbox.control("account", tax={"percentage": "19", "inclusive": False})
    session = sandbox.open_session(automatic_tax={"enabled": True})
    html = page(sandbox, session)
    assert "€7.98" in html
    assert "Pay €49.98" in html
