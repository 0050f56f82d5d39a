"""What staff can do about the tickets that a payment bought."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings.addresses.normal_form import readable
from bookings.announcements import sending as announcements
from bookings.event_changes import notices
from bookings.models import Booking, BookingStatus, Ticket, TicketStatus
from bookings.tickets import qr_codes
from bookings.tickets.issuing import resend_mail
from customers.claims import correct_address
from payments.models import Notification, Payment
from payments.notifications import owe_again
from payments.staff.commands import NotPossible, StaffCommand


def has_tickets(payment: Payment) -> bool:
    """Whether ``payment`` has bought tickets that aren't void."""
    live = payment.booking.tickets.exclude(status=TicketStatus.VOID)
    return payment.booking.status == BookingStatus.CONFIRMED and payment.has_bought and live.exists()


def has_valid_tickets(payment: Payment) -> bool:
    """Whether ``payment`` has bought tickets that admit somebody now."""
    return has_tickets(payment) and payment.booking.tickets.filter(status=TicketStatus.VALID).exists()


def has_undrawn_tickets(payment: Payment) -> bool:
    return _undrawn(payment).exists()


def _undrawn(payment: Payment) -> QuerySet[Ticket]:
    """Return the tickets without a code that may still admit somebody."""
    return payment.booking.tickets.undrawn()


@transaction.atomic
def resend_tickets(payment: Payment, command: StaffCommand) -> str:
    if not has_valid_tickets(payment):
        raise NotPossible(_("There are no valid tickets."))
    resend_mail(payment.booking)
    owe_again(_refused(payment))
    return _("Emailing the tickets to %(email)s.") % {"email": readable(payment.booking.email)}


def has_mail_to_come(payment: Payment) -> bool:
    """Whether ``payment`` has tickets to mail, or a mail that the mail server of its address has refused."""
    return has_tickets(payment) or _refused(payment).exists()


def _refused(payment: Payment) -> QuerySet[Notification]:
    """Return the mails about the payments of this booking that were refused."""
    return Notification.objects.refused().filter(payment__booking=payment.booking_id)


@transaction.atomic
def correct_email(payment: Payment, command: StaffCommand) -> str:
    if not (command.email and has_mail_to_come(payment)):
        raise NotPossible(_("There are no valid tickets."))
    addresses = {"new": readable(command.email), "old": readable(payment.booking.email)}
    correct_address(payment.booking, command.email, keeps_account=command.keeps_account)
    owe_again(_refused(payment))
    announcements.owe_again(payment.booking)
    notices.owe_again(payment.booking)
    if not has_tickets(payment):
        return _("Address changed from %(old)s to %(new)s. Sending the emails.") % addresses
    resend_mail(payment.booking)
    return _("Address changed from %(old)s to %(new)s. Emailing the tickets.") % addresses


@transaction.atomic
def correct_name(payment: Payment, command: StaffCommand) -> str:
    """Change the name of who booked, and so that on all tickets without one of their own; they stay valid."""
    booking = Booking.objects.select_for_update(no_key=True).get(pk=payment.booking_id)
    if not (command.name and has_tickets(payment)):
        raise NotPossible(_("There are no valid tickets."))
    old, booking.name = booking.name, command.name
    booking.save(update_fields=["name"])
    booking.publish()
    if not has_valid_tickets(payment):
        return _("Name changed from %(old)s to %(new)s.") % {"new": command.name, "old": old}
    resend_mail(booking)
    return _("Name changed from %(old)s to %(new)s. Emailing the tickets again.") % {
        "new": command.name,
        "old": old,
    }


def redraw_codes(payment: Payment, command: StaffCommand) -> str:
    undrawn = list(_undrawn(payment))
    for ticket in undrawn:
        try:
            qr_codes.redraw(ticket.pk)
        except qr_codes.NotDrawn as error:
            raise NotPossible(_("QR code failed again: %(why)s") % {"why": error}) from error
    return ngettext("%(n)d QR code drawn.", "%(n)d QR codes drawn.", len(undrawn)) % {"n": len(undrawn)}
