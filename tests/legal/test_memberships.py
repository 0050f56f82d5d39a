"""Who subscribes agrees to the terms, too, and which version it was is kept with the membership."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from payments.models import Plan, Subscription
from privacy.exporting import export
from privacy.person import Person
from tests.legal.house import publish_terms
from tests.support.members import Member, make_member, make_plan
from tests.support.sandbox import Sandbox
from tests.support.staff import somebody_of

PAGE = "/membership/"


@pytest.fixture
def plan(db: None, stripe: Sandbox) -> Plan:
    return make_plan(stripe)


@pytest.fixture
def ada(plan: Plan, stripe: Sandbox) -> Member:
    return make_member(stripe)


def choose(member: Member, plan: Plan, **typed: str) -> Any:
    return member.client.post(f"/membership/{plan.slug}/subscribe/", typed)


def boxes(client: Client) -> list[str]:
    page = client.get(PAGE).content.decode()
    return re.findall(r'<input type="checkbox"[^>]*name="terms"[^>]*>', page)


def test_without_terms_nobody_is_asked(ada: Member, plan: Plan) -> None:
    assert boxes(ada.client) == []
    assert choose(ada, plan).status_code == 302
    assert ada.row.accepted_terms is None


def test_who_agrees_subscribes_and_the_version_is_kept(ada: Member, plan: Plan) -> None:
    terms = publish_terms()
    [box] = boxes(ada.client)
    assert 'value="1"' in box
    assert "required" in box
    assert "checked" not in box
    assert boxes(Client()) == []  # Who isn't signed in signs in first.

    assert choose(ada, plan, terms="1").status_code == 302

    assert ada.row.accepted_terms == terms
    page = somebody_of("Finance").get(f"/admin/payments/subscription/{ada.row.pk}/change/").content.decode()
    assert "Terms, version 1" in page


@pytest.mark.parametrize("given", ["", "2", "x", "-1", "²", "99999999"])
def test_who_does_not_agree_is_asked_to(given: str, ada: Member, plan: Plan, stripe: Sandbox) -> None:
    publish_terms()

    answer = choose(ada, plan, terms=given)

    assert answer.status_code == 400
    said = "Agree to the terms to continue." if given != "2" else "The terms have changed"
    assert said in answer.content.decode()
    assert not Subscription.objects.exists()
    assert stripe.sessions() == []


def test_terms_that_changed_meanwhile_are_asked_for_again(ada: Member, plan: Plan) -> None:
    publish_terms("Old")
    publish_terms("New")

    answer = choose(ada, plan, terms="1")

    assert answer.status_code == 400
    assert "The terms have changed since you opened this page." in answer.content.decode()


def test_who_goes_on_to_pay_has_agreed_already(ada: Member, plan: Plan) -> None:
    publish_terms()
    first = choose(ada, plan, terms="1")
    publish_terms("New")
    assert '<input type="hidden" name="terms" value="1">' in ada.client.get(PAGE).content.decode()

    again = choose(ada, plan)

    assert (again.status_code, again["Location"]) == (302, first["Location"])
    assert Subscription.objects.get().accepted_terms.version == 1  # type: ignore[union-attr]


def test_a_payment_page_that_has_ended_is_agreed_to_anew(ada: Member, plan: Plan) -> None:
    publish_terms()
    choose(ada, plan, terms="1")
    publish_terms("New")
    made_at = timezone.now() - timedelta(days=1)
    Subscription.objects.update(created_at=made_at, expires_at=made_at + timedelta(minutes=31))

    refused = choose(ada, plan, terms="1")

    assert refused.status_code == 400
    assert [box for box in boxes(ada.client) if 'value="2"' in box]  # It can be chosen again.
    assert choose(ada, plan, terms="2").status_code == 302


def test_who_is_refused_another_plan_keeps_the_payment_page(ada: Member, plan: Plan, stripe: Sandbox) -> None:
    publish_terms()
    choose(ada, plan, terms="1")
    other = make_plan(stripe, "patron")

    assert choose(ada, other).status_code == 400

    assert ada.row.plan == plan
    assert ada.row.status == "pending"
    assert choose(ada, other, terms="1").status_code == 302
    assert ada.row.plan == other


def test_the_api_says_which_version_to_agree_to(ada: Member, plan: Plan) -> None:
    terms = publish_terms()

    def order(**more: Any) -> Any:
        wish = {"plan": plan.slug, **more}
        return ada.client.post("/api/checkout", wish, content_type="application/json")

    refused = order()

    assert refused.status_code == 400
    error = refused.json()["error"]
    assert (error["code"], error["terms"]) == ("terms_not_accepted", 1)
    assert order(terms="x").status_code == 400
    assert order(terms=2).status_code == 400
    assert order(terms=1).status_code == 201
    assert ada.row.accepted_terms == terms


def test_the_export_names_the_version(ada: Member, plan: Plan) -> None:
    publish_terms()
    choose(ada, plan, terms="1")

    assert "Terms, version 1" in str(export(Person(ada.user.email)))
