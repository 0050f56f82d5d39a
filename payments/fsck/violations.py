"""What an inspection of the ledger finds, and the rules that find it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Violation:
    """One thing that can't be. ``fix`` repairs it where that is safe; else a person has to look."""

    rule: str
    subject: str
    words: str
    fix: Callable[[], object] | None = None

    def __str__(self) -> str:
        return f"{self.rule}: {self.subject}: {self.words}"


Rule = Callable[[], Iterator[Violation]]
RULES: list[Rule] = []


def rule(find: Rule) -> Rule:
    """Have ``find`` called by every inspection; its name is the rule's."""
    RULES.append(find)
    return find
