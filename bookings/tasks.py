"""Background jobs about bookings."""

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from bookings.announcements import sending
from bookings.event_changes import notices
from bookings.mail import emails
from bookings.models import WaitingEntry
from bookings.tickets import qr_codes
from bookings.waiting_list import joining, mails, offering

# The first retry comes after 10 s, each pause is a minute longer: 50 tries take about a day.
RETRY_FOR_A_DAY = RetryStrategy(max_attempts=50, wait=10, linear_wait=60)


@app.task(retry=RETRY_FOR_A_DAY)
def mail_tickets(*, booking_id: int) -> None:
    """Email the tickets of a confirmed booking, unless that was already done."""
    emails.send_tickets(booking_id)


@app.task(retry=RETRY_FOR_A_DAY)
def redraw_ticket(*, ticket_id: int) -> None:
    """Draw the QR code of a ticket for which that failed when it was issued."""
    qr_codes.redraw(ticket_id)


@app.task(retry=RETRY_FOR_A_DAY)
def mail_event_notice(*, notice_id: int) -> None:
    """Tell a customer that their event was moved or called off, unless that was already done."""
    notices.send(notice_id)


@app.task(retry=RETRY_FOR_A_DAY)
def send_announcement(*, announcement_id: int) -> None:
    """Send the next copies of an announcement."""
    sending.work_on(announcement_id)


@app.task(retry=RETRY_FOR_A_DAY)
def offer_places(*, event_id: int) -> None:
    """Offer what is free at an event to those who wait, and end the offers that have run out."""
    offering.look_after(event_id)


@app.task(retry=RETRY_FOR_A_DAY)
def mail_waiting_entry(*, entry_id: int) -> None:
    """Send somebody who waits the mail that they are owed; whom it can't reach leaves the list."""
    if not mails.send(entry_id):
        joining.leave(WaitingEntry.objects.get(pk=entry_id))


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="look_after_waiting_lists", lock="waiting_lists")
def look_after_waiting_lists(timestamp: int) -> None:
    """Find places that came back, whatever freed them, and offers that have run out."""
    offering.look_after_all()
