import random
from collections.abc import Callable
from copy import deepcopy

import pytest

from tests.crash.__main__ import table
from tests.crash.books import Books, Row
from tests.crash.killer import KINDS
from tests.crash.run import Result, crash
from tests.crash.verdict import compare

PURCHASES = 64
KILLS = 8


@pytest.fixture(scope="module")
def result() -> Result:
    return crash(purchases=PURCHASES, strikes=KILLS, seed=random.randrange(1_000_000))


def test_whatever_is_killed_every_purchase_is_there_once(result: Result) -> None:
    assert result.is_one_story, f"seed {result.seed}\n" + "\n".join(table(result))
    assert set(result.kills) == set(KINDS)


def paid(books: Books) -> Row:
    return next(payment for payment in books.payments if payment["status"] == "succeeded")


def session_of(books: Books, payment: Row) -> Row:
    return next(session for session in books.sessions if session["id"] == payment["session_id"])


# What could have gone wrong, done to the books of a run in which nothing did.
WRONGS: dict[str, Callable[[Books], object]] = {
    "lost": lambda books: paid(books).update(status="pending"),
    "doubled": lambda books: books.sessions.append({**session_of(books, paid(books)), "id": "cs_again"}),
    "invented": lambda books: books.sessions.remove(session_of(books, paid(books))),
    "open session": lambda books: session_of(books, paid(books)).update(status="open"),
    "mixed up": lambda books: paid(books).update(reference="another"),
    "status": lambda books: paid(books).update(status="refunded"),
    "money": lambda books: paid(books).update(amount_received=1),
    "refund": lambda books: books.our_refunds.pop(),
    "dispute": lambda books: books.our_disputes[0].update(status="under_review"),
    "seat sold twice": lambda books: books.seats[0].update(admitted=2),
    "confirmed again": lambda books: paid(books).update(times_paid=2),
    "tickets": lambda books: paid(books)["ticketed"].pop(),
    "seats": lambda books: paid(books)["occupied"].pop(),
    "mail": lambda books: books.mailed.clear(),
}


@pytest.mark.parametrize("kind", WRONGS)
def test_the_verdict_notices_what_could_be_wrong(result: Result, kind: str) -> None:
    books = deepcopy(result.books)
    assert books is not None
    WRONGS[kind](books)

    assert kind in {problem.kind for problem in compare(books, result.purchases)}
