"""Actions of customers: choose seats, pay in every way, come back without paying, pay late."""

from typing import Any

from django.db import transaction
from hypothesis import strategies as st

from bookings.models import BookingStatus
from bookings.seats.reseating import NoSeatsLeft, hold_again
from payments.durations import HOLD_MARGIN
from payments.gateway.checkout.session_params import new_session_end
from payments.gateway.checkout.sessions import open_session
from payments.models import Payment, PaymentStatus
from payments.models.payment import UNDECIDED
from tests.storm.base import Base, action, pick, which
from tests.storm.comparison import is_paid
from tests.storm.world import Found, Json

WHO = {"event": "storm", "name": "Ada", "email": "ada@example.com"}
SEATS = ["A-1", "A-2", "A-3", "B-1", "B-2"]
CARDS = {
    "good": "4242424242424242",
    "declined": "4000000000000002",
    "3-D Secure": "4000002760003184",
    "disputed": "4000000000000259",
    "disputed twice": "4000000404000079",
    "inquired about": "4000000000001976",
    "warned of": "4000000000005423",
    "refunds take a while": "4000000000007726",
    "refunds fail": "4000000000005126",
}
DEBITS = ["succeeded", "failed", "processing"]
WAYS: dict[str, Json] = {
    **{name: {"card": number} for name, number in CARDS.items()},
    **{f"debit {outcome}": {"method": "sepa_debit", "outcome": outcome} for outcome in DEBITS},
    "with a discount": {"coupon": "TENTH"},
    "for nothing": {"coupon": "ALL"},
    "with a tax on top": {"tax": {"percentage": "19", "inclusive": False}},
    "in dollars": {"presentment": {"currency": "usd"}},
}
ways = st.sampled_from(sorted(WAYS, key=lambda way: way != "good"))
kinds = st.sampled_from(["", "", "child", "carer"])
LOST_REPLIES = ["", "", "", "500_after", "reset_after", "500_before", "429"]


