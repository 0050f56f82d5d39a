"""The worker's part, played by the test that waits for it."""

from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob


def work(*names: str) -> list[str]:
    """
    Run the jobs that wait, or those of the tasks with these ``names``, until none is left.

    Return the names of their tasks.

    What a job raises is raised here, and the job stays as a worker leaves it for its next try.
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
