import io
import os
import subprocess
import sys
from ipaddress import ip_network
from typing import Any

import pytest
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client, RequestFactory

from bookings.models import Event
from config.checks import no_live_key_while_debugging
from config.middleware.proxies import TrustedProxyMiddleware
from tests.support.paths import ROOT
from tests.support.ports import free_port

NEEDED = {
    "SECRET_KEY": "only-for-this-check-" * 3,
    "SITE_URL": "https://tickets.example.com",
    "DATABASE_URL": "postgresql://admit@localhost/admit",
    "STRIPE_SECRET_KEY": "sk_live_x",
    "STRIPE_WEBHOOK_SECRET": "whsec_x",
    "TICKET_SIGNING_KEY": "b25seS1mb3ItZGV2ZWxvcG1lbnQtYW5kLXRoZS1kZW0=",
}

NO_SECOND_KEY = (
    "TICKET_SIGNING_KEY (number 2) must be 32 bytes in URL-safe base64. `make secrets` prints one."
)
NO_KEY = "TICKET_SIGNING_KEY must be 32 bytes in URL-safe base64. `make secrets` prints one."
NO_PROXY = (
    "TRUSTED_PROXIES must be a list of addresses: 'proxy' does not appear to be an IPv4 or IPv6 network."
)


def manage(env: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command with these settings and none of this process's."""
    clean = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "config.settings", **env}
    arguments = [sys.executable, "manage.py", *command]
    return subprocess.run(arguments, cwd=ROOT, env=clean, capture_output=True, text=True)


def show(env: dict[str, str], expression: str) -> tuple[str, str]:
    """Return what a process with these settings, as ``s`` and ``c``, prints of them, and its complaints."""
    clean = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "config.settings", **env}
    imports = "from django.conf import settings as s; from django.db import connection as c"
    command = [sys.executable, "-c", f"{imports}; print({expression})"]
    done = subprocess.run(command, cwd=ROOT, env=clean, capture_output=True, text=True)
    return done.stdout, done.stderr


@pytest.mark.parametrize("missing", NEEDED)
def test_a_missing_secret_stops_the_process_and_names_itself(missing: str) -> None:
    done = manage({**NEEDED, missing: ""}, "check")

    assert done.returncode == 1
    assert f"{missing} is not set." in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        (
            "SITE_URL",
            "tickets.example.com",
            "SITE_URL must be a URL such as https://tickets.example.com.",
        ),
        ("SITE_URL", "https://", "SITE_URL must be a URL such as https://tickets.example.com."),
        ("SITE_URL", "ftp://x.example", "SITE_URL must be a URL such as https://tickets.example.com."),
        ("STAFF_SECOND_FACTOR", "yes", "STAFF_SECOND_FACTOR must be required or optional."),
        ("STAFF_SESSION_HOURS", "0", "STAFF_SESSION_HOURS must be a number from 1 to 168."),
        ("STAFF_SESSION_IDLE_MINUTES", "x", "STAFF_SESSION_IDLE_MINUTES must be a number from 5 to 1440."),
        ("STRIPE_WEBHOOK_SECRET", " , ", "STRIPE_WEBHOOK_SECRET has an empty entry between its commas."),
        ("DEFAULT_FROM_EMAIL", "Admit", "DEFAULT_FROM_EMAIL must be an address such as tickets@example.com."),
        ("TICKET_SIGNING_KEY", "c2hvcnQ=", NO_KEY),
        ("TICKET_SIGNING_KEY", "b25seS1mb3It!ZGV2ZWxvcG1lbnQtYW5kLXRoZS1kZW0=", NO_KEY),
        ("TICKET_SIGNING_KEY", f"{NEEDED['TICKET_SIGNING_KEY']}, c2hvcnQ=", NO_SECOND_KEY),
        ("TICKET_SIGNING_KEY", " , ", "TICKET_SIGNING_KEY has an empty entry between its commas."),
        ("TRUSTED_PROXIES", "10.0.0.1, proxy", NO_PROXY),
        (
            "PAYMENT_SYNC_REFRESH_INTERVAL",
            "30s",
            "PAYMENT_SYNC_REFRESH_INTERVAL must be a number of milliseconds, at least 1000.",
        ),
    ],
)
def test_a_setting_that_cannot_work_stops_the_process(name: str, value: str, sentence: str) -> None:
    done = manage({**NEEDED, name: value}, "check")

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"django.core.exceptions.ImproperlyConfigured: {sentence}"


