from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "customers"

    def ready(self) -> None:
        from customers import sessions  # noqa: F401  # It notes how each session was opened.
