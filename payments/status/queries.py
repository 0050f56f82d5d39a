"""
The statements that read a ``StatusRow`` or a ``BookingRow``.

They are written by hand, because every waiting page reads its payment again and again, and the ORM needs ten
times as long to write such a statement. PostgreSQL plans each only once a connection, which takes longer than
to run it six times. Each is a single one, so that a row shows one moment.
"""

from typing import Any

from django.contrib.auth.models import User

from bookings.models import BookingStatus
from config.database.compiled import execute
from payments.models import DisputeEffect, Payment, PaymentStatus, RefundStatus
from payments.models.payment import UNPAID
from payments.models.refund import ACCEPTED
from payments.status.row import BookingRow, DisputeRow, PricedSeat, RefundRow, StatusRow, TicketRow

# The columns of a ``StatusRow``; ``booked`` and ``refunds`` as ``_status_fields`` takes them.
STATUS_COLUMNS = """
           payment.session_id, payment.status, payment.problem, payment.processed_at, payment.error_message,
           payment.stripe_state, payment.asked_at, payment.checked_at, payment.amount, payment.currency,
           coalesce(payment.amount_received, 0) AS amount_received, payment.currency_received,
           payment.amount_discount, payment.tax_added,
           payment.presentment_amount, payment.presentment_currency,
           payment.payment_intent_id, payment.expires_at, payment.instructions_url, payment.act_until,
           payment.test_ended_at, payment.sold_as,
           booking.reference, booking.name, booking.email, booking.ticket_reference, booking.cancelled_at,
           booking.mailed_at, booking.mail_refused_at,
           event.title, event.changed_at AS event_changed_at, event.time_zone,
           event.status AS event_status, event.cancellable_until,
           CASE WHEN booking.created_at < event.moved_at THEN event.returnable_until END AS returnable_until,
           event.sales_until, event.starts_at, event.ends_at,
           ARRAY(SELECT ARRAY[seat.label, booked.replaced_at::text]
                   FROM bookings_bookedseat AS booked
                   JOIN bookings_seat AS seat ON seat.id = booked.seat_id
                  WHERE booked.booking_id = booking.id AND NOT booked.moved
                  ORDER BY seat.id) AS booked,
           ARRAY(SELECT ARRAY[refund.status, refund.amount::text, refund.presentment_amount::text,
                              refund.presentment_currency, refund.fee::text, refund.id::text,
                              refund.replaces_id::text]
                   FROM payments_refund AS refund
                  WHERE refund.payment_id = payment.id
                    AND (refund.waived_at IS NULL
                         OR refund.status IN ('pending', 'requires_action', 'succeeded'))
                    AND refund.status <> 'withdrawn'
                  UNION ALL
                 SELECT ARRAY['succeeded', back.amount::text, NULL, '', '0', (-back.id)::text, NULL]
                   FROM payments_counterreturn AS back WHERE back.sale_id = -payment.id) AS refunds,
           ARRAY(SELECT ARRAY[dispute.effect,
                              (CASE WHEN dispute.share IS NOT NULL THEN dispute.share
                                    WHEN dispute.currency = payment.currency_received THEN dispute.amount
                                    ELSE payment.amount_received END)::text]
                   FROM payments_dispute AS dispute
                  WHERE dispute.payment_id = payment.id AND dispute.effect <> '') AS disputes,
           ARRAY(SELECT ARRAY[seat.label, ticket.code, ticket.stopped_for, ticket.drawing_error]
                   FROM bookings_ticket AS ticket
                   JOIN bookings_seat AS seat ON seat.id = ticket.seat_id
                  WHERE ticket.booking_id = booking.id AND ticket.stopped_for NOT IN ('renamed', 'moved')
                  ORDER BY seat.id, ticket.id) AS tickets
"""

