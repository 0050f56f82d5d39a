"""Actions of the worker, which runs jobs, and of the reconciler."""

from django.db import DatabaseError, connection
from hypothesis import strategies as st
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from payments import tasks
from payments.metrics import Reconciled
from payments.models import Payment
from payments.reconciliation.reconciler import reconcile
from payments.reconciliation.run import Run
from tests.storm.base import Base, action, pick, which
from tests.storm.books import digest
from tests.storm.log import LOG
from tests.storm.world import Found, World

AT_ONCE = 1e6
LOST = ["500_after", "reset_after"]


class Worker(Base):
    @action("jobs", often=4, number=which, dies_before_the_mark=st.booleans())
    def run_job(self, number: int, dies_before_the_mark: bool) -> None:
        run(self.world, pick(number, jobs()), is_marked=not dies_before_the_mark)

    @action(
        "sending", often=2, number=which, fault=st.sampled_from(LOST), pause=st.sampled_from([11, 25 * 3600])
    )
    def lose_what_stripe_says_of_a_refund(self, number: int, fault: str, pause: int) -> None:
        """Lose Stripe's answer to a refund; the next try may come after its idempotency key has expired."""
        self.world.add_fault("POST /v1/refunds", fault, 1)
        sending = [job for job in jobs() if job.task_name == "payments.tasks.send_refund"]
        run(self.world, pick(number, sending))
        self.world.wait(pause)

    @action("purchases", restores=st.booleans())
    def run_all_jobs(self, restores: bool) -> None:
        if restores:
            self.world.attempt(lambda: tasks.restore_jobs.func(timestamp=0))
        for job in jobs():
            run(self.world, job)

    @action("jobs", number=which)
    def give_job_up(self, number: int) -> None:
        """Let a job fail for good, as after its last try."""
        LOG.faults["job given up"] += 1
        mark(pick(number, jobs()), "failed")

    @action("purchases", often=2, patience=st.sampled_from([0, 11, 121]), is_dry=st.booleans())
    def reconcile(self, patience: int, is_dry: bool) -> None:
        self.world.wait(patience)
        before = digest() if is_dry else ""
        run = Run(rate=AT_ONCE, is_dry=is_dry)

        def go() -> None:
            reconcile(run, everything=is_dry)
            if run.counts[Reconciled.FAILED] or run.counts[Reconciled.EVENT_FAILED]:
                raise DatabaseError(f"{run.counts}, {errors()}")

        self.world.attempt(go)
        if is_dry and digest() != before:
            raise Found("A dry run of the reconciler has changed something.")


def errors() -> list[str]:
    return list(Payment.objects.exclude(check_error="").values_list("check_error", flat=True))


def jobs() -> list[ProcrastinateJob]:
    """Return the waiting jobs."""
    return list(ProcrastinateJob.objects.filter(status="todo").order_by("pk"))


def run(world: World, job: ProcrastinateJob, *, is_marked: bool = True) -> bool:
    """Run a job as the worker does, and return whether it succeeded; if not, it stays for its next try."""
    is_done = world.attempt(lambda: app.tasks[job.task_name].func(**job.args))
    if is_done and is_marked:
        mark(job, "succeeded")
    elif is_done:
        LOG.faults["worker died before it could mark its job"] += 1
    return is_done


def mark(job: ProcrastinateJob, status: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = %s WHERE id = %s", [status, job.pk])
