"""Memberships when things go wrong: lost replies, late news, two tabs, and a Stripe that has forgotten."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from payments.fsck import inspect
from payments.gateway.billing import subscriptions
from payments.memberships import checkout
from payments.memberships.checkout import Wish, subscribe
from payments.memberships.sync import sync
from payments.models import Cause, Plan, StripeEvent, Subscription
from payments.reconciliation.memberships import check_memberships
from payments.reconciliation.run import Run
from payments.web.throttles import ActionThrottle, CheckoutThrottle
from tests.support.members import (
    FAILS_LATER,
    Member,
    deliver_event,
    have_two,
    leave_behind_a_paid_one,
    make_member,
    make_plan,
)
from tests.support.sandbox import Sandbox
from tests.support.threads import at_once
from tests.support.worker import work

PAGE = "/membership/"
SUBSCRIBE = "/membership/friend/subscribe/"


def reconcile(*, everything: bool = True) -> Run:
    run = Run(rate=1_000)
    check_memberships(run, everything=everything)
    return run


def forget_the_session(ada: Member, plan: Plan) -> None:
    """Let the customer have a session that Stripe doesn't know, as with another account's key."""
    ada.ask_for(plan)
    Subscription.objects.update(session_id="cs_test_gone")


# Subscribing


@pytest.mark.parametrize("slug", ["friend\0", "\ud800", "x" * 10_000, {"friend": 1}, True, "friend\n"])
def test_what_is_no_name_of_a_plan_is_unknown(ada: Member, slug: Any) -> None:
    body = json.dumps({"plan": slug})

    answer = ada.client.post("/api/checkout", body, content_type="application/json")

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_plan")


@pytest.mark.parametrize("path", ["?cancelled=%00", "?cancelled=x", "?session_id=%00&from=x"])
def test_what_the_pages_address_says_is_no_error(ada: Member, plan: Plan, path: str) -> None:
    ada.ask_for(plan)

    assert ada.client.get(f"{PAGE}{path}").status_code == 200
    assert ada.row.status == "pending"


def test_who_comes_back_from_paying_signed_out_is_asked_to_sign_in(
    ada: Member, plan: Plan, client: Client
) -> None:
    session_id = ada.ask_for(plan).json()["session_id"]

    answer = client.get(f"{PAGE}?session_id={session_id}")

    assert (answer.status_code, answer["Location"]) == (302, "/account/login/?next=/membership/")
    assert client.get(PAGE).status_code == 200


def test_a_customer_deleted_at_stripe_subscribes_as_a_new_one(
    ada: Member, plan: Plan, joined: None, stripe: Sandbox
) -> None:
    deleted = ada.row.stripe_customer_id
    stripe._http.delete(f"/v1/customers/{deleted}").raise_for_status()
    ada.hear()
    assert (ada.row.status, ada.row.entitled_until) == ("canceled", None)

    ada.join(plan)

    assert ada.row.status == "active"
    assert ada.row.stripe_customer_id not in ("", deleted)


def test_the_portal_of_a_customer_deleted_at_stripe_is_not_opened(
    ada: Member, joined: None, stripe: Sandbox
) -> None:
    stripe._http.delete(f"/v1/customers/{ada.row.stripe_customer_id}").raise_for_status()

    answer = ada.client.post("/membership/portal/")

    assert answer.status_code == 503
    assert "We can’t open your subscription page right now." in answer.content.decode()
    assert "pay again" not in answer.content.decode()


def test_who_tries_again_later_gets_a_session_that_lives_long_enough(
    ada: Member, plan: Plan, stripe: Sandbox
) -> None:
    stripe.fault("POST /v1/checkout/sessions", "reset_before", times=3)
    assert ada.ask_for(plan).status_code == 503
    stripe.post("/clock", {"seconds": 90})

    with time_machine.travel(timezone.now() + timedelta(seconds=90)):
        ada.sign_in()
        again = ada.ask_for(plan)

    assert again.status_code == 201
    assert stripe.session(again.json()["session_id"])["status"] == "open"


def test_a_tab_whose_row_was_given_up_meanwhile_is_told_so(
    ada: Member, plan: Plan, stripe: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    patron = make_plan(stripe, "patron", amount=5000)
    open_session = subscriptions.open_membership_session

    def slow(row: Subscription) -> Any:
        """Open it; before the answer arrives, another tab asks for another plan."""
        monkeypatch.setattr(subscriptions, "open_membership_session", open_session)
        session = open_session(row)
        subscribe(Wish(ada.user, patron, terms=None))
        return session

    monkeypatch.setattr(subscriptions, "open_membership_session", slow)
    answer = ada.ask_for(plan)

    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "stripe_unavailable")
    assert [session["status"] for session in stripe.sessions()] == ["open", "expired"]
    assert ada.row.plan == patron


def test_what_was_paid_while_another_tab_let_go_counts(
    ada: Member, plan: Plan, stripe: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = ada.ask_for(plan).json()["session_id"]
    stale = ada.row
    stale.session_id = None  # As it was read before its session was kept.
    stripe.pay(session_id)

    checkout.withdraw(stale)

    assert ada.row.status == "active"


@pytest.mark.django_db(transaction=True)
def test_each_of_two_tabs_gets_the_plan_it_asked_for(stripe: Sandbox) -> None:
    plans = [make_plan(stripe), make_plan(stripe, "patron", amount=5000)]
    ada = make_member(stripe)

    answers = at_once(lambda number: (number % 2, ada.ask_for(plans[number % 2])), 6)

    opened = [(plans[n], answer.json()) for n, answer in answers if answer.status_code == 201]
    assert {answer.status_code for _number, answer in answers} <= {201, 503}
    assert [Subscription.objects.get(reference=told["subscription"]).plan for _plan, told in opened] == [
        plan for plan, _told in opened
    ]
    assert len([session for session in stripe.sessions() if session["status"] == "open"]) <= 1


@pytest.mark.parametrize("action", ["leave", "cancelled", "check"])
def test_a_session_that_stripe_does_not_know_is_no_error(ada: Member, plan: Plan, action: str) -> None:
    forget_the_session(ada, plan)

    if action == "cancelled":
        answer = ada.client.get(f"{PAGE}?cancelled={ada.row.reference}")
    else:
        answer = ada.client.post(f"{PAGE}{action}/")

    told = (answer.status_code, answer.headers.get("Retry-After"))
    assert told == ((200, None) if action == "cancelled" else (503, "10"))
    assert ada.row.status == "pending"


def test_a_session_that_stripe_does_not_know_ends_with_its_time(
    ada: Member, plan: Plan, stripe: Sandbox
) -> None:
    forget_the_session(ada, plan)
    stripe.post("/clock", {"seconds": 3600})

    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        reconcile()
        assert (ada.row.status, ada.row.check_error) == ("expired", "")
        ada.sign_in()
        assert ada.ask_for(plan).status_code == 201


def test_a_plan_withdrawn_meanwhile_is_told_on_the_page(ada: Member, plan: Plan) -> None:
    ada.ask_for(plan)
    Plan.objects.update(is_offered=False)

    answer = ada.client.post(SUBSCRIBE)

    assert answer.status_code == 404
    assert "This membership is no longer available." in answer.content.decode()
    assert 'id="membership-title"' in answer.content.decode()


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> None:
    for throttle in (CheckoutThrottle, ActionThrottle):
        monkeypatch.setattr(throttle, "rate", "2/min", raising=False)


def test_who_has_signed_in_cannot_open_sessions_without_end(
    limited: None, ada: Member, plan: Plan, stripe: Sandbox
) -> None:
    by_api, by_page = ada.ask_for(plan), ada.client.post(SUBSCRIBE)
    refused = ada.client.post(SUBSCRIBE)

    assert (by_api.status_code, by_page.status_code, refused.status_code) == (201, 302, 429)
    assert refused["Retry-After"] == "60"
    assert "Too many attempts." in refused.content.decode()
    assert ada.ask_for(plan).status_code == 429


def test_nor_pages_of_stripes_portal(limited: None, ada: Member, joined: None, stripe: Sandbox) -> None:
    answers = [ada.client.post("/membership/portal/").status_code for _click in range(3)]

    assert answers == [302, 302, 429]
    assert len(stripe.requests("POST /v1/billing_portal/sessions")) == 2


# One customer, one membership


def test_two_payments_for_one_membership_call_staff_until_one_is_ended(
    ada: Member, plan: Plan, stripe: Sandbox
) -> None:
    left = leave_behind_a_paid_one(ada, plan)
    ada.hear()
    second = stripe.pay(str(ada.row.session_id))["session"]["subscription"]
    ada.hear()

    failed = StripeEvent.objects.filter(outcome="failed", subscription=ada.row)
    assert (ada.row.status, ada.row.subscription_id) == ("active", left)
    assert f"ChargedTwice: Stripe charges {second} as well." in failed.latest("pk").traceback

    stripe.post(f"/subscriptions/{second}/cancel", {"now": True})
    ada.hear()
    assert not failed.exists()


def test_one_that_was_let_go_and_paid_by_its_invoice_begins(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    leave_behind_a_paid_one(ada, plan)
    ada.client.get(f"{PAGE}?cancelled={ada.row.reference}")
    assert ada.row.status == "expired"

    ada.hear()

    assert ada.row.status == "active"
    work("mail_membership_notification")
    assert [message.subject for message in mail.outbox] == ["Welcome: Friend"]


def test_what_was_paid_beside_a_payment_page_begins_once_that_is_left(
    ada: Member, plan: Plan, stripe: Sandbox
) -> None:
    left = leave_behind_a_paid_one(ada, plan)
    paid = ada.row
    ada.client.get(f"{PAGE}?cancelled={paid.reference}")
    ada.ask_for(make_plan(stripe, "patron", amount=5000))
    ada.hear()
    assert (ada.row.status, ada.status()["status"]) == ("pending", "pending")

    ada.client.post(f"{PAGE}leave/")
    stripe.post("/clock", {"seconds": 3_700})
    with time_machine.travel(timezone.now() + timedelta(seconds=3_700)):
        reconcile(everything=False)

    paid.refresh_from_db()
    assert (paid.status, paid.subscription_id, paid.check_error) == ("active", left, "")
    assert paid.is_entitled()


def test_a_second_membership_that_was_ended_at_stripe_is_found_out(
    ada: Member, plan: Plan, stripe: Sandbox
) -> None:
    second, _first = have_two(ada, plan)
    stripe.post(f"/subscriptions/{second.subscription_id}/cancel", {"now": True})

    reconcile()

    second.refresh_from_db()
    assert (second.status, second.check_error, second.next_check_at) == ("canceled", "", None)


def test_another_products_subscription_is_not_waited_for(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    ada.subscribe(plan)
    (event,) = [event for event in stripe.events() if event["type"] == "checkout.session.completed"]
    event["data"]["object"].update(id="cs_test_else", metadata={"subscription": "gold"})

    assert deliver_event(event).json() == {"received": True, "outcome": "ignored"}


# Asking again


def test_a_question_without_an_answer_is_asked_again_soon(ada: Member, joined: None, stripe: Sandbox) -> None:
    assert ada.row.period_end
    at, waits = ada.row.period_end + timedelta(minutes=2), []

    with time_machine.travel(at, tick=False) as clock:
        for _time in range(4):
            stripe.fault("GET /v1/subscriptions/*", "500_before", times=3)
            reconcile(everything=False)
            assert ada.row.next_check_at
            waits.append(ada.row.next_check_at - timezone.now())
            clock.shift(waits[-1])

    assert waits == [timedelta(minutes=minutes) for minutes in (5, 20, 80, 320)]
    assert ada.row.check_error != ""


def test_a_paused_one_has_no_overdue_period(ada: Member, joined: None, stripe: Sandbox) -> None:
    ada.do("pause")
    ada.hear()
    stripe.post("/clock", {"seconds": 60 * 86_400})

    with time_machine.travel(timezone.now() + timedelta(days=60)):
        reconcile()
        assert (ada.row.status, [str(finding) for finding in inspect()]) == ("paused", [])


# Clocks, keys and what Stripe has forgotten


def test_a_clock_that_is_ahead_does_not_make_later_news_old(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    ada.subscribe(plan)
    with time_machine.travel(timezone.now() + timedelta(minutes=4)):
        ada.hear()  # By a process on another machine.
    ada.do("cancel", now=True)

    ada.hear()

    assert (ada.row.status, ada.row.entitled_until) == ("canceled", None)


@pytest.mark.parametrize("action", ["leave", "cancelled", "another plan"])
def test_a_session_that_cannot_be_closed_stays_the_one_to_pay(
    ada: Member, plan: Plan, stripe: Sandbox, action: str
) -> None:
    session_id = ada.ask_for(plan).json()["session_id"]
    stripe.fault("POST /v1/checkout/sessions/*/expire", "403")

    match action:
        case "leave":
            answer = ada.client.post(f"{PAGE}leave/")
        case "cancelled":
            answer = ada.client.get(f"{PAGE}?cancelled={ada.row.reference}")
        case _:
            answer = ada.ask_for(make_plan(stripe, "patron", amount=5000))

    assert answer.status_code == (200 if action == "cancelled" else 503)
    assert (ada.row.status, ada.row.session_id) == ("pending", session_id)
    assert [session["status"] for session in stripe.sessions()] == ["open"]


def test_a_subscription_that_stripe_does_not_know_is_named(ada: Member, joined: None) -> None:
    Subscription.objects.update(subscription_id="sub_gone")

    run = reconcile()

    assert run.counts["failed"] == 1
    assert (ada.row.check_problem, ada.row.check_error) == ("unknown", "Not found at Stripe.")


def test_of_two_subscriptions_at_once_the_second_calls_staff(
    ada: Member, plan: Plan, stripe: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = leave_behind_a_paid_one(ada, plan)
    fetch = subscriptions.retrieve_subscription

    def slow(subscription_id: str) -> Any:
        """Read it; before the answer arrives, the session is paid, and somebody hears of that."""
        told = fetch(subscription_id)
        monkeypatch.setattr(subscriptions, "retrieve_subscription", fetch)
        stripe.pay(str(ada.row.session_id))
        sync(ada.row, cause=Cause.VERIFICATION)
        return told

    monkeypatch.setattr(subscriptions, "retrieve_subscription", slow)
    (event,) = [
        event
        for event in stripe.events()
        if event["type"] == "customer.subscription.created" and event["data"]["object"]["id"] == left
    ]

    assert deliver_event(event).status_code == 500
    assert "ChargedTwice" in StripeEvent.objects.get(outcome="failed").traceback


def test_an_invoice_of_what_has_ended_is_not_to_be_paid(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    ada.join(plan, card=FAILS_LATER)
    ada.do("renew")
    ada.hear()
    during = ada.client.get(PAGE).content.decode()
    ada.do("cancel", now=True)
    ada.hear()
    after = ada.client.get(PAGE).content.decode()

    assert [invoice.status for invoice in ada.row.invoices.all()] == ["open", "paid"]
    assert ("Pay invoice" in during, "Pay invoice" in after) == (True, False)
