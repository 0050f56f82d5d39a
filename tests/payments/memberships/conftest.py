import pytest
from django.contrib.auth.models import User
from django.test import Client

from payments.models import Plan
from tests.support.members import Member, make_member, make_plan
from tests.support.sandbox import Sandbox
from tests.support.shared import shared
from tests.support.shop import BoxOffice


@shared
def joined(box_office: BoxOffice) -> None:
    """Ada has joined the plan."""
    make_member(box_office.stripe).join(make_plan(box_office.stripe))


@pytest.fixture
def plan(db: None, stripe: Sandbox) -> Plan:
    """A plan: the one that Ada has joined, if she has."""
    return Plan.objects.filter(slug="friend").first() or make_plan(stripe)


@pytest.fixture
def ada(plan: Plan, stripe: Sandbox) -> Member:
    """Ada, in a browser of this test's own. She is a member if the test asks for ``joined``."""
    known = User.objects.filter(username="ada").first()
    if known is None:
        return make_member(stripe)
    ada = Member(known, Client(), stripe)
    ada.sign_in()
    return ada
