"""The account that a key belongs to."""

import pytest
import stripe

from tests.sandbox.support.process import KEY, Sandbox


def test_the_account_shows_what_its_owner_set(sandbox: Sandbox) -> None:
    own = sandbox.control(
        "account",
        display_name="Opera",
        statement_descriptor="OPERA HOUSE",
        country="AT",
        support_email="box@opera.test",
        charges_enabled=False,
    )
    account = sandbox.stripe.accounts.retrieve_current()

    assert account.id == own["id"]
    assert (account.country, account.default_currency, account.charges_enabled) == ("AT", "eur", False)
    assert account.settings is not None
    assert account.settings.dashboard.display_name == "Opera"
    assert account.settings.payments.statement_descriptor == "OPERA HOUSE"
    assert account.settings.card_payments.statement_descriptor_prefix == "OPERA HOUS"
    assert account.business_profile is not None
    assert account.business_profile.support_email == "box@opera.test"
    assert sandbox.stripe.accounts.retrieve(own["id"]).id == own["id"]


def test_there_is_no_other_account(sandbox: Sandbox) -> None:
    assert sandbox.stripe.accounts.list().data == []
    with pytest.raises(stripe.PermissionError) as caught:
        sandbox.stripe.accounts.retrieve("acct_1other")
    assert caught.value.error is not None
    assert caught.value.error.code == "account_invalid"


@pytest.mark.parametrize("header", ["Stripe-Account", "Stripe-Context"])
def test_nothing_is_done_for_another_account(sandbox: Sandbox, header: str) -> None:
    own = sandbox.show("account")["id"]
    headers = {"Authorization": f"Bearer {KEY}", "Idempotency-Key": "k"}

    refused = sandbox.http.post("/v1/customers", headers={**headers, header: "acct_1other"})
    assert refused.status_code == 403
    assert "does not have access to account 'acct_1other'" in refused.json()["error"]["message"]
    assert sandbox.http.post("/v1/customers", headers={**headers, header: own}).status_code == 200
