"""What the parts of a cluster use: processor time, memory, open files, and the database's disk."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import psutil
import psycopg

from tests.cluster.stack import Cluster

Number = TypeVar("Number", int, float)
PARTS = ("web", "nginx", "pgbouncer", "primary", "standby")


@dataclass(frozen=True)
class Disk:
    """Bytes of log that the primary has written so far, and of its tables and indexes."""

    wal: int
    kept: int

    def since(self, earlier: "Disk") -> "Disk":
        return Disk(self.wal - earlier.wal, self.kept - earlier.kept)


def processor_seconds(cluster: Cluster) -> dict[str, float]:
    """Return the processor time (s) that each part has used so far."""

    def used(process: psutil.Process) -> float:
        times = process.cpu_times()
        return float(times.user + times.system)

    return _of_each(cluster, used)


def memory(cluster: Cluster) -> dict[str, int]:
    """Return the bytes of memory that each part has for itself."""
    return _of_each(cluster, lambda process: int(process.memory_full_info().uss))


def open_files(cluster: Cluster) -> dict[str, int]:
    """Return how many files and connections each part has open."""
    return _of_each(cluster, lambda process: len(list(Path(f"/proc/{process.pid}/fd").iterdir())))


def disk(cluster: Cluster) -> Disk:
    query = "SELECT pg_current_wal_lsn() - '0/0'::pg_lsn, pg_database_size(current_database())"
    with psycopg.connect(cluster.postgres.url) as connection:
        row = connection.execute(query).fetchone()
        assert row
        return Disk(int(row[0]), int(row[1]))


def _of_each(cluster: Cluster, figure: Callable[[psutil.Process], Number]) -> dict[str, Number]:
    """Return the sum of ``figure`` over the processes of each part."""
    webs = [f"web-{number}" for number in range(1, len(cluster.ports.webs) + 1)]
    roots = {
        "web": [cluster.supervisor.pid(name) for name in webs],
        **{name: [cluster.supervisor.pid(name)] for name in ("nginx", "pgbouncer")},
        **{name: [cluster.postgres.pid(name)] for name in ("primary", "standby")},
    }
    return {part: sum(figure(one) for pid in pids for one in _tree(pid)) for part, pids in roots.items()}


def _tree(pid: int) -> list[psutil.Process]:
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]
