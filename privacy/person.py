"""Whose data it is: all rows that belong to one address, and the words by which its owner is known."""

from dataclasses import dataclass
from functools import cached_property

from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from bookings.models import Booking, Ticket, WaitingEntry
from payments.models import LostSession, MembershipInvoice, Payment, StripeEvent, Subscription
from payments.models.subscription import SubscriptionQuerySet


@dataclass(frozen=True)
class Person:
    """
    Whoever has the address ``email``: their account, and what was booked in it or with the address.

    A booking in somebody else's account is that customer's, even if it was made with this address.
    """

    email: str

    @cached_property
    def account(self) -> User | None:
        """The account that the address opens, else one that has it."""
        verified = EmailAddress.objects.filter(email__iexact=self.email, verified=True)
        owner = verified.select_related("user").first()
        return owner.user if owner else User.objects.filter(email__iexact=self.email).first()

    @property
    def is_staff(self) -> bool:
        account = self.account
        return bool(account and (account.is_staff or account.is_superuser))

    @cached_property
    def bookings(self) -> QuerySet[Booking]:
        own = Q(email__iexact=self.email, customer=None)
        if self.account:
            own |= Q(customer=self.account)
        return Booking.objects.filter(own)

    @property
    def tickets(self) -> QuerySet[Ticket]:
        return Ticket.objects.filter(booking__in=self.bookings)

    @property
    def payments(self) -> QuerySet[Payment]:
        return Payment.objects.filter(booking__in=self.bookings)

    @property
    def subscriptions(self) -> SubscriptionQuerySet:
        rows = Subscription.objects.all()
        return rows.filter(customer=self.account) if self.account else rows.none()

    @property
    def invoices(self) -> QuerySet[MembershipInvoice]:
        return MembershipInvoice.objects.filter(subscription__in=self.subscriptions)

    @property
    def lost_sessions(self) -> QuerySet[LostSession]:
        own = (
            Q(email__iexact=self.email)
            | Q(payment__in=self.payments)
            | Q(subscription__in=self.subscriptions)
        )
        return LostSession.objects.filter(own)

    @property
    def stripe_events(self) -> QuerySet[StripeEvent]:
        """The events about this person's payments and memberships."""
        return StripeEvent.objects.filter(
            Q(payment__in=self.payments) | Q(subscription__in=self.subscriptions)
        )

    @cached_property
    def emails(self) -> set[str]:
        """All addresses by which this person is known here."""
        known = {
            self.email.lower(),
            *(email.lower() for email in self.bookings.values_list("email", flat=True)),
        }
        if self.account:
            own = EmailAddress.objects.filter(user=self.account).values_list("email", flat=True)
            known |= {self.account.email.lower(), *(email.lower() for email in own)}
            known |= {row.lower() for row in self.subscriptions.values_list("email", flat=True)}
        return known - {""}

    @cached_property
    def names(self) -> set[str]:
        """All names that this person has typed, those of their guests too."""
        known = {*self.bookings.values_list("name", flat=True), *self.tickets.values_list("name", flat=True)}
        known |= set(self.waiting.values_list("name", flat=True))
        if self.account:
            known.add(self.account.get_full_name())
        return known - {""}

    @property
    def waiting(self) -> QuerySet[WaitingEntry]:
        """The waiting lists that this person is or was on."""
        return WaitingEntry.objects.of_addresses(self.emails)

    @property
    def is_known(self) -> bool:
        """Whether anything at all is kept about this person."""
        kept = (self.bookings, self.lost_sessions, self.waiting)
        return bool(self.account) or any(rows.exists() for rows in kept)
