"""The rows of a table, some thousands at a time, as they are at one moment."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from django.db import connection, transaction
from django.db.models import Model, QuerySet

SIZE = 10_000  # rows: read within a second, and no more than a few MB of them are kept

M = TypeVar("M", bound=Model)


class Progress(NamedTuple):
    """How far something is, a rule or the balance: ``done`` of ``total`` batches."""

    name: str
    done: int
    total: int


Tell = Callable[[Progress], None]


def quietly(progress: Progress) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Batch:
    """The rows of a table with ids from ``first`` to ``last``, both included."""

    first: int
    last: int

    def of(self, rows: QuerySet[M], field: str = "pk") -> QuerySet[M]:
        """Return those of ``rows`` that are in this batch by ``field``."""
        return rows.filter(**{f"{field}__range": self.bounds})

    @property
    def bounds(self) -> tuple[int, int]:
        return self.first, self.last


def batches(model: type[Model], size: int = SIZE) -> Iterator[Batch]:
    """Yield all rows of ``model`` in batches of ``size``, by their ids, which may have gaps."""
    ids = model._default_manager.order_by("pk").values_list("pk", flat=True)
    first = 1
    while True:
        rest = ids.filter(pk__gte=first)
        ends = list(rest[size - 1 : size])
        last = ends[0] if ends else rest.order_by("-pk").first()
        if last is None:
            return
        yield Batch(first, last)
        first = last + 1


@contextmanager
def one_moment() -> Iterator[None]:
    """Let all statements of the block see the database as it is when the first one begins."""
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield
