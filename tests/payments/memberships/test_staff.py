"""What staff, and whoever watches the shop, learn of memberships that something is wrong with."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone

from customers.accounts import change_address
from payments.fsck import inspect
from payments.gateway.billing import subscriptions
from payments.health import checks, collectors
from payments.models import Action, MembershipNotification, Plan, StaffAction, StripeEvent, Subscription
from payments.reconciliation.memberships import check_memberships
from payments.reconciliation.run import Run
from payments.staff.actions.memberships import MEMBERSHIP_ACTIONS
from payments.staff.alerts import ALERTS, survey
from tests.support.members import Member, have_two, make_plan, make_price
from tests.support.sandbox import Sandbox
from tests.support.staff import WHY, log_in, open_form, press, somebody_of, told
from tests.support.worker import work


def action_page(row: Subscription, action: Action) -> str:
    """Return the address of the page that asks whether ``action`` shall be done to a membership."""
    return f"/admin/payments/subscription/{row.pk}/{action.value}/do/"


@pytest.fixture
def staff(db: None) -> Client:
    return log_in(User.objects.create_superuser("boss", "boss@example.com", "x"))


def alerts() -> dict[str, int]:
    return {found.alert.name: found.count for found in survey() if found.count}


def break_event(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    StripeEvent.objects.filter(type="invoice.paid").update(outcome="failed", traceback="Boom")


def break_plan(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    ada.do("plan", price=make_price(stripe, amount=9900), proration_behavior="none")
    ada.hear()


def break_key(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    """Let Stripe not know the membership, as with another account's key."""
    Subscription.objects.update(subscription_id="sub_gone")
    check_memberships(Run(rate=1_000), everything=True)


