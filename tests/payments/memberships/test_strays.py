"""A subscription that was made in Stripe's dashboard, for a customer and a price that are known here."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.utils import timezone

from payments.fsck import inspect
from payments.models import Action, Backfill, Plan, StraySubscription, StripeEvent, Subscription
from payments.reconciliation.backfill import read_missed
from payments.reconciliation.memberships import check_memberships
from payments.reconciliation.run import Run
from payments.staff.alerts import survey
from tests.support.members import Member, make_member, make_plan, make_price
from tests.support.sandbox import Sandbox
from tests.support.shared import shared
from tests.support.shop import BoxOffice
from tests.support.staff import log_in, press, told
from tests.support.worker import work

pytestmark = pytest.mark.usefixtures("joined")


@shared
def joined(box_office: BoxOffice) -> None:
    """Ada is a member, with a card that other subscriptions can be charged to."""
    ada = make_member(box_office.stripe)
    ada.join(make_plan(box_office.stripe))
    ada.do("card")
    ada.hear()


@pytest.fixture
def staff(db: None) -> Client:
    return log_in(User.objects.create_superuser("boss", "boss@example.com", "x"))


def leave(ada: Member) -> None:
    """Have been a member, so that Stripe's customer is known here."""
    ada.do("cancel", now=True)
    ada.hear()


def make_one(ada: Member, plan: Plan, **more: Any) -> str:
    """Make a subscription in the dashboard, and return its id."""
    wish = {"customer": ada.row.stripe_customer_id, "price": plan.price_id, **more}
    return ada.stripe.post("/subscriptions", wish)["subscription"]["id"]


def alerts() -> list[str]:
    return [
        found.alert.name for found in survey() if found.count and found.alert.name != "membership_unmailed"
    ]


def adopt_page(row: Subscription) -> str:
    return f"/admin/payments/subscription/{row.pk}/{Action.ADOPT}/do/"


def test_staff_are_told_and_adopt_it(ada: Member, plan: Plan, staff: Client) -> None:
    leave(ada)
    old = ada.row
    made = make_one(ada, plan)
    ada.hear()
    found, gives = alerts(), ada.status()["status"]
    page = staff.get(f"/admin/payments/subscription/{old.pk}/change/")
    form = staff.get(adopt_page(old)).content.decode()

    done = press(staff, adopt_page(old))

    assert (found, gives) == (["membership_made_at_stripe"], "canceled")
    assert made in page.content.decode()
    assert Action.ADOPT in page.context["actions"]
    assert made in form
    assert told(done) == ["Subscription adopted. The customer’s membership: Friend."]
    assert (ada.row.subscription_id, ada.row.status, ada.row.is_entitled()) == (made, "active", True)
    assert (alerts(), inspect()) == ([], [])
    work("mail_membership_notification")
    assert str(mail.outbox[-1].subject) == "Welcome: Friend"


def test_what_was_adopted_is_a_membership_like_any_other(ada: Member, plan: Plan, staff: Client) -> None:
    leave(ada)
    make_one(ada, plan)
    ada.hear()
    press(staff, adopt_page(Subscription.objects.get()))

    ada.do("cancel", now=True)
    ada.hear()

    assert (ada.row.status, ada.row.entitled_until, inspect()) == ("canceled", None, [])


def test_who_has_a_membership_gets_no_second(ada: Member, plan: Plan, staff: Client) -> None:
    made = make_one(ada, plan)
    ada.hear()

    done = press(staff, adopt_page(ada.row))

    (words,) = told(done)
    assert words == f"The customer has another membership. End and refund {made} in Stripe’s dashboard."
    assert Subscription.objects.count() == 1
    assert alerts() == ["membership_made_at_stripe"]


def test_one_that_staff_end_at_stripe_calls_nobody_more(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    made = make_one(ada, plan)
    ada.hear()

    stripe.post(f"/subscriptions/{made}/cancel", {"now": True})
    ada.hear()

    assert (alerts(), StraySubscription.objects.get().status) == ([], "canceled")


def test_one_that_was_ended_without_a_word_is_found_so_the_next_day(
    ada: Member, plan: Plan, stripe: Sandbox
) -> None:
    made = make_one(ada, plan)
    ada.hear()
    stripe.post(f"/subscriptions/{made}/cancel", {"now": True})

    with time_machine.travel(timezone.now() + timedelta(days=2)):
        check_memberships(Run(rate=1_000), everything=False)

    assert StraySubscription.objects.get().status == "canceled"


def test_one_whose_event_was_lost_is_found_in_stripes_list(ada: Member, plan: Plan) -> None:
    leave(ada)
    Backfill.objects.create(pk=1, read_until=timezone.now() - timedelta(minutes=1))
    make_one(ada, plan)

    read_missed(Run(rate=1_000))

    assert alerts() == ["membership_made_at_stripe"]


def test_one_with_another_price_is_somebody_elses(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    leave(ada)
    before = StripeEvent.objects.count()

    make_one(ada, plan, price=make_price(stripe, amount=500))
    ada.hear()

    assert not StraySubscription.objects.exists()
    assert StripeEvent.objects.filter(type="customer.subscription.created").count() == 1
    assert StripeEvent.objects.count() == before


@pytest.mark.parametrize("metadata", [{"shop": "another"}, {"subscription": "7"}])
def test_one_that_another_shop_has_made_is_somebody_elses(
    ada: Member, plan: Plan, metadata: dict[str, str]
) -> None:
    leave(ada)

    make_one(ada, plan, metadata=metadata)
    ada.hear()

    assert not StraySubscription.objects.exists()


def test_one_that_stripe_has_ended_meanwhile_is_not_adopted(
    ada: Member, plan: Plan, stripe: Sandbox, staff: Client
) -> None:
    leave(ada)
    old, made = ada.row, make_one(ada, plan)
    ada.hear()
    stripe.post(f"/subscriptions/{made}/cancel", {"now": True})

    done = press(staff, adopt_page(old))

    assert told(done) == [f"At Stripe, {made} is canceled."]
    assert (Subscription.objects.count(), alerts()) == (1, [])


def test_one_about_which_stripe_refuses_to_tell_is_asked_about_once_a_day(
    ada: Member, plan: Plan, stripe: Sandbox
) -> None:
    made = make_one(ada, plan)
    ada.hear()
    StraySubscription.objects.update(checked_at=timezone.now() - timedelta(days=2))
    stripe.fault(f"GET /v1/subscriptions/{made}", "403", times=None)

    counts = []
    for _run in range(2):
        run = Run(rate=1_000)
        check_memberships(run, everything=False)
        counts.append(run.counts["failed"])

    assert counts == [1, 0]
    assert alerts() == ["membership_made_at_stripe"]
