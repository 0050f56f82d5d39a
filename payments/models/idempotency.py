from typing import ClassVar

from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _


class AskedUnderKey(models.Model):
    """
    A row for which something is made at Stripe once, under an idempotency key that follows from the row.

    Stripe keeps the first answer to a key for a day, even if it was a failure of its own. Then this key is
    spent, and ``spend_key`` moves the row on to the next one.

    https://docs.stripe.com/api/idempotent_requests
    """

    key_prefix: ClassVar[str]

    reference: models.CharField
    keys_spent = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text=_("Idempotency keys under which Stripe has kept a failure.")
    )

    class Meta:
        abstract = True

    @property
    def idempotency_key(self) -> str:
        key = f"{self.key_prefix}-{self.reference}"
        return f"{key}-{self.keys_spent}" if self.keys_spent else key

    def spend_key(self) -> None:
        """Move on to the next key, unless another process has done so since this row was read."""
        rows = type(self)._default_manager.filter(pk=self.pk)
        rows.filter(keys_spent=self.keys_spent).update(keys_spent=F("keys_spent") + 1)
        self.refresh_from_db(fields=["keys_spent"])
