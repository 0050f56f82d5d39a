"""Make Procrastinate enqueue jobs in Django's current transaction, in the worker as well."""

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

from config.database.timeouts import limit_worker

logger = logging.getLogger(__name__)

MAX_TRIES = 3  # to record how a job ended


class Connector(DjangoConnector):
    """Procrastinate's Django connector, with another connector for the worker."""

    def get_worker_connector(self) -> PsycopgConnector:
        limit_worker()
        start_metrics_server()
        if settings.DATABASE_LISTEN_URL:  # A pooler would swallow the notifications of new jobs.
            return WorkerConnector(conninfo=settings.DATABASE_LISTEN_URL)
        return WorkerConnector(kwargs=connector_params(self.alias))


class WorkerConnector(PsycopgConnector):
    """
    The worker's own connections, for fetching and finishing jobs; jobs enqueue other jobs through Django's.

    Without this, Procrastinate would enqueue them through the worker's connections, outside the job's
    transaction: a worker could run them before it commits, or although it rolls back. An email was sent like
    that for a booking that wasn't confirmed yet.
    """

    def get_sync_connector(self) -> BaseConnector:
        return DjangoConnector()

    async def execute_query_async(self, query: Any, **arguments: Any) -> None:
        """
        Execute a query, and retry on a new connection if the current one is broken.

        Procrastinate uses this to record how a job ended. If that failed, the job would count as running and
        keep its lock for as long as this worker lives. Recording the same end twice changes nothing.
        """
        for tries in range(1, MAX_TRIES + 1):
            try:
                await super().execute_query_async(query, **arguments)
            except ConnectorException as error:
                if tries == MAX_TRIES or not isinstance(error.__cause__, OperationalError):
                    raise
            else:
                return


def start_metrics_server() -> None:
    """Serve the worker's metrics at ``WORKER_METRICS_PORT``, if it is set."""
    if settings.WORKER_METRICS_PORT:
        try:
            start_http_server(settings.WORKER_METRICS_PORT, addr=settings.BIND_HOST)
        except OSError as error:  # Another worker, or another Procrastinate command, uses the port.
            logger.warning("the worker's metrics are not served: %s", error)


def install_connector(app: App) -> None:
    """Let ``app`` use our connector; called by Procrastinate once the app is ready."""
    app.connector = app.job_manager.connector = Connector()
