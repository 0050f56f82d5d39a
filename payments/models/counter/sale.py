from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bookings.models import Booking

from .till import Till


class SaleKind(models.TextChoices):
    """How a booking was bought without Stripe."""

    CASH = "cash", _("Cash")
    TERMINAL = "terminal", _("The house’s card terminal")
    COMPLIMENTARY = "complimentary", _("Complimentary")
    FREE = "free", _("Free")


# What was paid for goes through somebody's till.
TILL_KINDS = (SaleKind.CASH, SaleKind.TERMINAL)
# Nothing was paid: customers cancel such tickets themselves.
UNPAID_KINDS = (SaleKind.COMPLIMENTARY, SaleKind.FREE)
BOUGHT_HERE = "counter_sale"  # the name of a booking's relation


class CounterSale(models.Model):
    """
    What bought a booking without Stripe: at the counter, or because there was nothing to pay.

    ``amount`` is in the minor unit of ``currency``. ``attempt`` makes a request that is sent twice one sale,
    and ``fingerprint`` is a digest of what was wanted with it. ``browser`` and ``network`` are kept for a
    day, for the limits on what one visitor may take for nothing: ``payments.checkout.limits``.
    """

    booking = models.OneToOneField(Booking, models.PROTECT, related_name=BOUGHT_HERE)
    kind = models.CharField(max_length=15, choices=SaleKind)
    amount = models.PositiveBigIntegerField(help_text=_("In the currency's minor unit."))
    currency = models.CharField(max_length=3)
    seller = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Who sold it at the box office. Empty: booked online."),
    )
    till = models.ForeignKey(Till, models.PROTECT, null=True, blank=True, related_name="sales")
    reason = models.CharField(max_length=300, blank=True, help_text=_("Why it’s complimentary."))
    allowed_by = models.CharField(max_length=200, blank=True, help_text=_("Who approved it."))
    sold_at = models.DateTimeField(auto_now_add=True)
    attempt = models.CharField(max_length=64, unique=True, null=True, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    browser = models.CharField(max_length=32, blank=True, db_default="", default="", editable=False)
    network = models.CharField(max_length=32, blank=True, db_default="", default="", editable=False)

    class Meta:
        ordering = ["-pk"]
        permissions = [
            ("sell_at_counter", _("Can sell at the box office")),
            ("give_away", _("Can issue complimentary tickets")),
            ("void_counter_sale", _("Can cancel box-office sales")),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=SaleKind.values), name="counter_sale_kind_known"),
            models.CheckConstraint(
                condition=Q(kind__in=["cash", "terminal"], amount__gt=0, till__isnull=False)
                | Q(kind__in=["complimentary", "free"], amount=0, till=None),
                name="counter_sale_takes_money_into_a_till",
            ),
            models.CheckConstraint(
                condition=Q(kind="free") | Q(seller__isnull=False), name="counter_sale_has_a_seller"
            ),
            models.CheckConstraint(
                condition=~Q(kind="complimentary") | ~Q(reason="") & ~Q(allowed_by=""),
                name="counter_sale_given_away_says_why",
            ),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[a-z]{3}$"), name="counter_sale_currency_is_small_letters"
            ),
        ]
        indexes = [
            # What one visitor has taken for nothing.
            models.Index(fields=["sold_at"], condition=~Q(network="") | ~Q(browser=""), name="sale_traced")
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """What it is called on paper: ``C-000123``."""
        return f"C-{self.pk:06d}"
