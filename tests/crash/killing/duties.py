"""The worker's periodic jobs: kill it in the middle of one, and see that they all go on afterwards."""

import json
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.crash.postgres import Database
from tests.crash.stack import Breakable
from tests.crash.verdict import Problem
from tests.support.patience import wait_for

FILE = "duties.json"  # which the process with the shop's settings has written
RETRY = "retry_stalled"  # makes the jobs of dead workers go on
# s, until a worker begins with a job. The one that was killed before may keep its lock for two minutes.
WITHIN = 240
LONGEST = 0.03  # s that a worker is given for its job before it is killed
# As the scheduler does it, who never lets two of a kind wait.
DEFER = """
    INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args)
    VALUES ('default', %s, %s, %s, jsonb_build_object('timestamp', extract(epoch FROM now())::bigint))
    ON CONFLICT DO NOTHING
"""
BEGUN = "SELECT id FROM procrastinate_jobs WHERE task_name = %s AND status = 'doing' AND id <> ALL(%s)"
LEFT = """
    SELECT task_name, status::text FROM procrastinate_jobs
     WHERE id = ANY(%s) AND status IN ('todo', 'doing')
"""
WAITING = """
    SELECT 1 FROM procrastinate_jobs
     WHERE task_name = ANY(%s) AND status = 'todo' AND scheduled_at IS NULL
"""


@dataclass(frozen=True)
class Duty:
    """A periodic job, with the locks that Procrastinate gives it."""

    task: str
    lock: str | None
    queueing_lock: str

    @property
    def name(self) -> str:
        return self.task.rpartition(".")[2]

    def defer(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        connection.execute(DEFER, [self.task, self.lock, self.queueing_lock])


def read_duties(folder: Path) -> list[Duty]:
    """Return the shop's periodic jobs."""
    return [Duty(**duty) for duty in json.loads((folder / FILE).read_text())]


def kill_in_the_middle(stack: Breakable, duty: Duty, dice: random.Random, known: Sequence[int]) -> int:
    """
    Kill the worker while it is busy with ``duty``, and return the id of the job that it leaves behind.

    Some are done within milliseconds, so it is tried until one was interrupted, ``WITHIN`` seconds at most.
    ``known`` are the jobs that dead workers have left before.
    """
    deadline = time.monotonic() + WITHIN
    with psycopg.connect(stack.postgres.url, autocommit=True) as connection:
        while time.monotonic() < deadline:
            duty.defer(connection)
            for (job,) in connection.execute(BEGUN, [duty.task, list(known)]).fetchall():
                time.sleep(dice.uniform(0, LONGEST))
                if not connection.execute(LEFT, [[job]]).fetchall():
                    continue
                stack.supervisor.kill("worker")
                # It may have been done in the last moment.
                if connection.execute(LEFT, [[job]]).fetchall():
                    return int(str(job))
            time.sleep(0.001)
    raise TimeoutError(f"No {duty.name} could be interrupted.")


def go_on(postgres: Database, duties: Sequence[Duty], interrupted: Sequence[int]) -> Iterator[Problem]:
    """Let all periodic jobs be done once more, and yield those that can't, or were never finished."""
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        for duty in sorted(duties, key=lambda it: it.name != RETRY):
            duty.defer(connection)
        tasks = [duty.task for duty in duties]
        with suppress(AssertionError):  # What is left is told below.
            wait_for(
                lambda: (
                    not connection.execute(LEFT, [list(interrupted)]).fetchall()
                    and not connection.execute(WAITING, [tasks]).fetchall()
                ),
                "all periodic jobs are done",
            )
        for task, status in connection.execute(LEFT, [list(interrupted)]).fetchall():
            yield Problem("duty", f"{task}, which was interrupted, is {status} for ever")
        if connection.execute(WAITING, [tasks]).fetchall():
            yield Problem("duty", "a periodic job can't begin")
