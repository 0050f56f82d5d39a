"""Pages of lists that grow for years: only their beginning is counted and turned over."""

from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator

MOST = 5_000  # rows: a hundred pages, and nobody turns that many


class CappedPaginator(Paginator):
    """
    Pages of the first ``MOST`` rows.

    To count a million rows takes as long as to show a page, and to read the last of their pages takes longer
    still. What is further back is found by searching, by filters, or by sorting the other way round.
    """

    @cached_property
    def count(self) -> int:
        return min(self._found, MOST)

    def page(self, number: int | str) -> Page[Any]:
        """Return a page; of the rows before it, only the index is read and nothing is joined."""
        page = super().page(number)
        if page.number > 1:
            rows: Any = self.object_list
            shown: Any = page.object_list
            ids = list(shown.prefetch_related(None).values_list("pk", flat=True))
            page.object_list = rows.filter(pk__in=ids)
        return page

    @property
    def is_capped(self) -> bool:
        """Whether there are more rows than are counted."""
        return self._found > MOST

    @cached_property
    def _found(self) -> int:
        # In any order: to count in that of the list, PostgreSQL might sort all rows.
        rows: Any = self.object_list
        return rows.order_by()[: MOST + 1].count()
