import time
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import DatabaseError, models, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from .picture import Picture

NAME = "Admit"
BRAND = "#f6b91c"
ACTION = "#3b2fb8"
COLOUR = r"^#[0-9a-f]{6}$"
FRESH = 5  # s for which a process believes what it has read


class Shop(models.Model):
    """How the shop looks: the one row of this table, once staff have chosen. ``shop()`` returns it."""

    name = models.CharField(
        max_length=60, default=NAME, help_text=_("In the header, titles, emails and link previews.")
    )
    logo = models.ForeignKey(Picture, models.PROTECT, null=True, blank=True, related_name="+")
    brand_colour = models.CharField(
        max_length=7,
        default=BRAND,
        validators=[RegexValidator(r"^#[0-9a-fA-F]{6}\Z", _("A colour such as #f6b91c."))],
        help_text=_("Header, ticket stubs, chosen seats, and pictures of events that have none."),
    )
    action_colour = models.CharField(
        max_length=7,
        default=ACTION,
        validators=[RegexValidator(r"^#[0-9a-fA-F]{6}\Z", _("A colour such as #3b2fb8."))],
        help_text=_("Buttons and links."),
    )
    changed_at = models.DateTimeField(auto_now=True, db_default=Now())

    class Meta:
        verbose_name = _("look of the shop")
        verbose_name_plural = _("look of the shop")
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="shop_is_one"),
            models.CheckConstraint(
                condition=Q(brand_colour__regex=COLOUR, action_colour__regex=COLOUR),
                name="shop_colours_are_hex",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="shop_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pk = 1
        super().save(*args, **kwargs)
        forget()
        transaction.on_commit(forget)  # Until then, other threads read and keep the old one.

    def clean_fields(self, exclude: Any = None) -> None:
        super().clean_fields(exclude)
        self.brand_colour, self.action_colour = self.brand_colour.lower(), self.action_colour.lower()

    def clean(self) -> None:
        if not self.name.isprintable():  # A line break would end the subject of a mail.
            raise ValidationError({"name": _("Please write it in one line.")})


class _Known(NamedTuple):
    shop: Shop
    until: float


_known: _Known | None = None
_changes = 0  # in this process, so that whoever read before a change doesn't keep that after it


def shop() -> Shop:
    """
    Return how the shop looks, with its logo; unsaved, with what a new shop has, if staff have chosen nothing.

    It is read every few seconds, so a change shows at once in this process and soon in others. While the
    database can't be asked, it looks as it did.
    """
    global _known
    known, changes = _known, _changes
    if known and time.monotonic() < known.until:
        return known.shop
    try:
        found = Shop.objects.select_related("logo").first() or Shop()
    except DatabaseError:
        found = known.shop if known else Shop()
    if changes == _changes:
        _known = _Known(found, time.monotonic() + FRESH)
    return found


def assume(row: Shop, seconds: float = FRESH) -> None:
    """Take ``row`` for how the shop looks, for so long or until it is saved."""
    global _known
    _known = _Known(row, time.monotonic() + seconds)


def forget() -> None:
    """Have the next one who asks read it."""
    global _known, _changes
    _known, _changes = None, _changes + 1
