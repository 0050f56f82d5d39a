"""Run the shop as on several machines: nginx, web processes, workers, PgBouncer, a primary and a standby."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from config.dev.process_group import WORKER, Processes, web
from tests.browser.support.stack import environment
from tests.cluster import configuration, program
from tests.cluster.browser import Browser, Seen
from tests.cluster.configuration import DEPLOY, Passwords, Ports
from tests.cluster.postgres import Pair
from tests.crash.postgres import NAME
from tests.crash.stack import Stack, sandbox
from tests.crash.supervisor import Supervisor
from tests.support.patience import wait_for
from tests.support.ports import free_port

USER = "nobody"  # runs nginx and PgBouncer
# systemctl restart, but of a process that the supervisor starts again.
RESTART = """#!/bin/sh
pid=$(cat "{folder}/web-$1.pid")
kill -TERM "$pid"
while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
exec curl --silent --output /dev/null --retry 60 --retry-delay 1 --retry-connrefused "http://127.0.0.1:$1/healthz"
"""


@dataclass(frozen=True, kw_only=True)
class Cluster(Stack):
    """A running cluster; ``seen`` is what its customers were told."""

    postgres: Pair
    folder: Path
    ports: Ports
    seen: Seen = field(default_factory=Seen)

    def shop_client(self, number: int) -> Browser:
        # Each customer has an address of their own in 127.0.0.0/8, as nginx limits each.
        return Browser(self.site, f"127.1.{number >> 8}.{number & 255}", self.seen)

    def is_up(self) -> bool:
        """Return whether every web process is ready, and not only one."""
        try:
            ready = [httpx.get(f"http://127.0.0.1:{port}/readyz").is_success for port in self.ports.webs]
        except httpx.TransportError:
            return False
        return all(ready) and super().is_up()

    def restart_webs(self) -> None:
        """Restart one web process after the other, by the script for it."""
        for number, port in enumerate(self.ports.webs, start=1):
            (self.folder / f"web-{port}.pid").write_text(str(self.supervisor.pid(f"web-{number}")))
        nginx = self.folder / "nginx"
        env = {
            "UPSTREAM": str(nginx / "admit-upstream.conf"),
            "RELOAD": f"kill -HUP {(nginx / 'nginx.pid').read_text().strip()}",
            "RESTART": f"sh {self.folder}/restart.sh ",
        }
        script = [str(DEPLOY / "rolling-restart.sh"), *map(str, self.ports.webs)]
        done = subprocess.run(script, env={**os.environ, **env}, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def point_pgbouncer(self, port: int) -> None:
        """Tell PgBouncer where the primary is."""
        configuration.point_pgbouncer(self.folder / "pgbouncer", port)
        self.supervisor.signal("pgbouncer", signal.SIGHUP)


@contextmanager
def running_cluster(
    folder: Path,
    *,
    webs: int = 3,
    workers: int = 2,
    prepare: Callable[[dict[str, str]], object],
    stripe: Callable[[int, str, Path], list[str]] = sandbox,
    settings: Mapping[str, str] | None = None,
) -> Iterator[Cluster]:
    """
    Run everything, with all files in ``folder``, until the block ends.

    ``prepare`` creates the tables and an event in the database of the environment that it is given,
    ``stripe`` returns the command of the sandbox, and ``settings`` replace those of the tests.
    """
    folder.chmod(0o755)  # Servers run as other users.
    ports, passwords = Ports([free_port() for _ in range(webs)]), Passwords()
    mails, data = folder / "mails", folder / "postgres"
    for path in (mails, data):
        path.mkdir()
    with Processes({}, logs=folder) as servers:
        postgres = Pair(data, servers, ports, passwords)
        postgres.start()
        env = {**_environment(ports, passwords, postgres, mails), **(settings or {})}
        prepare({**env, "DATABASE_URL": postgres.direct_url})
        sandbox_command = stripe(ports.stripe, f"http://127.0.0.1:{ports.site}", folder)
        commands = {"sandbox": sandbox_command, **_commands(folder, ports, passwords, workers)}
        with Processes(env, logs=folder) as processes, Supervisor(processes, commands) as supervisor:
            (folder / "restart.sh").write_text(RESTART.format(folder=folder))
            cluster = Cluster(
                site=f"http://127.0.0.1:{ports.site}",
                stripe=f"http://127.0.0.1:{ports.stripe}",
                mails=mails,
                postgres=postgres,
                supervisor=supervisor,
                env={**os.environ, **env},
                workers=tuple(name for name in commands if name.startswith("worker")),
                folder=folder,
                ports=ports,
            )
            wait_for(cluster.is_up, "the cluster is up")
            yield cluster


def _environment(ports: Ports, passwords: Passwords, postgres: Pair, mails: Path) -> dict[str, str]:
    site, stripe = f"http://127.0.0.1:{ports.site}", f"http://127.0.0.1:{ports.stripe}"
    pooled = f"postgresql://admit:{passwords.admit}@127.0.0.1:{ports.pgbouncer}/{NAME}"
    return {**environment(site, stripe, pooled, mails), "DATABASE_LISTEN_URL": postgres.listen_url}


def _commands(folder: Path, ports: Ports, passwords: Passwords, workers: int) -> dict[str, list[str]]:
    return {
        "pgbouncer": pgbouncer(folder / "pgbouncer", ports, passwords),
        "nginx": nginx(folder / "nginx", ports),
        **{f"web-{number}": [*web(port)] for number, port in enumerate(ports.webs, start=1)},
        **{f"worker-{number}": [*WORKER] for number in range(1, workers + 1)},
    }


def nginx(folder: Path, ports: Ports) -> list[str]:
    """Return the command of nginx, with its files in a new ``folder``."""
    _make(folder)
    conf = configuration.write_nginx(folder, ports)
    foreground = ("-e", "stderr", "-g", "daemon off;")
    return program.command(USER, configuration.find_program("nginx") or "nginx", *foreground, "-c", conf)


def pgbouncer(folder: Path, ports: Ports, passwords: Passwords) -> list[str]:
    """Return the command of PgBouncer, with its files in a new ``folder``."""
    _make(folder)
    conf = configuration.write_pgbouncer(folder, ports, passwords)
    return program.command(USER, configuration.find_program("pgbouncer") or "pgbouncer", conf)


def _make(folder: Path) -> None:
    folder.mkdir()
    if os.geteuid() == 0:
        shutil.chown(folder, USER)
