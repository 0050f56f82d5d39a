from contextlib import suppress

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from config import checks  # noqa: F401
        from config.i18n import catalogs

        with suppress(OSError):  # Where nothing may be written, the checks say what is missing.
            catalogs.compile_stale()
