"""Opening a Checkout Session for what is held at the counter: the customer is mailed where to pay."""

from django.db import transaction

from bookings.models import Booking
from payments.checkout.start import open_session_of, save_new
from payments.counter.desk import write_customer
from payments.counter.holding import Customer, lock_for_sale
from payments.durations import HOLD_MARGIN
from payments.gateway.checkout.session_params import new_session_end
from payments.models import Notification, NotificationKind, Payment, PaymentStatus
from payments.notifications import notify
from payments.pause import require_sales


def send_link(booking: Booking, customer: Customer) -> Payment:
    """
    Keep what is held for ``customer`` until they have paid online, mail them where, and return the payment.

    If they don't pay, the places are freed like any others. A repeated request returns the first one's
    payment. Raise ``NotHeld``, ``NotOnSale``, ``SalesPaused``, ``StripeUnavailable`` or ``StripeRefused``; if
    Stripe opens no session, the places are free again.
    """
    require_sales()
    payment, is_new = _reserve(booking, customer)
    own = payment if payment.session_id else open_session_of(payment, is_first=is_new)
    with transaction.atomic():
        notify(Notification(payment=own, kind=NotificationKind.EXCHANGE))
    return own


@transaction.atomic
def _reserve(booking: Booking, customer: Customer) -> tuple[Payment, bool]:
    Booking.objects.select_for_update(no_key=True).get(pk=booking.pk)
    earlier = Payment.objects.with_booking().filter(booking=booking).first()
    if earlier and (earlier.session_id or earlier.status == PaymentStatus.PENDING):
        return earlier, False
    locked = lock_for_sale(booking)
    write_customer(locked, customer)
    expires_at = new_session_end()
    locked.held_until = expires_at + HOLD_MARGIN
    # They have to find the mail first, so they aren't taken for somebody who has left.
    locked.active_at = expires_at
    locked.save(update_fields=["held_until", "active_at"])
    payment = Payment(booking=locked, expires_at=expires_at)
    save_new(payment, list(locked.booked_seats.with_seats()))
    locked.publish()
    return payment, True
