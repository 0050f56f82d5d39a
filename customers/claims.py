"""Which account a booking is in."""

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.utils.translation import get_language

from bookings.holds import Buyer
from bookings.models import Booking, booking_topic, customer_topic
from waiting.announcements import announce


def buyer_of(request: HttpRequest, *, name: str, email: str) -> Buyer:
    """Return who books: whoever is signed in, else the account that ``email`` is a verified address of."""
    account = signed_in(request) or owner_of(email)
    return Buyer(name=name, email=email, account=account, language=get_language() or settings.LANGUAGE_CODE)


def signed_in(request: HttpRequest) -> User | None:
    """Return who is signed in, or None."""
    return request.user if isinstance(request.user, User) else None


def owner_of(email: str) -> User | None:
    """Return whose verified address ``email`` is, in whatever case it is written."""
    verified = EmailAddress.objects.filter(verified=True, email=email.lower()).select_related("user")
    return next((address.user for address in verified), None)


@transaction.atomic
def claim_bookings(account: User) -> int:
    """
    Put what guests booked with the account's verified addresses into the account; return how many that were.

    A booking that is in an account stays there. They are locked in one order, so that two browsers that sign
    in to one account at the same moment take turns.
    """
    addresses = EmailAddress.objects.filter(user=account, verified=True).values("email")
    guests = Booking.objects.alias(address=Lower("email")).filter(customer=None, address__in=addresses)
    found = dict(guests.order_by("pk").select_for_update(no_key=True).values_list("pk", "reference"))
    Booking.objects.filter(pk__in=found).update(customer=account)
    for topic in [customer_topic(account.pk), *map(booking_topic, found.values())] if found else []:
        announce(topic)
    return len(found)
