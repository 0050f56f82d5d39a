from decimal import Decimal
from typing import Self

from django.db import models
from django.db.models import F, Q, Sum
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from payments.models import Dispute, Payment, Refund

from .series import Series


class ReceiptKind(models.TextChoices):
    """A receipt is for what was bought. What goes back is corrected by another, never by a change of it."""

    RECEIPT = "receipt", _("Receipt")
    CORRECTION = "correction", _("Correction")
    REINSTATEMENT = "reinstatement", _("Correction withdrawn")


class ReceiptQuerySet(models.QuerySet["Receipt"]):
    def gross(self) -> int:
        """Return what these come to, in minor units."""
        return self.aggregate(sum=Sum("gross"))["sum"] or 0


class Receipt(models.Model):
    """
    A receipt, or a correction of one, as it was issued. Only the buyer can go: a trigger sees to it.

    Nothing of it is ever computed again: event, prices and rates may change, and what was printed stays.
    Amounts are in the minor unit of ``currency``, and below 0 in a correction. ``supplied_on`` is the day of
    the event. ``lines`` are ``{"text", "amount"}``; ``seller`` is the house as it was then.
    """

    series = models.ForeignKey(Series, models.PROTECT, related_name="receipts")
    position = models.PositiveIntegerField()
    number = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=15, choices=ReceiptKind)
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="receipts")
    corrects = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="corrections")
    refund = models.ForeignKey(
        Refund, models.PROTECT, null=True, blank=True, db_index=False, related_name="+"
    )
    dispute = models.ForeignKey(
        Dispute, models.PROTECT, null=True, blank=True, db_index=False, related_name="+"
    )
    issued_at = models.DateTimeField()
    supplied_on = models.DateField()
    language = models.CharField(max_length=10)
    seller = models.JSONField()
    buyer = models.CharField(max_length=200, blank=True)
    buyer_address = models.TextField(blank=True, default="", db_default="", help_text=_("In lines."))
    title = models.CharField(max_length=200)
    venue = models.CharField(max_length=200)
    currency = models.CharField(max_length=3)
    lines = models.JSONField()
    net = models.BigIntegerField()
    vat = models.BigIntegerField(_("VAT"))
    gross = models.BigIntegerField()

    objects = ReceiptQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        permissions = [("export_receipts", _("Can export receipts and see their totals"))]
        constraints = [
            models.UniqueConstraint(fields=["series", "position"], name="receipt_position_unique"),
            models.UniqueConstraint(
                fields=["payment"], condition=Q(kind="receipt"), name="receipt_one_a_payment"
            ),
            models.CheckConstraint(condition=Q(kind__in=ReceiptKind.values), name="receipt_kind_known"),
            models.CheckConstraint(condition=Q(gross=F("net") + F("vat")), name="receipt_adds_up"),
            models.CheckConstraint(
                condition=Q(kind="receipt", corrects=None, gross__gt=0)
                | Q(kind="correction", corrects__isnull=False, gross__lt=0)
                | Q(kind="reinstatement", corrects__isnull=False, gross__gt=0),
                name="receipt_sign_is_of_its_kind",
            ),
        ]
        indexes = [
            models.Index(fields=["issued_at"], name="receipt_issued"),
            models.Index(fields=["issued_at"], condition=~Q(buyer=""), name="receipt_named"),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        """Return the address for its customer: their booking's, which only they know."""
        return reverse("receipts:document", args=[self.payment.booking.reference, self.number])


class RateQuerySet(models.QuerySet["ReceiptRate"]):
    def of(self, payment: Payment) -> Self:
        return self.filter(receipt__payment=payment)


class ReceiptRate(models.Model):
    """
    What of a receipt is at one rate of VAT; ``basis_points`` of 1900 is 19 %.

    None is a tax that Stripe has computed, at whatever rates; ``reason`` is why there is none.
    """

    receipt = models.ForeignKey(Receipt, models.PROTECT, related_name="rates")
    basis_points = models.PositiveIntegerField(null=True)
    reason = models.CharField(max_length=200, blank=True)
    net = models.BigIntegerField()
    vat = models.BigIntegerField(_("VAT"))
    gross = models.BigIntegerField()

    objects = RateQuerySet.as_manager()

    class Meta:
        ordering = ["receipt", "-basis_points"]
        constraints = [
            models.UniqueConstraint(
                fields=["receipt", "basis_points"], nulls_distinct=False, name="receipt_rate_once_a_receipt"
            ),
            models.CheckConstraint(condition=Q(gross=F("net") + F("vat")), name="receipt_rate_adds_up"),
        ]

    def __str__(self) -> str:
        return f"{self.receipt}: {self.percent}"

    @property
    def percent(self) -> Decimal | None:
        return None if self.basis_points is None else Decimal(self.basis_points) / 100
