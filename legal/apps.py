from django.apps import AppConfig


class LegalConfig(AppConfig):
    name = "legal"
    verbose_name = "House"

    def ready(self) -> None:
        from legal import checks  # noqa: F401