# What a ``BookingRow`` has besides.
BOOKING_COLUMNS = """
           payment.checkout_url,
           booking.status AS booking_status, booking.created_at, booking.held_until,
           booking.mailings,
           event.slug, event.venue,
           event.currency AS event_currency, event.cancellation_fee_percent, event.cancellation_fee,
           ARRAY(SELECT ARRAY[seat.label, coalesce(booked.paid, booked.price)::text,
                              EXISTS(SELECT FROM bookings_entry AS entry
                                       JOIN bookings_ticket AS used ON used.id = entry.ticket_id
                                      WHERE entry.seat_id = seat.id AND used.booking_id = booking.id
                                        AND entry.undone_at IS NULL)::text]
                   FROM bookings_ticket AS ticket
                   JOIN bookings_seat AS seat ON seat.id = ticket.seat_id
                   JOIN bookings_bookedseat AS booked
                     ON booked.booking_id = ticket.booking_id AND booked.seat_id = ticket.seat_id
                    AND booked.replaced_at IS NULL
                  WHERE ticket.booking_id = booking.id AND ticket.status = 'valid'
                  ORDER BY seat.id) AS valid_seats,
           (SELECT coalesce(sum(refund.amount), 0)::bigint
              FROM payments_refund AS refund
             WHERE refund.payment_id = payment.id AND refund.status NOT IN ('withdrawn', 'refused')
               AND (refund.status IN ('pending', 'requires_action', 'succeeded')
                    OR refund.waived_at IS NULL AND NOT EXISTS(
                           SELECT FROM payments_refund AS newer WHERE newer.replaces_id = refund.id)))
           AS asked_back,
           EXISTS(SELECT FROM payments_payment AS again
                   WHERE again.retry_of_id = payment.id) AS was_paid_again,
           (SELECT count(*)
              FROM bookings_resend AS resend
             WHERE resend.booking_id = booking.id AND resend.asked_at > now() - interval '1 day') AS resends
"""

BY_PAYMENT = """
      FROM (SELECT *, '' AS sold_as FROM payments_payment) AS payment
      JOIN bookings_booking AS booking ON booking.id = payment.booking_id
      JOIN bookings_event AS event ON event.id = booking.event_id
"""

# A booking's payment is the one that bought it, else the last one with a Checkout Session. Without a session,
# its customer has never seen that there is a booking. One that was sold at the counter never had a payment:
# its sale has the same columns, and a negative id.
BY_BOOKING = """
      FROM bookings_booking AS booking
      JOIN bookings_event AS event ON event.id = booking.event_id
      JOIN LATERAL (
               (SELECT id, session_id, status, problem, processed_at, error_message, stripe_state, asked_at,
                       checked_at, amount, currency, amount_received, currency_received, amount_discount,
                       tax_added, presentment_amount, presentment_currency, payment_intent_id, expires_at,
                       instructions_url, act_until, test_ended_at, checkout_url, '' AS sold_as
                  FROM payments_payment AS candidate
                 WHERE candidate.booking_id = booking.id AND candidate.session_id IS NOT NULL
                 ORDER BY candidate.problem = '' AND candidate.status <> ALL(%s) DESC, candidate.id DESC
                 LIMIT 1)
                UNION ALL
               SELECT -sale.id, NULL, CASE
                          WHEN back.amount > 0 AND back.amount < sale.amount THEN 'partially_refunded'
                          WHEN booking.status = 'cancelled' AND back.amount = sale.amount THEN 'refunded'
                          ELSE 'succeeded' END,
                      '', sale.sold_at, '', 'paid', NULL, NULL, sale.amount, sale.currency,
                      sale.amount, sale.currency, 0, 0, NULL, '', NULL, sale.sold_at, '', NULL, NULL, '',
                      sale.kind
                 FROM payments_countersale AS sale
                CROSS JOIN LATERAL (SELECT coalesce(sum(amount), 0) AS amount
                                      FROM payments_counterreturn WHERE sale_id = sale.id) AS back
                WHERE sale.booking_id = booking.id) AS payment ON TRUE
"""

