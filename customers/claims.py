"""Find out and change which account a booking belongs to."""

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language

from bookings.addresses.normal_form import comparable
from bookings.models import Booking, booking_topic, customer_topic
from bookings.orders.buyers import Buyer
from bookings.orders.visitors import Visitor
from customers.limits import DAY
from customers.visitors import visitor_of
from waiting.publishing import publish

CLAIMED_AT_ONCE = 200
# So many unpaid bookings of guests come to an account in a day: a guest may be a stranger who fills its list,
# with what they let go as well.
UNPAID_OF_GUESTS = 5


def buyer_from_request(request: HttpRequest, *, name: str, email: str) -> Buyer:
    """
    Return the buyer, whose account is the signed-in user, else the one with the verified ``email``.

    If many unpaid bookings of guests have come to that account today, this one is in none: its owner gets it
    when they sign in.
    """
    visitor = visitor_of(request, email)
    return Buyer(
        name=name,
        email=email,
        account=signed_in_user(request) or _account_of_guest(email, visitor),
        language=get_language() or settings.LANGUAGE_CODE,
        visitor=visitor,
    )


def signed_in_user(request: HttpRequest) -> User | None:
    """Return the signed-in user, or None."""
    return request.user if isinstance(request.user, User) else None


def known_buyer(account: User | None) -> dict[str, str]:
    """Return the ``name`` and ``email`` that a customer books with: the name is that of last time."""
    if account is None:
        return {}
    last = Booking.objects.filter(customer=account, email=account.email).order_by("-pk").first()
    return {"name": last.name if last else account.get_full_name(), "email": account.email}


def _account_of_guest(email: str, visitor: Visitor) -> User | None:
    account = account_of(email)
    if account is None or visitor.has_confirmed_email:
        return account
    today = Booking.objects.filter(customer=account, created_at__gt=timezone.now() - DAY)
    unpaid = today.filter(confirmed_at=None, has_confirmed_email=False)
    return None if unpaid.count() >= UNPAID_OF_GUESTS else account


def account_of(email: str) -> User | None:
    """Return the account with the verified address ``email``, however it is written, or None."""
    verified = EmailAddress.objects.filter(verified=True, email=comparable(email)).select_related("user")
    return next((address.user for address in verified), None)


def account_follows_address(booking: Booking) -> bool:
    """Return whether ``booking`` is in no account, or in the one that its address belongs to."""
    return booking.customer is None or booking.customer == account_of(booking.email)


@transaction.atomic
def correct_address(booking: Booking, email: str, *, keeps_account: bool) -> None:
    """
    Change the mistyped address of ``booking`` to ``email``, without sending an email.

    If the booking is in the account of its old address, which may be a stranger's, move it to the account of
    the new address, or to none; with ``keeps_account``, leave it there. A booking that another account made
    while signed in stays there in any case.
    """
    locked = Booking.objects.select_for_update(no_key=True).get(pk=booking.pk)
    locked.publish()  # For the old account's list; the second call is for the new one's.
    if account_follows_address(locked) and not keeps_account:
        locked.customer = account_of(email)
    locked.email = email
    locked.save(update_fields=["email", "customer"])
    locked.publish()


@transaction.atomic
def claim_bookings(account: User) -> int:
    """
    Put guests' bookings with the account's verified addresses into the account; return how many.

    Bookings that are in an account already stay there. Of very many, the newest are taken, and the others
    when the customer signs in again. The rows are locked in the order of their ids, so that two browsers that
    sign in to the account at the same moment can't deadlock.
    """
    addresses = EmailAddress.objects.filter(user=account, verified=True).values("email")
    guests = Booking.objects.alias(address=Lower("email")).filter(customer=None, address__in=addresses)
    newest = guests.order_by("-pk").select_for_update(no_key=True)[:CLAIMED_AT_ONCE]
    found = dict(newest.values_list("pk", "reference"))
    Booking.objects.filter(pk__in=found).update(customer=account)
    for topic in [customer_topic(account.pk), *map(booking_topic, found.values())] if found else []:
        publish(topic)
    return len(found)
