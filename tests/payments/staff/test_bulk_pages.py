"""Many payments or events at once, from the lists of the admin."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from payments.models import Action, BulkRun, Payment, StripeEvent
from tests.support.sandbox import Sandbox
from tests.support.shop import Buy, Deliver, Purchase
from tests.support.staff import make_user
from tests.support.worker import work

LIST = "/admin/payments/payment/"
EVENTS = "/admin/payments/stripeevent/"


@pytest.fixture
def purchases(buy: Buy) -> list[Purchase]:
    return [buy(f"A-{number}") for number in range(1, 5)]


def enter(*groups: str) -> Client:
    browser = Client()
    browser.force_login(make_user(*groups))
    return browser


def select(rows: list[Any], action: str, **more: str) -> dict[str, Any]:
    return {"action": action, "_selected_action": [str(row.pk) for row in rows], "select_across": "0", **more}


def confirm(browser: Client, url: str, wanted: dict[str, Any], reason: str = "A bad evening.") -> Any:
    """Send what was selected, then the form that asks why; return the answer to that."""
    asked: Any = browser.post(url, wanted)
    form_id = asked.context_data["form"]["form_id"].value()
    return browser.post(url, {**wanted, "form_id": str(form_id), "reason": reason}, follow=True)


def test_those_selected_are_asked_about_and_watched(purchases: list[Purchase], stripe: Sandbox) -> None:
    browser = enter("Box office")
    for purchase in purchases[:2]:
        stripe.pay(purchase.session_id)

    page = confirm(browser, LIST, select([p.payment for p in purchases[:3]], "ask"))

    assert "0 of 3" in page.content.decode()
    assert 'http-equiv="refresh"' in page.content.decode()
    work("continue_bulk_run")
    done = browser.get(page.redirect_chain[-1][0]).content.decode()
    assert "3 of 3" in done
    assert "finished" in done
    assert 'http-equiv="refresh"' not in done
    assert Payment.objects.filter(status="succeeded").count() == 2


def test_a_whole_filter_is_taken(purchases: list[Purchase], stripe: Sandbox) -> None:
    browser = enter("Box office")
    stripe.pay(purchases[0].session_id)
    Payment.objects.filter(pk=purchases[1].payment.pk).update(stripe_state="open")
    wanted = select([purchases[0].payment], "ask", select_across="1")

    page = confirm(browser, f"{LIST}?status__exact=pending", wanted)

    assert "0 of 4" in page.content.decode()


def test_nothing_starts_without_a_reason(purchases: list[Purchase]) -> None:
    page = confirm(enter("Box office"), LIST, select([purchases[0].payment], "ask"), reason="")

    assert "Nothing was changed" in page.content.decode()
    assert not BulkRun.objects.exists()


def test_what_failed_is_listed_with_its_reason(purchases: list[Purchase]) -> None:
    browser = enter("Box office")
    page = confirm(browser, LIST, select([purchases[0].payment], "resend"))
    work("continue_bulk_run")

    done = browser.get(page.redirect_chain[-1][0]).content.decode()

    assert "That’s not possible for this payment right now." in done
    assert purchases[0].booking.name in done


def test_events_are_replayed(purchases: list[Purchase], stripe: Sandbox, deliver: Deliver) -> None:
    stripe.pay(purchases[0].session_id)
    deliver("completed", purchases[0])

    confirm(enter("Box office"), EVENTS, select(list(StripeEvent.objects.all()), "replay"))
    work("continue_bulk_run")

    assert BulkRun.objects.get().items.get().words == "Already applied. Nothing was changed."


def test_what_is_left_can_be_cancelled(purchases: list[Purchase]) -> None:
    browser = enter("Box office")
    page = confirm(browser, LIST, select([p.payment for p in purchases], "ask"))
    run = BulkRun.objects.get()

    browser.get(f"/admin/payments/bulkrun/{run.pk}/cancel/")
    run.refresh_from_db()
    assert run.cancelled_at is None
    browser.post(f"/admin/payments/bulkrun/{run.pk}/cancel/")
    work("continue_bulk_run")

    assert "cancelled" in browser.get(page.redirect_chain[-1][0]).content.decode()
    assert run.items.filter(outcome="cancelled").count() == 4


@pytest.mark.parametrize(
    ("group", "payments", "events"),
    [
        ("Door", None, None),
        ("Box office", {"ask", "resend", "release"}, {"replay"}),
        ("Finance", {"ask", "resend", "release", "end_test"}, {"replay"}),
    ],
)
def test_each_role_is_offered_what_it_may(
    purchases: list[Purchase], stripe: Sandbox, deliver: Deliver, group: str, payments: Any, events: Any
) -> None:
    stripe.pay(purchases[0].session_id)
    deliver("completed", purchases[0])
    browser = enter(group)
    for url, actions in ((LIST, payments), (EVENTS, events)):
        page = browser.get(url)
        offered = {action.value for action in Action if f'<option value="{action}">' in page.content.decode()}
        assert (page.status_code, offered) == ((403, set()) if actions is None else (200, actions))


def test_who_may_only_look_is_offered_no_action(purchases: list[Purchase]) -> None:
    from django.contrib.auth.models import Permission

    looker = make_user()
    looker.user_permissions.add(Permission.objects.get(codename="view_payment"))
    browser = Client()
    browser.force_login(User.objects.get(pk=looker.pk))

    page = browser.post(LIST, select([purchases[0].payment], Action.ASK))

    assert not BulkRun.objects.exists()
    assert 'value="ask"' not in page.content.decode()
    assert browser.get("/admin/payments/bulkrun/").status_code == 403


def test_a_stranger_is_sent_to_the_login(client: Client, db: None) -> None:
    assert client.get("/admin/payments/bulkrun/").status_code == 302
