"""Who of the staff may see and do what; and that nobody edits what tells of money."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client

from bookings.models import Entry, Scan
from bookings.read_only_admin import ReadOnlyAdmin
from customers.models import SignInEvent
from payments import models
from payments.ledger.verification import ask
from payments.models import Action, Cause, StaffAction, StripeEvent
from payments.staff.actions.payments import PAYMENT_ACTIONS
from privacy.models import Erasure
from receipts.issuing import issue_due
from tests.legal.house import make_house
from tests.payments.counter.desk import Desk
from tests.payments.staff.actions.test_actions import MAY
from tests.support.members import make_row
from tests.support.sandbox import Sandbox
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Purchase, make_event
from tests.support.staff import action_of, log_in, page_of, press, replay_of, somebody_of
from tests.support.turns import lose_a_session
from tests.support.worker import work

READERS = ["Box office", "Finance"]
DOOR = (Scan, Entry)
LEDGERS = [
    (model, page)
    for model, page in admin.site._registry.items()
    if isinstance(page, ReadOnlyAdmin) and model not in DOOR
]
STRANGERS = ["anonymous", "customer"]


@shared
def paid(box_office: BoxOffice) -> Purchase:
    """A payment that is in every ledger."""
    make_house()
    make_event()
    purchase, stripe = box_office.sell(), box_office.stripe
    stripe.refund(purchase.session_id, 500)
    stripe.dispute(purchase.session_id)
    stripe.post(f"/sessions/{purchase.session_id}/warn")
    for event in stripe.events():
        box_office.deliver(event)
    ask(purchase.payment, cause=Cause.STAFF)
    press(somebody_of("Finance"), action_of(purchase.payment, Action.NOTE))
    work("send_refund")
    make_row(User.objects.create_user("ada", "ada@example.com"))
    lose_a_session()
    SignInEvent.objects.create(step="signed_in", account="boss")
    issue_due()
    Erasure.objects.create(digest="0" * 64, bookings=1, was_forced=False)
    desk = Desk(purchase.booking.event)
    desk.open_till()
    desk.take_back(desk.sell("B-1"))
    return purchase


def pages(paid: Purchase) -> Iterator[str]:
    """Yield the address of every page of the staff's about payments and bookings."""
    payment, event = paid.payment, StripeEvent.objects.first()
    assert event
    yield "/admin/payments/payment/find/?q=ada"
    yield page_of(payment).replace("change/", "compare/")
    yield replay_of(event)
    yield from (action_of(payment, action) for action in PAYMENT_ACTIONS.specs)
    for model, _page in LEDGERS:
        yield list_of(model)
        if row := model.objects.first():  # type: ignore[attr-defined]
            yield f"{list_of(model)}{row.pk}/change/"


def list_of(model: Any) -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


def stranger(kind: str) -> Client:
    customer = User.objects.create_user("customer", password="x")
    return Client() if kind == "anonymous" else log_in(customer)


@pytest.mark.parametrize("kind", STRANGERS)
def test_strangers_are_led_to_the_login_from_everywhere(kind: str, paid: Purchase) -> None:
    somebody = stranger(kind)
    addresses = ["/admin/", *pages(paid)]

    for address in addresses:
        for answer in (somebody.get(address), somebody.post(address, {"reason": "x"})):
            assert answer.status_code == 302
            assert answer.headers["Location"].startswith("/admin/login/?next=")
    assert len(addresses) > 25
    assert StaffAction.objects.count() == 1


@pytest.mark.parametrize("group", ["Door", "nobody"])
def test_the_door_sees_nothing_of_money(group: str, paid: Purchase) -> None:
    somebody = somebody_of(group)

    assert {somebody.get(address).status_code for address in pages(paid)} == {403}
    assert {somebody.post(address, {"reason": "x"}).status_code for address in pages(paid)} == {403}
    front = somebody.get("/admin/").content.decode()
    assert "Find a payment" not in front
    assert "Recent activity" not in front


@pytest.mark.parametrize("group", READERS)
def test_the_box_office_and_finance_read_nearly_everything(group: str, paid: Purchase) -> None:
    somebody = somebody_of(group)
    readable = [address for address in pages(paid) if "/do/" not in address and "bulk" not in address]

    answers = {address: somebody.get(address, follow=True).status_code for address in readable}

    rows = [SignInEvent.objects.earliest("pk"), Erasure.objects.get()]
    closed = {list_of(row) for row in rows} | {f"{list_of(row)}{row.pk}/change/" for row in rows}
    assert {address for address, status in answers.items() if status != 200} == closed
    assert {answers[address] for address in closed} == {403}