class Customers(Base):
    @action(
        often=3,
        seats=st.dictionaries(st.sampled_from(SEATS), kinds, min_size=1, max_size=3),
        floor=st.lists(st.tuples(kinds, st.integers(1, 2)), max_size=2),
        quantity=st.sampled_from([0, 0, 0, 1, 2]),
        code=st.sampled_from(["", "", "", "TEN", "GIFT"]),
        key=st.sampled_from(["", "", "k1", "k2", "k3"]),
        fault=st.sampled_from(LOST_REPLIES),
    )
    def open_checkout(
        self,
        seats: dict[str, str],
        floor: list[tuple[str, int]],
        quantity: int,
        code: str,
        key: str,
        fault: str,
    ) -> None:
        if fault:
            self.world.add_fault("POST /v1/checkout/sessions", fault, 1)
        chosen: Json = {"seats": [{"seat": label, "type": kind} for label, kind in seats.items()]}
        if floor:
            chosen["places"] = [{"area": "floor", "type": kind, "quantity": many} for kind, many in floor]
        wish = {"quantity": quantity} if quantity else chosen
        self.send({**WHO, **wish, **({"code": code} if code else {})}, key)

    @action("wishes", number=which)
    def repeat_checkout(self, number: int) -> None:
        self.send(*pick(number, self.world.wishes))

    def send(self, wish: Json, key: str) -> str | None:
        """Open a checkout, and return the session's id, or None if it was refused."""
        if key and (wish, key) not in self.world.wishes:
            self.world.wishes.append((wish, key))
        response = self.world.post("/api/checkout", wish, **({"Idempotency-Key": key} if key else {}))
        if response.status_code != 201:
            return None
        answer = response.json()
        self.expect_one_answer(key, wish, answer["session_id"] or answer["booking"])
        if answer["session_id"] is None:
            if answer["booking"] not in self.world.free:
                self.world.free.append(answer["booking"])
            return None
        session_id = str(answer["session_id"])
        if session_id not in self.world.purchases:
            self.world.purchases.append(session_id)
        return session_id

    def expect_one_answer(self, key: str, wish: Json, got: str) -> None:
        """Check that the same key with the same request always gets the same session, or free booking."""
        known = self.world.answered.setdefault(f"{key} {wish}", got) if key else got
        if known != got:
            raise Found(f"One key, two purchases: {known} and {got}")

    @action("open", often=4, number=which, way=ways)
    def pay(self, number: int, way: str) -> None:
        session_id = pick(number, self.scene.open)
        self.world.stripe.attempt(f"/sessions/{session_id}/pay", **WAYS[way])
        if way == "3-D Secure":
            self.world.challenged.append(session_id)

    @action("expired", often=2, number=which, way=ways.filter(lambda way: way != "3-D Secure"))
    def pay_late(self, number: int, way: str) -> None:
        session_id = pick(number, self.scene.expired)
        self.world.stripe.attempt(f"/sessions/{session_id}/pay", late=True, **WAYS[way])

    @action("challenged", number=which, ok=st.booleans())
    def answer_3d_secure(self, number: int, ok: bool) -> None:
        session_id = pick(number, self.world.challenged)
        self.world.challenged.remove(session_id)
        self.world.stripe.attempt(f"/sessions/{session_id}/complete_3ds", ok=ok)

    @action("purchases", number=which)
    def come_back_without_paying(self, number: int) -> None:
        self.world.get("/payments/cancelled/", session_id=pick(number, self.world.purchases))

    @action("purchases", often=2, number=which, patience=st.sampled_from([0, 11]))
    def check_again(self, number: int, patience: int) -> None:
        self.world.wait(patience)
        session_id = pick(number, self.world.purchases)
        self.world.post("/api/payment-status/verify", {"session_id": session_id})

    @action("purchases", number=which)
    def read_the_page(self, number: int) -> None:
        session_id = pick(number, self.world.purchases)
        status = self.world.get("/api/payment-status", session_id=session_id).json()
        self.expect_the_truth(status, self.world.stripe.session(session_id))

    def expect_the_truth(self, status: Any, session: Any) -> None:
        if status["status"] == "succeeded" and not is_paid(session):
            raise Found(f"{session['id']} reads as paid, and isn't.")
        if any(ticket["success"] for ticket in status["tickets"]) and not is_paid(session):
            raise Found(f"{session['id']} shows tickets, and isn't paid.")

    @action("expired", "released", number=which)
    def pay_again(self, number: int) -> None:
        """Hold the seats of a failed payment again, and open a second payment for them."""
        ended = Payment.objects.filter(booking__status=BookingStatus.RELEASED).with_booking().order_by("pk")
        first = pick(number, list(ended))
        self.world.attempt(lambda: self.open_another(first), NoSeatsLeft, OtherSeats)

    def open_another(self, first: Payment) -> None:
        second = hold_for_second_payment(first)
        session = open_session(second)
        Payment.objects.filter(pk=second.pk).update(session_id=session.id, checkout_url=session.url)
        self.world.purchases.append(session.id)


class OtherSeats(Exception):
    """The booking's own seats aren't all free."""


@transaction.atomic
def hold_for_second_payment(first: Payment) -> Payment:
    locked = Payment.objects.filter(pk=first.pk).lock()
    booking = locked.booking
    if booking.status != BookingStatus.RELEASED or booking.payments.filter(status__in=UNDECIDED).exists():
        raise OtherSeats
    hold_again(booking)
    if booking.booked_seats.lost().exists():
        raise OtherSeats
    expires_at = new_session_end()
    booking.held_until = expires_at + HOLD_MARGIN
    booking.save(update_fields=["held_until"])
    second = Payment(
        booking=booking,
        amount=first.amount,
        currency=first.currency,
        expires_at=expires_at,
        status=PaymentStatus.PENDING,
    )
    second.plan_check(checks=0)
    second.save()
    return second
