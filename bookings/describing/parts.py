"""The areas, types and codes of an event, as a description has them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Model

from bookings.describing import keys
from bookings.describing.errors import BadDescription
from bookings.describing.json_text import require_given, show
from bookings.describing.keys import Keys
from bookings.describing.kinds import Setting
from bookings.describing.plans import AreaPart, CodePart, Part, TypePart
from bookings.events.capacity import relabel
from bookings.models import Area, AreaKind, Event, Question, SaleCode, TicketType

Differences = list[str]
Types = Mapping[str, TicketType]


def make_areas(
    event: Event, parts: Sequence[AreaPart], setting: Setting, said: Differences
) -> dict[str, Area]:
    """Make or change the areas of ``event``, and return all that it has, by slugs."""
    areas = {area.slug: area for area in event.areas.all()}
    for part in parts:
        area = areas.get(part.name) or Area(event=event, slug=part.name, position=_next(areas.values()))
        if area.pk is None:
            require_given(part.values, ["name"], part.path)
            area.kind = part.kind or AreaKind.SEATED
        elif part.kind and part.kind != area.kind:
            _change_kind(area, part, said)
        was = area.name
        _save(area, part, keys.AREA, f"areas.{part.name}", setting, said)
        if area.name != was:
            relabel(area)
        areas[part.name] = area
    _order(areas, parts, "areas", said)
    return areas


def _change_kind(area: Area, part: AreaPart, said: Differences) -> None:
    if area.seats.exists():
        raise BadDescription(f"{part.path}.kind", f"has places already, and stays {area.kind}.")
    said.append(f"areas.{area.slug}.kind: {area.kind} → {part.kind}")
    area.kind = part.kind or area.kind
    area.save(update_fields=["kind"])


def make_types(
    event: Event, parts: Sequence[TypePart], setting: Setting, said: Differences
) -> dict[str, TicketType]:
    """Make or change the ticket types of ``event``, and return all that it has, by slugs."""
    types = {kind.slug: kind for kind in event.types.all()}
    areas = {area.slug: area for area in event.areas.all()}
    for part in parts:
        kind = types.get(part.name) or TicketType(event=event, slug=part.name, position=_next(types.values()))
        if kind.pk is None:
            require_given(part.values, ["name"], part.path)
        _save(kind, part, keys.TYPE, f"types.{part.name}", setting, said)
        _choose(kind, "areas", part.areas, areas, part.path, said)
        types[part.name] = kind
    _order(types, parts, "types", said)
    return types


def make_codes(
    event: Event, parts: Sequence[CodePart], types: Types, setting: Setting, said: Differences
) -> None:
    """Make or change the codes of ``event``."""
    codes = {code.code: code for code in event.codes.filter(code__in=[part.name for part in parts])}
    for part in parts:
        code = codes.get(part.name) or SaleCode(event=event, code=part.name)
        _save(code, part, keys.CODE, f"codes.{part.name}", setting, said)
        _choose(code, "types", part.types, types, part.path, said)
        _choose(code, "opens", part.opens, types, part.path, said)


def make_questions(event: Event, parts: Sequence[Part], setting: Setting, said: Differences) -> None:
    """Make or change what ``event`` asks; a question is known by its text."""
    questions = {one.text: one for one in event.questions.all()}
    for part in parts:
        after = _next(questions.values())
        question = questions.get(part.name) or Question(event=event, text=part.name, position=after)
        _save(question, part, keys.QUESTION, f"questions.{part.name}", setting, said)
        questions[part.name] = question
    _order(questions, parts, "questions", said)


def _save(
    row: Area | TicketType | SaleCode | Question,
    part: Part,
    of: Keys,
    path: str,
    setting: Setting,
    said: Differences,
) -> None:
    """Save a new row, or what changes of one: what the database counts in it isn't written."""
    changes = keys.change(row, part.values, of, part.path, setting)
    if row.pk is None:
        row.save()
        said.append(f"{path}: made.")
    elif changes:
        row.save(update_fields=[*changes])
        said += [f"{path}.{name}: {_spell(had)} → {_spell(has)}" for name, (had, has) in changes.items()]


def _choose(
    row: Any, name: str, slugs: list[str] | None, among: Mapping[str, Model], path: str, said: Differences
) -> None:
    """Relate ``row`` to those of ``among`` that have these ``slugs``; None leaves it as it is."""
    if slugs is None:
        return
    if unknown := [slug for slug in slugs if slug not in among]:
        raise BadDescription(f"{path}.{name}", f"There is no {show(unknown[0])} at this event.")
    had = {one.slug for one in getattr(row, name).all()}
    if had == set(slugs):
        return
    getattr(row, name).set([among[slug] for slug in slugs])
    said.append(f"{type(row)._meta.verbose_name} {row}, {name}: {_spell(sorted(had))} → {_spell(slugs)}")


def _next(rows: Any) -> int:
    return max((row.position for row in rows), default=-1) + 1


def _order(rows: Mapping[str, Any], parts: Sequence[Part], what: str, said: Differences) -> None:
    """Put those of ``rows`` that the description names into its order, the others after them."""
    named = [part.name for part in parts]
    before = [slug for slug, _row in sorted(rows.items(), key=lambda pair: (pair[1].position, pair[1].pk))]
    if [slug for slug in before if slug in set(named)] == named:
        return
    after = [*named, *(slug for slug in before if slug not in set(named))]
    for position, slug in enumerate(after):
        rows[slug].position = position
        rows[slug].save(update_fields=["position"])
    said.append(f"{what}: in the order {', '.join(after)}")


def _spell(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
