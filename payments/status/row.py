"""What is read about a payment, its booking and its event, as they were at one moment."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from bookings.cancellation import Policy
from bookings.models import BookingStatus, EventStatus
from payments.models import DisputeEffect, PaymentStatus, RefundStatus
from payments.models.counter import UNPAID_KINDS
from payments.models.payment import DOUBTFUL, UNPAID


class TicketRow(NamedTuple):
    """A ticket: ``stopped_for`` and ``drawing_error`` are empty while nothing is wrong with it."""

    seat: str
    code: str
    stopped_for: str
    drawing_error: str


class RefundRow(NamedTuple):
    """
    A refund that no newer one has replaced; ``amount`` is in the minor unit.

    ``presentment_amount`` is what the customer gets in their own currency, if that is another one.
    """

    status: RefundStatus
    amount: int
    presentment_amount: int | None = None
    presentment_currency: str = ""


class DisputeRow(NamedTuple):
    """A dispute whose money isn't here, and how much of what was received it concerns, in the minor unit."""

    effect: DisputeEffect
    part: int


class PricedSeat(NamedTuple):
    """A seat, what was paid for it, in the minor unit, and whether its guest was let in."""

    label: str
    price: int
    is_entered: bool = False


@dataclass(frozen=True, kw_only=True)
class StatusRow:
    """
    What a customer may see of a payment: enough to describe it, and to know when that has changed.

    What was bought without Stripe has no session; ``sold_as`` says how, and is empty for a payment.
    Amounts are in the minor unit; ``amount_received`` is 0 until money has arrived: ``amount``, less a
    discount, and with the tax that was added. ``presentment_amount`` is that in the customer's own currency,
    if they saw another one than ours. ``fee`` is what is kept for cancelling. ``seats`` are those that the
    booking has now; ``lost_seats`` were taken when a late payment came. ``tickets`` may be valid or not;
    those that were replaced are left out. ``ticket_reference`` is the booking number, from the beginning on.
    """

    session_id: str | None
    status: PaymentStatus
    problem: str
    processed_at: datetime | None
    error_message: str
    stripe_state: str
    asked_at: datetime | None
    checked_at: datetime | None
    amount: int
    currency: str
    amount_received: int
    currency_received: str
    amount_discount: int
    tax_added: int
    presentment_amount: int | None
    presentment_currency: str
    payment_intent_id: str | None
    expires_at: datetime
    instructions_url: str
    act_until: datetime | None
    test_ended_at: datetime | None
    refunds: list[RefundRow]
    disputes: list[DisputeRow]
    fee: int
    sold_as: str = ""

    reference: str
    name: str
    email: str
    ticket_reference: str | None
    cancelled_at: datetime | None
    mailed_at: datetime | None
    mail_refused_at: datetime | None
    seats: list[str]
    lost_seats: list[str]
    tickets: list[TicketRow]

    title: str
    event_changed_at: datetime
    time_zone: str
    event_status: EventStatus
    cancellable_until: datetime | None
    returnable_until: datetime | None
    sales_until: datetime
    starts_at: datetime
    ends_at: datetime

    def must_act(self, at: datetime) -> bool:
        """Whether its customer has yet to pay by Stripe's instructions, and still can ``at`` that time."""
        is_open = self.act_until is None or self.act_until > at
        return self.status == PaymentStatus.PROCESSING and bool(self.instructions_url) and is_open

    @property
    def total(self) -> int:
        """What it costs, as far as Stripe has said; what was paid, if that has bought the tickets."""
        return self.amount - self.amount_discount + self.tax_added

    @property
    def has_bought(self) -> bool:
        """Whether the payment has bought the booking's tickets, whatever became of them."""
        return self.status not in UNPAID and not self.problem


@dataclass(frozen=True, kw_only=True)
class BookingRow(StatusRow):
    """
    What a booking's own pages and a list of bookings need besides.

    In the list, ``has_seats_again`` tells that the booking is over, and that its customer has seats of it
    by another booking.
    ``asked_back`` is the sum of the refunds that were requested and not refused, in the minor unit;
    ``resends`` is how often the customer had the tickets mailed again within the last day, ``mailings`` how
    often they were to be sent in all.
    """

    checkout_url: str
    was_paid_again: bool
    asked_back: int

    booking_status: BookingStatus
    created_at: datetime
    held_until: datetime
    valid_seats: list[PricedSeat]
    resends: int
    mailings: int
    has_seats_again: bool = False

    slug: str
    venue: str
    event_currency: str
    cancellation_fee_percent: int
    cancellation_fee: int

    @property
    def policy(self) -> Policy:
        """The event's policy for cancelling. What was for nothing can be given back until it begins."""
        return Policy(
            until=self.starts_at if self.sold_as in UNPAID_KINDS else self.cancellable_until,
            whole_until=self.returnable_until,
            percent=self.cancellation_fee_percent,
            fixed=self.cancellation_fee,
            currency=self.event_currency,
        )

    @property
    def has_all_its_money(self) -> bool:
        """
        Whether what was paid for all valid tickets is still here.

        If not, money was refunded in another way, for instance in Stripe's dashboard. Cancelling one ticket
        could then void the others too, so the box office has to decide.
        """
        return self.amount_received - self.asked_back >= sum(seat.price for seat in self.valid_seats)

    @property
    def is_partly_here(self) -> bool:
        """Whether some of its money was neither asked back nor taken by a dispute."""
        return self.amount_received - self.asked_back > sum(dispute.part for dispute in self.disputes)

    def is_payable(self, at: datetime) -> bool:
        """Whether the Checkout Session can be paid ``at`` that time, and its customer hasn't cancelled."""
        is_open = self.status == PaymentStatus.PENDING and self.stripe_state not in DOUBTFUL
        return is_open and self.expires_at > at and not self.cancelled_at
