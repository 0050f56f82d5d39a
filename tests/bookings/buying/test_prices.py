import pytest

from bookings.models import Event, SaleCode, Seat
from bookings.orders.members import Terms
from bookings.orders.prices import TypedSeat, quote
from tests.bookings.buying.price_cases import CASES, TYPES, Case


def code_of(event: Event, case: Case) -> SaleCode | None:
    if not case.code:
        return None
    code = SaleCode.objects.create(
        event=event,
        code="CASE",
        percent_off=case.code.get("percent"),
        amount_off=case.code.get("amount"),
        places_at_most=case.code.get("most"),
    )
    code.types.set(event.types.filter(slug__in=case.code.get("types", [])))
    return code


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_server_asks_these_prices(event: Event, case: Case) -> None:
    for slug, kind in TYPES.items():
        event.types.create(
            slug=slug,
            name=slug,
            price=kind["price"],
            percent_off=kind["percent"] or None,
            members_only=kind["membersOnly"],
        )
    kinds = {kind.slug: kind for kind in event.types.all()}
    wanted = [TypedSeat(Seat(price=amount), kinds.get(slug)) for amount, slug in case.places]
    member = (
        Terms(has_presale=False, discount_percent=case.member["percent"], seats_per_event=None)
        if case.member
        else None
    )
    left = case.member["left"] if case.member else None

    priced = quote(wanted, "eur", terms=member, left=left, code=code_of(event, case))

    assert [one.price for one in priced] == case.prices