def break_mail(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    MembershipNotification.objects.update(created_at=timezone.now() - timedelta(minutes=11))


def refuse_mail(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    MembershipNotification.objects.update(refused_at=timezone.now(), refusal="550 No such user")


def break_check(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    stripe.fault("GET /v1/subscriptions/*", "500_before", times=3)
    check_memberships(Run(rate=1_000), everything=True)


def refund_all(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    ada.do("refund")
    ada.hear()


def refund_part(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    ada.do("refund", amount=500)
    ada.hear()


def break_refund(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    sent = ada.do("refund", status="pending")
    stripe.settle_refund(sent["id"], "failed")
    ada.hear()


def inquire(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    ada.do("dispute", case_type="inquiry")
    ada.hear()


def say_something_new(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    stripe.override(str(ada.row.subscription_id), status="of_the_future")
    check_memberships(Run(rate=1_000), everything=True)


def add_a_plan(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    wanted = {"subscription": str(ada.row.subscription_id), "proration_behavior": "none"}
    wanted["price"] = make_plan(stripe, "patron", amount=5000).price_id
    stripe._http.post("/v1/subscription_items", data=wanted).raise_for_status()
    ada.hear()


def make_in_dashboard(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    ada.do("card")
    stripe.post("/subscriptions", {"customer": ada.row.stripe_customer_id, "price": plan.price_id})
    ada.hear()


def refuse_address(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    stripe.fault("POST /v1/customers/*", "403", times=1)
    change_address(ada.user, "ada@new.example")
    work("update_stripe_customer")


STORIES = {
    "membership_goes_on_unpaid": refund_all,
    "membership_partly_back": refund_part,
    "membership_refund_failed": break_refund,
    "membership_disputed": inquire,
    "membership_unreadable": say_something_new,
    "membership_of_two_plans": add_a_plan,
    "membership_made_at_stripe": make_in_dashboard,
    "membership_address_refused": refuse_address,
    "membership_event_failed": break_event,
    "membership_without_plan": break_plan,
    "membership_unknown": break_key,
    "membership_unmailed": break_mail,
    "membership_mail_refused": refuse_mail,
    "membership_unchecked": break_check,
}


@pytest.mark.parametrize("name", STORIES)
def test_a_membership_in_alert_is_on_the_front_page(
    name: str, joined: None, ada: Member, plan: Plan, stripe: Sandbox, staff: Client
) -> None:
    STORIES[name](ada, plan, stripe)

    assert_alert(name, ada, staff)


def test_a_second_membership_is_on_the_front_page(ada: Member, plan: Plan, staff: Client) -> None:
    have_two(ada, plan)

    assert_alert("membership_twice", ada, staff)


def assert_alert(name: str, ada: Member, staff: Client) -> None:
    """Assert that ``name`` is the only alert, of Ada's membership, and leads to it."""
    address = "/admin/payments/subscription/"
    assert alerts() == {name: 1}
    assert f'href="{address}?trouble={name}"' in staff.get("/admin/").content.decode()
    (found,) = staff.get(address, {"trouble": name}).context["cl"].queryset
    assert found.customer == ada.user


def test_a_membership_of_test_mode_is_on_the_front_page_once_the_key_is_live(
    ada: Member, joined: None, staff: Client, settings: Any
) -> None:
    settings.STRIPE_SECRET_KEY = "sk_live_admit"

    assert alerts() == {"membership_of_test": 1}
    assert "?trouble=membership_of_test" in staff.get("/admin/").content.decode()


def test_every_alert_of_memberships_has_its_story() -> None:
    named = {alert.name for alert in ALERTS if alert.model is Subscription}
    assert named == {*STORIES, "membership_twice", "membership_of_test"}


def test_an_event_of_a_membership_leads_to_it_and_can_be_replayed(
    ada: Member, plan: Plan, joined: None, stripe: Sandbox, staff: Client
) -> None:
    break_event(ada, plan, stripe)
    event = StripeEvent.objects.get(outcome="failed")

    page = staff.get(f"/admin/payments/stripeevent/{event.pk}/change/").content.decode()

    assert f'href="/admin/payments/subscription/{ada.row.pk}/change/"' in page
    assert "gets the membership’s current state from Stripe" in page
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
    fetch, seen = subscriptions.fetch_price, []

    def watched(price_id: str) -> subscriptions.StripePrice:
        seen.append(connection.in_atomic_block)
        return fetch(price_id)

    monkeypatch.setattr(subscriptions, "fetch_price", watched)
    wish = {"name": "Friend", "slug": "friend", "price_id": make_price(stripe), "discount_percent": 10}
    staff.post("/admin/payments/plan/add/", wish)

    assert (seen, Plan.objects.count()) == ([False], 1)


def test_memberships_are_counted_for_those_who_watch(ada: Member, joined: None) -> None:
    Subscription.objects.update(next_check_at=timezone.now() - timedelta(minutes=1))

    found = {family.name: family.samples for family in collectors.DATABASE.collect()}

    assert [s.value for s in found["admit_memberships"] if s.labels == {"status": "active"}] == [1]
    (overdue,) = found["admit_membership_checks_overdue_seconds"]
    assert 60 <= overdue.value < 120
    (unsent,) = found["admit_notices_unsent"]
    assert unsent.value == 1
    assert "payments.tasks.mail_membership_notification" in checks.MAIL


def test_a_second_membership_gives_nothing_and_calls_staff(
    ada: Member, plan: Plan, stripe: Sandbox, staff: Client
) -> None:
    first, second = have_two(ada, plan)

    assert (first.status, first.entitled_until) == ("expired", None)
    assert first.check_error.startswith("Its customer has another membership.")
    assert second.status == "active"
    assert not StripeEvent.objects.filter(outcome="failed").exists()
    press(staff, action_page(first, Action.ASK))
    assert alerts() == {"membership_twice": 1}


def test_a_second_membership_that_staff_ended_calls_nobody(
    ada: Member, plan: Plan, stripe: Sandbox, staff: Client
) -> None:
    first, _second = have_two(ada, plan)
    stripe.post(f"/subscriptions/{first.subscription_id}/cancel", {"now": True})

    press(staff, action_page(first, Action.ASK))

    first.refresh_from_db()
    assert (first.status, first.check_error, alerts()) == ("canceled", "", {})


def test_what_another_price_will_charge_is_told(ada: Member, joined: None, stripe: Sandbox) -> None:
    before = ada.client.get("/membership/").content.decode()
    ada.do("plan", price=make_price(stripe, amount=9900), proration_behavior="none")
    ada.hear()
    after = ada.client.get("/membership/").content.decode()

    assert ("€12.00</span>, <time" in before, "€99.00</span>, <time" in after) == (True, True)


# What staff do


def page_of(staff: Client, row: Subscription) -> str:
    return staff.get(f"/admin/payments/subscription/{row.pk}/change/").content.decode()


def test_who_asked_stripe_is_in_the_memberships_story(ada: Member, joined: None, staff: Client) -> None:
    ada.do("cancel", now=True)
    form = staff.get(action_page(ada.row, Action.ASK)).content.decode()

    page = press(staff, action_page(ada.row, Action.ASK))

    assert "At Stripe: <strong>Ended</strong>. Here: <strong>Active</strong>." in form
    assert told(page) == ["Updated from Stripe: Active is now Ended."]
    entries = [(entry.words, entry.detail, entry.actor) for entry in page.context["entries"]]
    assert ("Active → Ended, no benefits", "Staff", "") in entries
    assert (f"Check with Stripe: {WHY}", "Updated from Stripe: Active is now Ended.", "boss") in entries


def test_staff_ask_once_in_ten_seconds(ada: Member, joined: None, stripe: Sandbox, staff: Client) -> None:
    first, second = (press(staff, action_page(ada.row, Action.ASK)) for _time in range(2))

    assert told(first) == ["At Stripe: Active. Nothing to update."]
    assert told(second) == ["Checked less than ten seconds ago. Wait a moment before you check again."]


def test_what_stripe_does_not_know_is_let_go_and_its_customer_free(
    ada: Member, plan: Plan, joined: None, stripe: Sandbox
) -> None:
    clerk = somebody_of("Box office")
    break_key(ada, plan, stripe)
    row = ada.row
    assert ada.ask_for(plan).status_code == 409
    explained = clerk.get(action_page(row, Action.LET_GO)).content.decode()

    page = press(clerk, action_page(row, Action.LET_GO))

    assert "Not found at Stripe: <strong>sub_gone</strong>" in explained
    assert "doesn’t know other memberships either, don’t remove any" in explained
    assert told(page) == ["Membership removed. The customer can subscribe again."]
    row.refresh_from_db()
    assert (row.status, row.entitled_until, row.check_error, alerts()) == ("canceled", None, "", {})
    record = StaffAction.objects.get()
    assert (record.subscription, record.action, record.reason) == (row, "let_go", WHY)
    assert f"Remove membership: {WHY}" in page_of(clerk, row)
    assert "Ended by staff. Last found at Stripe" in page_of(clerk, row)
    assert "Last checked" not in page_of(clerk, row)
    assert (ada.status()["status"], ada.status()["source"]) == ("canceled", None)
    assert inspect() == []
    work("mail_membership_notification")
    assert str(mail.outbox[-1].subject) == "Your membership has ended: Friend"
    assert ada.ask_for(plan).status_code == 201


def test_what_was_let_go_by_mistake_comes_back_with_stripes_next_word(
    ada: Member, joined: None, stripe: Sandbox, staff: Client
) -> None:
    known = ada.row.subscription_id
    Subscription.objects.update(subscription_id="sub_gone")
    check_memberships(Run(rate=1_000), everything=True)
    press(staff, action_page(ada.row, Action.LET_GO))
    Subscription.objects.update(subscription_id=known)

    ada.do("cancel")
    ada.hear()

    assert (ada.row.status, ada.row.is_entitled(), inspect()) == ("active", True, [])


def test_what_stripe_knows_is_not_let_go(
    ada: Member, plan: Plan, joined: None, stripe: Sandbox, staff: Client
) -> None:
    break_key(ada, plan, stripe)
    form = open_form(staff, action_page(ada.row, Action.LET_GO))
    (known,) = stripe.objects("subscription")
    Subscription.objects.update(subscription_id=known["id"])

    outdated = staff.post(action_page(ada.row, Action.LET_GO), form, follow=True)
    page = press(staff, action_page(ada.row, Action.LET_GO))

    assert told(outdated) == ["This changed since you opened it. Check it and try again."]
    assert told(page) == ["Stripe knows it: Active. End it in Stripe’s dashboard."]
    assert (ada.row.status, ada.row.check_error) == ("active", "")


def test_while_stripe_is_away_nothing_is_let_go(
    ada: Member, plan: Plan, joined: None, stripe: Sandbox, staff: Client
) -> None:
    break_key(ada, plan, stripe)
    stripe.fault("GET /v1/*", "reset_before", times=None)

    page = press(staff, action_page(ada.row, Action.LET_GO))

    assert told(page) == ["Can’t reach Stripe right now. Try again in a minute. Nothing is done twice."]
    assert ada.row.status == "active"
    stripe.clear_faults()


def test_a_membership_that_stripe_knows_has_no_button_to_let_it_go(
    ada: Member, joined: None, staff: Client
) -> None:
    page = staff.get(action_page(ada.row, Action.LET_GO), follow=True)

    assert told(page) == ["That’s not possible for this membership right now."]
    assert page.context["actions"] == [Action.ASK, Action.NOTE]
    assert staff.get(action_page(ada.row, Action.REFUND)).status_code == 404


def test_the_door_does_nothing_to_memberships(ada: Member, plan: Plan, joined: None, stripe: Sandbox) -> None:
    break_key(ada, plan, stripe)

    answers = [
        somebody_of("Door").get(action_page(ada.row, action)).status_code
        for action in MEMBERSHIP_ACTIONS.specs
    ]

    assert answers == [403] * len(MEMBERSHIP_ACTIONS.specs)


def test_a_note_is_kept_with_the_membership(ada: Member, joined: None, staff: Client) -> None:
    press(staff, action_page(ada.row, Action.NOTE), reason="Called about an invoice.")

    assert "Note: Called about an invoice." in page_of(staff, ada.row)
    assert ada.user.email in staff.get("/admin/").content.decode()
    assert str(ada.row) in staff.get("/admin/payments/staffaction/").content.decode()
