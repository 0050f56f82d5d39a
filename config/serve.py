"""``make serve``: the web process and the worker with real settings, for a machine without a supervisor."""

import os
import sys

import django
from django.core.management import call_command

from config.processes import WORKER, ProcessEnded, Processes, web


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    call_command("migrate", verbosity=0)
    try:
        with Processes({"DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"]}) as processes:
            processes.start("web", *web(int(os.environ.get("PORT", "8000")), host="0.0.0.0"))  # noqa: S104
            processes.start("worker", *WORKER)
            processes.run_until_signal()
    except ProcessEnded as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
