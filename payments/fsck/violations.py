"""What fsck finds, and the list of rules that find it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Violation:
    """One contradiction in the database. ``fix`` repairs it where that is safe; else a person has to look."""

    rule: str
    subject: str
    words: str
    fix: Callable[[], object] | None = None

    def __str__(self) -> str:
        return f"{self.rule}: {self.subject}: {self.words}"


Rule = Callable[[], Iterator[Violation]]
RULES: list[Rule] = []


def rule(find: Rule) -> Rule:
    """Register ``find`` as a rule that ``inspect`` calls."""
    RULES.append(find)
    return find
