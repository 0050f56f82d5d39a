"""``make serve``: run the web process and the worker with real settings, without a process manager."""

import os
import sys
from contextlib import suppress

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config.dev.process_group import WORKER, ProcessEnded, Processes, Stopped, StopSignals, web


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        with StopSignals() as signals, suppress(Stopped):
            run(int(os.environ.get("PORT", "8000")), signals)
    except (ImproperlyConfigured, ProcessEnded) as error:
        sys.exit(str(error))


def run(port: int, signals: StopSignals) -> None:
    """Migrate the database, then run the processes until a stop signal."""
    django.setup()  # Reports missing settings once, instead of in each process.
    env = {"DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"]}
    with Processes(env, signals=signals) as processes:
        processes.run("migrate", "manage", "migrate", "--verbosity=0")
        # Others reach it through a proxy on this machine, unless BIND_HOST says that there is none.
        processes.start("web", *web(port, host=settings.BIND_HOST))
        processes.start("worker", *WORKER)
        processes.restart_until_signal()


if __name__ == "__main__":
    main()
