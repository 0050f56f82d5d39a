"""Jobs belong to the transaction that enqueues them, whichever process that runs in."""

from procrastinate import App
from procrastinate.connector import BaseConnector
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.utils import connector_params
from procrastinate.psycopg_connector import PsycopgConnector


class Connector(DjangoConnector):
    """Procrastinate's way to Django's connections, with another one for the worker."""

    def get_worker_connector(self) -> PsycopgConnector:
        return WorkerConnector(kwargs=connector_params(self.alias))


class WorkerConnector(PsycopgConnector):
    """
    The worker's own connections, for fetching and finishing jobs; what jobs enqueue goes through Django's.

    Procrastinate would enqueue it through its own too: there it is visible before the job's transaction
    commits, and without it. A mail was sent like that for a booking that nobody had confirmed yet.
    """

    def get_sync_connector(self) -> BaseConnector:
        return DjangoConnector()


def join_transactions(app: App) -> None:
    """Set ``app`` up so, once it is ready."""
    app.connector = app.job_manager.connector = Connector()
