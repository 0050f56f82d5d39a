"""Actions of staff, perhaps from outdated pages or with two clicks, and refunds in Stripe's dashboard."""

import uuid
from typing import Any

from django.contrib.auth.models import User
from hypothesis import strategies as st

from bookings.models import Seat, Ticket, TicketStatus
from bookings.seats.moving import NotMovable
from payments.ledger.moving import quote_moves
from payments.models import (
    Action,
    Dispute,
    Origin,
    Outcome,
    Payment,
    PaymentStatus,
    Refund,
    RefundStatus,
    StripeEvent,
)
from payments.models.refund import BROKEN
from payments.staff.actions import execute
from payments.staff.commands import NotPossible, StaffCommand, Stale
from tests.storm.base import Base, action, pick, which

twice = st.booleans()


def paid_tickets() -> list[Ticket]:
    """Return the tickets that aren't void and were paid at Stripe."""
    live = Ticket.objects.exclude(status=TicketStatus.VOID)
    return list(live.filter(booking__payments__isnull=False).distinct().order_by("pk"))


class Staff(Base):
    @action("money", number=which, twice=twice)
    def refund_all(self, number: int, twice: bool) -> None:
        self.command(Action.REFUND, self.pick_paid(number), twice=twice)

    @action("money", number=which, amount=st.sampled_from([1000, 3200, 4200]))
    def refund_part(self, number: int, amount: int) -> None:
        self.command(Action.REFUND, self.pick_paid(number), amount=amount)

    @action("tickets", number=which, twice=twice)
    def refund_ticket(self, number: int, twice: bool) -> None:
        ticket = pick(number, paid_tickets())
        buyer = Payment.objects.paid().get(booking=ticket.booking_id, problem="")
        self.command(Action.REFUND, buyer, tickets=[ticket], twice=twice)

    @action("broken", often=2, number=which, twice=twice)
    def make_refund_again(self, number: int, twice: bool) -> None:
        """Retry a refund that failed, whether or not it is still shown to staff."""
        ended = Refund.objects.filter(status__in=[*BROKEN, RefundStatus.REFUSED])
        refund = pick(number, list(ended.select_related("payment").order_by("pk")))
        self.command(Action.RETRY_REFUND, refund.payment, refund=refund, twice=twice)

    @action("money", number=which, ticket=which)
    def assign_refund(self, number: int, ticket: int) -> None:
        payment = self.pick_paid(number)
        refund = payment.refunds.filter(origin=Origin.STRIPE).first()
        tickets = list(payment.booking.tickets.order_by("pk"))
        if refund and tickets:
            self.command(Action.ASSIGN_REFUND, payment, refund=refund, tickets=[pick(ticket, tickets)])

    @action("disputes", often=2, number=which, ticket=which)
    def assign_dispute(self, number: int, ticket: int) -> None:
        """Say which ticket a dispute is about, whether or not that is still asked."""
        disputes = list(Dispute.objects.select_related("payment").order_by("pk"))
        if disputes:
            dispute = pick(number, disputes)
            tickets = list(dispute.payment.booking.tickets.order_by("pk"))
            chosen = [pick(ticket, tickets)] if tickets else []
            self.command(Action.ASSIGN_DISPUTE, dispute.payment, dispute=dispute, tickets=chosen)

    @action("money", number=which, twice=twice)
    def give_seats_after_all(self, number: int, twice: bool) -> None:
        self.command(Action.RESEAT, self.pick_paid(number), twice=twice)

    @action("tickets", often=2, number=which, seat=which, twice=twice)
    def move(self, number: int, seat: int, twice: bool) -> None:
        """Move a ticket to any other seat; if that is dearer, its customer may pay for it."""
        ticket = pick(number, paid_tickets())
        buyer = Payment.objects.with_booking().paid().get(booking=ticket.booking_id, problem="")
        label = pick(seat, list(Seat.objects.order_by("pk"))).label
        try:
            agreed = quote_moves(buyer, {ticket.pk: label}).agreed
        except NotMovable:
            agreed = ""
        self.command(Action.MOVE, buyer, seats={ticket.pk: label}, agreed=agreed, twice=twice)
        offered = Payment.objects.exclude(exchange_of=None).exclude(session_id=None)
        new = offered.exclude(session_id__in=self.world.purchases).order_by("pk")
        self.world.purchases += [str(payment.session_id) for payment in new]

    @action("open", number=which)
    def release_hold(self, number: int) -> None:
        payment = Payment.objects.filter(status=PaymentStatus.PENDING).exclude(session_id=None).first()
        if payment:
            self.command(Action.RELEASE, payment)

    @action("delivered", number=which)
    def replay_event(self, number: int) -> None:
        events = StripeEvent.objects.exclude(outcome=Outcome.IGNORED).order_by("pk")
        if events:
            event = pick(number, list(events))
            self.command(Action.REPLAY, None, stripe_event=event)

    @action("money", number=which)
    def resend_tickets(self, number: int) -> None:
        self.command(Action.RESEND, self.pick_paid(number))

    def command(self, kind: Action, payment: Payment | None, *, twice: bool = False, **what: Any) -> None:
        staff, _is_new = User.objects.get_or_create(username="staff", is_superuser=True)
        command = StaffCommand(
            action=kind, actor=staff, reason="A storm", form_id=str(uuid.uuid4()), payment=payment, **what
        )
        for _click in range(1 + twice):
            self.world.attempt(lambda: execute(command), NotPossible, Stale)

    @action("paid", number=which, amount=st.sampled_from([None, None, 1000, 3200, 4200]))
    def refund_in_the_dashboard(self, number: int, amount: int | None) -> None:
        """Refund a payment at Stripe, perhaps before its events were delivered."""
        session = self.world.stripe.session(pick(number, self.scene.paid))
        if not self.world.faults:  # This uses the API, so a fault meant for the shop would hit it.
            self.world.stripe.refund_by_hand(session["payment_intent"], amount)

    @action("released", price=st.sampled_from([5100, 4200]))
    def change_prices(self, price: int) -> None:
        Seat.objects.filter(row="A").update(price=price)
