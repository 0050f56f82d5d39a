"""Rules that must hold at every moment; one SQL statement finds the violations."""

from django.db import connection

LIVE = "ticket.status <> 'void'"
PAID = "payment.status NOT IN ('pending', 'processing', 'failed', 'expired')"
BROKEN_RULES = f"""
    SELECT 'two live tickets for one seat', ticket.seat_id::text
      FROM bookings_ticket AS ticket WHERE {LIVE} GROUP BY ticket.seat_id HAVING count(*) > 1
 UNION ALL
    SELECT 'a seat is taken by a booking that has ended', seat.label
      FROM bookings_seat AS seat JOIN bookings_booking AS booking ON booking.id = seat.booking_id
     WHERE booking.status NOT IN ('held', 'confirmed')
 UNION ALL
    SELECT 'a live ticket of a booking that nobody has paid', ticket.code
      FROM bookings_ticket AS ticket
     WHERE {LIVE} AND NOT EXISTS (
           SELECT 1 FROM payments_payment AS payment
            WHERE payment.booking_id = ticket.booking_id AND payment.problem = '' AND {PAID})
       AND NOT EXISTS (
           SELECT 1 FROM payments_countersale AS sale WHERE sale.booking_id = ticket.booking_id)
 UNION ALL
    SELECT 'a quota that is miscounted', type.slug
      FROM bookings_tickettype AS type
     WHERE quota IS NOT NULL AND taken <> (
           SELECT count(*) FROM bookings_seat AS seat
            WHERE seat.type_id = type.id AND seat.booking_id IS NOT NULL)
 UNION ALL
    SELECT 'a code that is miscounted', code.code
      FROM bookings_salecode AS code
     WHERE used <> (
           SELECT count(*) FROM bookings_booking AS booking
            WHERE booking.code_id = code.id AND booking.status IN ('held', 'confirmed'))
 UNION ALL
    SELECT 'a seat of another type than was sold', seat.label
      FROM bookings_seat AS seat
      JOIN bookings_bookedseat AS booked
        ON booked.booking_id = seat.booking_id AND booked.seat_id = seat.id AND booked.replaced_at IS NULL
     WHERE booked.type_id IS DISTINCT FROM seat.type_id
 UNION ALL
    SELECT 'bought by a payment and at the counter', sale.id::text
      FROM payments_countersale AS sale
      JOIN payments_payment AS payment ON payment.booking_id = sale.booking_id
     WHERE {PAID}
 UNION ALL
    SELECT 'more was given back than was taken', sale.id::text
      FROM payments_countersale AS sale
     WHERE sale.amount < (
           SELECT coalesce(sum(amount), 0) FROM payments_counterreturn WHERE sale_id = sale.id)
 UNION ALL
    SELECT 'a live ticket without its seat', ticket.code
      FROM bookings_ticket AS ticket JOIN bookings_seat AS seat ON seat.id = ticket.seat_id
     WHERE {LIVE} AND seat.booking_id IS DISTINCT FROM ticket.booking_id
 UNION ALL
    SELECT 'a held booking without all its seats', booking.reference
      FROM bookings_booking AS booking
     WHERE booking.status = 'held'
       AND (SELECT count(*) FROM bookings_bookedseat AS booked
             WHERE booked.booking_id = booking.id AND replaced_at IS NULL)
        <> (SELECT count(*) FROM bookings_seat AS seat WHERE seat.booking_id = booking.id)
 UNION ALL
    SELECT 'a valid ticket whose money went back', ticket.code
      FROM bookings_ticket AS ticket
      JOIN payments_refund_tickets AS given ON given.ticket_id = ticket.id
      JOIN payments_refund AS refund ON refund.id = given.refund_id
     WHERE ticket.status = 'valid' AND refund.status IN ('pending', 'requires_action', 'succeeded')
 UNION ALL
    SELECT 'a ticket whose money the bank has taken isn''t void', ticket.code
      FROM bookings_ticket AS ticket
      JOIN payments_dispute_tickets AS given ON given.ticket_id = ticket.id
      JOIN payments_dispute AS dispute ON dispute.id = given.dispute_id
     WHERE ticket.status <> 'void' AND dispute.effect = 'lost'
 UNION ALL
    SELECT 'a ticket whose money is disputed is valid', ticket.code
      FROM bookings_ticket AS ticket
      JOIN payments_dispute_tickets AS given ON given.ticket_id = ticket.id
      JOIN payments_dispute AS dispute ON dispute.id = given.dispute_id
     WHERE ticket.status = 'valid' AND dispute.effect = 'open'
 UNION ALL
    SELECT 'paid again while the first payment is undecided', again.reference
      FROM payments_payment AS again
      JOIN payments_payment AS first ON again.retry_of_id = first.id
     WHERE first.status IN ('pending', 'processing')
"""


def broken_rules() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(BROKEN_RULES)
        return cursor.fetchall()


def sessions_paid_here() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT session_id FROM payments_payment AS payment WHERE {PAID}")
        return {session_id for (session_id,) in cursor.fetchall()}
