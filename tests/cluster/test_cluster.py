"""A short form of ``make cluster``, with two web processes, one worker and the two worst faults."""

import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.__main__ import told
from tests.cluster.configuration import missing_packages
from tests.cluster.postgres import DIRECT
from tests.cluster.run import ClusterResult, befall, seats_for
from tests.cluster.stack import Cluster, running_cluster
from tests.crash.__main__ import table
from tests.support.patience import wait_for

PURCHASES = 26
FAULTS = ("a web process killed", "failover to the standby")
LISTENING = "SELECT count(*) AS n FROM pg_stat_activity WHERE query LIKE 'LISTEN%%' AND application_name = %s"
missing = missing_packages()


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    # Not in pytest's folder, because servers run as other users, who have no access to it.
    folder = Path(tempfile.mkdtemp(prefix="admit-cluster-"))
    with running_cluster(folder, webs=2, workers=1, prepare=seats_for(PURCHASES)) as cluster:
        yield cluster
    shutil.rmtree(folder)


@pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)} (make servers)")
def test_a_killed_process_and_a_failover_cost_customers_a_short_wait(cluster: Cluster) -> None:
    result = ClusterResult(random.randrange(1_000_000), cluster.folder)
    # Web processes and the worker, which a pooler would leave without a notification. The shop is up before
    # the last of them listens.
    wait_for(lambda: cluster.postgres.rows(LISTENING, DIRECT) == [{"n": 2 + 1}], "everybody listens")

    befall(cluster, result, purchases=PURCHASES, faults=FAULTS)

    assert set(result.happened) == set(FAULTS)
    assert result.is_one_story, f"seed {result.seed}\n" + "\n".join([*told(result), *table(result)])
