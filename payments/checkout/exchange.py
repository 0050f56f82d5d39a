"""Opening a Checkout Session for dearer seats, by which a customer exchanges tickets that they have."""

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from bookings.seats.moving import NotMovable, hold_instead
from payments.checkout.start import open_session_of, save_new
from payments.durations import HOLD_MARGIN
from payments.gateway.checkout.session_params import new_session_end
from payments.ledger.moving import lock_and_quote
from payments.models import Notification, NotificationKind, Payment
from payments.notifications import notify
from payments.pause import require_sales


def open_exchange(payment: Payment, wanted: Mapping[int, str], *, agreed: str) -> Payment:
    """
    Hold the seats with the ``wanted`` labels for the customer of ``payment``, and return their own payment.

    They are mailed where to pay. Once that is paid, the tickets with these ids are refunded (``settle``).
    Until then they stay as they are, and if it never is, the seats are freed like any others. Raise
    ``NotMovable``, ``SalesPaused``, ``StripeUnavailable`` or ``StripeRefused``; then nothing is held.
    """
    require_sales()
    own = open_session_of(_reserve(payment, wanted, agreed), is_first=True)
    with transaction.atomic():
        notify(Notification(payment=own, kind=NotificationKind.EXCHANGE))
    return own


@transaction.atomic
def _reserve(payment: Payment, wanted: Mapping[int, str], agreed: str) -> Payment:
    quote = lock_and_quote(payment, wanted, agreed=agreed)
    if not quote.is_exchange:
        raise NotMovable(_("Nothing has to be paid for these seats any more. Look again, and decide anew."))
    expires_at = new_session_end()
    booking = hold_instead(quote.payment.booking, quote.moves, until=expires_at + HOLD_MARGIN)
    own = Payment(booking=booking, expires_at=expires_at, exchange_of=quote.payment)
    save_new(own, list(booking.booked_seats.with_seats()))
    own.exchanged_tickets.set(move.ticket for move in quote.moves)
    return own
