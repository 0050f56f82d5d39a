"""The shape of what staff can do to the rows of one model."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet

from payments.models import Action
from payments.staff.commands import StaffCommand

Row = TypeVar("Row", bound=Model)


def keep_note(row: Model, command: StaffCommand) -> str:
    """Do nothing more: a note is done by being recorded."""
    return ""


@dataclass(frozen=True)
class ActionSpec(Generic[Row]):
    """
    One action: whether it makes sense for a row as it is now, and how it is done.

    ``run`` returns what the staff member reads, or raises ``NotPossible`` or what asking Stripe raises.
    """

    is_possible: Callable[[Row], bool]
    run: Callable[[Row, StaffCommand], str]


@dataclass(frozen=True, kw_only=True)
class ActionTable(Generic[Row]):
    """
    The ``specs`` of one model's actions, in the order of their buttons.

    ``rows`` are read from afresh before anything is decided; ``seen`` returns what staff decide by.
    """

    rows: Callable[[], QuerySet[Row]]
    seen: Callable[[Row], Sequence[object]]
    specs: Mapping[Action, ActionSpec[Row]]

    def version_of(self, row: Row) -> str:
        """Return a digest of what staff decide by, as it is in the database now."""
        seen = list(self.seen(self.rows().get(pk=row.pk)))
        return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]

    def possible(self, row: Row) -> list[Action]:
        """Return the actions that make sense for ``row`` as it is now."""
        return [action for action, spec in self.specs.items() if spec.is_possible(row)]

    def allows(self, row: Row, action: Action) -> bool:
        """Return whether ``action`` makes sense for ``row`` as it is now."""
        spec = self.specs.get(action)
        return spec is not None and spec.is_possible(row)

    def run(self, row: Row, command: StaffCommand) -> str:
        """Do what ``command`` says to ``row``, and return what the staff member reads."""
        return self.specs[command.action].run(self.rows().get(pk=row.pk), command)
