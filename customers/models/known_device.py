from django.conf import settings
from django.db import models


class KnownDevice(models.Model):
    """
    A browser that somebody has signed in with to an account.

    Its cookie is a random value, of which only a hash is stored. It opens nothing: it only keeps its owner
    from being stopped by limits that strangers have reached.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="known_devices")
    fingerprint = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["fingerprint", "user"], name="known_device_once_an_account"),
        ]
        indexes = [models.Index(fields=["last_used_at"], name="known_device_by_age")]

    def __str__(self) -> str:
        return f"{self.pk}, {self.created_at:%Y-%m-%d}"
