"""The demo's staff account. Import this in a process with the demo's settings only."""

import os

from django.contrib.auth.models import User


def update_admin_user() -> None:
    """Create or repair the user ``admin`` with the password in ``STAFF_PASSWORD``."""
    rights = {"is_active": True, "is_staff": True, "is_superuser": True}
    user, _is_new = User.objects.update_or_create(
        username="admin", defaults=rights, create_defaults={**rights, "email": "admin@example.com"}
    )
    password = os.environ["STAFF_PASSWORD"]
    if not user.check_password(password):  # Setting it at every start would end all sessions.
        user.set_password(password)
        user.save(update_fields=["password"])
