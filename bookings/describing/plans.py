"""What a description asks for, read and checked as far as it can be without the event."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug

from bookings.describing import keys, kinds
from bookings.describing.errors import BadDescription
from bookings.describing.json_text import objects, require, require_given, require_known, show
from bookings.describing.keys import Keys
from bookings.describing.kinds import Setting
from bookings.describing.rows import MOST_SEATS, PlannedSeat, read_rows
from bookings.events.capacity import MOST
from bookings.models import AreaKind, Visibility
from bookings.models.sale_code import normal_code

KNOWN = (
    "title",
    "slug",
    "published",
    "time_zone",
    "currency",
    "areas",
    "rows",
    "types",
    "codes",
    "questions",
)
HIDDEN = "hidden"
LONGEST_SLUG = 40


@dataclass(frozen=True)
class Part:
    """An area, a type or a code at ``path``: its slug or code as ``name``, and the ``values`` of columns."""

    name: str
    path: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class AreaPart(Part):
    """``seats`` and ``capacity`` are None where the description has none of them."""

    kind: AreaKind | None
    seats: list[PlannedSeat] | None
    capacity: int | None
    price: int | None


@dataclass(frozen=True)
class TypePart(Part):
    """``areas`` are slugs; None if the description doesn't say where it is sold."""

    areas: list[str] | None


@dataclass(frozen=True)
class CodePart(Part):
    """``types`` and ``opens`` are slugs of types."""

    types: list[str] | None
    opens: list[str] | None


@dataclass(frozen=True)
class Plan:
    """All of a description but the event's slug, zone and currency. ``hall`` are seats without an area."""

    values: Mapping[str, Any]
    visibility: Visibility | None
    areas: list[AreaPart]
    hall: list[PlannedSeat] | None
    types: list[TypePart]
    codes: list[CodePart]
    questions: list[Part]


def read_plan(given: Mapping[str, Any], setting: Setting) -> Plan:
    """Return what ``given`` asks for; raise ``BadDescription``."""
    require_known(given, list(dict.fromkeys([*KNOWN, *keys.EVENT])), "")
    return Plan(
        values=keys.read(given, keys.EVENT, "", setting),
        visibility=_visibility(given["published"]) if "published" in given else None,
        areas=_once(list(_areas(given, setting)), "slug"),
        hall=read_rows(given, "", setting, price=None) if "rows" in given else None,
        types=_once([_type(kind, path, setting) for kind, path in _some(given, "types", 200)], "slug"),
        codes=_once([_code(code, path, setting) for code, path in _some(given, "codes", 5_000)], "code"),
        questions=_once(
            [_question(one, path, setting) for one, path in _some(given, "questions", 200)], "text"
        ),
    )


def _some(given: Mapping[str, Any], key: str, most: int) -> Iterator[tuple[dict[str, Any], str]]:
    for number, (value, path) in enumerate(objects(given, key, "")):
        if number == most:
            raise BadDescription(key, f"has more than {most:,}.")
        yield value, path


def _areas(given: Mapping[str, Any], setting: Setting) -> Iterator[AreaPart]:
    seats = 0
    for value, path in _some(given, "areas", 200):
        part = _area(value, path, setting)
        seats += len(part.seats or ())
        if seats > MOST_SEATS:
            raise BadDescription(path, f"These are more than {MOST_SEATS:,} seats.")
        yield part


def _visibility(value: Any) -> Visibility:
    if value == HIDDEN:
        return Visibility.HIDDEN
    if not isinstance(value, bool):
        raise BadDescription("published", f'must be true, false, or "{HIDDEN}": by its address only.')
    return Visibility.PUBLISHED if value else Visibility.DRAFT


def _once(parts: list[Any], key: str) -> list[Any]:
    known: set[str] = set()
    for part in parts:
        if part.name in known:
            raise BadDescription(f"{part.path}.{key}", f"{part.name} is there twice.")
        known.add(part.name)
    return parts


def read_slug(given: Mapping[str, Any], path: str, *, longest: int = LONGEST_SLUG) -> str:
    at = f"{path}.slug" if path else "slug"
    require_given(given, ["slug"], path)
    slug = require(given["slug"], str, at)
    try:
        validate_slug(slug)
    except ValidationError:
        slug = ""
    if not slug or len(slug) > longest:
        raise BadDescription(at, f"must be at most {longest} letters, digits, - and _.")
    return slug


def _area(given: dict[str, Any], path: str, setting: Setting) -> AreaPart:
    require_known(given, ("slug", "kind", *keys.AREA, "price", "capacity", "rows"), path)
    price = given.get("price")
    if price is not None:
        price = kinds.PRICE.read(price, f"{path}.price", setting)
    capacity = given.get("capacity")
    if capacity is not None and not 0 <= require(capacity, int, f"{path}.capacity") <= MOST:
        raise BadDescription(f"{path}.capacity", f"must be between 0 and {MOST:,}.")
    return AreaPart(
        read_slug(given, path),
        path,
        keys.read(given, keys.AREA, path, setting),
        kind=_kind(given["kind"], f"{path}.kind") if "kind" in given else None,
        seats=read_rows(given, path, setting, price=price) if "rows" in given else None,
        capacity=capacity,
        price=price,
    )


def _kind(value: Any, path: str) -> AreaKind:
    if value not in AreaKind.values:
        raise BadDescription(path, f"must be {' or '.join(AreaKind.values)}.")
    return AreaKind(value)


def _type(given: dict[str, Any], path: str, setting: Setting) -> TypePart:
    require_known(given, ("slug", *keys.TYPE, "areas"), path)
    values = _with_names(given, keys.TYPE, path, setting)
    return TypePart(read_slug(given, path), path, values, areas=_slugs(given, "areas", path))


def _with_names(given: Mapping[str, Any], of: Keys, path: str, setting: Setting) -> dict[str, Any]:
    values = keys.read(given, of, path, setting)
    for one, other in (("price", "percent_off"), ("percent_off", "amount_off")):
        if values.get(one) is not None and values.get(other) is not None:
            raise BadDescription(path, f"has both {one} and {other}.")
        if values.get(one) is not None and other in of:
            values.setdefault(other, None)  # One takes the place of the other.
        elif values.get(other) is not None and one in of:
            values.setdefault(one, None)
    return values


def _code(given: dict[str, Any], path: str, setting: Setting) -> CodePart:
    require_known(given, ("code", *keys.CODE, "types", "opens"), path)
    require_given(given, ["code"], path)
    code = normal_code(require(given["code"], str, f"{path}.code"))
    values = _with_names(given, keys.CODE, path, setting)
    types, opens = _slugs(given, "types", path), _slugs(given, "opens", path)
    return CodePart(code, path, values, types=types, opens=opens)


def _question(given: dict[str, Any], path: str, setting: Setting) -> Part:
    require_known(given, ("text", *keys.QUESTION), path)
    require_given(given, ["text"], path)
    return Part(
        kinds.TEXT.read(given["text"], f"{path}.text", setting),
        path,
        keys.read(given, keys.QUESTION, path, setting),
    )


def _slugs(given: Mapping[str, Any], key: str, path: str) -> list[str] | None:
    if key not in given:
        return None
    at = f"{path}.{key}"
    slugs = [
        require(slug, str, f"{at}[{number}]") for number, slug in enumerate(require(given[key], list, at))
    ]
    if len(set(slugs)) < len(slugs):
        twice = next(slug for slug in slugs if slugs.count(slug) > 1)
        raise BadDescription(at, f"{show(twice)} is there twice.")
    return slugs
