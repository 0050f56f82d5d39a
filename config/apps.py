from contextlib import suppress

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from config import checks  # noqa: F401
        from config.i18n import catalogs

        with suppress(OSError):  # On a read-only file system, the check reports missing files.
            catalogs.compile_stale()
