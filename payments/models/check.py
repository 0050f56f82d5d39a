from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bookings.fields import EvidenceField

from .payment import Cause, Payment, StripeState


class Check(models.Model):
    """One question to Stripe about a payment: the state it answered, or why it couldn't be asked."""

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="stripe_checks")
    cause = models.CharField(max_length=20, choices=Cause)
    state = models.CharField(max_length=20, choices=StripeState, blank=True)
    error = EvidenceField(blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("check")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(cause__in=Cause.values), name="check_cause_known"),
            models.CheckConstraint(condition=~Q(state="") | ~Q(error=""), name="check_says_what_it_found"),
        ]

    def __str__(self) -> str:
        return self.state or self.error
