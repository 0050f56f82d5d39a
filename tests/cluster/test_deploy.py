"""The files of ``deploy/``: they are valid, and agree with the code and with each other."""

import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from config import settings as production
from config.dev.process_group import Processes, answers
from config.server.request_body import largest_body
from tests.cluster import configuration
from tests.cluster.configuration import DEPLOY, Ports, find_program
from tests.cluster.stack import nginx
from tests.support.paths import ROOT
from tests.support.patience import PATIENCE
from tests.support.ports import free_port
from waiting.layer import MAX_WAIT

UNITS = ("admit-web@.service", "admit-worker@.service")
SECONDS = {"s": 1, "m": 60}
needs_nginx = pytest.mark.skipif(not find_program("nginx"), reason="nginx isn't installed: make servers")
needs_systemd = pytest.mark.skipif(not find_program("systemd-analyze"), reason="systemd isn't installed")


def text(name: str) -> str:
    return (DEPLOY / name).read_text()


def directive(file: str, name: str) -> str:
    """Return the value of a directive that occurs once, such as ``proxy_read_timeout``."""
    (value,) = re.findall(rf"^ *{name} ([^;]+);", text(file), re.MULTILINE)
    return str(value)


def seconds(file: str, name: str) -> int:
    value = directive(file, name)
    return int(value[:-1]) * SECONDS[value[-1]]


def setting(file: str, name: str) -> str:
    """Return the value of ``name = value`` in the settings of PostgreSQL or PgBouncer."""
    (value,) = re.findall(rf"^{name} = ([^#;\n]+)", text(file), re.MULTILINE)
    return str(value).strip()


def command_of(unit: str) -> list[str]:
    (line,) = re.findall(r"^ExecStart=(.+)$", text(f"systemd/{unit}"), re.MULTILINE)
    return shlex.split(line)


# The units


def test_the_units_run_the_commands_of_the_procfile() -> None:
    lines = [line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines()]
    procfile = {name: shlex.split(command) for name, command in lines}
    web, worker = (command_of(unit) for unit in UNITS)
    port, host = web.index("--port") + 1, web.index("--host") + 1

    assert (web[port], web[host]) == ("%i", "127.0.0.1")
    web[port], web[host] = "${PORT:-8000}", "${BIND_HOST:-127.0.0.1}"
    assert [Path(web[0]).name, *web[1:]] == procfile["web"]
    assert [Path(worker[0]).name, *worker[1:]] == procfile["worker"]


@needs_systemd
@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_is_valid_and_hardened(unit: str, tmp_path: Path) -> None:
    changes = {"/opt/admit": str(ROOT), "User=admit": "User=daemon", "Group=admit": "Group=daemon"}
    instance = tmp_path / unit.replace("@", "@1")
    instance.write_text(configuration.adapt(f"systemd/{unit}", changes))

    verified = subprocess.run(["systemd-analyze", "verify", instance], capture_output=True, text=True)
    hardened = ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(instance)]

    assert (verified.returncode, verified.stderr) == (0, "")
    assert subprocess.run(hardened, capture_output=True).returncode == 0
    assert "\nRestart=always\n" in instance.read_text()
    assert "\nProcSubset=" not in instance.read_text()  # Metrics of the process need /proc/stat.


@needs_systemd
def test_the_dump_of_the_database_is_hardened_as_well() -> None:
    unit = str(ROOT / "deploy/backup/admit-dump.service")
    hardened = ["systemd-analyze", "security", "--offline=true", "--threshold=20", unit]

    assert subprocess.run(hardened, capture_output=True).returncode == 0


# nginx


def test_nginx_waits_longer_than_a_request_is_held() -> None:
    slowest_stripe = (production.STRIPE_RETRIES + 1) * sum(production.STRIPE_TIMEOUT)
    slowest_stripe += production.STRIPE_LINE_SECONDS
    read_timeout = seconds("nginx/admit-proxy.conf", "proxy_read_timeout")

    assert read_timeout > max(MAX_WAIT, slowest_stripe)
    assert seconds("nginx/admit-proxy.conf", "proxy_next_upstream_timeout") > MAX_WAIT
    assert seconds("nginx/nginx.conf", "worker_shutdown_timeout") >= read_timeout


def test_nginx_closes_idle_connections_before_the_web_processes_do() -> None:
    web = command_of("admit-web@.service")
    kept = int(web[web.index("--timeout-keep-alive") + 1])

    assert seconds("nginx/admit-upstream.conf", "keepalive_timeout") < kept


def test_nginx_repeats_nothing_that_may_have_been_done() -> None:
    assert directive("nginx/admit-proxy.conf", "proxy_next_upstream") == "error timeout"
    every = [
        block for block in text("nginx/admit.conf").split("location ")[1:] if "/nginx/" not in block[:20]
    ]
    passed = [block for block in every if "return 403" not in block]
    assert passed
    assert all("include /etc/nginx/admit-proxy.conf;" in block for block in passed)
    assert "proxy_next_upstream" not in text("nginx/admit.conf")


def test_nginx_logs_no_address_of_a_request() -> None:
    (log_format,) = re.findall(r"log_format admit ((?:'[^']*'\s*)+);", text("nginx/nginx.conf"))
    logged = set(re.findall(r"\$(\w+)", log_format))

    assert not logged & {
        "request",
        "request_uri",
        "uri",
        "args",
        "query_string",
        "http_referer",
        "document_uri",
    }
    assert directive("nginx/nginx.conf", "error_log").endswith(" crit")


