"""Whoever hoards is found by staff, and what they hold is let go, at Stripe first."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from bookings.models import Event, EventScope, Seat
from bookings.seats.held_share import high_shares
from payments.health import checks
from payments.models import BulkRun, Payment
from payments.staff.alerts.shop import shop_alerts
from tests.support.sandbox import Sandbox
from tests.support.shop import Buy, Purchase
from tests.support.staff import make_user
from tests.support.worker import work


@pytest.fixture
def clerk(db: None) -> Client:
    browser = Client()
    browser.force_login(make_user("Box office"))
    return browser


@pytest.fixture
def page(event: Event) -> str:
    return f"/admin/payments/payment/holds/{event.pk}/"


@pytest.fixture
def hoarded(event: Event, stripe: Sandbox) -> list[Purchase]:
    """Three purchases in different browsers over one network, and one over another."""
    made = []
    for number in range(4):
        wish = {"event": "demo-night", "name": "H", "email": f"{number}@example.com", "quantity": 2}
        network = "203.0.113.7" if number < 3 else "198.51.100.1"
        answer = (
            Client()
            .post(
                "/api/checkout", wish, content_type="application/json", headers={"X-Forwarded-For": network}
            )
            .json()
        )
        made.append(Purchase(answer["session_id"], answer))
    return made


def release(clerk: Client, address: str, reason: str = "One visitor holds them all.") -> Any:
    """Look at what would be released, and agree."""
    asked: Any = clerk.get(address)
    form_id = asked.context_data["form"]["form_id"].value()
    return clerk.post(address, {"form_id": str(form_id), "reason": reason}, follow=True)


def test_a_network_is_found_and_all_it_holds_is_let_go(
    clerk: Client, page: str, hoarded: list[Purchase], stripe: Sandbox
) -> None:
    shown: Any = clerk.get(page)
    (group,) = shown.context_data["groups"]
    address = f"{page}?by=network&value={group.value}"

    assert (group.by, group.checkouts, group.places) == ("network", 3, 6)
    assert address.partition("?")[2].replace("&", "&amp;") in shown.content.decode()
    assert "203.0.113.7" not in shown.content.decode()
    looked = clerk.get(address).content.decode()
    assert "3 holds" in looked
    assert "0@example.com" in looked
    assert Seat.objects.free().count() == 12
    release(clerk, address)
    work("continue_bulk_run")

    assert [stripe.session(each.session_id)["status"] for each in hoarded] == ["expired"] * 3 + ["open"]
    assert Seat.objects.free().count() == 18
    assert BulkRun.objects.get().items.filter(outcome="changed").count() == 3


def test_what_is_paid_meanwhile_stays_paid(
    clerk: Client, page: str, hoarded: list[Purchase], stripe: Sandbox
) -> None:
    release(clerk, f"{page}?by=age&value=0")
    stripe.pay(hoarded[0].session_id)

    work("continue_bulk_run")

    assert [each.booking.status for each in hoarded] == ["confirmed"] + ["cancelled"] * 3


def test_only_what_is_old_is_let_go(clerk: Client, page: str, hoarded: list[Purchase]) -> None:
    past = timezone.now() - timedelta(minutes=20)
    Payment.objects.filter(session_id=hoarded[0].session_id).update(created_at=past)

    release(clerk, f"{page}?by=age&value=12")
    work("continue_bulk_run")

    assert [each.booking.status for each in hoarded] == ["cancelled"] + ["held"] * 3


def test_an_address_is_a_source_too(clerk: Client, page: str, buy: Buy) -> None:
    for seat in ("A-1", "A-2"):
        buy(seat, email="Ada@example.com")

    release(clerk, f"{page}?by=email&value=ada@example.com")
    work("continue_bulk_run")

    assert Seat.objects.free().count() == 20


@pytest.mark.parametrize("query", ["colour&value=1", "network&value=", "age&value=x", "email&value=%00"])
def test_an_odd_choice_chooses_nothing(clerk: Client, page: str, hoarded: list[Purchase], query: str) -> None:
    answer = clerk.get(f"{page}?by={query}")

    assert answer.status_code == 200
    assert "No holds left." in answer.content.decode()


def test_nothing_begins_without_a_reason(clerk: Client, page: str, hoarded: list[Purchase]) -> None:
    answer = release(clerk, f"{page}?by=age&value=0", reason="")

    assert "Nothing was changed" in answer.content.decode()
    assert not BulkRun.objects.exists()


def test_who_may_not_release_holds_may_not_look(page: str, event: Event) -> None:
    browser = Client()
    browser.force_login(make_user())

    assert browser.get(page).status_code in (302, 403)


def test_holds_can_be_released_from_the_list_of_payments(
    clerk: Client, hoarded: list[Purchase], stripe: Sandbox
) -> None:
    rows = [str(each.payment.pk) for each in hoarded[:2]]
    wanted = {"action": "release", "_selected_action": rows, "select_across": "0"}
    asked: Any = clerk.post("/admin/payments/payment/", wanted)
    form_id = str(asked.context_data["form"]["form_id"].value())

    clerk.post("/admin/payments/payment/", {**wanted, "form_id": form_id, "reason": "A hoarder."})
    work("continue_bulk_run")

    assert [each.booking.status for each in hoarded] == ["cancelled"] * 2 + ["held"] * 2


def test_staff_and_operators_are_told_of_a_house_that_is_held(
    clerk: Client, page: str, event: Event, hoarded: list[Purchase], settings: Any
) -> None:
    settings.HOLD_PLACES_PER_NETWORK = 7

    assert [(share.held, share.free, share.percent) for share in high_shares()] == [(8, 12, 40)]
    (warning,) = checks.houses_held(timezone.now())
    (alert,) = [alert for alert in shop_alerts(make_user("Box office")) if alert.links]
    assert (warning.code, warning.count) == ("houses_held", 1)
    assert alert.links == [("Demo Night", page)]
    assert f'<a href="{page}">Demo Night</a>' in clerk.get("/admin/").content.decode()
    assert "40% of unsold places" in clerk.get(page).content.decode()
    assert "held_share_percent 40.0" in clerk.get("/metrics").content.decode()


def test_who_is_limited_to_other_events_reads_no_title_of_it(
    event: Event, hoarded: list[Purchase], settings: Any
) -> None:
    settings.HOLD_PLACES_PER_NETWORK = 7
    user = make_user("Box office")
    EventScope.objects.create(user=user)
    browser = Client()
    browser.force_login(user)

    page = browser.get("/admin/").content.decode()

    assert "Many places on hold" in page
    assert event.title not in page


def test_what_a_network_may_hold_is_no_alert(hoarded: list[Purchase], settings: Any) -> None:
    settings.HOLD_PLACES_PER_NETWORK = 8

    assert high_shares() == []
