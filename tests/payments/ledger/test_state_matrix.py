import re
from itertools import product

import pytest

from payments.ledger.state_matrix import TABLE, Remedy, Verdict, judge, stripe_state_for
from payments.models import PaymentStatus, StripeState
from payments.models.payment import UNPAID
from tests.support.paths import DOCS

MONEY = DOCS / "money.md"
UNPAID_THERE = {"open", "processing", "failed", "expired"}
# Nobody knows whether there is money.
UNKNOWN_THERE = {"missing", "unreadable"}


def test_every_status_meets_every_state_at_stripe() -> None:
    assert set(TABLE) == set(product(PaymentStatus, StripeState))


def test_the_table_in_the_docs_is_the_one_in_the_code() -> None:
    section = MONEY.read_text().split("## Here and at Stripe")[1].split("\n## ")[0]
    head, _line, *rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in section.splitlines()
        if line.startswith("|")
    ]
    told = {
        (PaymentStatus(row[0]), StripeState(state)): tuple(cell.split(": "))
        for row in rows
        for state, cell in zip(head[1:], row[1:], strict=True)
    }

    assert told == {pair: (j.verdict.value, j.remedy.value) for pair, j in TABLE.items()}


@pytest.mark.parametrize(("status", "state"), TABLE)
def test_money_at_stripe_that_we_do_not_know_of_is_always_settled(status: str, state: str) -> None:
    has_money = state not in {*UNPAID_THERE, *UNKNOWN_THERE}
    if status in UNPAID and has_money:
        assert judge(status, state) == (Verdict.STRIPE_AHEAD, Remedy.SETTLE)


@pytest.mark.parametrize(("status", "state"), TABLE)
def test_money_here_that_stripe_does_not_know_of_calls_staff(status: str, state: str) -> None:
    if status not in UNPAID and state in {*UNPAID_THERE, *UNKNOWN_THERE}:
        assert judge(status, state) == (Verdict.CONFLICT, Remedy.ALARM)


@pytest.mark.parametrize("status", PaymentStatus)
def test_what_stripe_says_and_nobody_understands_changes_nothing_and_calls_staff(status: str) -> None:
    assert judge(status, StripeState.UNREADABLE) == (Verdict.CONFLICT, Remedy.ALARM)


def test_only_what_is_in_sync_needs_nothing_and_only_conflicts_call_staff() -> None:
    remedies = {
        verdict: {judgement.remedy for judgement in TABLE.values() if judgement.verdict == verdict}
        for verdict in Verdict
    }
    assert remedies[Verdict.IN_SYNC] == {Remedy.NONE}
    assert remedies[Verdict.CONFLICT] == {Remedy.ALARM}
    assert remedies[Verdict.LOCAL_AHEAD] == {Remedy.CLOSE}
    assert remedies[Verdict.WAITING_FOR_STRIPE] == {Remedy.WAIT, Remedy.REFUND}


@pytest.mark.parametrize(
    ("refunded", "is_disputed", "state"),
    [
        (0, False, "paid"),
        (1, False, "partially_refunded"),
        (99, False, "partially_refunded"),
        (100, False, "refunded"),
        (0, True, "disputed"),
        (100, True, "disputed"),
    ],
)
def test_money_at_stripe_is_in_the_state_that_refunds_and_disputes_make(
    refunded: int, is_disputed: bool, state: str
) -> None:
    assert stripe_state_for(amount=100, refunded=refunded, is_disputed=is_disputed) == state


def test_the_docs_name_every_problem() -> None:
    from payments.models import Problem

    words = MONEY.read_text()
    assert {problem for problem in Problem.values if not re.search(rf"\b{problem}\b", words)} == set()
