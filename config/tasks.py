"""Background jobs that look after other jobs."""

import logging

from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

logger = logging.getLogger(__name__)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="retry_stalled", pass_context=True)
async def retry_stalled(context: JobContext, timestamp: int) -> None:
    """Retry the jobs of workers that were killed: their heartbeat has stopped."""
    jobs = context.app.job_manager
    for job in await jobs.get_stalled_jobs():
        try:
            await _retry(jobs, job)
        except ConnectorException:  # Another worker may have retried it; the others still have to be.
            logger.exception("job %s (%s) can't be retried", job.id, job.task_name)


async def _retry(jobs: JobManager, job: Job) -> None:
    """
    Let a worker do ``job`` again; if a later job for the same work waits already, end this one instead.

    The later one can't begin before that, as this one has its lock, and two with the same queueing lock can't
    wait.
    """
    try:
        await jobs.retry_job(job)
    except UniqueViolation:
        logger.warning("job %s (%s) died; a later one takes over", job.id, job.task_name)
        await jobs.finish_job(job, Status.FAILED, delete_job=True)
