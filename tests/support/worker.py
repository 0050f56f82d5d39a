"""Run background jobs in the test's own process."""

from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob


def work(*names: str) -> list[str]:
    """
    Run all waiting jobs, or those of the tasks with these ``names``, until none is left.

    Return the names of the tasks that ran. If a job raises an exception, it is raised here too, and the job
    stays to be tried again.
    """
    done = []
    while job := _next(names):
        app.tasks[job.task_name].func(**job.args)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id = %s", [job.pk])
        done.append(job.task_name.rpartition(".")[2])
    return done


def _next(names: tuple[str, ...]) -> ProcrastinateJob | None:
    waiting = ProcrastinateJob.objects.filter(status="todo").order_by("pk")
    return next((job for job in waiting if not names or job.task_name.rpartition(".")[2] in names), None)


def run_worker() -> None:
    """Let a real worker do all the jobs that are due. The test needs ``transaction=True``."""
    options = connection.settings_dict["OPTIONS"]
    before = dict(options)
    with app.replace_connector(app.connector.get_worker_connector()):  # type: ignore[attr-defined]
        app.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)
    options.clear()  # This process goes on without a worker's time-outs.
    options.update(before)
