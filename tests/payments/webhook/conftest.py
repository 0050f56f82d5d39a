"""A plan, and Ada who may subscribe to it."""

import pytest

from payments.models import Plan
from tests.support.members import Member, make_member, make_plan
from tests.support.sandbox import Sandbox


@pytest.fixture
def plan(db: None, stripe: Sandbox) -> Plan:
    return make_plan(stripe)


@pytest.fixture
def ada(plan: Plan, stripe: Sandbox) -> Member:
    return make_member(stripe)
