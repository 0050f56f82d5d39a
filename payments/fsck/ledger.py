"""The balance of each currency: what was received, and where it is now."""

from dataclasses import astuple, dataclass

from django.db import connection

from bookings.money import format_money
from payments.models import Payment

from .batches import SIZE, Batch, Progress, Tell, batches, one_moment, quietly

# By currency: what was received, bought tickets, is disputed, was refunded, is being refunded, and fees.
SUMS = """
    SELECT payment.currency_received, sum(payment.amount_received), sum(live.price),
           sum(least(bank.part, greatest(payment.amount_received - back.sent - back.due, 0))),
           sum(back.sent), sum(back.due), sum(back.fees)
      FROM payments_payment AS payment
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(amount) FILTER (WHERE status = 'succeeded'), 0) AS sent,
                  coalesce(sum(amount) FILTER (
                      WHERE status IN ('due', 'pending', 'requires_action', 'unknown')), 0) AS due,
                  coalesce(sum(fee) FILTER (
                      WHERE status IN ('due', 'pending', 'requires_action', 'succeeded')), 0) AS fees
             FROM payments_refund WHERE payment_id = payment.id) AS back
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(CASE WHEN share IS NOT NULL THEN share
                                    WHEN currency = payment.currency_received THEN amount
                                    ELSE payment.amount_received END), 0) AS part
             FROM payments_dispute WHERE payment_id = payment.id AND effect <> '') AS bank
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(coalesce(booked.paid, booked.price)), 0) AS price
             FROM bookings_ticket AS ticket
             JOIN bookings_bookedseat AS booked
               ON booked.booking_id = ticket.booking_id AND booked.seat_id = ticket.seat_id
              AND booked.replaced_at IS NULL
            WHERE ticket.booking_id = payment.booking_id AND ticket.status <> 'void'
              AND ticket.stopped_for <> 'disputed'
              AND NOT EXISTS (
                    SELECT 1 FROM payments_refund_tickets AS given
                      JOIN payments_refund AS refund ON refund.id = given.refund_id
                     WHERE given.ticket_id = ticket.id AND refund.status = 'due')
              AND payment.problem = '') AS live
     WHERE payment.amount_received IS NOT NULL AND payment.id BETWEEN %s AND %s
     GROUP BY payment.currency_received
"""


@dataclass(frozen=True)
class Balance:
    """The money of one currency, in its minor unit."""

    currency: str
    received: int
    tickets: int
    disputed: int
    refunded: int
    going_back: int
    fees: int

    @property
    def kept(self) -> int:
        """The rest: fees of cancellations and refunds that failed; less than 0 if tickets were given away."""
        return self.received - self.tickets - self.disputed - self.refunded - self.going_back

    def __str__(self) -> str:
        def money(amount: int) -> str:
            return format_money(amount, self.currency)

        return (
            f"{money(self.received)} in = {money(self.tickets)} for valid tickets"
            f" + {money(self.refunded)} refunded + {money(self.going_back)} being refunded"
            f" + {money(self.disputed)} disputed"
            + (f" + {money(self.kept)} kept" if self.kept >= 0 else f" - {money(-self.kept)} given")
            + (f" ({money(self.fees)} in cancellation fees)" if self.fees else "")
        )

    def __add__(self, other: "Balance") -> "Balance":
        """Return the balance of both; the currency is the same."""
        amounts = zip(astuple(self)[1:], astuple(other)[1:], strict=True)
        return Balance(self.currency, *map(sum, amounts))


def balances(tell: Tell = quietly, *, batch_size: int = SIZE) -> list[Balance]:
    """Return the balance of each currency, at one moment; ``tell`` is called after each batch of payments."""
    sums: dict[str, Balance] = {}
    with one_moment():
        payments = list(batches(Payment, batch_size))
        for done, batch in enumerate(payments, 1):
            for balance in _balances_of(batch):
                known = sums.get(balance.currency)
                sums[balance.currency] = known + balance if known else balance
            tell(Progress("balance", done, len(payments)))
    return [sums[currency] for currency in sorted(sums)]


def _balances_of(batch: Batch) -> list[Balance]:
    with connection.cursor() as cursor:
        cursor.execute(SUMS, batch.bounds)
        return [Balance(currency, *map(int, sums)) for currency, *sums in cursor.fetchall()]
