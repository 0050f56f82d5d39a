"""Stripe's customer follows the account's address."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from customers.accounts import change_address
from payments.fsck import inspect
from payments.gateway.errors import StripeUnavailable
from payments.models import Plan, Subscription
from payments.staff.alerts import survey
from tests.support.members import Member
from tests.support.sandbox import Sandbox
from tests.support.staff import log_in, press, told
from tests.support.worker import work

TASK = "update_stripe_customer"
NEW = "ada@new.example"


def at_stripe(ada: Member) -> Any:
    return ada.stripe._get(f"/v1/customers/{ada.row.stripe_customer_id}")


def updates(stripe: Sandbox) -> int:
    return len(stripe.requests("POST /v1/customers/"))


def test_a_new_address_reaches_stripe(ada: Member, joined: None) -> None:
    change_address(ada.user, NEW)
    waiting = ada.row.customer_due_at

    assert work(TASK) == [TASK]

    assert at_stripe(ada)["email"] == ada.row.email == NEW
    assert (waiting is None, ada.row.customer_due_at, ada.row.customer_error) == (False, None, "")


def test_an_address_that_staff_correct_reaches_stripe_with_the_name(
    ada: Member, joined: None, stripe: Sandbox
) -> None:
    staff = log_in(User.objects.create_superuser("boss", "boss@example.com", "x"))
    address = f"/admin/auth/user/{ada.user.pk}/change/"
    page = staff.get(address).context
    form, beside = page["adminform"].form, [it.formset.prefix for it in page["inline_admin_formsets"]]
    kept = {name: value for name, value in form.initial.items() if value and name != "password"}
    joined = kept.pop("date_joined")
    wanted = {
        **kept,
        "date_joined_0": f"{joined:%Y-%m-%d}",
        "date_joined_1": f"{joined:%H:%M:%S}",
        "email": NEW,
        "first_name": "Ada",
        "last_name": "Lovelace",
        **{f"{prefix}-{name}_FORMS": "0" for prefix in beside for name in ("TOTAL", "INITIAL")},
    }

    assert staff.post(address, wanted).status_code == 302
    work(TASK)

    assert (at_stripe(ada)["email"], at_stripe(ada)["name"]) == (NEW, "Ada Lovelace")


def test_signing_in_and_other_changes_tell_stripe_nothing(ada: Member, joined: None, stripe: Sandbox) -> None:
    ada.sign_in()
    ada.user.save(update_fields=["password"])

    assert work(TASK) == []


def test_an_account_without_a_membership_has_nobody_to_tell(ada: Member, plan: Plan) -> None:
    change_address(ada.user, NEW)

    assert work(TASK) == []


def test_two_changes_at_once_end_with_the_last_address(ada: Member, joined: None, stripe: Sandbox) -> None:
    change_address(ada.user, "between@new.example")
    change_address(ada.user, NEW)

    work(TASK)

    assert at_stripe(ada)["email"] == NEW
    assert updates(stripe) == 1  # The second job finds that nothing is due.


def test_while_stripe_is_away_it_stays_due(ada: Member, joined: None, stripe: Sandbox) -> None:
    change_address(ada.user, NEW)
    stripe.fault("POST /v1/customers/*", "500_before", times=None)

    with pytest.raises(StripeUnavailable):
        work(TASK)

    assert ada.row.customer_due_at is not None
    stripe.clear_faults()
    work(TASK)
    assert at_stripe(ada)["email"] == NEW


def test_a_lost_job_is_made_again(ada: Member, plan: Plan) -> None:
    from procrastinate.contrib.django.models import ProcrastinateJob

    ada.join(plan)
    work()
    change_address(ada.user, NEW)
    ProcrastinateJob.objects.all()._raw_delete("default")

    (found,) = inspect()
    assert (found.rule, "its new address to reach Stripe" in found.words) == ("job_that_does_not_exist", True)
    assert found.fix is not None
    found.fix()
    work(TASK)

    assert at_stripe(ada)["email"] == NEW


def test_a_customer_deleted_at_stripe_has_nothing_to_follow(
    ada: Member, joined: None, stripe: Sandbox
) -> None:
    stripe._http.delete(f"/v1/customers/{ada.row.stripe_customer_id}").raise_for_status()
    change_address(ada.user, NEW)

    work(TASK)

    assert (ada.row.customer_due_at, ada.row.customer_error) == (None, "")


def test_an_address_that_stripe_refuses_is_for_staff_to_see(
    ada: Member, joined: None, stripe: Sandbox
) -> None:
    staff = log_in(User.objects.create_superuser("boss", "boss@example.com", "x"))
    page = f"/admin/payments/subscription/{ada.row.pk}/change/"
    change_address(ada.user, NEW)
    stripe.fault("POST /v1/customers/*", "403", times=1)

    work(TASK)

    assert ada.row.customer_due_at is None
    assert ada.row.customer_error
    assert ada.row.customer_error in staff.get(page).context["subscription"].customer_error
    assert "Stripe rejected the account’s email address" in staff.get(page).content.decode()
    asked = press(staff, page.replace("change/", "ask/do/"))
    assert told(asked) == ["At Stripe: Active. Nothing to update."]
    work(TASK)
    assert (at_stripe(ada)["email"], ada.row.customer_error) == (NEW, "")


def test_an_address_that_changes_while_the_payment_page_is_open_follows(
    ada: Member, plan: Plan, stripe: Sandbox
) -> None:
    ada.subscribe(plan)
    change_address(ada.user, NEW)
    assert work(TASK) == []

    ada.hear()
    work(TASK)

    assert at_stripe(ada)["email"] == NEW
    assert Subscription.objects.get().email == NEW


def test_a_later_change_settles_what_an_earlier_membership_was_refused(
    ada: Member, plan: Plan, joined: None, stripe: Sandbox
) -> None:
    change_address(ada.user, "between@new.example")
    stripe.fault("POST /v1/customers/*", "403", times=1)
    work(TASK)
    ada.do("cancel", now=True)
    ada.hear()
    ada.sign_in()
    ada.join(plan)

    change_address(ada.user, NEW)
    work(TASK)

    assert Subscription.objects.count() == 2
    assert not Subscription.objects.exclude(customer_error="").exists()
    assert "membership_address_refused" not in [found.alert.name for found in survey() if found.count]


def test_while_the_key_is_of_the_other_mode_it_stays_due(ada: Member, joined: None, stripe: Sandbox) -> None:
    change_address(ada.user, NEW)
    Subscription.objects.update(livemode=True)

    work(TASK)

    assert (updates(stripe), ada.row.customer_due_at is None) == (0, False)
    assert not [found for found in inspect() if found.rule == "job_that_does_not_exist"]
