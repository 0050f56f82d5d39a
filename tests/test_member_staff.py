"""What staff, and whoever watches the shop, learn of memberships that something is wrong with."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from payments import gauges, vitals
from payments.memberships import at_stripe
from payments.memberships.reconciling import check_memberships
from payments.models import MembershipNotice, Plan, StripeEvent, Subscription
from payments.reconciliation import Run
from payments.troubles import TROUBLES, survey
from tests.members import Member, have_two, make_member, make_plan, make_price
from tests.sandboxed import Sandbox
from tests.staff import log_in


@pytest.fixture
def plan(db: None, stripe: Sandbox) -> Plan:
    return make_plan(stripe)


@pytest.fixture
def ada(plan: Plan, stripe: Sandbox) -> Member:
    return make_member(stripe)


@pytest.fixture
def staff(db: None) -> Client:
    return log_in(User.objects.create_superuser("boss", "boss@example.com", "x"))


def troubles() -> dict[str, int]:
    return {found.trouble.name: found.count for found in survey() if found.count}


def break_event(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    ada.join(plan)
    StripeEvent.objects.filter(type="invoice.paid").update(outcome="failed", traceback="Boom")


def break_plan(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    ada.join(plan)
    ada.do("plan", price=make_price(stripe, amount=9900), proration_behavior="none")
    ada.hear()


def break_mail(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    ada.join(plan)
    MembershipNotice.objects.update(created_at=timezone.now() - timedelta(minutes=11))


def break_check(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    ada.join(plan)
    stripe.fault("GET /v1/subscriptions/*", "500_before", times=3)
    check_memberships(Run(rate=1_000), everything=True)


def break_rule(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    have_two(ada, plan)


STORIES = {
    "membership_event_failed": break_event,
    "membership_without_plan": break_plan,
    "membership_unmailed": break_mail,
    "membership_unchecked": break_check,
    "membership_twice": break_rule,
}


@pytest.mark.parametrize("name", STORIES)
def test_a_membership_in_trouble_is_on_the_front_page(
    name: str, ada: Member, plan: Plan, stripe: Sandbox, staff: Client
) -> None:
    STORIES[name](ada, plan, stripe)

    address = "/admin/payments/subscription/"
    assert troubles() == {name: 1}
    assert f'href="{address}?trouble={name}"' in staff.get("/admin/").content.decode()
    (found,) = staff.get(address, {"trouble": name}).context["cl"].queryset
    assert found.customer == ada.user


def test_every_trouble_of_memberships_has_its_story() -> None:
    assert {trouble.name for trouble in TROUBLES if trouble.model is Subscription} == set(STORIES)


def test_an_event_of_a_membership_leads_to_it_and_can_be_replayed(
    ada: Member, plan: Plan, stripe: Sandbox, staff: Client
) -> None:
    break_event(ada, plan, stripe)
    event = StripeEvent.objects.get(outcome="failed")

    page = staff.get(f"/admin/payments/stripeevent/{event.pk}/change/").content.decode()

    assert f'href="/admin/payments/subscription/{ada.row.pk}/change/"' in page
    assert "Stripe is asked how the membership stands" in page
    assert staff.get(f"/admin/payments/stripeevent/{event.pk}/replay/").status_code == 200


@pytest.mark.parametrize("odd", ["9" * 30, "٣", "x", "0", "-1"])
def test_an_odd_address_of_a_membership_is_none(staff: Client, plan: Plan, odd: str) -> None:
    assert staff.get(f"/admin/payments/subscription/{odd}/change/").status_code in (302, 404)
    assert staff.get(f"/admin/payments/subscription/{odd}/compare/").status_code in (302, 404)


@pytest.mark.django_db(transaction=True)
def test_a_plans_price_is_asked_for_outside_of_transactions(
    stripe: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    staff = log_in(User.objects.create_superuser("boss", "boss@example.com", "x"))
    fetch, seen = at_stripe.fetch_price, []

    def watched(price_id: str) -> at_stripe.StripePrice:
        seen.append(connection.in_atomic_block)
        return fetch(price_id)

    monkeypatch.setattr(at_stripe, "fetch_price", watched)
    wish = {"name": "Friend", "slug": "friend", "price_id": make_price(stripe), "discount_percent": 10}
    staff.post("/admin/payments/plan/add/", wish)

    assert (seen, Plan.objects.count()) == ([False], 1)


def test_memberships_are_counted_for_those_who_watch(ada: Member, plan: Plan) -> None:
    ada.join(plan)
    Subscription.objects.update(next_check_at=timezone.now() - timedelta(minutes=1))

    found = {family.name: family.samples for family in gauges.DATABASE.collect()}

    assert [s.value for s in found["admit_memberships"] if s.labels == {"status": "active"}] == [1]
    (overdue,) = found["admit_membership_checks_overdue_seconds"]
    assert 60 <= overdue.value < 120
    (unsent,) = found["admit_notices_unsent"]
    assert unsent.value == 1
    assert "payments.tasks.mail_membership_notice" in vitals.MAIL


def test_a_second_membership_gives_nothing_and_calls_staff(
    ada: Member, plan: Plan, stripe: Sandbox, staff: Client
) -> None:
    first, second = have_two(ada, plan)

    assert (first.status, first.entitled_until) == ("expired", None)
    assert first.check_error.startswith("Its customer has another membership.")
    assert second.status == "active"
    assert not StripeEvent.objects.filter(outcome="failed").exists()
    assert staff.post(f"/admin/payments/subscription/{first.pk}/ask/").status_code == 302
    assert troubles() == {"membership_twice": 1}


def test_a_second_membership_that_staff_ended_calls_nobody(
    ada: Member, plan: Plan, stripe: Sandbox, staff: Client
) -> None:
    first, _second = have_two(ada, plan)
    stripe.post(f"/subscriptions/{first.subscription_id}/cancel", {"now": True})

    staff.post(f"/admin/payments/subscription/{first.pk}/ask/")

    first.refresh_from_db()
    assert (first.status, first.check_error, troubles()) == ("canceled", "", {})


def test_what_a_price_without_a_plan_costs_is_not_told(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    ada.join(plan)
    told = "€12.00 a month"
    assert told in ada.client.get("/membership/").content.decode()
    ada.do("plan", price=make_price(stripe, amount=9900), proration_behavior="none")
    ada.hear()

    assert told not in ada.client.get("/membership/").content.decode()
