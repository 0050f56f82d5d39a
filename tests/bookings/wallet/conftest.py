from typing import Any

import pytest

from bookings.models import Ticket
from config.wallets import AppleWallet, GoogleWallet, google_wallet
from tests.bookings.wallet.authority import ISSUER_ID, Authority, apple_of, make_authority, service_account
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Purchase, make_event


@pytest.fixture(scope="session")
def authority() -> Authority:
    return make_authority()


@pytest.fixture
def apple(authority: Authority, settings: Any) -> AppleWallet:
    """The shop has a certificate for Apple's passes."""
    settings.APPLE_WALLET = apple_of(authority)
    return settings.APPLE_WALLET


@pytest.fixture
def google(authority: Authority, settings: Any) -> GoogleWallet:
    """The shop has a service account for Google's."""
    settings.GOOGLE_WALLET = google_wallet(ISSUER_ID, service_account(authority.pass_key))
    return settings.GOOGLE_WALLET


@shared
def paid(box_office: BoxOffice) -> Purchase:
    """Seats A-1 and A-2, paid: 84.00."""
    make_event()
    return box_office.sell()


@pytest.fixture
def ticket(paid: Purchase) -> Ticket:
    return paid.booking.tickets.select_related("seat__event", "booking")[0]
