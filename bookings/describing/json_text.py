"""JSON that says one thing: no key twice, no number that is none, and not without end."""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NoReturn, TypeVar

from bookings.describing.errors import BadDescription, join

T = TypeVar("T")

LARGEST = 10_000_000  # bytes
LONGEST = 60  # characters of a key that are shown
NAMES = {dict: "an object", list: "a list", str: "a text", bool: "true or false", int: "a whole number"}


def parse(raw: bytes) -> dict[str, Any]:
    """Return the object that is written in ``raw``; raise ``BadDescription``."""
    if len(raw) > LARGEST:
        raise BadDescription("", f"The file has more than {LARGEST // 1_000_000} MB.")
    try:
        given = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_no_number)
    except UnicodeDecodeError as error:
        raise BadDescription("", "The file isn't in UTF-8.") from error
    except RecursionError as error:
        raise BadDescription("", "The file is nested too deeply.") from error
    except ValueError as error:  # of a number that is too long, as well
        raise BadDescription("", f"The file isn't JSON: {error}.") from error
    return require(given, dict, "")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _value in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise BadDescription(show(twice), "is there twice in one object.")
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def require(value: Any, kind: type[T], path: str) -> T:
    """Return ``value``, which must be of this ``kind``, or raise ``BadDescription``."""
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise BadDescription(path, f"must be {NAMES[kind]}, not {_name(value)}.")
    return value


def _name(value: Any) -> str:
    if value is None:
        return "null"
    return NAMES.get(type(value), "a number with decimals")


def objects(given: Mapping[str, Any], key: str, path: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield each object of the list ``key``, which may be missing, with its path."""
    at = join(path, key)
    for number, value in enumerate(require(given.get(key, []), list, at)):
        yield require(value, dict, f"{at}[{number}]"), f"{at}[{number}]"


def require_known(given: Mapping[str, Any], known: Collection[str], path: str) -> None:
    """Raise ``BadDescription`` for a key that isn't ``known``."""
    for key in given:
        if key not in known:
            raise BadDescription(join(path, show(key)), f"isn't known. Known are: {', '.join(known)}.")


def require_given(given: Mapping[str, Any], needed: Collection[str], path: str) -> None:
    for key in needed:
        if key not in given:
            raise BadDescription(join(path, key), "is missing.")


def show(key: str) -> str:
    """Return a key as it can be printed."""
    return (key if key.isprintable() else ascii(key))[:LONGEST]
