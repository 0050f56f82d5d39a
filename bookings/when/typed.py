"""Times as staff type them: by the clock at the venue, whatever the shop's or their own shows."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminSplitDateTime
from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.when.zones import list_zones, moments, require_zone, shows, zone_of

FIRST, SECOND = "first", "second"
TWICE = [
    ("", gettext_lazy("This hour happens twice. Which one?")),
    (FIRST, gettext_lazy("First, before the clocks go back")),
    (SECOND, gettext_lazy("Second, after the clocks go back")),
]


class ZonedTimeWidget(AdminSplitDateTime):
    """Asks for a date and a time, and which of two hours is meant, where the clocks are set back."""

    zone_name = ""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.which = forms.Select(choices=TWICE)
        self.widgets: Any = [*self.widgets, self.which]
        self.widgets_names: list[str] = ["_0", "_1", "_2"]

    def decompress(self, value: datetime | None) -> Any:
        if value is None:
            return [None, None, ""]
        shown = shows(value, zone_of(self.zone_name))
        return [shown.date(), shown.time().replace(microsecond=0), self._which(shown, value)]

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        words = super().render(name, value, attrs, renderer)
        typed = value if isinstance(value, list) else self.decompress(value)
        if not self._is_twice(typed):
            return words
        which = self.which.render(f"{name}_2", typed[2], {"aria-label": str(TWICE[0][1])}, renderer)
        return mark_safe(words + which)  # noqa: S308  Both are rendered by Django's widgets.

    def _which(self, shown: datetime, at: datetime) -> str:
        found = moments(shown, zone_of(self.zone_name))
        return (FIRST if at < found[-1] else SECOND) if len(found) > 1 else ""

    def _is_twice(self, typed: list[Any]) -> bool:
        try:
            day, hour = forms.DateField().clean(typed[0]), forms.TimeField().clean(typed[1])
        except ValidationError:
            return False
        return len(moments(datetime.combine(day, hour), zone_of(self.zone_name))) > 1


class ZonedTimeField(forms.MultiValueField):
    """A date and a time by the clocks of the zone that ``use`` has named last."""

    widget = ZonedTimeWidget

    def __init__(self, **options: Any) -> None:
        options.pop("input_formats", None)
        fields = (forms.DateField(), forms.TimeField(), forms.ChoiceField(choices=TWICE, required=False))
        super().__init__(fields, require_all_fields=False, **options)

    def use(self, zone_name: str) -> None:
        """Have times read and shown in the zone of that name."""
        self.widget.zone_name = zone_name

    def compress(self, data_list: list[Any]) -> datetime | None:
        if not data_list:
            return None
        day, hour, which = data_list
        zone, shown = zone_of(self.widget.zone_name), datetime.combine(day, hour)
        found = moments(shown, zone)
        words = {"day": date_format(shown, "DATE"), "time": f"{shown:%H:%M}", "zone": zone.key}
        if not found:
            never = _("On %(day)s the clocks in %(zone)s go forward, so %(time)s doesn’t exist.")
            raise ValidationError(never % words)
        if len(found) > 1 and not which:
            twice = _("On %(day)s the clocks in %(zone)s show %(time)s twice. Choose one.")
            raise ValidationError(twice % words)
        return found[-1 if which == SECOND else 0]


class EventTimesForm(forms.ModelForm):
    """The form of an event, whose times are in the zone that is chosen in it."""

    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        required=False,
        help_text=gettext_lazy("All times of this event are local to this zone."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        kept = self.instance.time_zone
        if choice := self.fields.get("time_zone"):
            names = sorted({*list_zones(), *([kept] if kept else [])})
            shops = _("The shop’s: %(zone)s") % {"zone": zone_of("").key}
            choice.choices = [("", shops), *((name, name.replace("_", " ")) for name in names)]  # type: ignore[attr-defined]
        typed = self.data.get(self.add_prefix("time_zone"), kept) if self.is_bound else kept
        for field in self.fields.values():
            if isinstance(field, ZonedTimeField):
                field.use(_known(typed) if choice else kept)
                in_zone = _("%(zone)s time.") % {"zone": zone_of(field.widget.zone_name).key}
                field.help_text = f"{in_zone} {field.help_text}".strip()


def _known(name: str) -> str:
    """Return ``name`` if there is such a zone, else none; the field of the zone says what is wrong."""
    try:
        require_zone(name)
    except ValidationError:
        return ""
    return name