@pytest.mark.parametrize("group", READERS)
def test_an_action_is_open_to_those_whose_it_is(group: str, paid: Purchase) -> None:
    somebody = somebody_of(group)
    addresses = {action: action_of(paid.payment, action) for action in PAYMENT_ACTIONS.specs}
    may = addresses.keys() & MAY[group]

    shown = somebody.get(page_of(paid.payment)).context["actions"]
    opened = {action: somebody.get(address) for action, address in addresses.items()}
    sent = {action: somebody.post(it, {"reason": "x"}) for action, it in addresses.items()}

    assert list(shown) == [action for action in _offered(paid) if action in may]
    for answers in (opened, sent):
        assert {action for action, answer in answers.items() if answer.status_code != 403} == may
        # What can't be done at the moment leads back to the payment.
        elsewhere = {answer.headers.get("Location", page_of(paid.payment)) for answer in answers.values()}
        assert elsewhere == {page_of(paid.payment)}


def _offered(paid: Purchase) -> list[Action]:
    return list(log_in(_boss()).get(page_of(paid.payment)).context["actions"])


def _boss() -> User:
    return User.objects.create_superuser("boss", "boss@example.com", "x")


def test_who_only_looks_has_no_buttons_and_asks_stripe_nothing(paid: Purchase, stripe: Sandbox) -> None:
    user = User.objects.create_user("auditor", is_staff=True)
    user.user_permissions.set(_permissions("view_payment", "view_stripeevent"))
    auditor, before = log_in(user), len(stripe.requests())

    page = auditor.get(page_of(paid.payment))

    assert page.context["actions"] == []
    assert "/do/" not in page.content.decode()
    assert "compare/" not in page.content.decode()
    assert auditor.get(page_of(paid.payment).replace("change/", "compare/")).status_code == 403
    assert auditor.get(replay_of(StripeEvent.objects.all()[0])).status_code == 403
    assert len(stripe.requests()) == before


def _permissions(*codenames: str) -> Any:
    from django.contrib.auth.models import Permission

    return Permission.objects.filter(codename__in=codenames)


def test_who_may_refund_but_not_look_refunds_nothing(paid: Purchase) -> None:
    user = User.objects.create_user("blind", is_staff=True)
    user.user_permissions.set(_permissions("refund"))

    assert log_in(user).get(action_of(paid.payment, Action.REFUND)).status_code == 403


# Nobody, not even a superuser, edits what tells of money.


@pytest.mark.parametrize("model", [model for model, _page in LEDGERS], ids=lambda model: model.__name__)
def test_not_even_a_superuser_adds_edits_or_deletes(model: Any, paid: Purchase) -> None:
    boss = log_in(_boss())
    row = model.objects.first()
    before = list(model.objects.order_by("pk").values())

    assert boss.get(f"{list_of(model)}add/").status_code == 403
    assert boss.post(f"{list_of(model)}add/", {}).status_code == 403
    if row is not None:
        assert boss.get(f"{list_of(model)}{row.pk}/delete/").status_code == 403
        assert boss.post(f"{list_of(model)}{row.pk}/delete/", {"post": "yes"}).status_code == 403
        assert boss.post(f"{list_of(model)}{row.pk}/change/", {"status": "x"}).status_code == 403
        assert 'name="_save"' not in boss.get(f"{list_of(model)}{row.pk}/change/").content.decode()
        chosen = {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"}
        boss.post(list_of(model), chosen)
    assert list(model.objects.order_by("pk").values()) == before


def test_there_is_a_row_of_nearly_every_ledger_to_try_that_on(paid: Purchase) -> None:
    empty = [model.__name__ for model, _page in LEDGERS if not model.objects.exists()]  # type: ignore[attr-defined]

    assert set(empty) <= {"BulkRun", "Announcement", "EventChange", "Answer", "WaitingEntry"}


def test_evidence_that_has_no_page_has_no_address_either(paid: Purchase) -> None:
    boss = log_in(_boss())
    unlisted = [getattr(models, name) for name in ("Transition", "Check", "Backfill", "BulkItem")]

    assert {boss.get(list_of(model)).status_code for model in unlisted} == {404}
