from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

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


class StripeAllowance(models.Model):
    """
    Where the line of those stands who want to write to Stripe: one row, for all processes.

    ``payments.gateway.transport.allowance`` says how it is used.
    """

    next_at = models.DateTimeField(db_default=Now())  # when the next write that is reserved may be sent
    paused_until = models.DateTimeField(db_default=Now())  # by Stripe's latest 429
    pushed_back = models.FloatField(db_default=0)  # s by which 429s have moved reserved writes, in all

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="stripe_allowance_is_one")]

    def __str__(self) -> str:
        return self.next_at.isoformat()


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

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="backfill_is_one_row")]

    def __str__(self) -> str:
        return self.read_until.isoformat()