# Values that come from a request are parameters.
OF_SESSION = f"SELECT {STATUS_COLUMNS} {BY_PAYMENT} WHERE payment.session_id = %s"
OF_PAYMENT = f"SELECT {STATUS_COLUMNS}, {BOOKING_COLUMNS} {BY_PAYMENT} WHERE payment.id = %s"
OF_BOOKING = f"SELECT {STATUS_COLUMNS}, {BOOKING_COLUMNS} {BY_BOOKING} WHERE booking.reference = %s"
# Only its customer's own list says so: whoever has typed their address must not learn where they sit.
SEATS_AGAIN = """
           CASE WHEN booking.status IN ('released', 'cancelled') THEN EXISTS(
               SELECT FROM bookings_bookedseat AS booked
                 JOIN bookings_seat AS seat ON seat.id = booked.seat_id
                 JOIN bookings_booking AS other ON other.id = seat.booking_id
                WHERE booked.booking_id = booking.id AND other.id <> booking.id
                  AND other.customer_id = booking.customer_id)
           ELSE FALSE END AS has_seats_again
"""
OF_CUSTOMER = f"""
    SELECT {STATUS_COLUMNS}, {BOOKING_COLUMNS}, {SEATS_AGAIN} {BY_BOOKING}
     WHERE booking.customer_id = %s
     ORDER BY booking.created_at DESC, booking.id DESC
"""

# The names of each statement's columns. To ask psycopg for them takes longer than to read a row.
_names: dict[str, list[str]] = {}


def find_session(session_id: str) -> StatusRow | None:
    """Return the payment of a Checkout Session, or None if it isn't one of ours."""
    found = _read(OF_SESSION, session_id)
    return StatusRow(**_status_fields(found[0])) if found else None


def read_payment(payment: Payment) -> BookingRow:
    """Return the row of ``payment``, which must have a Checkout Session."""
    return _booking_row(_read(OF_PAYMENT, payment.pk)[0])


def find_booking(reference: str) -> BookingRow | None:
    """Return the row of a booking and what bought it, or None if it has no Checkout Session."""
    found = _read(OF_BOOKING, UNPAID, reference)
    return _booking_row(found[0]) if found else None


def list_bookings(customer: User) -> list[BookingRow]:
    """Return the rows of all bookings of ``customer`` that have a Checkout Session, the newest first."""
    return [_booking_row(columns) for columns in _read(OF_CUSTOMER, UNPAID, customer.pk)]


def _read(query: str, *values: Any) -> list[dict[str, Any]]:
    with execute(query, values) as cursor:
        if query not in _names:
            _names[query] = [column.name for column in cursor.description]
        return [dict(zip(_names[query], found, strict=True)) for found in cursor]


def _booking_row(columns: dict[str, Any]) -> BookingRow:
    fields = _status_fields(columns)
    fields["booking_status"] = BookingStatus(columns["booking_status"])
    fields["valid_seats"] = [
        PricedSeat(label, int(paid), entered == "true") for label, paid, entered in columns["valid_seats"]
    ]
    return BookingRow(**fields)


def _status_fields(columns: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a ``StatusRow``; arrays in ``columns`` contain nothing but text."""
    fields = dict(columns)
    booked, refunds, disputes = fields.pop("booked"), fields.pop("refunds"), fields.pop("disputes")
    replaced = {replaces_id for *_refund, replaces_id in refunds}
    # What Stripe did pay counts in any case.
    standing = [
        refund for *refund, id_, _replaces_id in refunds if id_ not in replaced or refund[0] in ACCEPTED
    ]
    return {
        **fields,
        "status": PaymentStatus(fields["status"]),
        "seats": [label for label, replaced_at in booked if replaced_at is None],
        "lost_seats": [label for label, replaced_at in booked if replaced_at is not None],
        "refunds": [_refund_row(*shown) for *shown, _fee in standing],
        "disputes": [DisputeRow(DisputeEffect(effect), int(part)) for effect, part in disputes],
        "fee": sum(int(fee) for status, *_amounts, fee in standing if status != RefundStatus.REFUSED),
        "tickets": [TicketRow(*ticket) for ticket in fields["tickets"]],
    }


def _refund_row(
    status: str, amount: str, presentment_amount: str | None, presentment_currency: str
) -> RefundRow:
    presented = int(presentment_amount) if presentment_amount else None
    return RefundRow(RefundStatus(status), int(amount), presented, presentment_currency)
