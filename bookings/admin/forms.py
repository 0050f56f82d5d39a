"""What staff fill in about an event's seats, its copies and who sees it."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.events.copying import NotCopyable, Pattern, plan_copies
from bookings.models import Area, Event, Visibility
from bookings.money import format_money, require_price
from bookings.seats.layout import add_rows, parse_rows
from bookings.typed_money import MoneyField
from bookings.when.zones import moments, zone_of

YEARS = 3 * 366  # days


class SeatForm(forms.ModelForm):
    """One seat, whose price is in its event's currency."""

    price = MoneyField(help_text=gettext_lazy("In the event’s currency, such as 25.00."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.booking_id is not None:  # It has the price that its customer was told.
            del self.fields["price"]
        elif isinstance(price := self.fields["price"], MoneyField):
            price.of(self._currency())

    def _currency(self) -> str:
        if self.instance.event_id:
            return self.instance.event.currency
        typed = str(self.data.get("event", ""))
        found = Event.objects.filter(pk=typed).first() if typed.isdecimal() else None
        return found.currency if found else Event._meta.get_field("currency").get_default()


class RowsForm(forms.Form):
    """Asks for rows of seats to add to one event, at one price."""

    rows = forms.CharField(max_length=200, help_text=gettext_lazy("Such as A, or A-F, or A-C, K."))
    first = forms.IntegerField(label=gettext_lazy("First number"), min_value=1, max_value=999, initial=1)
    last = forms.IntegerField(label=gettext_lazy("Last number"), min_value=1, max_value=999)
    price = MoneyField(check=require_price)

    def __init__(self, *args: Any, event: Event, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.event = event
        set_currency(self, event.currency)

    def clean_rows(self) -> list[str]:
        return clean_rows(self.cleaned_data["rows"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("first", 0) > cleaned.get("last", 1000):
            raise forms.ValidationError(_("The last number can’t be lower than the first."))
        return cleaned

    def save(self) -> int:
        """Add the seats and return how many; raise ``SeatsExist``."""
        cleaned = self.cleaned_data
        numbers = range(cleaned["first"], cleaned["last"] + 1)
        return add_rows(self.event, rows=cleaned["rows"], numbers=numbers, price=cleaned["price"])


class PriceForm(forms.Form):
    """Asks for the new price of seats in one ``currency``."""

    price = MoneyField(label=gettext_lazy("New price"), check=require_price)

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_currency(self, currency)


class PricesForm(PriceForm):
    """Asks which seats of one event get a new price."""

    area = forms.ModelChoiceField(Area.objects.none(), required=False, empty_label=gettext_lazy("All"))
    rows = forms.CharField(
        required=False, max_length=200, help_text=gettext_lazy("Such as A, or A-F, or A-C, K. Empty: all.")
    )
    now = forms.TypedChoiceField(
        label=gettext_lazy("Current price"), required=False, coerce=int, empty_value=None
    )
    field_order = ["area", "rows", "now", "price"]

    def __init__(self, *args: Any, event: Event, **kwargs: Any) -> None:
        super().__init__(*args, currency=event.currency, **kwargs)
        self.event = event
        prices = event.seats.order_by("-price").values_list("price", flat=True).distinct()
        fields: dict[str, Any] = self.fields
        fields["area"].queryset = event.areas.all()
        if not event.areas.exists():
            del fields["area"]
        fields["now"].choices = [
            ("", _("Any price")),
            *((price, format_money(price, event.currency)) for price in prices),
        ]

    def clean_rows(self) -> list[str]:
        typed = self.cleaned_data["rows"].strip()
        rows = clean_rows(typed) if typed else []
        known = set(self.event.seats.filter(row__in=rows).order_by().values_list("row", flat=True))
        if unknown := [row for row in rows if row not in known]:
            raise forms.ValidationError(_("There is no row %(rows)s.") % {"rows": ", ".join(unknown)})
        return rows

    def seats(self) -> Any:
        """Return the seats that are meant."""
        area, rows, now = (self.cleaned_data.get(name) for name in ("area", "rows", "now"))
        seats = area.seats.all() if area else self.event.seats.all()
        seats = seats.filter(row__in=rows) if rows else seats
        return seats.filter(price=now) if now is not None else seats


class PublishForm(forms.Form):
    """Asks how an event is to be seen; warnings must have been read."""

    visibility = forms.ChoiceField(
        label=gettext_lazy("Visibility"),
        widget=forms.RadioSelect,
        choices=[
            (Visibility.PUBLISHED, gettext_lazy("Public: listed, and found by search engines")),
            (Visibility.HIDDEN, gettext_lazy("By link: not listed, not found by search engines")),
        ],
    )
    read = forms.BooleanField(label=gettext_lazy("I’ve checked the warnings"))

    def __init__(self, *args: Any, warnings: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not warnings:
            del self.fields["read"]


def set_currency(form: forms.Form, currency: str) -> None:
    """Set the currency of all amounts that ``form`` asks for."""
    for field in form.fields.values():
        if isinstance(field, MoneyField):
            field.of(currency)


def clean_rows(typed: str) -> list[str]:
    try:
        return parse_rows(typed)
    except ValueError as error:
        raise forms.ValidationError(_("Separate rows by commas: A, B, or A-F.")) from error


def day_picker() -> forms.DateInput:
    """Return a field in which the browser offers a calendar, so that no order of day and month is guessed."""
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class CopyForm(forms.Form):
    """Asks for the dates that an event is copied to: a pattern, single ones, or both."""

    weekdays = forms.TypedMultipleChoiceField(
        required=False,
        coerce=int,
        choices=lambda: list(WEEKDAYS.items()),
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("Every"),
    )
    first = forms.DateField(required=False, label=gettext_lazy("From"), widget=day_picker())
    last = forms.DateField(required=False, label=gettext_lazy("To"), widget=day_picker())
    times = forms.CharField(
        required=False,
        max_length=100,
        label=gettext_lazy("At"),
        help_text=gettext_lazy("Local time at the venue, such as 19:30, or 15:00, 19:30."),
    )
    more = forms.CharField(
        required=False,
        max_length=4_000,
        label=gettext_lazy("Single dates"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("One per line, such as 2027-05-07 19:30."),
    )

    def __init__(self, *args: Any, event: Event, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.event = event
        at = event.starts_at.astimezone(zone_of(event.time_zone))
        self.fields["times"].initial = f"{at:%H:%M}"

    def clean_times(self) -> tuple[time, ...]:
        typed = [part.strip() for part in self.cleaned_data["times"].split(",") if part.strip()]
        return tuple(_read(part, "%H:%M").time() for part in typed)

    def clean_more(self) -> list[datetime]:
        zone, lines = zone_of(self.event.time_zone), self.cleaned_data["more"].splitlines()
        single = [_read(line.strip(), "%Y-%m-%d %H:%M") for line in lines if line.strip()]
        if never := [at for at in single if not moments(at, zone)]:
            words = _("The clocks go forward then, so this time doesn’t exist: %(at)s")
            raise forms.ValidationError(words % {"at": f"{never[0]:%Y-%m-%d %H:%M}"})
        return [moments(at, zone)[0] for at in single]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        first, last = cleaned["first"], cleaned["last"]
        if cleaned["weekdays"] and not (first and last and cleaned["times"]):
            raise forms.ValidationError(_("Enter the first day, the last day and a time."))
        if first and last and not 0 <= (last - first).days <= YEARS:
            raise forms.ValidationError(_("The last day must be after the first, within three years."))
        try:
            self.copies = plan_copies(self.event, self.starts())
        except NotCopyable as error:
            raise forms.ValidationError(str(error)) from error
        return cleaned

    def starts(self) -> list[datetime]:
        """Return when each of the dates begins."""
        cleaned = self.cleaned_data
        if not cleaned["weekdays"]:
            return list(cleaned["more"])
        pattern = Pattern(
            first=cleaned["first"],
            last=cleaned["last"],
            weekdays=frozenset(cleaned["weekdays"]),
            times=cleaned["times"],
        )
        return [*pattern.starts(self.event.time_zone), *cleaned["more"]]


def _read(typed: str, form: str) -> datetime:
    try:
        return datetime.strptime(typed, form)  # noqa: DTZ007  By the clock at the venue.
    except ValueError as error:
        words = _("Can’t read “%(typed)s”. Use the format of the example.")
        raise forms.ValidationError(words % {"typed": typed[:40]}) from error