def test_the_age_of_connections_is_left_to_the_pool() -> None:
    aged = {"DATABASE_URL": NEEDED["DATABASE_URL"] + "?conn_max_age=600"}

    assert show({**NEEDED, **aged}, "s.DATABASES['default']['CONN_MAX_AGE']") == ("0\n", "")


@pytest.mark.parametrize(("direct", "used"), [("", "False"), ("postgresql://admit@db/admit", "True")])
def test_behind_a_pooler_no_cursor_outlives_its_transaction(direct: str, used: str) -> None:
    pooled = {"DATABASE_LISTEN_URL": direct}

    assert show({**NEEDED, **pooled}, "c.settings_dict['DISABLE_SERVER_SIDE_CURSORS']") == (f"{used}\n", "")


def test_no_plans_are_kept_where_a_pooler_is_in_between() -> None:
    pooled = {"DATABASE_LISTEN_URL": NEEDED["DATABASE_URL"]}

    printed, errors = show({**NEEDED, **pooled}, "s.DATABASES['default']['OPTIONS']")

    assert "'prepare_threshold': None" in printed, errors


def test_the_sender_is_written_as_mail_servers_take_it_and_mail_leaves() -> None:
    sender = {"DEFAULT_FROM_EMAIL": "The House <tickets@faß.de>"}

    printed = show({**NEEDED, **sender}, "s.DEFAULT_FROM_EMAIL, s.RESERVED_DOMAINS_ALLOWED")

    assert printed == ("The House <tickets@xn--fa-hia.de> False\n", "")


def test_production_settings_pass_djangos_own_checks() -> None:
    done = manage(
        {**NEEDED, "DEBUG": "0", "TIME_ZONE": "UTC", "RETENTION_MONTHS": "0"},
        *("check", "--deploy", "--fail-level", "WARNING"),
    )

    assert (done.returncode, done.stdout) == (0, "System check identified no issues (2 silenced).\n")


def test_a_signing_key_needs_no_padding() -> None:
    key = NEEDED["TICKET_SIGNING_KEY"]

    printed = show({**NEEDED, "TICKET_SIGNING_KEY": key.rstrip("=")}, "*s.TICKET_SIGNING_KEYS")

    assert printed == (f"{key}\n", "")


def test_what_is_empty_in_a_copied_example_means_its_default() -> None:
    lines = [line.split("=", 1) for line in (ROOT / ".env.example").read_text().splitlines()]
    empty = {line[0]: "" for line in lines if len(line) == 2 and not line[0].startswith("#")}

    printed = show({**empty, **NEEDED}, "s.ALLOWED_HOSTS, s.TIME_ZONE, s.EMAIL_PORT")

    assert printed == ("['tickets.example.com'] UTC 25\n", "")


def test_a_live_key_while_debugging_is_refused(settings: Any) -> None:
    settings.DEBUG, settings.STRIPE_SECRET_KEY = True, "sk_live_x"
    (error,) = no_live_key_while_debugging()
    settings.DEBUG = False

    assert error.id == "admit.E001"
    assert no_live_key_while_debugging() == []


def test_a_web_server_refuses_a_live_key_while_debugging() -> None:
    clean = {"PATH": os.environ["PATH"], **NEEDED, "DEBUG": "1"}
    command = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--port", str(free_port())]

    done = subprocess.run(command, cwd=ROOT, env=clean, capture_output=True, text=True, timeout=30)

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "django.core.exceptions.ImproperlyConfigured: STRIPE_SECRET_KEY is a live key, but DEBUG is on. "
        "Use a key that starts with sk_test_, or set DEBUG=0."
    )


