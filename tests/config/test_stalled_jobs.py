"""What a killed worker leaves behind, and that the others go on from there."""

import pytest
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.support.worker import run_worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("stripe")]

PERIODIC = sorted(periodic.task.name for periodic in app.periodic_registry.periodic_tasks.values())
STALLED = "config.tasks.retry_stalled"


def one(query: str, *values: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return int(cursor.fetchone()[0])


def begin(task: str) -> int:
    """Enqueue a job as the scheduler does, let a worker fetch it that is dead by now, and return its id."""
    job = app.tasks[task].defer(timestamp=0)
    heartbeat = "now() - interval '5 minutes'"
    dead = one(f"INSERT INTO procrastinate_workers (last_heartbeat) VALUES ({heartbeat}) RETURNING id")
    assert one("SELECT id FROM procrastinate_fetch_job_v2(NULL, %s)", dead) == job
    return job


def recover() -> None:
    """Let a living worker do what is due, before and after it has freed what the dead one had begun."""
    if not ProcrastinateJob.objects.filter(task_name=STALLED, status="todo").exists():
        app.tasks[STALLED].defer(timestamp=0)
    run_worker()
    run_worker()


def left(*jobs: int) -> list[tuple[str, str]]:
    """Return which of ``jobs`` are left, with their status; those that succeeded are deleted."""
    return list(ProcrastinateJob.objects.filter(pk__in=jobs).values_list("task_name", "status"))


def test_the_reconciler_is_a_periodic_task() -> None:
    assert "payments.tasks.reconcile" in PERIODIC


@pytest.mark.parametrize("task", PERIODIC)
def test_a_killed_periodic_job_is_done_again(task: str) -> None:
    job = begin(task)

    recover()

    assert left(job) == []


@pytest.mark.parametrize("task", PERIODIC)
def test_a_killed_periodic_job_makes_way_for_its_successor(task: str) -> None:
    job = begin(task)
    successor = app.tasks[task].defer(timestamp=20)

    recover()

    assert left(job, successor) == []


def test_every_job_of_a_dead_worker_is_seen_to(caplog: pytest.LogCaptureFixture) -> None:
    jobs = [begin(task) for task in PERIODIC]
    with connection.cursor() as cursor:  # Nobody can change this job: the database refuses.
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;"
            "CREATE TRIGGER refuse BEFORE UPDATE ON procrastinate_jobs FOR EACH ROW WHEN"
            " (OLD.task_name = 'customers.tasks.forget_codes' AND NEW.status = 'todo')"
            " EXECUTE FUNCTION refuse()"
        )
    try:
        recover()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER refuse ON procrastinate_jobs; DROP FUNCTION refuse")

    assert left(*jobs) == [("customers.tasks.forget_codes", "doing")]
    assert "customers.tasks.forget_codes) can't be retried" in caplog.text
