"""What befalls a cluster while customers buy, one thing after the other."""

import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

import httpx

from tests.cluster.stack import Cluster
from tests.support.patience import wait_for

RECONCILING = (
    "SELECT 1 FROM procrastinate_jobs WHERE status = 'doing' AND task_name = 'payments.tasks.reconcile'"
)
LINGER = 3_000  # ms that Stripe takes for the reconciler's question about events


def restart_webs(cluster: Cluster) -> None:
    cluster.restart_webs()


def kill_web(cluster: Cluster) -> None:
    cluster.supervisor.kill("web-1")


def kill_workers(cluster: Cluster) -> None:
    """Kill the workers in the middle of the reconciler's run; nobody can tell which of them it is in."""
    slow = {"match": "GET /v1/events*", "do": "slow_ms", "ms": LINGER, "times": 2}
    httpx.post(f"{cluster.stripe}/_sandbox/faults", json=slow).raise_for_status()
    wait_for(lambda: cluster.postgres.rows(RECONCILING), "the reconciler runs")
    for worker in cluster.workers:
        cluster.supervisor.kill(worker)
    httpx.delete(f"{cluster.stripe}/_sandbox/faults").raise_for_status()


def restart_pgbouncer(cluster: Cluster) -> None:
    cluster.supervisor.signal("pgbouncer", signal.SIGINT)


def fail_over(cluster: Cluster) -> None:
    """Lose the primary, and go on with the standby, by the steps of docs/scaling.md."""
    cluster.postgres.kill_primary()
    cluster.postgres.promote()
    cluster.point_pgbouncer(cluster.ports.standby)


def rejoin(cluster: Cluster) -> None:
    cluster.postgres.rejoin()


FAULTS: Mapping[str, Callable[[Cluster], None]] = {
    "rolling restart of the web processes": restart_webs,
    "a web process killed": kill_web,
    "the workers killed while reconciling": kill_workers,
    "PgBouncer restarted": restart_pgbouncer,
    "failover to the standby": fail_over,
    "the old primary back as standby": rejoin,
}


class Fate:
    """
    Let ``faults`` happen one after the other, spread evenly over the purchases of ``total`` customers.

    ``advance`` reports that another customer has finished, and returns once the next one may come: so that
    there are customers until the last fault is over. ``happened`` has the seconds from each fault's beginning
    until every process was ready again.
    """

    def __init__(self, cluster: Cluster, *, faults: Sequence[str], total: int) -> None:
        self.happened: dict[str, float] = {}
        self.failure: BaseException | None = None
        self._cluster = cluster
        self._faults = faults
        self._every = total / (len(faults) + 1)
        self._finished = 0
        self._over = False
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._news:
            self._over = True
            self._news.notify_all()
        self._thread.join()
        if self.failure and not error:
            raise self.failure

    def advance(self) -> None:
        with self._news:
            self._finished += 1
            self._news.notify_all()
            self._news.wait_for(self._may_come)

    def _may_come(self) -> bool:
        is_all_over = len(self.happened) == len(self._faults)
        return self._over or is_all_over or self._finished < (len(self.happened) + 2) * self._every

    def _run(self) -> None:
        try:
            for number, name in enumerate(self._faults, start=1):
                self._wait_for(number * self._every)
                self._happen(name)
        except BaseException as error:  # It is raised at the end of the block.
            with self._news:
                self.failure, self._over = error, True
                self._news.notify_all()

    def _wait_for(self, finished: float) -> None:
        with self._news:
            self._news.wait_for(lambda: self._over or self._finished >= finished)

    def _happen(self, name: str) -> None:
        began = time.monotonic()
        FAULTS[name](self._cluster)
        wait_for(self._cluster.is_up, f"the cluster is up again after: {name}")
        with self._news:
            self.happened[name] = time.monotonic() - began
            self._news.notify_all()


class Visitors:
    """People who load pages all the time, each in turn, during the ``with`` block."""

    def __init__(self, cluster: Cluster, pages: Sequence[str], *, people: int) -> None:
        self._pages = pages
        self._over = threading.Event()
        self._browsers = [cluster.shop_client(60_000 + number) for number in range(people)]
        self._threads = [threading.Thread(target=self._look, args=[number]) for number in range(people)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _look(self, number: int) -> None:
        browser = self._browsers[number]
        with suppress(httpx.HTTPError):
            while not self._over.wait(0.1):
                browser.ask("GET", self._pages[number % len(self._pages)])
        browser.close()
