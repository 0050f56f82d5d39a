"""Accounts: whose address it is, and who may enter by a mailed code."""

from enum import StrEnum

from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q

from bookings.references import new_reference
from customers.claims import claim_bookings, owner_of

STAFF = Q(is_staff=True) | Q(is_superuser=True)


class Reason(StrEnum):
    """Why an address gets no code."""

    STAFF = "staff"
    CLOSED = "closed"


class NotYours(Exception):
    """The address can't become this account's: it has another account, or gets no codes."""


def why_not(email: str) -> Reason | None:
    """Return why no code may be mailed to ``email``: no mailbox opens the admin, nor a closed account."""
    verified = Q(emailaddress__email=email, emailaddress__verified=True)
    barred = Q(STAFF, verified | Q(email__iexact=email)) | Q(verified, is_active=False)
    found = list(User.objects.filter(barred).values_list("is_staff", "is_superuser"))
    if any(map(any, found)):
        return Reason.STAFF
    return Reason.CLOSED if found else None


def open_account(email: str) -> User | None:
    """
    Return the account of ``email``, which its owner has just proved, or a new one; None if no code opens it.

    Two browsers may prove a new address at the same moment: the second finds the account of the first.
    """
    if why_not(email):
        return None
    try:
        return owner_of(email) or _new_account(email)
    except IntegrityError:
        return owner_of(email)


@transaction.atomic
def _new_account(email: str) -> User:
    user = User(username=new_reference(), email=email)
    user.set_unusable_password()
    user.save()
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def change_address(user: User, email: str) -> int:
    """
    Let ``email``, which was just proved, be the account's one address; return how many bookings it brought.

    Every session of the account ends: whoever has lost a mailbox may have lost more. Raise ``NotYours`` if
    the address is somebody else's; then nothing changes.
    """
    if why_not(email):
        raise NotYours
    try:
        _replace_address(user, email)
    except IntegrityError as error:
        raise NotYours from error
    return claim_bookings(user)


@transaction.atomic
def _replace_address(user: User, email: str) -> None:
    User.objects.select_for_update().get(pk=user.pk)
    EmailAddress.objects.filter(user=user).delete()
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    user.email = email
    user.set_unusable_password()  # Another one each time, which Django holds every session against.
    user.save(update_fields=["email", "password"])
