"""
Declarations of request parameters.

A route declares its parameters with the classes below. Anything else gets the error that Stripe would send,
so a mistake in the shop shows here and not in production.
"""

import re
from collections.abc import Callable
from typing import Any

from sandbox.core.errors import StripeError, not_supported

INTEGER = re.compile(r"-?[0-9]{1,18}")
DECIMAL = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,12})?")
METADATA_KEYS = 50
METADATA_KEY_LENGTH = 40
METADATA_VALUE_LENGTH = 500


class Field:
    """One parameter; ``parse`` returns its value or raises ``StripeError``."""

    def __init__(self, *, required: bool = False) -> None:
        self.required = required

    def parse(self, raw: Any, name: str) -> Any:
        raise NotImplementedError


class Text(Field):
    """A string; with ``unset``, an empty one is allowed and removes the value."""

    def __init__(
        self,
        *,
        longest: int = 5000,
        unset: bool = False,
        required: bool = False,
        check: Callable[[str, str], None] | None = None,
    ) -> None:
        super().__init__(required=required)
        self.longest, self.unset, self.check = longest, unset, check

    def parse(self, raw: Any, name: str) -> str:
        if not isinstance(raw, str):
            raise StripeError(f"Invalid string: {name} must be a string.", param=name)
        if not raw and not self.unset:
            raise StripeError(
                f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset a "
                f"parameter; however '{name}' cannot be unset.",
                code="parameter_invalid_empty",
                param=name,
            )
        if len(raw) > self.longest:
            raise StripeError(
                f"Invalid string: {raw[:6]}…{raw[-6:]}; must be at most {self.longest} characters", param=name
            )
        if self.check is not None and raw:
            self.check(raw, name)
        return raw


class Integer(Field):
    def __init__(self, *, least: int | None = None, most: int | None = None, required: bool = False) -> None:
        super().__init__(required=required)
        self.least, self.most = least, most

    def parse(self, raw: Any, name: str) -> int:
        if not isinstance(raw, str) or INTEGER.fullmatch(raw) is None:
            raise StripeError(f"Invalid integer: {raw}", code="parameter_invalid_integer", param=name)
        value = int(raw)
        if self.least is not None and value < self.least:
            raise StripeError(
                "Invalid non-negative integer"
                if self.least == 0
                else f"This value must be greater than or equal to {self.least}.",
                code="parameter_invalid_integer",
                param=name,
            )
        if self.most is not None and value > self.most:
            raise StripeError(
                f"This value must be less than or equal to {self.most}.",
                code="parameter_invalid_integer",
                param=name,
            )
        return value


class Decimal(Field):
    def parse(self, raw: Any, name: str) -> str:
        if not isinstance(raw, str) or DECIMAL.fullmatch(raw) is None:
            raise StripeError(f"Invalid decimal: {raw}", param=name)
        return raw


class Boolean(Field):
    def parse(self, raw: Any, name: str) -> bool:
        if raw not in ("true", "false"):
            raise StripeError(f"Invalid boolean: {raw}", param=name)
        return bool(raw == "true")


class Choice(Field):
    def __init__(self, *values: str, required: bool = False) -> None:
        super().__init__(required=required)
        self.values = values

    def parse(self, raw: Any, name: str) -> str:
        if raw not in self.values:
            *most, last = self.values
            allowed = f"{', '.join(most)}, or {last}" if most else last
            raise StripeError(f"Invalid {name}: must be one of {allowed}", param=name)
        return str(raw)


class Items(Field):
    """An array, in the forms ``x[0]=…`` and ``x[]=…``."""

    def __init__(
        self, item: Field, *, most: int | None = None, unset: bool = False, required: bool = False
    ) -> None:
        super().__init__(required=required)
        self.item, self.most, self.unset = item, most, unset

    def parse(self, raw: Any, name: str) -> list[Any]:
        if raw == "" and self.unset:
            return []
        if not isinstance(raw, dict) or not all(key.isascii() and key.isdigit() for key in raw):
            raise StripeError("Invalid array", param=name)
        if self.most is not None and len(raw) > self.most:
            raise StripeError(f"Array {name} exceeded maximum {self.most} allowed elements.", param=name)
        return [self.item.parse(raw[key], f"{name}[{key}]") for key in sorted(raw, key=int)]


