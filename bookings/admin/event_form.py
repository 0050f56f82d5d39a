"""What staff fill in about an event."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.events.addresses import owner_of
from bookings.events.visibility import lock_against_sales
from bookings.models import Event
from bookings.typed_money import MoneyField
from bookings.when.typed import EventTimesForm
from branding.pictures.forms import PictureForm

CURRENCIES = 3  # letters


class EventForm(PictureForm, EventTimesForm):
    """An event: times by its venue's clock, money in the currency that the form says, if that isn't fixed."""

    cancellation_fee = MoneyField(
        required=False,
        label=gettext_lazy("Cancellation fee"),
        help_text=gettext_lazy("Fixed fee for each cancelled seat, such as 1.50. Empty: none."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        typed = str(self.data.get("currency", "")) if "currency" in self.fields else ""
        is_one = len(typed) == CURRENCIES and typed.isascii() and typed.isalpha()
        if "ticket_names" in self.fields:  # Who leaves it out leaves it as it is.
            self.fields["ticket_names"].required = False
        if isinstance(fee := self.fields.get("cancellation_fee"), MoneyField):
            fee.of(typed.lower() if is_one else self.instance.currency)

    def clean(self) -> dict[str, Any]:
        """
        Refuse another date or place once somebody has tickets: moving tells them, and this doesn’t.

        Whoever takes seats while this is saved waits, and is told the new ones.
        """
        cleaned = super().clean() or {}
        if not self.instance.pk or not _promised_otherwise(self.instance, cleaned):
            return cleaned
        event = lock_against_sales(self.instance)
        if event.bookings.occupying().exists():
            words = _("Tickets are sold or on hold. Use “Reschedule”: it also tells the customers.")
            for name in _promised_otherwise(event, cleaned):
                self.add_error(name, words)
        return cleaned

    def clean_slug(self) -> str:
        slug = self.cleaned_data["slug"]
        if owner := owner_of(slug, besides=self.instance):
            words = _("This address leads to “%(event)s”, and its links must keep working.")
            raise forms.ValidationError(words % {"event": owner})
        return slug

    def clean_ticket_names(self) -> str:
        return self.cleaned_data["ticket_names"] or self.instance.ticket_names

    def clean_cancellation_fee(self) -> int:
        return self.cleaned_data["cancellation_fee"] or 0


def _promised_otherwise(event: Event, cleaned: dict[str, Any]) -> list[str]:
    """Return which of the things that customers rely on are other than ``event`` has them, in ``cleaned``."""
    times = {name: cleaned[name] for name in ("starts_at", "ends_at") if cleaned.get(name)}
    changed = [name for name, at in times.items() if at != getattr(event, name).replace(microsecond=0)]
    return changed + ["venue"] * (cleaned.get("venue", event.venue) != event.venue)
