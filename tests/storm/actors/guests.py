"""Actions of customers on their bookings, perhaps from outdated pages, and changes of the event's policy."""

from datetime import timedelta

from hypothesis import strategies as st

from bookings.models import Event, Ticket
from payments.models import Payment
from tests.storm.base import Base, action, pick, which
from tests.storm.world import Found, Json

SEATS = ["A-1", "A-2", "A-3", "B-1", "B-2"]
# Fees in per cent and in cents; the last one is the whole price of a seat in row B.
FEES = [(0, 0), (10, 0), (15, 50), (0, 3200)]


class Guests(Base):
    @action(
        "purchases",
        often=3,
        number=which,
        seats=st.sets(st.sampled_from(SEATS), max_size=2),
        twice=st.booleans(),
    )
    def give_back(self, number: int, seats: set[str], twice: bool) -> None:
        """Cancel the whole booking, some of its seats, or seats that it doesn't have."""
        wish: Json = {"seats": sorted(seats)} if seats else {}
        url = f"/api/bookings/{self.pick_booking(number)}/cancel"
        answers = [self.world.post(url, wish).status_code for _click in range(1 + twice)]
        if not set(answers) <= {200, 409, 500, 503}:
            raise Found(f"{url} with {wish} is answered with {answers}.")

    @action("purchases", often=2, number=which, twice=st.booleans())
    def pay_again_on_the_page(self, number: int, twice: bool) -> None:
        url = f"/bookings/{self.pick_booking(number)}/pay/"
        places = [self.world.ask("post", url).headers.get("Location", "") for _click in range(1 + twice)]
        opened = Payment.objects.exclude(retry_of=None).exclude(session_id=None)
        for session_id in opened.order_by("pk").values_list("session_id", flat=True):
            if session_id and session_id not in self.world.purchases:
                self.world.purchases.append(session_id)
        if twice and all("/c/pay/" in place for place in places) and len(set(places)) > 1:
            raise Found(f"One booking, two payable sessions: {places}")

    @action("tickets", number=which, name=st.sampled_from(["Grace", "Edsger"]), twice=st.booleans())
    def rename_ticket(self, number: int, name: str, twice: bool) -> None:
        """Change the name on a ticket, valid or not."""
        ticket = pick(number, list(Ticket.objects.order_by("pk")))
        for _click in range(1 + twice):
            self.world.ask("post", f"/tickets/{ticket.code}/name/", {"name": name})

    @action("tickets", number=which)
    def ask_for_the_mail(self, number: int) -> None:
        self.world.ask("post", f"/bookings/{self.pick_booking(number)}/resend/")

    @action("purchases", fee=st.sampled_from(FEES), hours=st.sampled_from([None, 12, 120]))
    def change_policy(self, fee: tuple[int, int], hours: int | None) -> None:
        percent, fixed = fee
        until = hours and self.world.event.starts_at - timedelta(hours=hours)
        Event.objects.update(
            cancellable_until=until or None, cancellation_fee_percent=percent, cancellation_fee=fixed
        )

    def pick_booking(self, number: int) -> str:
        session_id = pick(number, self.world.purchases)
        return Payment.objects.values_list("booking__reference", flat=True).get(session_id=session_id)