class Group(Field):
    """A hash with declared members: ``Group(amount=Integer(required=True))``."""

    def __init__(self, **fields: Field) -> None:
        super().__init__()
        self.fields = fields

    def extend(self, **fields: Field) -> None:
        """Add or replace members, such as a parameter of another module's route."""
        self.fields.update(fields)

    def parse(self, raw: Any, name: str) -> dict[str, Any]:
        if not isinstance(raw, dict):
            raise StripeError("Invalid object", param=name)
        for key in raw:
            if key not in self.fields:
                param = member(name, key)
                raise StripeError(
                    f"Received unknown parameter: {param}", code="parameter_unknown", param=param
                )
        for key, field in self.fields.items():
            if field.required and key not in raw:
                param = member(name, key)
                raise StripeError(f"Missing required param: {param}.", code="parameter_missing", param=param)
        return {key: self.fields[key].parse(value, member(name, key)) for key, value in raw.items()}


def required(group: Group) -> Group:
    """Mark a group as required and return it."""
    group.required = True
    return group


class Metadata(Field):
    """Stripe's key-value pairs; with ``unset``, an empty string is allowed and removes them all."""

    def __init__(self, *, unset: bool = False) -> None:
        super().__init__()
        self.unset = unset

    def parse(self, raw: Any, name: str) -> dict[str, str] | None:
        if raw == "" and self.unset:
            return None
        if not isinstance(raw, dict):
            raise StripeError("Invalid object", param=name)
        check_count(raw, name)
        for key, value in raw.items():
            self.check(key, value, name)
        return dict(raw)

    def check(self, key: str, value: Any, name: str) -> None:
        if not key or "[" in key or "]" in key:
            raise StripeError(
                "Metadata keys must be texts without square brackets ([ and ]).", param=member(name, key)
            )
        if len(key) > METADATA_KEY_LENGTH:
            raise StripeError(
                f"Metadata keys must be {METADATA_KEY_LENGTH} characters or less; "
                f"this one has {len(key)}: {key}",
                param=member(name, key),
            )
        if not isinstance(value, str) or len(value) > METADATA_VALUE_LENGTH:
            raise StripeError(
                f"Metadata values must be strings of {METADATA_VALUE_LENGTH} characters or less ({key}).",
                param=member(name, key),
            )


class Either(Field):
    """A hash or a plain value: ``created[gt]=1`` or ``created=1``."""

    def __init__(self, group: Group, plain: Field) -> None:
        super().__init__()
        self.group, self.plain = group, plain

    def parse(self, raw: Any, name: str) -> Any:
        return (self.group if isinstance(raw, dict) else self.plain).parse(raw, name)


class Unsupported(Field):
    """A parameter that Stripe supports and the sandbox doesn't."""

    def parse(self, raw: Any, name: str) -> Any:
        raise not_supported(f"the parameter {name}", name)


def unsupported(names: str) -> dict[str, Field]:
    """Return an ``Unsupported`` for each name of a space-separated list."""
    return {name: Unsupported() for name in names.split()}


def member(parent: str, key: str) -> str:
    """Return the name of a member as Stripe writes it: ``line_items[0][price]``."""
    return f"{parent}[{key}]" if parent else key


def merged_metadata(old: dict[str, str], given: dict[str, str] | None) -> dict[str, str]:
    """Return ``old`` updated by ``given``: an empty value removes its key, None removes all keys."""
    if given is None:
        return {}
    merged = {key: value for key, value in {**old, **given}.items() if value != ""}
    check_count(merged, "metadata")
    return merged


def check_count(metadata: dict[str, Any], param: str) -> None:
    if len(metadata) > METADATA_KEYS:
        raise StripeError(f"You can specify up to {METADATA_KEYS} metadata keys.", param=param)
