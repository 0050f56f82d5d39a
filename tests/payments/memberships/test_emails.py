"""What a member is told by mail: where they read it, and nothing that isn't so any more."""

from datetime import timedelta
from typing import Any

import time_machine
from django.core import mail
from django.utils import timezone

from customers.accounts import change_address
from payments.memberships.emails import notify_of_ends
from payments.memberships.sync import sync
from payments.models import Cause, MembershipNotification, Plan
from payments.staff.alerts import survey
from tests.support.members import FAILS_LATER, GOOD_CARD, Member, when
from tests.support.sandbox import Sandbox
from tests.support.smtp.server import MailServer, running
from tests.support.worker import work


def mails() -> list[tuple[str, str]]:
    work("mail_membership_notification")
    return [(str(message.subject), str(message.body)) for message in mail.outbox]


def subjects() -> list[str]:
    return [subject for subject, _body in mails()]


def test_mails_follow_the_member_to_a_new_address(ada: Member, joined: None) -> None:
    change_address(ada.user, "ada@new.example")

    assert subjects() == ["Welcome: Friend"]
    assert mail.outbox[0].to == ["ada@new.example"]
    sync(ada.row, cause=Cause.WEBHOOK)
    assert ada.row.email == "ada@new.example"


def test_a_mail_that_is_refused_goes_to_the_right_address(ada: Member, joined: None, settings: Any) -> None:
    with running(MailServer(), settings) as server:
        server.says["ada@example.com"] = ["550 5.1.1 No such user"]
        assert work("mail_membership_notification") == ["mail_membership_notification"]
        (found,) = [it for it in survey() if it.alert.name == "membership_mail_refused"]
        assert (found.count, server.recipients) == (1, [])

        change_address(ada.user, "ada@new.example")
        work("mail_membership_notification")

    assert server.recipients == ["ada@new.example"]
    assert not MembershipNotification.objects.refused().exists()


def test_who_has_not_paid_is_not_told_that_nothing_more_is_charged(
    ada: Member, plan: Plan, stripe: Sandbox
) -> None:
    stripe.post("/billing", {"after_retries": "unpaid"})
    ada.join(plan, card=FAILS_LATER)
    ada.do("renew")
    stripe.post("/clock", {"seconds": 8 * 86_400})
    ada.hear()

    subject, body = mails()[-1]
    assert subject == "Your membership is on hold: Friend"
    assert "Pay the open invoice on your membership page to continue right away." in body
    assert "won’t be charged again" not in body

    ada.do("cancel", now=True)
    ada.hear()
    assert subjects()[-1] == "Your membership has ended: Friend"


def test_a_mail_about_a_rest_that_is_over_is_not_sent(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    stripe.post("/billing", {"after_retries": "unpaid"})
    ada.join(plan, card=FAILS_LATER)
    ada.do("renew")
    stripe.post("/clock", {"seconds": 8 * 86_400})
    ada.hear()
    ada.do("pay", card=GOOD_CARD)
    ada.hear()

    assert ada.row.status == "active"
    assert subjects() == ["Welcome: Friend"]


def test_after_the_end_nobody_is_told_that_it_comes(ada: Member, joined: None) -> None:
    ada.do("cancel")
    ada.hear()
    assert ada.row.ends_at
    with time_machine.travel(ada.row.ends_at - timedelta(days=2)):
        notify_of_ends()
    ada.do("renew")
    ada.hear()

    assert subjects() == ["Your membership has ended: Friend"]
    assert not MembershipNotification.objects.filter(sent_at=None).exists()


def test_a_late_welcome_does_not_promise_a_renewal_that_was_cancelled(ada: Member, joined: None) -> None:
    ada.do("cancel")
    ada.hear()

    ((subject, body),) = mails()

    assert subject == "Welcome: Friend"
    assert "It renews automatically" not in body
    assert "You won’t be charged again." in body


def test_one_that_ends_later_than_its_period_is_told_to_renew(
    ada: Member, plan: Plan, stripe: Sandbox
) -> None:
    subscription_id = ada.subscribe(plan)
    later = int((timezone.now() + timedelta(days=100)).timestamp())
    form = {"cancel_at": str(later)}
    stripe._http.post(f"/v1/subscriptions/{subscription_id}", data=form).raise_for_status()
    ada.hear()

    ((_subject, body),) = mails()
    page = ada.client.get("/membership/").content.decode()

    assert ada.row.ends_at == when(later)
    assert "It renews automatically on" in body
    assert "It renews automatically on" in page
    assert "won’t be charged again" not in body
