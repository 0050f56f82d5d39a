"""What fsck finds, and the list of rules that find it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db.models import Model

from .batches import Batch


@dataclass(frozen=True)
class Violation:
    """One contradiction in the database. ``fix`` repairs it where that is safe; else a person has to look."""

    rule: str
    subject: str
    words: str
    fix: Callable[[], object] | None = None

    def __str__(self) -> str:
        return f"{self.rule}: {self.subject}: {self.words}"


Find = Callable[[], Iterator[Violation]]
FindIn = Callable[[Batch], Iterator[Violation]]


@dataclass(frozen=True)
class Rule:
    """
    A rule, called ``name``; ``find`` yields what breaks it.

    One that has to look at all rows of a ``model`` gets them in batches. The others are about few rows, which
    an index has.
    """

    name: str
    find: Callable[..., Iterator[Violation]]
    model: type[Model] | None


RULES: list[Rule] = []


def rule(find: Find) -> Find:
    """Register ``find`` as a rule about few rows, which ``inspect`` calls once."""
    RULES.append(Rule(find.__name__, find, None))
    return find


def rule_in_batches_of(model: type[Model]) -> Callable[[FindIn], FindIn]:
    """Register the decorated function as a rule that is called with all rows of ``model``, in batches."""

    def register(find: FindIn) -> FindIn:
        RULES.append(Rule(find.__name__, find, model))
        return find

    return register
