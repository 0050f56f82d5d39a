"""The account's facts, which its owner would set in Stripe's Dashboard."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox.support.process import KEY, Sandbox

TERMS = "https://shop.test/terms"


def test_an_account_has_facts_from_the_start(sandbox: Sandbox) -> None:
    shown = sandbox.show("account")

    assert shown.pop("id").startswith("acct_1")
    facts = {
        "charges_enabled": True,
        "country": "DE",
        "default_currency": "eur",
        "display_name": "Test shop",
        "payouts_enabled": True,
        "statement_descriptor": "TEST SHOP",
        "support_email": None,
        "terms_of_service_url": None,
        "url": None,
    }
    assert {name: shown[name] for name in facts} == facts


def test_facts_are_changed_and_reset(sandbox: Sandbox) -> None:
    before = sandbox.show("account")
    changed = {"terms_of_service_url": TERMS, "country": "US", "default_currency": "usd"}

    assert sandbox.control("account", **changed) == {**before, **changed}
    assert sandbox.control("account", terms_of_service_url=None)["terms_of_service_url"] is None
    sandbox.control("reset")
    assert sandbox.show("account") == before


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("country", "Germany", "two capital letters"),
        ("default_currency", "EUR", "small letters"),
        ("display_name", "", "give a text"),
        ("display_name", 7, "give a text"),
        ("statement_descriptor", "AB", "5 to 22"),
        ("statement_descriptor", "12345", "5 to 22"),
        ("statement_descriptor", "SHOP*EVENTS", "5 to 22"),
        ("terms_of_service_url", "shop.test", "http or https"),
        ("support_email", "ada", "e-mail address"),
        ("nonsense", 1, "nonsense is none of"),
    ],
)
def test_what_an_account_cannot_be_is_refused_and_nothing_changes(
    sandbox: Sandbox, name: str, value: Any, words: str
) -> None:
    before = sandbox.show("account")
    answer = sandbox.http.post("/_sandbox/account", json={"url": TERMS, name: value})

    assert answer.status_code == 400
    assert words in answer.json()["error"]
    assert sandbox.show("account") == before


def test_the_account_belongs_to_the_key_and_is_named_on_the_command_line(
    start: Callable[..., Sandbox],
) -> None:
    ids = []
    for options in ([], ["--merchant", "Opera"], ["--key", KEY + "_too"]):
        sandbox = start(*options)
        shown = sandbox.show("account")
        ids.append(shown["id"])
        assert shown["display_name"] == ("Opera" if "Opera" in options else "Test shop")
        sandbox.stop()

    assert ids[0] == ids[1] != ids[2]
