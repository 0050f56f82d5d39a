"""Lists: newest first, in pages, with Stripe's cursors and filters."""

import json
from collections.abc import Sequence
from typing import Any, Self

from sandbox.core.box import Box
from sandbox.core.errors import StripeError, missing_object
from sandbox.core.params import Either, Field, Group, Integer, Text
from sandbox.core.store import Obj

MIN_LIMIT, DEFAULT_LIMIT, MAX_LIMIT = 1, 10, 100
COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
CREATED = Either(Group(gt=Integer(), gte=Integer(), lt=Integer(), lte=Integer()), Integer())


def paging(**filters: Field) -> Group:
    """Return the parameters of a list route: ``filters`` and the paging."""
    return Group(
        limit=Integer(least=MIN_LIMIT, most=MAX_LIMIT), starting_after=Text(), ending_before=Text(), **filters
    )


class Filters:
    """The conditions of one list request, as SQL over the stored objects."""

    def __init__(self, kind: str) -> None:
        self.clauses, self.values = ["kind = ?"], [kind]
        self.kind = kind

    def add(self, clause: str, *values: Any) -> None:
        self.clauses.append(clause)
        self.values.extend(values)

    def equal(self, params: Obj, *names: str) -> Self:
        """Add a condition for each of ``names`` that is in ``params``: the object's member equals it."""
        for name in names:
            if name in params:
                self.add(f"json_extract(body, '$.{name}') = ?", params[name])
        return self

    def created(self, params: Obj) -> Self:
        wanted = params.get("created", {})
        for name, value in (wanted if isinstance(wanted, dict) else {"eq": wanted}).items():
            self.add(f"created {COMPARISONS.get(name, '=')} ?", value)
        return self


def page(box: Box, filters: Filters, params: Obj, *, url: str) -> Obj:
    """Return a page of stored objects, newest first."""
    backwards = "ending_before" in params
    if (cursor := cursor_of(params)) is not None:
        row = box.store.execute(
            "SELECT seq FROM object WHERE id = ? AND kind = ?", (params[cursor], filters.kind)
        ).fetchone()
        if row is None:
            raise missing_object(filters.kind, params[cursor], param=cursor)
        filters.add("seq > ?" if backwards else "seq < ?", row["seq"])
    limit = params.get("limit", DEFAULT_LIMIT)
    rows = box.store.rows(
        f"SELECT body FROM object WHERE {' AND '.join(filters.clauses)} "
        f"ORDER BY seq {'ASC' if backwards else 'DESC'} LIMIT ?",
        (*filters.values, limit + 1),
    )
    data = [json.loads(row["body"]) for row in rows[:limit]]
    return envelope(data[::-1] if backwards else data, has_more=len(rows) > limit, url=url)


def page_of(items: Sequence[Obj], params: Obj, *, kind: str, url: str) -> Obj:
    """Return a page of ``items``, in their own order."""
    first, last = 0, len(items)
    limit = params.get("limit", DEFAULT_LIMIT)
    if (cursor := cursor_of(params)) is not None:
        ids = [item["id"] for item in items]
        if params[cursor] not in ids:
            raise missing_object(kind, params[cursor], param=cursor)
        position = ids.index(params[cursor])
        first, last = (position + 1, last) if cursor == "starting_after" else (0, position)
    data = items[first:last][-limit:] if cursor == "ending_before" else items[first:last][:limit]
    return envelope(list(data), has_more=last - first > limit, url=url)


def cursor_of(params: Obj) -> str | None:
    """Return the name of the cursor parameter, if one is given."""
    if "starting_after" in params and "ending_before" in params:
        raise StripeError(
            "You may only specify one of these parameters: starting_after, ending_before.",
            code="parameters_exclusive",
            param="starting_after",
        )
    return next((name for name in ("starting_after", "ending_before") if name in params), None)


def embedded(data: list[Obj], *, url: str) -> Obj:
    """Return the list that an object holds: all that there is of it, counted."""
    return {"object": "list", "data": data, "has_more": False, "total_count": len(data), "url": url}


def envelope(data: list[Obj], *, has_more: bool, url: str) -> Obj:
    return {"object": "list", "data": data, "has_more": has_more, "url": url}