@pytest.mark.parametrize(
    ("location", "path"),
    [
        *(("/", "/events/x/checkout/"), ("/api/", "/api/checkout"), ("/api/webhook/", "")),
        *(("/admin/", ""), (r"^/admin/(bookings/event|branding/shop)/", "/admin/bookings/event/1/change/")),
    ],
)
def test_nginx_takes_bodies_as_large_as_the_shop_does(location: str, path: str) -> None:
    blocks = dict(re.findall(r"location (?:~ )?(\S+) \{(.*?)\n    \}", text("nginx/admit.conf"), re.DOTALL))
    said = re.search(r"client_max_body_size (\d+)k;", blocks[location])

    assert said
    assert int(said[1]) * 1024 == largest_body(path or location)


@needs_nginx
def test_nginx_takes_its_configuration(tmp_path: Path) -> None:
    key, certificate = tmp_path / "privkey.pem", tmp_path / "fullchain.pem"
    files = ["-keyout", str(key), "-out", str(certificate), "-subj", "/CN=tickets.example.com"]
    subprocess.run(
        ["openssl", "req", "-x509", "-nodes", "-newkey", "rsa:2048", *files], check=True, capture_output=True
    )
    (tmp_path / "nginx").mkdir()
    conf = configuration.write_nginx(tmp_path / "nginx", Ports([free_port()]), certificates=tmp_path)

    tested = [find_program("nginx") or "", "-e", "stderr", "-t", "-c", str(conf)]
    done = subprocess.run(tested, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert "emerg" not in done.stderr


@pytest.fixture(scope="module")
def lonely_nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """nginx, with no web process behind it."""
    folder = Path("/tmp") / tmp_path_factory.mktemp("nginx").name
    ports = Ports([free_port(), free_port()])
    shutil.rmtree(folder, ignore_errors=True)
    try:
        with Processes({}) as processes:
            processes.start("nginx", *nginx(folder, ports))
            processes.wait_until(lambda: answers(ports.site), seconds=PATIENCE)
            yield f"http://127.0.0.1:{ports.site}"
    finally:
        shutil.rmtree(folder)


@needs_nginx
def test_while_no_web_process_answers_customers_are_told_to_come_back(lonely_nginx: str) -> None:
    page, status, webhook = (
        httpx.get(f"{lonely_nginx}/events/demo-night/"),
        httpx.get(f"{lonely_nginx}/api/payment-status?session_id=cs_1"),
        httpx.post(f"{lonely_nginx}/api/webhook/stripe", content=b"{}"),
    )

    assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
    assert "<h1>Back in a moment</h1>" in page.text
    for answer in (status, webhook):
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
        assert (answer.headers["Retry-After"], answer.headers["Cache-Control"]) == ("5", "no-store")


@needs_nginx
def test_what_is_too_large_is_refused_in_json_before_it_is_read(lonely_nginx: str) -> None:
    large = httpx.post(f"{lonely_nginx}/api/checkout", content=b" " * 70_000)
    event = httpx.post(f"{lonely_nginx}/api/webhook/stripe", content=b" " * 70_000)

    assert (large.status_code, large.json()["error"]["code"]) == (413, "too_large")
    assert event.status_code == 503  # It was let through to nobody.


@needs_nginx
def test_a_crowd_behind_one_address_meets_no_limit_and_a_machine_does(lonely_nginx: str) -> None:
    def ask(address: str, requests: list[tuple[str, str]]) -> list[int]:
        transport = httpx.HTTPTransport(local_address=address)
        with httpx.Client(base_url=lonely_nginx, transport=transport) as client:
            return [client.request(method, path).status_code for method, path in requests]

    # Twenty people behind one address load a page with all that belongs to it, and buy.
    person = [("GET", "/events/demo-night/")] * 20 + [("POST", "/api/checkout")] * 2
    with ThreadPoolExecutor(20) as pool:
        crowd = [
            status for statuses in pool.map(ask, ["127.7.0.1"] * 20, [person] * 20) for status in statuses
        ]
    began = time.monotonic()
    machine = ask("127.7.0.2", [("POST", "/api/checkout")] * 400)
    allowed = 100 + 10 * (time.monotonic() - began)  # the burst, and what the rate gives back meanwhile

    assert set(crowd) == {503}  # Nobody was behind nginx to answer, but it refused none.
    assert machine.count(429) >= 400 - allowed - 1
    assert set(machine) == {503, 429}


# PgBouncer and PostgreSQL


def test_postgresql_has_room_for_all_connections_of_pgbouncer() -> None:
    pooled = sum(
        int(setting("pgbouncer/pgbouncer.ini", name)) for name in ("default_pool_size", "reserve_pool_size")
    )
    direct = 10 * (1 + 5)  # ten web processes and ten workers
    most = int(setting("postgresql/primary.conf", "max_connections"))

    assert pooled + direct < most
    assert int(setting("postgresql/standby.conf", "max_connections")) >= most


def test_pgbouncer_gives_up_before_nginx_does() -> None:
    waits = int(setting("pgbouncer/pgbouncer.ini", "query_wait_timeout"))

    assert setting("pgbouncer/pgbouncer.ini", "pool_mode") == "transaction"
    assert waits < seconds("nginx/admit-proxy.conf", "proxy_read_timeout")


def test_a_promoted_standby_waits_for_no_standby() -> None:
    assert setting("postgresql/primary.conf", "synchronous_standby_names") == "'FIRST 1 (admit_standby)'"
    assert re.search(r"^synchronous_standby_names", text("postgresql/standby.conf"), re.MULTILINE) is None
    assert "application_name=admit_standby" in setting("postgresql/standby.conf", "primary_conninfo")