@pytest.mark.parametrize(
    ("peer", "forwarded", "customer"),
    [
        ("127.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", "6.6.6.6, 203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", "203.0.113.7, 127.0.0.1", "203.0.113.7"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("198.51.100.9", "203.0.113.7", "198.51.100.9"),
        ("172.17.0.2", "203.0.113.7, 172.31.255.255", "203.0.113.7"),
        ("172.32.0.1", "203.0.113.7", "172.32.0.1"),
        ("::ffff:127.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("::1", "2001:db8::7", "2001:db8::7"),
        ("127.0.0.1", "203.0.113.7:4711", "203.0.113.7"),
        ("127.0.0.1", "6.6.6.6, [2001:db8::7]:4711, [::1]:80", "2001:db8::7"),
        ("127.0.0.1", "203.0.113.7, unknown", ""),
        ("127.0.0.1", "203.0.113.7, unknown, 172.17.0.2", ""),
        ("127.0.0.1", "unknown", ""),
        ("127.0.0.1", "127.0.0.1, ,", ""),
        ("", "203.0.113.7", ""),
    ],
)
def test_forwarded_addresses_count_from_trusted_proxies(
    peer: str, forwarded: str, customer: str, settings: Any
) -> None:
    settings.TRUSTED_PROXIES = [ip_network(part) for part in ("127.0.0.1", "::1", "172.16.0.0/12")]
    request = RequestFactory().get("/", REMOTE_ADDR=peer, headers={"X-Forwarded-For": forwarded})

    TrustedProxyMiddleware(lambda request: HttpResponse())(request)

    assert request.META["REMOTE_ADDR"] == customer
    assert "HTTP_X_FORWARDED_FOR" not in request.META


def test_a_proxy_that_does_not_say_whose_a_request_is_leaves_its_client_unknown() -> None:
    for sign in ("X-Forwarded-Proto", "Forwarded", "Via", "X-Real-IP"):
        request = RequestFactory().get("/", headers={sign: "https"})

        TrustedProxyMiddleware(lambda request: HttpResponse())(request)

        assert request.META["REMOTE_ADDR"] == ""


@pytest.mark.parametrize(("peer", "secure"), [("127.0.0.1", True), ("198.51.100.9", False)])
def test_a_forwarded_scheme_counts_from_trusted_proxies_only(peer: str, secure: bool) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR=peer, headers={"X-Forwarded-Proto": "https"})

    TrustedProxyMiddleware(lambda request: HttpResponse())(request)

    assert request.is_secure() == secure


def test_the_health_addresses_answer(db: None, client: Client) -> None:
    assert client.get("/healthz").content == b"ok"
    assert client.get("/readyz").json() == {
        "ready": True,
        "database": "ok",
        "unapplied_migrations": 0,
        "warnings": [{"code": "no_worker", "count": 0, "age": None}],
    }
    assert b"admit_webhook_events_total" in client.get("/metrics").content


def test_a_failure_under_api_is_json_and_elsewhere_a_page(
    client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.raise_request_exception = False

    # Without the `db` fixture the database is out of bounds, as if it were away.
    api, page = client.get("/api/payment-status?session_id=cs_1"), client.get("/")

    assert (api.status_code, api.json()["error"]["code"]) == (500, "server_error")
    assert (page.status_code, page.headers["Content-Type"]) == (500, "text/html; charset=utf-8")
    assert "<h1>Something went wrong on our side</h1>" in page.content.decode()


def test_seeding_twice_makes_one_event(db: None) -> None:
    for _ in range(2):
        call_command("seed_demo", "--plain", stdout=io.StringIO())

    event = Event.objects.get(slug="demo-night")
    assert event.currency == "eur"
    assert event.seats.count() >= 60
    assert event.seats.filter(label="A-1").exists()
    prices = set(event.seats.values_list("row", "price"))
    assert len(prices) == len({row for row, _price in prices})


COOKIES = ("__Host-sessionid", "__Host-csrftoken", "__Host-language", "__Host-checkout")


def test_over_https_no_other_host_can_set_the_cookies_and_staff_need_a_second_factor() -> None:
    names = "s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.LANGUAGE_COOKIE_NAME, cookie_name()"
    imports = "from django.conf import settings as s; from payments.web.cookies import cookie_name"
    code = f"{imports}; print({names}, s.STAFF_SECOND_FACTOR)"

    done = manage(NEEDED, "shell", "--no-imports", "-c", code)

    assert (done.stderr, done.stdout) == ("", f"{' '.join(COOKIES)} required\n")
