"""The files of ``deploy/`` for one machine: with other paths, ports and passwords, and without TLS."""

import os
import re
import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.paths import ROOT
from tests.support.ports import free_port

DEPLOY = ROOT / "deploy"
PROGRAMS = {"nginx": "nginx", "pgbouncer": "pgbouncer", "curl": "curl"}  # and their packages in Debian
# Folders that Debian's nginx has of its own.
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")

HTTP = "listen 80 default_server;\n    listen [::]:80 default_server;"
STRANGERS = "listen 443 ssl default_server;\n    listen [::]:443 ssl default_server;"
HTTPS = "listen 443 ssl http2;\n    listen [::]:443 ssl http2;"
CERTIFICATE = "    ssl_certificate /etc/ssl/admit/fullchain.pem;\n"
CERTIFICATE_KEY = "    ssl_certificate_key /etc/ssl/admit/privkey.pem;\n"


@dataclass(frozen=True)
class Ports:
    """A free port for each server."""

    webs: Sequence[int]
    site: int = field(default_factory=free_port)
    stripe: int = field(default_factory=free_port)
    pgbouncer: int = field(default_factory=free_port)
    primary: int = field(default_factory=free_port)
    standby: int = field(default_factory=free_port)


@dataclass(frozen=True)
class Passwords:
    """Of PostgreSQL's two roles."""

    admit: str = field(default_factory=secrets.token_hex)
    replication: str = field(default_factory=secrets.token_hex)


def missing_packages() -> list[str]:
    """Return the names of Debian's packages without which the servers can't be started."""
    return [package for name, package in PROGRAMS.items() if find_program(name) is None]


def find_program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")


def adapt(file: str, changes: Mapping[str, str]) -> str:
    """
    Return a file of ``deploy/`` with each key of ``changes`` replaced by its value.

    Raise ``LookupError`` for a key that isn't in it: the file has changed, and another would be tested.
    """
    text = (DEPLOY / file).read_text()
    for old, new in changes.items():
        if old not in text:
            raise LookupError(f"{old!r} isn't in deploy/{file}.")
        text = text.replace(old, new)
    return text


def write_nginx(folder: Path, ports: Ports, *, certificates: Path | None = None) -> Path:
    """
    Write nginx's files into ``folder``, and return the one to start it with.

    The site speaks HTTPS with the files of ``certificates``, or else HTTP.
    """
    nowhere, strangers = (f"listen 127.0.0.1:{free_port()}" for _ in range(2))
    changes = {HTTP: f"{nowhere};", STRANGERS: f"{strangers} ssl;", "tickets.example.com": "127.0.0.1"}
    if certificates:
        changes |= {HTTPS: f"listen 127.0.0.1:{ports.site} ssl http2;", "/etc/ssl/admit": str(certificates)}
    else:
        changes |= {HTTPS: f"listen 127.0.0.1:{ports.site};", CERTIFICATE: "", CERTIFICATE_KEY: ""}
    write_nginx_main(folder)
    (folder / "admit.conf").write_text(adapt("nginx/admit.conf", {"/etc/nginx": str(folder), **changes}))
    servers = {former_servers(): "".join(f"    server 127.0.0.1:{port} {HOW}\n" for port in ports.webs)}
    (folder / "admit-upstream.conf").write_text(adapt("nginx/admit-upstream.conf", servers))
    return folder / "nginx.conf"


def write_nginx_main(folder: Path) -> None:
    """Write the files that name no address: the main one, how requests are passed on, and a page."""
    temporary = "".join(f"\n    {name}_temp_path {folder}/{name};" for name in TEMPORARY)
    paths = {
        "/etc/nginx": str(folder),
        "/run/nginx.pid": f"{folder}/nginx.pid",
        "/var/log/nginx": str(folder),
        "http {": f"http {{{temporary}",
    }
    (folder / "nginx.conf").write_text(adapt("nginx/nginx.conf", paths))
    for name in ("admit-proxy.conf", "away.html"):
        shutil.copyfile(DEPLOY / "nginx" / name, folder / name)


HOW = "max_fails=3 fail_timeout=2s;"


def former_servers() -> str:
    """Return the lines of ``admit-upstream.conf`` that name the web processes."""
    text = (DEPLOY / "nginx" / "admit-upstream.conf").read_text()
    return "".join(re.findall(rf"    server 127\.0\.0\.1:\d+ {HOW}\n", text))


def write_pgbouncer(folder: Path, ports: Ports, passwords: Passwords) -> Path:
    """Write PgBouncer's files into ``folder``, and return the one to start it with."""
    changes = {"/etc/pgbouncer": str(folder), "listen_port = 6432": f"listen_port = {ports.pgbouncer}"}
    (folder / "pgbouncer.ini").write_text(adapt("pgbouncer/pgbouncer.ini", changes))
    (folder / "userlist.txt").write_text(f'"admit" "{passwords.admit}"\n')
    point_pgbouncer(folder, ports.primary)
    return folder / "pgbouncer.ini"


def point_pgbouncer(folder: Path, port: int) -> None:
    """Name the PostgreSQL at ``port`` as the one to use; PgBouncer takes it over when it reloads."""
    changes = {"host=10.0.0.11 port=5432": f"host=127.0.0.1 port={port}"}
    (folder / "databases.ini").write_text(adapt("pgbouncer/databases.ini", changes))


def primary_conf(port: int) -> str:
    return adapt("postgresql/primary.conf", {"port = 5432": f"port = {port}", **LOOPBACK})


def standby_conf(port: int, *, primary: int, passfile: Path) -> str:
    """Return the settings of a server at ``port`` that follows the one at ``primary``."""
    changes = {
        "\nport = 5432": f"\nport = {port}",
        "host=10.0.0.11 port=5432": f"host=127.0.0.1 port={primary}",
        "/etc/postgresql/admit.pgpass": str(passfile),
    }
    return adapt("postgresql/standby.conf", {**changes, **LOOPBACK})


LOOPBACK = {"listen_addresses = '*'": "listen_addresses = '127.0.0.1'"}


def pg_hba() -> str:
    # The tests aren't the system's user "postgres".
    return adapt("postgresql/pg_hba.conf", {"10.0.0.0/24": "127.0.0.1/32", "peer": "trust"})
