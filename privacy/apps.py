from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    name = "privacy"

    def ready(self) -> None:
        from bookings.web import slots
        from privacy import checks  # noqa: F401

        slots.fill(TEMPLATES)


TEMPLATES = {
    "admin.booking.privacy": "admin/privacy/_booking_tools.html",
    "account.privacy": "privacy/_on_account.html",
}
