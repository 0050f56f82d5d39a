"""A membership says what Stripe says of it, however the news arrives."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from payments.durations import PAST_DUE_GRACE, RENEWAL_MARGIN
from payments.fsck import inspect
from payments.memberships import sync
from payments.memberships.emails import notify_of_ends
from payments.memberships.entitlements import GIVES
from payments.models import Cause, Plan, StripeEvent, Subscription, SubscriptionStatus, shop_id
from payments.reconciliation.memberships import check_memberships
from payments.reconciliation.run import Run
from tests.support.members import FAILS_LATER, Member, deliver_event, make_member, make_plan, make_price, when
from tests.support.sandbox import Sandbox
from tests.support.staff import log_in, press
from tests.support.threads import at_once
from tests.support.worker import work

NONE = {
    "status": "none",
    "plan": None,
    "entitled_until": None,
    "cancel_at_period_end": False,
    "source": None,
    "checked_at": None,
}


def period_end(member: Member) -> Any:
    return when(member.at_stripe()["items"]["data"][0]["current_period_end"])


def reconcile(**how: Any) -> Run:
    run = Run(rate=1_000)
    check_memberships(run, everything=how.get("everything", True))
    return run


# Subscribing


def test_nobody_subscribes_without_signing_in(client: Client, plan: Plan) -> None:
    answer = client.post("/api/checkout", {"plan": "friend"}, content_type="application/json")

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "not_signed_in")
    assert not Subscription.objects.exists()


@pytest.mark.parametrize("slug", ["nothing", "", None, 7, ["friend"]])
def test_a_plan_that_is_not_offered_is_unknown(ada: Member, slug: Any) -> None:
    answer = ada.client.post("/api/checkout", {"plan": slug}, content_type="application/json")

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_plan")


def test_a_plan_that_was_withdrawn_is_unknown(ada: Member, plan: Plan) -> None:
    Plan.objects.update(is_offered=False)

    assert ada.ask_for(plan).status_code == 404


def test_a_session_is_opened_and_the_row_waits(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    answer = ada.ask_for(plan)

    row, session = ada.row, stripe.session(answer.json()["session_id"])
    assert (answer.status_code, answer.json()) == (
        201,
        {
            "subscription": row.reference,
            "session_id": session["id"],
            "checkout_url": session["url"],
            "expires_at": row.expires_at.isoformat().replace("+00:00", "Z"),
            "status_url": "/api/subscription-status",
        },
    )
    assert session["mode"] == "subscription"
    assert session["metadata"] == {"subscription": row.reference, "shop": shop_id()}
    assert session["customer_email"] == "ada@example.com"
    assert ada.status() == {**NONE, "status": "pending", "plan": "friend"}


def test_a_second_wish_finds_the_session_of_the_first(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    first, second = ada.ask_for(plan), ada.ask_for(plan)

    assert second.json() == first.json()
    assert len(stripe.sessions()) == 1


def test_another_plan_closes_the_session_of_the_first(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    first = ada.ask_for(plan).json()["session_id"]

    second = ada.ask_for(make_plan(stripe, "patron", amount=5000)).json()["session_id"]

    assert stripe.session(first)["status"] == "expired"
    assert stripe.session(second)["status"] == "open"
    assert list(Subscription.objects.order_by("pk").values_list("status", flat=True)) == [
        "expired",
        "pending",
    ]


def test_who_paid_a_moment_ago_is_not_sent_to_pay_again(ada: Member, plan: Plan) -> None:
    ada.subscribe(plan)

    answer = ada.ask_for(plan)

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "already_subscribed")
    assert ada.status()["status"] == "active"


def test_a_lost_reply_is_no_second_session(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    stripe.fault("POST /v1/checkout/sessions", "reset_after", times=3)
    first = ada.ask_for(plan)

    second = ada.ask_for(plan)

    assert (first.status_code, second.status_code) == (503, 201)
    assert [session["id"] for session in stripe.sessions()] == [second.json()["session_id"]]


def test_a_refused_session_leaves_the_customer_free_to_try_again(
    ada: Member, plan: Plan, stripe: Sandbox
) -> None:
    Plan.objects.update(price_id="price_nothing")
    refused = ada.ask_for(plan)
    Plan.objects.update(price_id=plan.price_id)

    assert refused.status_code == 503
    assert ada.ask_for(plan).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_two_tabs_open_one_session(stripe: Sandbox) -> None:
    plan = make_plan(stripe)
    ada = make_member(stripe)

    answers = at_once(lambda number: ada.ask_for(plan), 4)

    assert {answer.status_code for answer in answers} <= {201, 503}
    assert len(stripe.sessions()) == 1
    assert Subscription.objects.current().count() == 1


def test_a_customer_has_one_current_subscription(ada: Member, plan: Plan, joined: None) -> None:
    with pytest.raises(IntegrityError, match="subscription_one_current_a_customer"), transaction.atomic():
        Subscription.objects.create(customer=ada.user, plan=plan, expires_at=timezone.now() + timedelta(1))


@pytest.mark.parametrize(
    ("problem", "words", "constraint"),
    [
        ("vanished", "It is gone.", "subscription_check_problem_known"),
        ("unknown", "", "subscription_check_problem_says_why"),
        ("", "It is gone.", "subscription_check_problem_says_why"),
    ],
)
def test_a_failed_check_has_a_known_problem_and_words(
    ada: Member, joined: None, problem: str, words: str, constraint: str
) -> None:
    rows = Subscription.objects.filter(pk=ada.row.pk)

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        rows.update(check_problem=problem, check_error=words)


def test_coming_back_unpaid_closes_the_session(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    session_id = ada.ask_for(plan).json()["session_id"]

    ada.client.get(f"/membership/?cancelled={ada.row.reference}")

    assert stripe.session(session_id)["status"] == "expired"
    assert ada.status()["status"] == "expired"


def test_a_stranger_cannot_close_it(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    session_id = ada.ask_for(plan).json()["session_id"]

    make_member(stripe, "eve").client.get(f"/membership/?cancelled={ada.row.reference}")

    assert stripe.session(session_id)["status"] == "open"


# What Stripe says, in whatever order


def test_without_any_membership_the_status_is_none(ada: Member) -> None:
    assert ada.status() == NONE


def test_nobody_reads_a_status_without_signing_in(db: None, client: Client) -> None:
    assert client.get("/api/subscription-status").status_code == 401
    assert client.post("/api/subscription-status/verify").status_code == 401


def test_an_event_makes_it_active_until_the_period_ends(ada: Member, joined: None) -> None:
    status = ada.status()

    assert (status["status"], status["plan"], status["source"]) == ("active", "friend", "webhook")
    assert ada.row.entitled_until == period_end(ada) + RENEWAL_MARGIN
    assert ada.row.is_entitled()


FIRST = [
    "customer.subscription.created",
    "invoice.paid",
    "checkout.session.completed",
]


@pytest.mark.parametrize("order", list(itertools.permutations(FIRST)))
def test_the_order_of_events_does_not_matter(
    ada: Member, plan: Plan, stripe: Sandbox, order: tuple[str, ...]
) -> None:
    ada.subscribe(plan)
    events = {event["type"]: event for event in stripe.events()}

    outcomes = [deliver_event(events[kind]).json()["outcome"] for kind in order]

    assert outcomes == ["applied"] * 3
    assert (ada.status()["status"], ada.row.entitled_until) == ("active", period_end(ada) + RENEWAL_MARGIN)


def test_each_event_alone_is_enough(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    ada.subscribe(plan)
    pending = {
        "status": "pending",
        "subscription_id": None,
        "entitled_until": None,
        "snapshot_asked_at": None,
    }

    for kind in FIRST:
        Subscription.objects.update(**pending)
        (event,) = [event for event in stripe.events() if event["type"] == kind]

        deliver_event(event)

        assert ada.status()["status"] == "active", kind


def test_an_old_event_after_a_new_one_changes_nothing(ada: Member, joined: None, stripe: Sandbox) -> None:
    ada.do("cancel", now=True)
    (old,) = [event for event in stripe.events() if event["type"] == "customer.subscription.created"]
    StripeEvent.objects.all().delete()

    deliver_event(old)

    assert ada.status()["status"] == "canceled"


def test_an_event_delivered_twice_asks_stripe_once(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    ada.subscribe(plan)
    (event,) = [event for event in stripe.events() if event["type"] == "invoice.paid"]
    path = "GET /v1/subscriptions/"

    first, asked = deliver_event(event).json(), len(stripe.requests(path))
    second = deliver_event(event).json()

    assert (first["outcome"], second["outcome"]) == ("applied", "duplicate")
    assert len(stripe.requests(path)) == asked == 1


def test_somebody_elses_subscription_is_ignored(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    ada.subscribe(plan)
    (event,) = [event for event in stripe.events() if event["type"] == "customer.subscription.created"]
    event["data"]["object"].update(id="sub_foreign", metadata={"order": "7"})

    assert deliver_event(event).json() == {"received": True, "outcome": "ignored"}
    assert not StripeEvent.objects.exists()


def test_a_session_of_ours_that_nobody_knows_is_owed(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    ada.subscribe(plan)
    (event,) = [event for event in stripe.events() if event["type"] == "checkout.session.completed"]
    event["data"]["object"].update(id="cs_test_gone", metadata={"subscription": "X" * 26, "shop": shop_id()})

    assert deliver_event(event).status_code == 500
    assert StripeEvent.objects.get().outcome == "failed"


@pytest.mark.parametrize(
    "metadata", [None, "x", {"subscription": 7}, {"subscription": ["x"]}, {"subscription": "\0"}]
)
def test_strange_metadata_is_no_error(ada: Member, plan: Plan, stripe: Sandbox, metadata: Any) -> None:
    ada.subscribe(plan)
    (event,) = [event for event in stripe.events() if event["type"] == "customer.subscription.created"]
    event["data"]["object"].update(id="sub_other", metadata=metadata)

    assert deliver_event(event).json()["outcome"] == "ignored"


def test_stripe_away_keeps_the_event_for_the_next_try(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    ada.subscribe(plan)
    (event,) = [event for event in stripe.events() if event["type"] == "customer.subscription.created"]
    stripe.fault("GET /v1/subscriptions/*", "500_after", times=3)

    assert deliver_event(event).status_code == 500
    assert ada.status()["status"] == "pending"
    assert deliver_event(event).json()["outcome"] == "applied"
    assert ada.status()["status"] == "active"


def test_an_answer_overtaken_by_a_newer_one_is_asked_for_again(
    ada: Member, joined: None, stripe: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch = sync.subscriptions.fetch_subscription
    readings = []

    def slow(subscription_id: str, **how: Any) -> Any:
        """Read at Stripe; while the answer is on its way, it is cancelled and somebody hears of that."""
        told = fetch(subscription_id, **how)
        readings.append(told.status)
        if len(readings) == 1:
            ada.do("cancel", now=True)
            monkeypatch.setattr(sync.subscriptions, "fetch_subscription", fetch)
            sync.sync(ada.row, cause=Cause.VERIFICATION)
            monkeypatch.setattr(sync.subscriptions, "fetch_subscription", slow)
        return told

    monkeypatch.setattr(sync.subscriptions, "fetch_subscription", slow)
    sync.sync(ada.row, cause=Cause.WEBHOOK)

    assert readings[0] == SubscriptionStatus.ACTIVE
    assert ada.row.status == "canceled"


@pytest.mark.django_db(transaction=True)
def test_eight_events_at_once_end_in_stripes_state(stripe: Sandbox) -> None:
    ada = make_member(stripe)
    ada.join(make_plan(stripe))
    ada.do("cancel")
    ada.do("keep")
    ada.do("cancel")
    events = [event for event in stripe.events() if event["type"].startswith("customer.subscription.")]
    StripeEvent.objects.all().delete()

    answers = at_once(lambda number: deliver_event(events[number % len(events)]), 8)

    assert {answer.status_code for answer in answers} == {200}
    assert ada.status()["cancel_at_period_end"] is True


def test_a_declined_card_can_be_followed_by_a_good_one(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    session_id = ada.ask_for(plan).json()["session_id"]
    stripe.decline(session_id)
    ada.hear()

    again = ada.ask_for(plan)

    assert ada.status()["status"] == "pending"
    assert (again.status_code, again.json()["session_id"]) == (201, session_id)
    stripe.pay(session_id)
    ada.hear()
    assert ada.status()["status"] == "active"


def test_a_declined_card_that_is_given_up_leaves_nothing(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    stripe.decline(ada.ask_for(plan).json()["session_id"])
    ada.client.get(f"/membership/?cancelled={ada.row.reference}")
    ada.hear()

    assert (ada.row.status, ada.row.entitled_until) == ("expired", None)
    assert ada.ask_for(plan).status_code == 201


def test_what_a_declined_card_left_behind_may_be_paid_after_all(
    ada: Member, plan: Plan, stripe: Sandbox
) -> None:
    session_id = ada.ask_for(plan).json()["session_id"]
    stripe.decline(session_id)
    (left,) = stripe.objects("subscription")

    stripe.post(f"/subscriptions/{left['id']}/pay", {"card": "4242424242424242"})
    ada.hear()

    assert (ada.row.status, ada.row.subscription_id) == ("active", left["id"])
    assert ada.row.entitled_until == period_end(ada) + RENEWAL_MARGIN


# When no event comes


def test_the_customer_can_have_stripe_asked(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    ada.subscribe(plan)

    answer = ada.client.post("/api/subscription-status/verify").json()

    assert (answer["status"], answer["source"]) == ("active", "verification")
    assert answer["checked_at"] is not None


def test_stripe_is_asked_once_in_ten_seconds(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    ada.subscribe(plan)

    for _click in range(5):
        ada.client.post("/api/subscription-status/verify")

    assert len(stripe.requests("GET /v1/subscriptions/")) == 1


def test_the_reconciler_finds_what_no_event_told(ada: Member, plan: Plan) -> None:
    ada.subscribe(plan)

    run = reconcile()

    assert run.counts["settled"] == 1
    assert ada.status()["source"] == "reconciler"


def test_a_session_that_was_never_paid_ends(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    ada.ask_for(plan)
    stripe.post("/clock", {"seconds": 32 * 60})

    reconcile()

    assert ada.status() == {**NONE, "status": "expired", "plan": "friend"}
    assert ada.row.next_check_at is None


def test_a_row_whose_process_died_is_given_up(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    stripe.fault("POST /v1/checkout/sessions", "reset_after", times=3)
    ada.ask_for(plan)

    with time_machine.travel(timezone.now() + timedelta(minutes=3)):
        reconcile()

    assert ada.row.status == "expired"
    assert [session["status"] for session in stripe.sessions()] == ["expired"]


def test_what_is_over_is_asked_about_no_more(ada: Member, joined: None) -> None:
    ada.do("cancel", now=True)
    ada.hear()

    assert reconcile().counts == {}


# The table


def test_the_table_has_every_status() -> None:
    assert set(GIVES) == set(SubscriptionStatus)


def test_a_failed_renewal_keeps_the_benefits_for_a_week(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    ada.join(plan, card=FAILS_LATER)
    ada.do("renew")
    ada.hear()

    (invoice,) = [invoice for invoice in stripe.objects("invoice") if invoice["status"] == "open"]
    assert ada.status()["status"] == "past_due"
    assert ada.row.entitled_until == when(invoice["created"]) + PAST_DUE_GRACE


def test_a_second_unpaid_period_begins_no_second_grace(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    stripe.post("/billing", {"after_retries": "past_due"})
    ada.join(plan, card=FAILS_LATER)
    ada.do("renew")
    ada.hear()
    until = ada.row.entitled_until
    ada.do("renew")

    reconcile()

    assert (ada.row.status, ada.row.entitled_until) == ("past_due", until)


def test_paying_the_open_invoice_brings_it_back(ada: Member, plan: Plan) -> None:
    ada.join(plan, card=FAILS_LATER)
    ada.do("renew")
    ada.hear()
    ada.do("pay", card="4242424242424242")
    ada.hear()

    assert ada.row.status == "active"
    assert ada.row.entitled_until == period_end(ada) + RENEWAL_MARGIN


@pytest.mark.parametrize(("setting", "status"), [("canceled", "canceled"), ("unpaid", "unpaid")])
def test_nothing_is_given_after_the_last_try(
    ada: Member, plan: Plan, stripe: Sandbox, setting: str, status: str
) -> None:
    stripe.post("/billing", {"after_retries": setting})
    ada.join(plan, card=FAILS_LATER)
    ada.do("renew")
    stripe.post("/clock", {"seconds": 8 * 24 * 3600})
    ada.hear()

    assert (ada.row.status, ada.row.entitled_until) == (status, None)


def test_a_cancelled_one_counts_until_its_end_and_no_longer(ada: Member, joined: None) -> None:
    ada.do("cancel")
    ada.hear()

    status = ada.status()

    assert (status["status"], status["cancel_at_period_end"]) == ("active", True)
    assert ada.row.entitled_until == period_end(ada)
    ada.do("renew")
    ada.hear()
    assert (ada.row.status, ada.row.entitled_until) == ("canceled", None)


def test_a_paused_one_gives_nothing(ada: Member, joined: None) -> None:
    ada.do("pause")
    ada.hear()

    assert ada.row.entitled_until is None


def test_while_its_collection_is_paused_no_payment_is_announced(ada: Member, joined: None) -> None:
    before = ada.client.get("/membership/").content.decode()
    ada.do("pause", collection="void")
    ada.hear()
    page = ada.client.get("/membership/").content.decode()

    assert (ada.row.status, ada.row.entitled_until) == ("active", None)
    assert "Your membership is paused" in page
    assert ("Next payment" in before, "Next payment" in page) == (True, False)


def test_a_price_that_no_plan_has_gives_nothing(ada: Member, joined: None, stripe: Sandbox) -> None:
    ada.do("plan", price=make_price(stripe, amount=9900), proration_behavior="none")
    ada.hear()

    assert (ada.row.status, ada.row.entitled_until) == ("active", None)
    assert ada.row.check_error.startswith("No plan here has the price price_")


def test_another_plan_chosen_in_the_portal_counts(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    patron = make_plan(stripe, "patron", amount=5000)
    ada.join(plan)
    ada.do("plan", price=patron.price_id)
    ada.hear()

    assert ada.status()["plan"] == "patron"
    assert [(c.from_plan.slug, c.to_plan.slug) for c in ada.row.changes.all()][-1] == ("friend", "patron")


@pytest.mark.parametrize(("is_offered", "for_all"), [(True, 1), (False, 0)])
def test_every_page_leads_to_the_membership_there_is(
    ada: Member, joined: None, client: Client, is_offered: bool, for_all: int
) -> None:
    Plan.objects.update(is_offered=is_offered)

    links = [it.get("/").content.decode().count('href="/membership/"') for it in (client, ada.client)]

    assert links == [for_all, 1]


# Waiting and mails


def test_an_unchanged_status_is_not_sent_again(ada: Member, joined: None) -> None:
    first = ada.client.get("/api/subscription-status")

    second = ada.client.get("/api/subscription-status/", headers={"If-None-Match": first["ETag"]})

    assert (first["Cache-Control"], second.status_code, second.content) == ("no-store", 304, b"")


def subjects() -> list[str]:
    work("mail_membership_notification")
    return [str(message.subject) for message in mail.outbox]


def test_a_new_member_is_welcomed_once(ada: Member, joined: None) -> None:
    ada.hear()
    reconcile()

    assert subjects() == ["Welcome: Friend"]
    assert mail.outbox[0].to == ["ada@example.com"]


def test_each_failed_payment_is_told_once(ada: Member, plan: Plan) -> None:
    ada.join(plan, card=FAILS_LATER)
    ada.do("renew")
    ada.hear()
    ada.do("retry")
    ada.hear()

    assert subjects() == ["Welcome: Friend", "Your payment failed: Friend"]


def test_the_end_is_told_before_and_after(ada: Member, joined: None) -> None:
    ada.do("cancel")
    ada.hear()
    notify_of_ends()
    early = subjects()
    with time_machine.travel(period_end(ada) - timedelta(days=2)):
        notify_of_ends()
        notify_of_ends()
    soon = subjects()
    ada.do("renew")
    ada.hear()

    assert early == ["Welcome: Friend"]
    assert soon == [*early, "Your membership ends soon: Friend"]
    assert subjects() == [*soon, "Your membership has ended: Friend"]


# Coming back


def test_who_has_been_a_member_subscribes_as_the_same_customer(
    ada: Member, plan: Plan, joined: None, stripe: Sandbox
) -> None:
    customer = ada.row.stripe_customer_id
    ada.do("cancel", now=True)
    ada.hear()

    ada.join(plan)

    assert ada.row.stripe_customer_id == customer
    assert Subscription.objects.count() == 2


def test_the_portal_is_opened_for_the_members_own_customer(
    ada: Member, joined: None, stripe: Sandbox
) -> None:
    answer = ada.client.post("/membership/portal/")

    (request,) = stripe.requests("POST /v1/billing_portal/sessions")
    assert answer.status_code == 302
    assert answer["Location"].startswith(stripe.url)
    assert f"customer={ada.row.stripe_customer_id}" in request["body"]


# Plans


def test_plans_to_try_are_set_up_once(db: None, stripe: Sandbox) -> None:
    call_command("seed_plans", verbosity=0)
    Plan.objects.all().delete()
    call_command("seed_plans", verbosity=0)
    call_command("seed_plans", verbosity=0)

    assert [(plan.slug, plan.amount) for plan in Plan.objects.all()] == [("patron", 1200), ("friend", 4800)]
    assert len(stripe.objects("price")) == 2
    assert make_member(stripe).ask_for(Plan.objects.get(slug="friend")).status_code == 201


def test_none_is_set_up_with_a_live_key(db: None, stripe: Sandbox, settings: Any) -> None:
    settings.STRIPE_SECRET_KEY = "sk_live_x"

    with pytest.raises(CommandError, match="Demo memberships aren't created with a live key"):
        call_command("seed_plans")


def test_staff_make_a_plan_of_a_price_at_stripe(db: None, stripe: Sandbox) -> None:
    staff = log_in(User.objects.create_superuser("boss", "boss@example.com", "x"))
    price = make_price(stripe, amount=3000, interval="year")

    staff.post(
        "/admin/payments/plan/add/",
        {"name": "Friend", "slug": "friend", "price_id": price, "discount_percent": 10, "has_presale": "on"},
    )

    plan = Plan.objects.get()
    assert (plan.amount, plan.currency, plan.interval) == (3000, "eur", "year")


@pytest.mark.parametrize(
    ("price", "words"),
    [
        ({"recurring[interval]": "week"}, "It must be charged every month or every year."),
        (
            {"recurring[interval]": "month", "recurring[interval_count]": "3"},
            "It must be charged every month",
        ),
        ({}, "It must be charged every month or every year."),
    ],
)
def test_a_price_that_no_plan_can_have_is_refused(
    db: None, stripe: Sandbox, price: dict[str, str], words: str
) -> None:
    staff = log_in(User.objects.create_superuser("boss", "boss@example.com", "x"))
    form = {"currency": "eur", "unit_amount": "1200", "product_data[name]": "Friend", **price}
    price_id = stripe._http.post("/v1/prices", data=form).raise_for_status().json()["id"]
    wish = {"name": "Friend", "slug": "friend", "price_id": price_id, "discount_percent": 10}

    answer = staff.post("/admin/payments/plan/add/", wish)

    assert words in answer.content.decode()
    assert not Plan.objects.exists()


# The staff's page


def test_staff_see_ours_beside_stripes_and_ask(ada: Member, plan: Plan) -> None:
    staff = log_in(User.objects.create_superuser("boss", "boss@example.com", "x"))
    ada.join(plan)
    ada.do("cancel", now=True)
    page = f"/admin/payments/subscription/{ada.row.pk}"

    compared = staff.get(f"{page}/compare/").content.decode()
    press(staff, f"{page}/ask/do/")

    assert "Differs from Stripe." in compared
    assert "<td>active</td>" in compared
    assert "<td>canceled</td>" in compared
    assert (ada.row.status, ada.status()["source"]) == ("canceled", "verification")
    assert ada.row.changes.latest("pk").cause == "staff"
    assert "Matches Stripe." in staff.get(f"{page}/compare/").content.decode()


def test_a_change_is_told_in_the_timeline(ada: Member, plan: Plan) -> None:
    staff = log_in(User.objects.create_superuser("boss", "boss@example.com", "x"))
    ada.join(plan)

    page = staff.get(f"/admin/payments/subscription/{ada.row.pk}/change/").content.decode()

    assert "Not paid yet → Active, benefits until" in page


# What fsck finds


def test_fsck_finds_nothing_in_a_ledger_that_is_right(ada: Member, joined: None) -> None:
    assert [str(finding) for finding in inspect()] == []


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ({"status": "past_due"}, "membership_without_its_steps"),
        ({"entitled_until": datetime(2100, 1, 1, tzinfo=UTC)}, "membership_without_its_steps"),
        ({"next_check_at": None}, "membership_nobody_will_check"),
        ({"period_end": datetime(2026, 1, 1, tzinfo=UTC)}, "membership_long_overdue"),
        ({"price_id": "price_other"}, "membership_of_another_plan"),
    ],
)
def test_fsck_finds_what_cannot_be(ada: Member, joined: None, wrong: dict[str, Any], rule: str) -> None:
    Subscription.objects.update(**wrong)

    assert rule in [finding.rule for finding in inspect()]


def test_what_fsck_mends_is_asked_of_stripe(ada: Member, joined: None) -> None:
    Subscription.objects.update(period_end=datetime(2026, 1, 1, tzinfo=UTC))

    for finding in inspect():
        if finding.fix:
            finding.fix()

    assert [str(finding) for finding in inspect()] == []
