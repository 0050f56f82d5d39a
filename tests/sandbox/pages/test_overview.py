"""The front page, and what it makes go wrong."""

from collections.abc import Callable

import httpx
import pytest

from tests.sandbox.support.pages import words_of
from tests.sandbox.support.process import Receiver, Sandbox


def press(sandbox: Sandbox, **button: str) -> str:
    """Press a button of the front page, and return the words that it has then."""
    answer = sandbox.http.post("/", data=button)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    return words_of(sandbox.http.get("/").text)


def test_the_front_page_shows_the_latest_sessions(sandbox: Sandbox) -> None:
    assert "No Checkout Session yet." in sandbox.http.get("/").text
    session = sandbox.open_session()
    sandbox.pay(session.id, method="sepa_debit")
    html = sandbox.http.get("/").text
    for words in (f'href="/c/pay/{session.id}"', "€42.00", "<td>complete</td>", "<td>unpaid</td>"):
        assert words in html
    assert "No webhook is waiting." in html


def test_the_next_payments_webhook_is_lost_and_the_one_after_arrives(
    start: Callable[..., Sandbox], receiver: Receiver
) -> None:
    sandbox = start("--webhook", receiver.url, "--secret", "whsec_of_the_shop", "--redirect", "listen")
    assert "will be lost" in press(sandbox, on="lose")
    for _payment in range(2):
        sandbox.pay(sandbox.open_session().id)

    told = [each["type"] for each in sandbox.deliveries() if each["state"] == "delivered"]
    assert told.count("checkout.session.completed") == 1
    assert told.count("charge.succeeded") == 2
    assert "will be lost" not in words_of(sandbox.http.get("/").text)


@pytest.mark.parametrize(
    ("name", "state", "switches"),
    [
        ("late", "Webhooks arrive 10 seconds late.", ["delay"]),
        ("twice", "Every webhook arrives twice.", ["duplicate"]),
        ("lose", "The webhook of the next payment will be lost.", ["drop"]),
    ],
)
def test_a_switch_of_webhooks_shows_its_state_and_is_switched_off(
    sandbox: Sandbox, name: str, state: str, switches: list[str]
) -> None:
    assert state not in words_of(sandbox.http.get("/").text)
    assert state in press(sandbox, on=name)
    assert list(sandbox.show("webhooks")) == switches
    assert state not in press(sandbox, off=name)
    assert sandbox.show("webhooks") == {}


def test_unreachable_replaces_slow_and_ends(sandbox: Sandbox) -> None:
    assert "Each answer takes 3 seconds." in press(sandbox, on="slow")
    words = press(sandbox, on="gone")
    assert "Requests of the shop are cut off." in words
    assert "Each answer takes 3 seconds." not in words
    with pytest.raises(httpx.NetworkError):
        sandbox.api("GET", "/v1/events")

    press(sandbox, off="gone")
    assert sandbox.api("GET", "/v1/events").status_code == 200


def test_faults_that_a_test_has_asked_for_stay(sandbox: Sandbox) -> None:
    sandbox.control("faults", match="POST /v1/refunds", do="500_before")
    press(sandbox, on="slow")
    press(sandbox, off="slow")

    assert [fault["match"] for fault in sandbox.show("faults")["faults"]] == ["POST /v1/refunds"]


@pytest.mark.parametrize("button", [{"on": "banana"}, {"off": ""}, {}, {"on": "lose", "off": "lose"}])
def test_other_buttons_change_nothing(sandbox: Sandbox, button: dict[str, str]) -> None:
    press(sandbox, **button)

    assert (sandbox.show("webhooks"), sandbox.show("faults")) == ({}, {"faults": []})


def test_the_front_page_leads_to_the_shop(start: Callable[..., Sandbox]) -> None:
    sandbox = start("--link", "Box office", "http://shop.test/box-office/", "sell <here>")
    html = sandbox.http.get("/").text

    assert '<a href="http://shop.test/box-office/">Box office</a>' in html
    assert "sell &lt;here&gt;" in html
