from contextlib import suppress

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from config import catalogues, checks  # noqa: F401

        with suppress(OSError):  # Where nothing may be written, the checks say what is missing.
            catalogues.compile_stale()
