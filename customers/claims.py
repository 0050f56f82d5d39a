"""Which account a booking is in."""

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.utils.translation import get_language

from bookings.models import Booking, booking_topic, customer_topic
from bookings.seats.holds import Buyer
from waiting.publishing import publish


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


def goes_with_address(booking: Booking) -> bool:
    """Whether ``booking`` is in no account, or in that of its address, which may have put it there."""
    return booking.customer is None or booking.customer == owner_of(booking.email)


@transaction.atomic
def correct_address(booking: Booking, email: str, *, keeps_account: bool) -> None:
    """
    Let ``email`` be the address of ``booking``, which its customer had mistyped; nothing is mailed by that.

    Where the old address put it into an account, which may be a stranger's, it goes on to that of the new
    one, or into none; unless ``keeps_account``. Who had signed in to book keeps it anyway.
    """
    locked = Booking.objects.select_for_update(no_key=True).get(pk=booking.pk)
    locked.publish()
    if goes_with_address(locked) and not keeps_account:
        locked.customer = owner_of(email)
    locked.email = email
    locked.save(update_fields=["email", "customer"])
    locked.publish()


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
        publish(topic)
    return len(found)
