from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_save

# What Stripe's customer has of an account.
FOLLOWED = {"email", "first_name", "last_name"}


class PaymentsConfig(AppConfig):
    name = "payments"

    def ready(self) -> None:
        from payments.web import slots

        slots.register()
        # An address changes in several places, the admin's form among them, which know nothing of payments.
        post_save.connect(_follow_account, sender=settings.AUTH_USER_MODEL)


def _follow_account(instance: Any, created: bool, update_fields: Any, **given: Any) -> None:
    from payments.memberships.stripe_customers import follow_account

    if not created and not given["raw"] and (update_fields is None or FOLLOWED & set(update_fields)):
        follow_account(instance)
