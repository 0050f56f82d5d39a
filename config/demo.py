"""
``make demo``: everything on one machine, with Stripe's stand-in.

Starts the embedded PostgreSQL, the sandbox, the web process and the worker; prints where they are; stops
all of them on Ctrl-C. Bookings are kept from one run to the next.
"""

import argparse
import os
import secrets
import subprocess
import sys
from pathlib import Path

from config import embedded
from config.processes import WORKER, ProcessEnded, Processes, answers, is_free, web

HOME = embedded.DATA.parent

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
    options = parser.parse_args()
    for name, port in (("PORT", options.port), ("SANDBOX_PORT", options.sandbox_port)):
        if not is_free(port):
            sys.exit(f"Port {port} is taken. Stop what runs there, or choose another: make demo {name}=8123")
    try:
        run(options.port, options.sandbox_port)
    except (ProcessEnded, TimeoutError) as error:
        sys.exit(f"The demo has stopped. {error}")


def run(port: int, sandbox_port: int) -> None:
    """Run the demo on these ports until a signal comes."""
    for folder in ("logs", "mails"):
        (HOME / folder).mkdir(parents=True, exist_ok=True)
    site, stripe = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{sandbox_port}"
    env = environment(site, stripe)
    with Processes(env, logs=HOME / "logs") as processes:
        manage(env, "migrate", "--verbosity=0")
        manage(env, "seed_demo")
        password = ensure_staff(env)
        processes.start("sandbox", *sandbox(sandbox_port, site, env["STRIPE_WEBHOOK_SECRET"]))
        processes.start("web", *web(port))
        processes.start("worker", *WORKER)
        processes.wait_until(lambda: answers(port) and answers(sandbox_port), seconds=30)
        places = {"mails": HOME / "mails", "logs": HOME / "logs"}
        sys.stdout.write(BANNER.format(site=site, stripe=stripe, password=password, **places))
        sys.stdout.flush()
        processes.run_until_signal()
        sys.stdout.write("\nStopping.\n")


def environment(site: str, stripe: str) -> dict[str, str]:
    """Return the demo's settings; whatever the shell or a ``.env`` says doesn't reach them."""
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DEBUG": "1",
        "DATABASE_URL": embedded.database_url(),
        "DATABASE_LISTEN_URL": "",
        "SITE_URL": site,
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "SECRET_KEY": kept_secret("secret-key"),
        "STRIPE_SECRET_KEY": "sk_test_demo",
        "STRIPE_WEBHOOK_SECRET": "whsec_" + kept_secret("webhook-secret"),
        "STRIPE_API_BASE": stripe,
        "TICKET_SIGNING_KEY": kept_secret("ticket-signing-key"),
        "EMAIL_URL": f"filemail:///{HOME / 'mails'}",
    }


def kept_secret(name: str) -> str:
    """Return a random secret of this demo, made at its first run: 32 bytes in URL-safe base64."""
    file = HOME / name
    if not file.exists():
        file.write_text(secrets.token_urlsafe(32) + "=")
        file.chmod(0o600)
    return file.read_text()


def sandbox(port: int, site: str, secret: str) -> list[str]:
    """Return the command of Stripe's stand-in, which delivers its events to the shop at ``site``."""
    state = str(HOME / "sandbox.sqlite3")
    webhook = ["--webhook", f"{site}/api/webhook/stripe", "--secret", secret]
    account = ["--key", "sk_test_demo", "--merchant", "The Little Theatre"]
    return ["sandbox", "--port", str(port), "--state", state, *account, *webhook]


def ensure_staff(env: dict[str, str]) -> str:
    """Make the user ``admin`` at the first run and return the password."""
    password = kept_secret("staff-password")[:12]
    extra = {"DJANGO_SUPERUSER_PASSWORD": password}
    user = ["--username", "admin", "--email", "admin@example.com"]
    marker = HOME / "staff-made"
    if not marker.exists():
        manage({**env, **extra}, "createsuperuser", "--noinput", *user)
        marker.touch()
    return password


def manage(env: dict[str, str], *command: str) -> None:
    """Run one of Django's commands; end with its words if it fails."""
    manage_py = Path(__file__).resolve().parent.parent / "manage.py"
    done = subprocess.run([sys.executable, manage_py, *command], env={**os.environ, **env})  # noqa: S603
    if done.returncode:
        sys.exit(f"`manage.py {command[0]}` failed.")


if __name__ == "__main__":
    main()
