"""How values are written in a description: texts, amounts, times, counts."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError

from bookings.addresses.normal_form import normalize_address
from bookings.describing.errors import BadDescription, refused
from bookings.describing.json_text import require
from bookings.money import MAXIMUM, require_price, to_major, to_minor
from bookings.typed_money import spell
from bookings.when.zones import moments, shows

AMOUNT = re.compile(r"\d{1,12}(\.\d{1,3})?", re.ASCII)
PER_CENT = re.compile(r"\d{1,3}(\.\d{1,2})?", re.ASCII)
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d\S*", re.ASCII)
YEARS = range(1970, 2500)
MOST = 2_147_483_647  # PostgreSQL's integer


@dataclass(frozen=True)
class Setting:
    """What amounts and times of a description are in."""

    currency: str
    zone: ZoneInfo


@dataclass(frozen=True)
class Kind:
    """
    ``read`` returns what a value at a path means, or raises ``BadDescription``; ``write`` is its inverse.

    ``null`` means what an attribute has that ``is_empty`` says, and is refused where that is ``NEEDED``.
    """

    read: Callable[[Any, str, Setting], Any]
    write: Callable[[Any, Setting], Any] = lambda value, _setting: value
    empty: Any = None

    def meaning(self, value: Any, path: str, setting: Setting) -> Any:
        if value is not None:
            return self.read(value, path, setting)
        if self.empty is NEEDED:
            raise BadDescription(path, "can't be empty.")
        return self.empty

    def spelling(self, value: Any, setting: Setting) -> Any:
        return None if value is None else self.write(value, setting)


NEEDED = object()


def _text(value: Any, path: str, _setting: Setting) -> str:
    text = require(value, str, path).strip()
    if not text.isprintable():
        raise BadDescription(path, "must be one line of characters that can be read.")
    return text


def _lines(value: Any, path: str, _setting: Setting) -> str:
    text = require(value, str, path).replace("\r\n", "\n")
    if not text.replace("\n", "").replace("\t", "").isprintable():
        raise BadDescription(path, "has characters that can't be read.")
    return text


def _choices(value: Any, path: str, setting: Setting) -> str:
    choices = require(value, list, path)
    return "\n".join(_text(choice, f"{path}[{number}]", setting) for number, choice in enumerate(choices))


def _flag(value: Any, path: str, _setting: Setting) -> bool:
    return require(value, bool, path)


def _count(value: Any, path: str, _setting: Setting) -> int:
    count = require(value, int, path)
    if not 0 <= count <= MOST:
        raise BadDescription(path, "must be a whole number, 0 or more.")
    return count


def _address(value: Any, path: str, setting: Setting) -> str:
    try:
        return normalize_address(_text(value, path, setting))
    except ValidationError as error:
        raise refused(error, path) from error


def _rate(value: Any, path: str, _setting: Setting) -> Decimal:
    typed = require(value, str, path)
    if not PER_CENT.fullmatch(typed):
        raise BadDescription(path, 'must be a percentage in quotes, such as "7.00".')
    return Decimal(typed)


def _amount(value: Any, path: str, setting: Setting) -> int:
    typed = value if isinstance(value, str) else ""
    if not AMOUNT.fullmatch(typed):
        example = spell(2500, setting.currency)
        raise BadDescription(path, f'must be an amount in quotes, such as "{example}".')
    try:
        amount = to_minor(Decimal(typed), setting.currency)
    except ValueError as error:
        raise BadDescription(path, str(error)) from error
    if amount > MAXIMUM:
        raise BadDescription(path, f"is more than Stripe charges, {spell(MAXIMUM, setting.currency)}.")
    return amount


def _price(value: Any, path: str, setting: Setting) -> int:
    amount = _amount(value, path, setting)
    try:
        require_price(amount, setting.currency)
    except ValueError as error:
        raise BadDescription(path, str(error)) from error
    return amount


def _spell_amount(amount: int, setting: Setting) -> str:
    spelled = spell(amount, setting.currency)
    exact = to_major(amount, setting.currency)
    return spelled if Decimal(spelled) == exact else f"{exact:f}"


def _moment(value: Any, path: str, setting: Setting) -> datetime:
    typed = require(value, str, path)
    try:
        at = datetime.fromisoformat(typed) if MOMENT.fullmatch(typed) else None
    except ValueError:
        at = None
    if at is None or at.year not in YEARS:
        raise BadDescription(path, 'must be a time such as "2027-05-01T19:30".')
    if at.tzinfo is not None:
        return at.astimezone(UTC)
    if not (found := moments(at, setting.zone)):
        raise BadDescription(path, f"the clocks of {setting.zone.key} are set forward, and never show it.")
    return found[0]


def _spell_moment(at: datetime, setting: Setting) -> str:
    """Return the time by the clock there; of an hour that comes twice, the second has its offset."""
    shown = shows(at, setting.zone)
    local = at.astimezone(setting.zone)
    exact = shown if moments(shown, setting.zone)[0] == at else local
    return exact.isoformat(timespec="auto" if at.second or at.microsecond else "minutes")


TEXT = Kind(_text, empty="")
WORD = Kind(_text, empty=NEEDED)
CHOICES = Kind(_choices, lambda lines, _setting: lines.splitlines(), empty="")
LINES = Kind(_lines, empty="")
ADDRESS = Kind(_address, empty=NEEDED)
FLAG = Kind(_flag, empty=NEEDED)
COUNT = Kind(_count)
RATE = Kind(_rate, lambda rate, _setting: f"{rate:.2f}")
AMOUNT_OFF = Kind(_amount, _spell_amount)
FEE = Kind(_amount, _spell_amount, empty=0)
NUMBER = Kind(_count, empty=0)
PRICE = Kind(_price, _spell_amount)
TIME = Kind(_moment, _spell_moment)
NEEDED_TIME = Kind(_moment, _spell_moment, empty=NEEDED)
