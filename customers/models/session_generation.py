from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models import F


class SessionGenerationQuerySet(models.QuerySet["SessionGeneration"]):
    def advance(self, user: User) -> None:
        """End all sessions of ``user``: those that were opened earlier are of an older generation."""
        self.update_or_create(user=user, defaults={"number": F("number") + 1}, create_defaults={"number": 1})


class SessionGeneration(models.Model):
    """
    How often all sessions of an account were ended; no row means never.

    Each session remembers the number from when it was opened. A number instead of a time, because the clocks
    of several machines differ.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="session_generation"
    )
    number = models.PositiveIntegerField()

    objects = SessionGenerationQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.user_id}: {self.number}"
