"""Jobs belong to the transaction that enqueues them, whichever process that runs in."""

import logging
from typing import Any

from django.conf import settings
from procrastinate import App
from procrastinate.connector import BaseConnector
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import ConnectorException
from procrastinate.psycopg_connector import PsycopgConnector
from prometheus_client import start_http_server
from psycopg import OperationalError

logger = logging.getLogger(__name__)

TRIES = 3  # of noting how a job ended


class Connector(DjangoConnector):
    """Procrastinate's way to Django's connections, with another one for the worker."""

    def get_worker_connector(self) -> PsycopgConnector:
        tell_metrics()
        return WorkerConnector(kwargs=connector_params(self.alias))


class WorkerConnector(PsycopgConnector):
    """
    The worker's own connections, for fetching and finishing jobs; what jobs enqueue goes through Django's.

    Procrastinate would enqueue it through its own too: there it is visible before the job's transaction
    commits, and without it. A mail was sent like that for a booking that nobody had confirmed yet.
    """

    def get_sync_connector(self) -> BaseConnector:
        return DjangoConnector()

    async def execute_query_async(self, query: Any, **arguments: Any) -> None:
        """
        Do what procrastinate does, and again on another connection if that one broke.

        It does so to note how a job ended. A job of which that got lost would count as in progress, and keep
        its lock, for as long as this worker lives. What was noted already is not noted twice.
        """
        for tries in range(1, TRIES + 1):
            try:
                await super().execute_query_async(query, **arguments)
            except ConnectorException as error:
                if tries == TRIES or not isinstance(error.__cause__, OperationalError):
                    raise
            else:
                return


def tell_metrics() -> None:
    """Let the worker tell what it counts, at ``WORKER_METRICS_PORT`` if that is set."""
    if settings.WORKER_METRICS_PORT:
        try:
            start_http_server(settings.WORKER_METRICS_PORT)
        except OSError as error:  # A second worker on this machine, or another command of Procrastinate's.
            logger.warning("the worker's metrics are not told: %s", error)


def join_transactions(app: App) -> None:
    """Set ``app`` up so, once it is ready."""
    app.connector = app.job_manager.connector = Connector()
