"""Run the crash test, from the first purchase to the verdict."""

import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.crash.books import Books, read
from tests.crash.crowd import let_them_buy
from tests.crash.customer import Purchase
from tests.crash.killing.duties import go_on, read_duties
from tests.crash.killing.killer import Killer
from tests.crash.recovery import UNFINISHED, let_it_recover
from tests.crash.stack import Stack, running_stack
from tests.crash.verdict import Problem, compare

SEATS_EACH = 2.2  # for customers who want 2 on average: enough for all, but they often want the same ones


@dataclass
class Result:
    """What happened in a run, and everything that is wrong after it."""

    seed: int
    folder: Path  # with the databases, logs and mails
    purchases: list[Purchase] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)
    duties: list[str] = field(default_factory=list)  # in the middle of which the worker was killed, too
    restarts: Counter[str] = field(default_factory=Counter)  # of what had ended by itself
    hours: int = 0  # until everything was over
    seconds: dict[str, float] = field(default_factory=dict)
    books: Books | None = None
    problems: list[Problem] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)  # of fsck

    def count(self, kind: str) -> int:
        return sum(problem.kind == kind for problem in self.problems)

    @property
    def is_one_story(self) -> bool:
        return not self.problems and not self.findings

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.seconds[what] = time.monotonic() - began


def crash(*, purchases: int, strikes: int, seed: int) -> Result:
    """
    Let customers buy while processes are killed, let everything recover, and compare Stripe's data with ours.

    The run's files are deleted unless something is wrong.
    """
    # Not in pytest's folder, because PostgreSQL may run as another user, who has no access to it.
    result = Result(seed, Path(tempfile.mkdtemp(prefix="admit-crash-")))
    try:
        with result.timed("in all"):
            _run(result, purchases, strikes)
    except BaseException as error:
        error.add_note(f"Seed {seed}; databases, logs and mails are in {result.folder}.")
        raise
    if result.is_one_story:
        shutil.rmtree(result.folder)
    return result


def _run(result: Result, purchases: int, strikes: int) -> None:
    seats = round(SEATS_EACH * purchases)
    with running_stack(result.folder, seats=seats) as stack:
        dice = random.Random(f"{result.seed} kills")
        duties = read_duties(result.folder)
        result.duties = [duty.name for duty in duties]
        killer = Killer(stack, duties, strikes=strikes, total=purchases, dice=dice)
        with result.timed("purchases"), killer:
            result.purchases = let_them_buy(
                stack, count=purchases, seats=seats, seed=result.seed, done=killer.advance
            )
        result.kills, result.restarts = killer.kills, stack.supervisor.ended
        with result.timed("until it was over"):
            result.hours = let_it_recover(stack)
            stuck = [*go_on(stack.postgres, duties, killer.interrupted)]
        judge(result, stack)
        result.problems += stuck


def judge(result: Result, stack: Stack) -> None:
    """Compare what there is in the end, and add what is wrong to ``result``."""
    result.books = found = read(stack)
    result.outcomes = _tell_outcomes(result.purchases, found)
    left = stack.postgres.rows(UNFINISHED)
    result.problems = [
        *compare(found, result.purchases),
        *(Problem("unfinished", f"{row['what']} {row['which']}") for row in left),
    ]
    status, words = stack.command("fsck")
    if status:
        result.findings = words.splitlines() or [f"exit status {status}"]


def _tell_outcomes(purchases: list[Purchase], found: Books) -> Counter[str]:
    """Count the purchases by their status in the shop's database."""
    by_session = {payment["session_id"]: payment["status"] for payment in found.payments}
    unopened = {"vanishes": "left before the answer"}
    return Counter(
        by_session.get(purchase.session_id, "unknown here")
        if purchase.session_id
        else unopened.get(purchase.plan, "no seats")
        for purchase in purchases
    )
