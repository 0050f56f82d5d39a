"""Which ticket types a customer may have now, and how many."""

from collections.abc import Iterable, Mapping

from django.utils import timezone

from bookings.models import Event, SaleCode, TicketType
from bookings.orders.wishes import FULL_PRICE, Wish


class UnknownType(Exception):
    """The event sells no such ``types`` to this customer, in these areas, now."""

    def __init__(self, types: list[str]) -> None:
        super().__init__(", ".join(types))
        self.types = types


class TypeSoldOut(Exception):
    """Of a ticket type, which has a quota, only ``free`` are left."""

    def __init__(self, kind: TicketType, free: int) -> None:
        super().__init__(f"{kind.slug}: {free}")
        self.type, self.free = kind, free


class TypeCount(Exception):
    """One booking that has any of a ``type`` must have at least and at most as many as that says."""

    def __init__(self, kind: TicketType) -> None:
        super().__init__(kind.slug)
        self.type = kind


Types = Mapping[str, TicketType | None]  # by slug; what is sold at full price has no type


def offered_types(
    event: Event, *, is_member: bool, code: SaleCode | None = None, is_house: bool = False
) -> list[TicketType]:
    """
    Return the types that a customer can choose from now, in their order; a ``code`` opens hidden ones.

    Staff at the counter, who see whom they sell to, can sell all of them: ``is_house``.
    """
    types = list(event.types.offered(timezone.now()).prefetch_related("areas"))
    opened = {kind.pk for kind in code.opens.all()} if code else set()
    return [
        kind
        for kind in types
        if is_house or ((not kind.needs_code or kind.pk in opened) and (is_member or not kind.members_only))
    ]


def find_types(
    event: Event, wish: Wish, *, is_member: bool, code: SaleCode | None, is_house: bool = False
) -> Types:
    """
    Return the types that ``wish`` names, by their slugs.

    Raise ``UnknownType``, also for one that this customer can't have, and ``TypeCount``.
    """
    wanted = wish.types
    types: dict[str, TicketType | None] = {FULL_PRICE: None}
    if wanted.keys() == {FULL_PRICE}:
        return types
    offered = offered_types(event, is_member=is_member, code=code, is_house=is_house)
    types |= {kind.slug: kind for kind in offered}
    if unknown := sorted(wanted.keys() - types.keys()):
        raise UnknownType(unknown)
    for slug, count in wanted.items():
        if (kind := types[slug]) and not (kind.at_least or 0) <= count <= (kind.at_most or count):
            raise TypeCount(kind)
    return {slug: types[slug] for slug in wanted}


def is_sold_in(kind: TicketType | None, area_id: int | None) -> bool:
    """Return whether a place in the area with this id can be of ``type``."""
    if kind is None:
        return True
    areas = {area.pk for area in kind.areas.all()}
    return not areas or area_id in areas


def kinds_in(types: Iterable[TicketType], area_id: int | None) -> list[TicketType | None]:
    """
    Return as which of ``types`` places in the area with this id are sold, the usual first.

    None is the full price, at which a place can always be had: it's offered unless anybody may take one of
    the types, and as many as there are places.
    """
    kinds = [kind for kind in types if is_sold_in(kind, area_id)]
    for_all = [kind for kind in kinds if _is_for_all(kind)]
    if any(kind.quota is None for kind in for_all):
        return [*kinds]
    return [*kinds, None] if any(kind.left for kind in for_all) else [None, *kinds]


def _is_for_all(kind: TicketType) -> bool:
    return not (kind.needs_code or kind.members_only or kind.proof or kind.percent_off)


def lock_quotas(types: Iterable[TicketType | None], wish: Wish) -> None:
    """
    Let others wait who want the last of these types, until the transaction ends; raise ``TypeSoldOut``.

    Call it after the seats were locked. A constraint keeps the quotas too, but doesn't say how many are left.
    """
    limited = [kind.pk for kind in types if kind and kind.quota is not None]
    locked = TicketType.objects.filter(pk__in=limited).order_by("pk").select_for_update(no_key=True)
    for kind in locked:
        if kind.left is not None and kind.left < wish.types[kind.slug]:
            raise TypeSoldOut(kind, kind.left)
