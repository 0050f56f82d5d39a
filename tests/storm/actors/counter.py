"""Actions at the counter, and of customers with what they paid nothing for."""

from datetime import timedelta

from django.contrib.auth.models import User
from django.utils import timezone
from hypothesis import strategies as st

from bookings.models import Booking, TicketStatus
from bookings.orders.buyers import Buyer
from bookings.orders.codes import CodeUsedUp
from bookings.orders.types import TypeCount, TypeSoldOut
from bookings.orders.wishes import PlacesWish, Wish
from bookings.seats.holds import AreaSoldOut, NotOnSale, SeatsTaken, hold, release
from payments.counter.returning import NotReturnable, take_back
from payments.counter.selling import NotHeld, sell
from payments.models import CounterSale, SaleKind, Till
from payments.models.counter import TILL_KINDS
from tests.storm.actors.customers import SEATS, kinds
from tests.storm.base import Base, action, pick, which
from tests.storm.world import Found

REFUSALS = (SeatsTaken, AreaSoldOut, TypeSoldOut, TypeCount, CodeUsedUp, NotOnSale)


class Counter(Base):
    @action(
        often=2,
        seats=st.dictionaries(st.sampled_from(SEATS), kinds, max_size=2),
        floor=st.integers(0, 2),
        kind=st.sampled_from([SaleKind.CASH, SaleKind.TERMINAL, SaleKind.COMPLIMENTARY]),
        lets_go=st.booleans(),
    )
    def sell_at_the_counter(self, seats: dict[str, str], floor: int, kind: SaleKind, lets_go: bool) -> None:
        """Hold places for a guest, and sell them, twice if the button is pressed twice, or let them go."""
        wish = Wish(seats=seats, places=[PlacesWish("floor", "", floor)] if floor else [])
        if not wish.count:
            return
        until = timezone.now() + timedelta(minutes=2)
        buyer = Buyer(name="", email="")
        held: list[Booking] = []
        self.world.attempt(lambda: held.append(hold(self.world.event, buyer, wish, until=until)), *REFUSALS)
        for booking in held:
            if lets_go or not self.sell(booking, kind):
                release(booking)
            else:
                self.sell(booking, kind)
                self.world.sold.append(booking.reference)

    def sell(self, booking: Booking, kind: SaleKind) -> bool:
        till, _is_new = Till.objects.get_or_create(person=clerk(), currency="eur", closed_at=None)
        return self.world.attempt(
            lambda: sell(booking, kind, seller=clerk(), till=till, reason="A storm", allowed_by="The house"),
            NotHeld,
        )

    @action("sold", number=which, some=st.integers(1, 3), pays=st.booleans(), twice=st.booleans())
    def void_at_the_counter(self, number: int, some: int, pays: bool, twice: bool) -> None:
        """Take tickets of a sale back, for what they cost or for nothing."""
        sale = CounterSale.objects.get(booking__reference=pick(number, self.world.sold))
        tickets = list(sale.booking.tickets.order_by("pk")[:some])
        paid = sale.kind in TILL_KINDS and pays
        amount = sale.booking.booked_seats.filter(seat__in=[it.seat for it in tickets]).worth() if paid else 0
        till = Till.objects.get(person=clerk(), closed_at=None) if amount else None
        for _click in range(1 + twice):
            self.world.attempt(
                lambda: take_back(sale, tickets, amount=amount, till=till, actor=clerk(), reason="A storm"),
                NotReturnable,
            )

    @action("free", often=2, number=which, some=st.sampled_from([None, 1]), twice=st.booleans())
    def give_back_for_nothing(self, number: int, some: int | None, twice: bool) -> None:
        booking = Booking.objects.get(reference=pick(number, self.world.free))
        live = booking.tickets.filter(status=TicketStatus.VALID).order_by("pk")
        labels = [ticket.seat.label for ticket in live.select_related("seat")[:some]]
        url = f"/api/bookings/{booking.reference}/cancel"
        wish = {"seats": labels} if labels else {}
        answers = [self.world.post(url, wish).status_code for _click in range(1 + twice)]
        if not set(answers) <= {200, 409, 500, 503}:
            raise Found(f"{url} with {wish} is answered with {answers}.")


def clerk() -> User:
    return User.objects.get_or_create(username="clerk", is_staff=True)[0]
