"""What a membership gives after money of it went back: the table, its sources, and who is told."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client

from payments.fsck import inspect
from payments.memberships.entitlements import KEEPS, judge_money
from payments.memberships.sync import sync
from payments.models import Cause, MembershipReversal, PeriodMoney, Plan, StripeEvent, Subscription
from payments.models.subscription import GONE
from payments.reconciliation.memberships import check_memberships
from payments.reconciliation.run import Run
from tests.support.members import Member, deliver_event
from tests.support.sandbox import Sandbox
from tests.support.staff import log_in
from tests.support.worker import work

PAGE = "/membership/"


def reversal(
    kind: str, amount: int, *, status: str, withdrawn: int | None = None, currency: str = "eur"
) -> Any:
    facts = {"kind": kind, "amount": amount, "status": status, "withdrawn": withdrawn, "currency": currency}
    return MembershipReversal(**facts)


def refund(amount: int = 1200, status: str = "succeeded") -> Any:
    return reversal("refund", amount, status=status)


def dispute(status: str, amount: int = 1200, **more: Any) -> Any:
    return reversal("dispute", amount, status=status, **more)


# The table


def test_every_state_of_the_money_has_a_line() -> None:
    assert list(KEEPS) == list(PeriodMoney)
    assert [money for money, keeps in KEEPS.items() if not keeps] == GONE


@pytest.mark.parametrize(
    ("paid", "reversals", "money"),
    [
        (1200, [], "kept"),
        (1200, [refund()], "refunded"),
        (1200, [refund(status="pending")], "refunded"),
        (1200, [refund(status="requires_action")], "refunded"),
        (1200, [refund(status="failed")], "kept"),
        (1200, [refund(status="canceled")], "kept"),
        (1200, [refund(status="of_the_future")], "kept"),
        (1200, [refund(500)], "partly_back"),
        (1200, [refund(500), refund(700)], "refunded"),
        (1200, [refund(500), refund(700, "failed")], "partly_back"),
        (1200, [dispute("needs_response")], "disputed"),
        (1200, [dispute("under_review")], "disputed"),
        (1200, [dispute("appeal_needs_response")], "disputed"),
        (1200, [dispute("appeal_under_review")], "disputed"),
        (1200, [dispute("won")], "kept"),
        (1200, [dispute("lost")], "charged_back"),
        (1200, [dispute("warning_needs_response")], "kept"),
        (1200, [dispute("warning_under_review")], "kept"),
        (1200, [dispute("warning_closed")], "kept"),
        (1200, [dispute("prevented")], "kept"),
        (1200, [dispute("prevented", withdrawn=1200)], "charged_back"),
        (1200, [dispute("warning_closed", withdrawn=1200)], "charged_back"),
        (1200, [dispute("won", withdrawn=1200)], "disputed"),
        (1200, [dispute("lost", withdrawn=0)], "kept"),
        (1200, [dispute("of_the_future")], "kept"),
        (1200, [dispute("of_the_future", withdrawn=1200)], "disputed"),
        (1200, [dispute("needs_response", 300)], "partly_back"),
        (1200, [dispute("lost", 300)], "partly_back"),
        (1200, [refund(900), dispute("needs_response", 300)], "disputed"),
        (1200, [refund(900), dispute("lost", 300)], "charged_back"),
        (1200, [dispute("needs_response", 1, currency="usd")], "disputed"),
        (0, [refund()], "kept"),
    ],
)
def test_what_went_back_decides_what_stays(paid: int, reversals: list[Any], money: str) -> None:
    assert judge_money(paid, "eur", reversals) == money


def test_the_database_gives_nothing_for_money_that_is_gone(ada: Member, joined: None) -> None:
    for money in GONE:
        with pytest.raises(IntegrityError, match="gives_for_money_that_stayed"), transaction.atomic():
            Subscription.objects.update(money=money)


# From Stripe to the row


def back(ada: Member, **how: Any) -> Any:
    return ada.do("refund", **how)


def state(ada: Member) -> tuple[str, str, bool]:
    return ada.row.status, ada.row.money, ada.row.is_entitled()


def test_a_refund_of_the_period_ends_its_benefits_though_stripe_calls_it_active(
    ada: Member, joined: None
) -> None:
    back(ada)
    ada.hear()

    assert state(ada) == ("active", "refunded", False)
    assert ada.status() | {"checked_at": ""} == {
        "status": "active",
        "plan": "friend",
        "entitled_until": None,
        "cancel_at_period_end": False,
        "source": "webhook",
        "checked_at": "",
    }
    assert inspect() == []


def test_a_refund_of_a_part_keeps_them(ada: Member, joined: None) -> None:
    back(ada, amount=500)
    ada.hear()
    after_a_part = state(ada)
    back(ada, amount=700)
    ada.hear()

    assert (after_a_part, state(ada)) == (("active", "partly_back", True), ("active", "refunded", False))


def test_a_refund_that_fails_changes_nothing_in_the_end(ada: Member, joined: None, stripe: Sandbox) -> None:
    sent = back(ada, status="pending")
    ada.hear()
    under_way = state(ada)

    stripe.settle_refund(sent["id"], "failed")
    ada.hear()

    assert (under_way, state(ada)) == (("active", "refunded", False), ("active", "kept", True))
    assert subjects() == ["Welcome: Friend", "Your membership is active again: Friend"]


@pytest.mark.parametrize(
    ("ending", "money", "subject"),
    [
        ("won", "kept", "Your membership is active again: Friend"),
        ("lost", "charged_back", "Your bank reversed the payment: Friend"),
    ],
)
def test_a_dispute_suspends_the_benefits_until_it_is_decided(
    ada: Member, joined: None, stripe: Sandbox, ending: str, money: str, subject: str
) -> None:
    disputed = ada.do("dispute")
    ada.hear()
    while_open, page = state(ada), ada.client.get(PAGE).content.decode()
    told = subjects()

    stripe.post(f"/disputes/{disputed['id']}/close", {"status": ending})
    ada.hear()

    assert while_open == ("active", "disputed", False)
    assert "Your membership is on hold" in page
    assert told[-1] == "Your membership is on hold: Friend"
    assert state(ada) == ("active", money, ending == "won")
    assert subjects()[-1] == subject
    assert inspect() == []


def test_an_inquiry_changes_nothing(ada: Member, joined: None) -> None:
    ada.do("dispute", case_type="inquiry")
    ada.hear()

    assert state(ada) == ("active", "kept", True)
    assert subjects() == ["Welcome: Friend"]


def test_a_dispute_of_a_part_keeps_what_the_rest_has_paid_for(ada: Member, joined: None) -> None:
    ada.do("dispute", amount=300)
    ada.hear()

    assert state(ada) == ("active", "partly_back", True)


def test_money_of_an_earlier_period_changes_nothing_now(ada: Member, joined: None, stripe: Sandbox) -> None:
    first = ada.at_stripe()["latest_invoice"]
    ada.do("renew")

    stripe.post(f"/invoices/{first}/refund", {})
    ada.hear()

    assert (ada.row.money, ada.row.reversals.get().invoice.invoice_id) == ("kept", first)
    assert ada.row.entitled_until is not None


def test_the_next_payment_brings_the_benefits_back(ada: Member, joined: None) -> None:
    back(ada)
    ada.hear()

    ada.do("renew")
    ada.hear()

    assert (ada.row.status, ada.row.money, ada.row.entitled_until is not None) == ("active", "kept", True)
    assert subjects()[-1] == "Your membership is active again: Friend"


REFUNDED = ["refund.created", "charge.refunded"]


@pytest.mark.parametrize("kind", REFUNDED)
def test_a_refund_heard_of_before_its_invoice_finds_its_membership(
    ada: Member, plan: Plan, stripe: Sandbox, kind: str
) -> None:
    subscription_id = ada.subscribe(plan)
    stripe.post(f"/subscriptions/{subscription_id}/refund", {})
    (event,) = [event for event in stripe.events() if event["type"] == kind]

    assert deliver_event(event).json()["outcome"] == "applied"

    assert state(ada) == ("active", "refunded", False)
    assert StripeEvent.objects.get().subscription == ada.row


def test_a_known_invoices_refund_asks_nobody_whose_it_is(ada: Member, joined: None, stripe: Sandbox) -> None:
    back(ada)
    (event,) = [event for event in stripe.events() if event["type"] == "refund.created"]

    assert deliver_event(event).json()["outcome"] == "applied"

    assert stripe.requests("GET /v1/payment_intents") == stripe.requests("GET /v1/invoice_payments") == []


def test_a_refund_of_nobodys_is_ignored_and_asked_about_once(
    ada: Member, joined: None, stripe: Sandbox
) -> None:
    back(ada)
    (event,) = [event for event in stripe.events() if event["type"] == "refund.created"]
    event["data"]["object"]["payment_intent"] = "pi_foreign"

    outcomes = [deliver_event(event).json()["outcome"] for _time in range(2)]

    assert outcomes == ["ignored", "ignored"]
    assert len(stripe.requests("GET /v1/invoice_payments")) == 1


def test_a_lost_event_is_found_by_the_reconciler(ada: Member, joined: None) -> None:
    back(ada)

    check_memberships(Run(rate=1_000), everything=True)

    assert state(ada) == ("active", "refunded", False)


def test_a_refund_in_an_unknown_status_keeps_what_is_known(
    ada: Member, joined: None, stripe: Sandbox
) -> None:
    sent = back(ada)
    ada.hear()

    stripe.post(f"/refunds/{sent['id']}/settle", {"status": "of_the_future", "unknown": True})
    ada.hear()

    assert state(ada) == ("active", "refunded", False)
    assert (ada.row.check_problem, ada.row.reversals.get().status) == ("unreadable", "succeeded")
    assert "of_the_future" in ada.row.check_error
    assert not StripeEvent.objects.filter(outcome="failed").exists()


def test_a_membership_in_an_unknown_status_keeps_what_is_known(
    ada: Member, joined: None, stripe: Sandbox
) -> None:
    stripe.override(str(ada.row.subscription_id), status="of_the_future")

    row = sync(ada.row, cause=Cause.WEBHOOK)

    assert (row.status, row.is_entitled(), row.check_problem) == ("active", True, "unreadable")
    assert ada.client.get(PAGE).status_code == 200
    assert "of_the_future" in row.check_error


# Who reads of it


def subjects() -> list[str]:
    work("mail_membership_notification")
    return [str(message.subject) for message in mail.outbox]


def test_the_member_reads_that_the_period_was_refunded(ada: Member, joined: None) -> None:
    back(ada)
    ada.hear()

    page = ada.client.get(PAGE).content.decode()

    assert "This period was refunded" in page
    assert "You got your money back for this period, so your benefits are off." in page
    assert "€12.00 refunded" in page
    assert subjects() == ["Welcome: Friend", "Membership refunded: Friend"]
    assert "the benefits come back then" in str(mail.outbox[-1].body)


def test_staff_read_what_went_back_and_find_it_as_at_stripe(ada: Member, joined: None) -> None:
    ada.do("refund", amount=500)
    ada.do("dispute")
    ada.hear()
    staff = log_in(User.objects.create_superuser("boss", "boss@example.com", "x"))
    page = f"/admin/payments/subscription/{ada.row.pk}/"

    told = [entry.words for entry in staff.get(f"{page}change/").context["entries"]]
    compared = staff.get(f"{page}compare/").context["comparison"]

    number = str(ada.row.invoices.get())
    assert f"Refund of €5.00 of invoice {number}: Refunded" in told
    assert f"Dispute of €7.00 of invoice {number}: Needs an answer" in told
    assert compared.is_same
    assert {line.ours for line in compared.lines if line.name.startswith("Refund or dispute")} == {
        "€5.00, succeeded",
        "€7.00, needs_response",
    }


@pytest.mark.parametrize("word", ["of_the_future", "x" * 300])
def test_an_invoice_in_an_unknown_status_is_kept(
    ada: Member, joined: None, stripe: Sandbox, word: str
) -> None:
    stripe.override(ada.at_stripe()["latest_invoice"], status=word)

    sync(ada.row, cause=Cause.WEBHOOK)

    assert (ada.row.is_entitled(), ada.client.get(PAGE).status_code) == (True, 200)


def test_fsck_finds_a_membership_that_gives_though_its_money_is_back(ada: Member, joined: None) -> None:
    until = ada.row.entitled_until
    back(ada)
    ada.hear()
    Subscription.objects.update(money="kept", entitled_until=until)
    ada.row.changes.update(entitled_until=until)

    (found,) = inspect()
    assert found.rule == "membership_that_gives_though_its_money_is_back"
    assert found.fix is not None
    found.fix()

    assert state(ada) == ("active", "refunded", False)


# What comes next


def test_the_page_says_what_stripe_will_charge(ada: Member, joined: None, stripe: Sandbox) -> None:
    item = ada.at_stripe()["items"]["data"][0]["id"]
    stripe._http.post(f"/v1/subscription_items/{item}", data={"quantity": "3"}).raise_for_status()
    Plan.objects.update(amount=99900)

    ada.hear()

    end = datetime.fromtimestamp(ada.at_stripe()["items"]["data"][0]["current_period_end"], UTC)
    assert (ada.row.next_charge_currency, ada.row.next_charge_at) == ("eur", end + timedelta(hours=1))
    page = ada.client.get(PAGE).content.decode()
    assert ada.row.next_charge_amount is not None
    assert ada.row.next_charge_amount >= 3600
    assert f"€{ada.row.next_charge_amount / 100:.2f}" in page
    assert "999" not in page


def test_what_is_unknown_is_not_said(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    stripe.fault("POST /v1/invoices/create_preview", "500_before", times=None)
    ada.join(plan)
    stripe.clear_faults()

    page = ada.client.get(PAGE).content.decode()

    assert (ada.row.status, ada.row.next_charge_amount) == ("active", None)
    assert "Next payment" in page
    assert "€12.00 a month" not in page


def test_what_is_to_end_announces_no_payment(ada: Member, joined: None) -> None:
    ada.do("cancel")
    ada.hear()

    assert (ada.row.next_charge_amount, ada.row.next_charge_at) == (None, None)
    assert "Next payment" not in ada.client.get(PAGE).content.decode()


# Another card


def test_the_mail_about_a_failed_payment_leads_to_where_the_card_is_changed(
    ada: Member, joined: None, stripe: Sandbox
) -> None:
    ada.do("fail")
    ada.hear()
    work("mail_membership_notification")
    (news,) = [message for message in mail.outbox if "payment failed" in message.subject]

    assert "/membership/card/" in str(news.body)
    assert "/membership/card/" in ada.client.get(PAGE).content.decode()

    answer = ada.client.get("/membership/card/")

    (asked,) = stripe.requests("POST /v1/billing_portal/sessions")
    assert "flow_data[type]=payment_method_update" in asked["body"].replace("%5B", "[").replace("%5D", "]")
    assert answer.headers["Location"] == asked["response"]["url"]


def test_the_link_waits_until_its_reader_has_signed_in(client: Client, plan: Plan) -> None:
    answer = client.get("/membership/card/")

    assert answer.status_code == 302
    assert answer.headers["Location"].endswith("?next=/membership/card/")


def test_a_portal_without_that_flow_opens_at_its_first_page(
    ada: Member, joined: None, stripe: Sandbox
) -> None:
    stripe.fault("POST /v1/billing_portal/sessions", "403", times=1)

    assert ada.client.get("/membership/card/").status_code == 302
    assert len(stripe.requests("POST /v1/billing_portal/sessions")) == 2


def test_the_link_without_a_membership_leads_to_the_plans(ada: Member, plan: Plan) -> None:
    assert ada.client.get("/membership/card/").headers["Location"] == PAGE
