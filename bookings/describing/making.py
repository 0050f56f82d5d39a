"""Follow a description: make the event, or change it to what that says, in one transaction or not at all."""

import json
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from bookings.describing import keys
from bookings.describing.errors import BadDescription, refused
from bookings.describing.json_text import require, require_given
from bookings.describing.kinds import Setting
from bookings.describing.parts import Differences, make_areas, make_codes, make_questions, make_types
from bookings.describing.plans import Plan, read_plan, read_slug
from bookings.describing.seats import seat
from bookings.events.addresses import find_event
from bookings.events.visibility import HasCustomers, NotPublishable, change_visibility, lock_against_sales
from bookings.models import Event, Visibility
from bookings.when.zones import require_zone, zone_of

NEEDED = ("title", "venue", "starts_at", "ends_at", "sales_from", "sales_until", "organiser_name")
PROMISED = ("starts_at", "ends_at", "venue")  # what customers rely on
SOLD = "Tickets are sold or on hold. Use postpone_event: it also tells the customers."
# Whoever imports what is over knows that.
KNOWN_PROBLEMS = {"starts_at", "sales_from", "sales_until"}
LONGEST_SLUG = 80


def follow(description: Mapping[str, Any], *, dry_run: bool = False) -> tuple[Event, list[str]]:
    """
    Make or change the event that ``description`` is of; return it, with each difference in words.

    What the description doesn't name stays as it is, and so does what is held or sold. Raise
    ``BadDescription``; then nothing has changed, as with ``dry_run``.
    """
    try:
        with transaction.atomic():
            event, differences = _follow(description)
            if dry_run:
                transaction.set_rollback(True)
    except (IntegrityError, Event.DoesNotExist) as error:
        raise BadDescription("", "Another process is changing this event. Try again.") from error
    return event, differences


def _follow(description: Mapping[str, Any]) -> tuple[Event, list[str]]:
    slug = read_slug(description, "", longest=LONGEST_SLUG)
    event = find_event(slug, Event.objects.all)
    if event and event.slug != slug:
        raise BadDescription("slug", f"leads to {event.slug}, and links to that must go on working.")
    event = lock_against_sales(event) if event else Event(slug=slug)
    said: Differences = []
    _set_currency(event, description, said)
    _set_zone(event, description, said)
    setting = Setting(event.currency, zone_of(event.time_zone))
    plan = read_plan(description, setting)
    _set_columns(event, plan, setting, said)
    areas = make_areas(event, plan.areas, setting, said)
    seat(event, plan, areas, setting, said)
    types = make_types(event, plan.types, setting, said)
    make_codes(event, plan.codes, types, setting, said)
    make_questions(event, plan.questions, setting, said)
    if plan.visibility and plan.visibility != event.visibility:
        _show(event, plan.visibility, said)
    return event, said


def _set_currency(event: Event, description: Mapping[str, Any], said: Differences) -> None:
    currency = require(description.get("currency", event.currency), str, "currency")
    if currency == event.currency:
        return
    if event.pk and (event.seats.exists() or event.types.exists() or event.codes.exists()):
        raise BadDescription("currency", "Prices exist, so you can't change the currency.")
    if event.pk:
        said.append(f"currency: {event.currency} → {currency}")
    event.currency = currency
    _examine_one(event, "currency")
    if event.pk:
        event.save(update_fields=["currency", "changed_at"])


def _examine_one(event: Event, name: str) -> None:
    """Raise ``BadDescription`` if what all else is read by isn't right."""
    try:
        event.clean_fields(exclude={field.name for field in Event._meta.fields} - {name})
    except ValidationError as error:
        raise refused(error, "") from error


def _set_zone(event: Event, description: Mapping[str, Any], said: Differences) -> None:
    zone = require(description.get("time_zone") or "", str, "time_zone")
    if "time_zone" not in description or zone == event.time_zone:
        return
    try:
        if zone:
            require_zone(zone)
    except ValidationError as error:
        raise refused(error, "time_zone") from error
    if event.pk:
        said.append(f"time_zone: {event.time_zone or 'the shop’s'} → {zone or 'the shop’s'}")
    event.time_zone = zone
    if event.pk:
        event.save(update_fields=["time_zone", "changed_at"])


def _set_columns(event: Event, plan: Plan, setting: Setting, said: Differences) -> None:
    if event.pk is None:
        require_given(plan.values, NEEDED, "")
    values, old = dict(plan.values), {name: getattr(event, name) for name in PROMISED}
    _require_times(event, values)
    changes = keys.change(event, values, keys.EVENT, "", setting)
    if event.pk is None:
        event.save()
        said.append(f"{event.slug}: made, as a draft.")
        return
    moved = [name for name in PROMISED if name in changes and getattr(event, name) != old[name]]
    if moved and event.bookings.occupying().exists():
        raise BadDescription(moved[0], SOLD)
    if changes:
        event.save(update_fields=[*changes, "changed_at"])
    said += [f"{name}: {spell(had)} → {spell(has)}" for name, (had, has) in changes.items()]


def _require_times(event: Event, values: Mapping[str, Any]) -> None:
    """Refuse times that contradict each other, each by its name; the model's words come without one."""
    at = {name: values.get(name, getattr(event, name)) for name in keys.EVENT}
    for sooner, later, words in (
        ("starts_at", "ends_at", "The event must end after it starts."),
        ("sales_from", "sales_until", "The sale must end after it starts."),
    ):
        if at[later] <= at[sooner]:
            raise BadDescription(later, words)
    for sooner, later, words in (
        ("sales_until", "ends_at", "The sale must end with the event at the latest."),
        ("cancellable_until", "starts_at", "Cancelling must end before the event starts."),
        ("doors_open_at", "starts_at", "The doors must open before the event starts."),
    ):
        if at[sooner] and at[sooner] > at[later]:
            raise BadDescription(sooner, words)
    if at["member_sales_from"] and at["member_sales_from"] >= at["sales_from"]:
        raise BadDescription("member_sales_from", "The presale must start before the sale.")


def _show(event: Event, to: Visibility, said: Differences) -> None:
    had = event.get_visibility_display()
    try:
        change_visibility(event, to, knowing=KNOWN_PROBLEMS)
    except NotPublishable as error:
        raise BadDescription("published", str(error)) from error
    except HasCustomers as error:
        raise BadDescription("published", f"It can't be a draft again: {error}.") from error
    said.append(f"published: {had} → {to.label}")


def spell(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
