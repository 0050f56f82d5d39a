"""The doctor says whose passes are signed, and warns before the certificate ends."""

from typing import Any

import pytest

from config.wallets import google_wallet
from payments.doctor.wallets import examine_wallets
from tests.bookings.wallet.authority import (
    ACCOUNT,
    ISSUER_ID,
    PASS_TYPE,
    TEAM,
    Authority,
    apple_of,
    make_authority,
    service_account,
)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return make_authority()


def test_nothing_is_said_of_what_isnt_set_up() -> None:
    assert list(examine_wallets()) == []


@pytest.mark.parametrize(
    ("days", "severity", "words"),
    [
        (31.5, "ok", "APPLE_PASS_CERTIFICATE is valid until"),
        (29.5, "warning", "in 29 days"),
        (0.5, "warning", "in 0 days"),
        (-1, "fault", "APPLE_PASS_CERTIFICATE expired on"),
    ],
)
def test_a_certificate_that_ends_is_told_in_time(
    authority: Authority, settings: Any, days: float, severity: str, words: str
) -> None:
    settings.APPLE_WALLET = apple_of(authority, days=days)

    whose, ours, theirs = examine_wallets()

    assert whose.words == f"Apple: passes are {PASS_TYPE} of team {TEAM}."
    assert (ours.severity, theirs.severity) == (severity, "ok")
    assert words in ours.words


def test_the_account_at_google_is_named_without_its_key(authority: Authority, settings: Any) -> None:
    settings.GOOGLE_WALLET = google_wallet(ISSUER_ID, service_account(authority.pass_key))

    (finding,) = examine_wallets()

    assert finding.words == f"Google: links are by {ACCOUNT} for issuer {ISSUER_ID}."
