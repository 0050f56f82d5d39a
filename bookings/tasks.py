"""Jobs about bookings, run by the worker."""

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from bookings.mail import emails
from bookings.tickets import qr_codes

# After 10 s, then a minute later each time: about a day in all.
RETRY_FOR_A_DAY = RetryStrategy(max_attempts=50, wait=10, linear_wait=60)


@app.task(retry=RETRY_FOR_A_DAY)
def mail_tickets(*, booking_id: int) -> None:
    """Send the tickets of a confirmed booking, unless they were sent already."""
    emails.send_tickets(booking_id)


@app.task(retry=RETRY_FOR_A_DAY)
def redraw_ticket(*, ticket_id: int) -> None:
    """Draw a ticket that could not be drawn when it was issued."""
    qr_codes.redraw(ticket_id)
