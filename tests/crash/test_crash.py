import random
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import pytest

from config.dev.process_group import Processes
from tests.crash.__main__ import table
from tests.crash.books import Books, Row
from tests.crash.killing.killer import KINDS, Killer
from tests.crash.postgres import OwnPostgres
from tests.crash.run import Result, crash
from tests.crash.stack import Breakable
from tests.crash.supervisor import Supervisor
from tests.crash.verdict import compare

PURCHASES = 48
KILLS = 7  # each kind of process, and as many periodic jobs as are left: others each time


def test_whatever_is_killed_every_purchase_is_there_once() -> None:
    result = crash(purchases=PURCHASES, strikes=KILLS, seed=random.randrange(1_000_000))

    assert result.is_one_story, f"seed {result.seed}\n" + "\n".join(table(result))
    assert {*KINDS} <= set(result.kills) <= {*KINDS, *result.duties}
    assert len(set(result.kills)) == KILLS
    assert set(result.duties) >= {"reconcile", "retry_stalled", "restore_jobs"}
    assert [kind for kind in WRONGS if not notices(result, kind)] == []


def test_a_strike_that_is_not_possible_is_no_success(tmp_path: Path) -> None:
    with Processes({}, logs=tmp_path) as processes:
        nothing = Supervisor(processes, {})
        stack = Breakable("", "", tmp_path, OwnPostgres(tmp_path / "postgres"), nothing, {})

        with (
            pytest.raises(KeyError, match="web"),
            Killer(stack, [], strikes=1, total=1, dice=random.Random(1)),
        ):
            pass


def notices(result: Result, kind: str) -> bool:
    """Return whether the comparison reports ``kind`` after its data was corrupted on purpose."""
    books = deepcopy(result.books)
    assert books is not None
    WRONGS[kind](books)
    return kind in {problem.kind for problem in compare(books, result.purchases)}


def paid(books: Books) -> Row:
    return next(payment for payment in books.payments if payment["status"] == "succeeded")


def session_of(books: Books, payment: Row) -> Row:
    return next(session for session in books.sessions if session["id"] == payment["session_id"])


# Ways to corrupt the data of a run in which nothing went wrong; the comparison must notice each.
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
