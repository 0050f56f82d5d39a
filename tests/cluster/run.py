"""Run the cluster test, from the first purchase to the verdict."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.browser.support.mailbox import read_all
from tests.cluster.browser import Seen
from tests.cluster.faults import Fate, Visitors
from tests.cluster.stack import Cluster, running_cluster
from tests.crash.books import reference_of
from tests.crash.crowd import let_them_buy
from tests.crash.recovery import let_it_recover
from tests.crash.run import SEATS_EACH, Result, judge
from tests.crash.seeding import SLUG
from tests.crash.stack import create_event
from tests.crash.verdict import Problem

PAGES = ("/", f"/events/{SLUG}/", "/membership/", f"/api/events/{SLUG}/seats")


@dataclass
class ClusterResult(Result):
    """What happened, what customers were told, and everything that is wrong afterwards."""

    happened: dict[str, float] = field(default_factory=dict)  # s until all was ready again
    seen: Seen = field(default_factory=Seen)


def rehearse(*, purchases: int, seed: int, faults: Sequence[str]) -> ClusterResult:
    """Start a cluster and ``befall`` it. The run's files are deleted unless something is wrong."""
    result = ClusterResult(seed, Path(tempfile.mkdtemp(prefix="admit-cluster-")))
    try:
        with (
            result.timed("in all"),
            running_cluster(result.folder, prepare=seats_for(purchases)) as cluster,
        ):
            befall(cluster, result, purchases=purchases, faults=faults)
    except BaseException as error:
        error.add_note(f"Seed {seed}; databases, logs and mails are in {result.folder}.")
        raise
    if result.is_one_story:
        shutil.rmtree(result.folder)
    return result


def seats_for(purchases: int) -> Callable[[dict[str, str]], object]:
    """Return what creates an event with seats for so many purchases."""
    return lambda env: create_event(env, round(SEATS_EACH * purchases))


def befall(cluster: Cluster, result: ClusterResult, *, purchases: int, faults: Sequence[str]) -> None:
    """Let customers buy while ``faults`` happen and everything recover; compare Stripe's data with ours."""
    _buy(result, cluster, purchases, faults)
    result.restarts = cluster.supervisor.ended
    with result.timed("until it was over"):
        result.hours = let_it_recover(cluster)
    judge(result, cluster)
    result.problems += [*_mailed_twice(cluster), *_failures(cluster.seen)]


def _buy(result: ClusterResult, cluster: Cluster, purchases: int, faults: Sequence[str]) -> None:
    fate = Fate(cluster, faults=faults, total=purchases)
    with result.timed("purchases"), Visitors(cluster, PAGES, people=len(PAGES)), fate:
        seats = round(SEATS_EACH * purchases)
        result.purchases = let_them_buy(
            cluster, count=purchases, seats=seats, seed=result.seed, done=fate.advance
        )
    result.happened, result.seen = fate.happened, cluster.seen


def _mailed_twice(cluster: Cluster) -> list[Problem]:
    """
    Return the bookings whose tickets were mailed as two different mails.

    A worker that is killed between sending and noting it sends the same mail again, with the same Message-ID:
    mail programs show that once.
    """
    ids = {str(mail["Message-ID"]) for mail in read_all(cluster.mails)}
    tickets = Counter(reference_of(one) for one in ids if one.startswith("<tickets."))
    return [Problem("doubled", f"{count} mails of {which}") for which, count in tickets.items() if count > 1]


def _failures(seen: Seen) -> list[Problem]:
    """Return what customers saw that was neither an answer nor a polite refusal."""
    return [Problem("error shown", f"{count} × {what}") for what, count in seen.errors.most_common()]
