from django.db import models
from django.utils.translation import gettext_lazy as _

from bookings.fields import EvidenceField
from bookings.references import new_reference


class Installation(models.Model):
    """
    This installation: one row, made when it is first needed.

    ``shop`` is in the metadata of everything made at Stripe, where several shops may share an account.
    """

    shop = models.CharField(max_length=26, unique=True, default=new_reference, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="installation_is_one")]

    def __str__(self) -> str:
        return self.shop


def shop_id() -> str:
    """Return the id by which this installation tells what is its own at Stripe."""
    installation, _is_new = Installation.objects.get_or_create(pk=1)
    return installation.shop


class Backfill(models.Model):
    """How far Stripe's list of events has been read; there is one row at most."""

    read_until = models.DateTimeField(help_text=_("Events of Stripe's up to then are known here."))
    livemode = models.BooleanField(
        null=True, blank=True, help_text=_("Whether these are about real money; each mode has its own list.")
    )

    ended_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When a run of the reconciler ended last, whatever it did.")
    )
    worker_ahead = models.FloatField(
        null=True, blank=True, help_text=_("How far the worker’s clock is ahead of Stripe’s, in seconds.")
    )
    database_ahead = models.FloatField(
        null=True, blank=True, help_text=_("How far the database’s clock is ahead of Stripe’s, in seconds.")
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="backfill_is_one_row")]

    def __str__(self) -> str:
        return self.read_until.isoformat()


class RefusedQuestion(models.Model):
    """
    A kind of question that Stripe doesn't answer to our key, until it does again.

    ``question`` is the function of ``payments.gateway`` that asked. It is empty if Stripe doesn't know the
    key at all, so that nothing can be asked.
    """

    question = models.CharField(max_length=100, unique=True, blank=True)
    error = EvidenceField(help_text=_("What Stripe says."))
    since = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        ordering = ["since"]

    def __str__(self) -> str:
        return self.question or self.error
