from django.apps import AppConfig


class ReceiptsConfig(AppConfig):
    name = "receipts"

    def ready(self) -> None:
        from receipts import checks, fsck  # noqa: F401
        from receipts.web import slots

        slots.register()
