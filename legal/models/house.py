from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

VAT_RATE: dict[str, Any] = {
    "max_digits": 4,
    "decimal_places": 2,
    "null": True,
    "blank": True,
    "validators": [MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(50))],
}


class House(models.Model):
    """
    Who sells: the one row of this table, once staff have filled it in.

    ``receipts_from`` is when it was complete for the first time. What was bought earlier gets no receipt
    here, since the house has made its own for that.
    """

    legal_name = models.CharField(max_length=200, help_text=_("As registered, with its legal form."))
    address = models.TextField(help_text=_("As on an envelope."))
    tax_number = models.CharField(max_length=50, blank=True)
    vat_id = models.CharField(_("VAT ID"), max_length=50, blank=True)
    vat_rate = models.DecimalField(
        _("VAT rate"),
        **VAT_RATE,
        help_text=_("Percentage included in prices. Events can have their own."),
    )
    vat_exempt_reason = models.CharField(
        _("reason for no VAT"),
        max_length=200,
        blank=True,
        help_text=_("Shown on receipts if the rate is 0, such as: VAT exempt, § 4 Nr. 20 UStG."),
    )
    receipt_prefix = models.CharField(
        max_length=10,
        blank=True,
        help_text=_("Prefix of receipt numbers. A change takes effect next year."),
    )
    receipts_from = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("house")
        verbose_name_plural = _("house")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="house_is_one")]

    def __str__(self) -> str:
        return self.legal_name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pk = 1
        if self.is_complete and self.receipts_from is None:
            self.receipts_from = timezone.now()
        super().save(*args, **kwargs)

    @classmethod
    def current(cls) -> "House | None":
        return cls._default_manager.first()

    @property
    def is_complete(self) -> bool:
        """Whether it has all that a receipt must say."""
        has_number = bool(self.tax_number or self.vat_id)
        return bool(self.legal_name and self.address) and has_number and self.vat_rate is not None

    def clean(self) -> None:
        require_reason(self.vat_rate, self.vat_exempt_reason)


def require_reason(rate: Decimal | None, reason: str) -> None:
    """Raise ``ValidationError`` for a rate of 0 that doesn't say why."""
    if rate == 0 and not reason:
        words = _("Enter why there’s no VAT. Receipts must say so.")
        raise ValidationError({"vat_exempt_reason": words})
