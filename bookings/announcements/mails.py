"""The email with an announcement: the author's words, in a frame in the language of the booking."""

import re

from django.conf import settings
from django.contrib.auth.models import User

from bookings.mail.emails import compose
from bookings.mail.outgoing import CountedEmail
from bookings.models import AnnouncementCopy, Booking, Event
from bookings.references import derived_reference
from config.i18n.languages import override_language


def write_copy(copy: AnnouncementCopy) -> CountedEmail:
    """Return the email for one booking; written again, it has the same Message-ID."""
    announcement, booking = copy.announcement, copy.booking
    name = derived_reference("announcement", announcement.form_id, booking.reference).lower()
    return _write(booking, announcement.subject, announcement.text, name=f"announcement.{name}")


def write_sample(event: Event, reader: User, language: str, *, subject: str, text: str) -> CountedEmail:
    """Return the email as a customer with this ``language`` gets it, to ``reader``, who has no booking."""
    booking = Booking(
        event=event,
        name=reader.get_full_name() or reader.get_username(),
        email=reader.email,
        language=language,
        ticket_reference="XXXX-XXXX",
    )
    # A booking's page is its own, and this one has none.
    page = settings.SITE_URL + event.get_absolute_url()
    return _write(booking, subject, text, booking_url=page)


def _write(booking: Booking, subject: str, text: str, *, name: str = "", **others: str) -> CountedEmail:
    with override_language(booking.language):
        context = {"subject": subject, "paragraphs": paragraphs(text), **others}
        return compose(booking, "announcement", context, name=name)


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of ``text``, which blank lines part."""
    return [part.strip("\n") for part in re.split(r"\n\s*\n", text) if part.strip()]
