"""Customers' accounts: open them with an emailed code, and change their address."""

from enum import StrEnum

from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q

from bookings.addresses.normal_form import comparable
from bookings.references import new_reference
from customers.claims import account_of, claim_bookings

STAFF = Q(is_staff=True) | Q(is_superuser=True)


class RefusalReason(StrEnum):
    """Why no sign-in code is sent to an address."""

    STAFF = "staff"
    CLOSED = "closed"


class AddressUnavailable(Exception):
    """The address belongs to another account, or must not get codes."""


def why_no_code(email: str) -> RefusalReason | None:
    """Return why ``email`` must not get a code, or None: staff sign in by password, closed accounts never."""
    verified = Q(emailaddress__email=email, emailaddress__verified=True)
    barred = Q(STAFF, verified | Q(email__iexact=email)) | Q(verified, is_active=False)
    found = list(User.objects.filter(barred).values_list("is_staff", "is_superuser"))
    if any(map(any, found)):
        return RefusalReason.STAFF
    return RefusalReason.CLOSED if found else None


def open_account(email: str) -> User | None:
    """
    Return the account of ``email``, creating it if needed; None if it can't be opened by code.

    The caller has verified the address, in its ``comparable`` form: in another, the code may have been mailed
    to another domain. If two browsers verify a new address at the same moment, the unique constraint lets one
    create the account, and the other one finds it.
    """
    if email != comparable(email) or why_no_code(email):
        return None
    try:
        return account_of(email) or _new_account(email)
    except IntegrityError:
        return account_of(email)


@transaction.atomic
def _new_account(email: str) -> User:
    user = User(username=new_reference(), email=email)
    user.set_unusable_password()
    user.save()
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def address_of(user: User) -> str:
    """Return the address that the account of ``user`` is opened with."""
    verified = EmailAddress.objects.filter(user=user, verified=True).order_by("-primary", "pk").first()
    return verified.email if verified else user.email


def change_address(user: User, email: str) -> int:
    """
    Make ``email`` the account's only address, and return how many bookings it brought into the account.

    The caller has verified the address. All sessions of the account end, in case the customer has lost more
    than the old mailbox. Raise ``AddressUnavailable`` if the address can't be used; then nothing changes.
    """
    if email != comparable(email) or why_no_code(email):
        raise AddressUnavailable
    try:
        _replace_address(user, email)
    except IntegrityError as error:
        raise AddressUnavailable from error
    return claim_bookings(user)


@transaction.atomic
def _replace_address(user: User, email: str) -> None:
    User.objects.select_for_update().get(pk=user.pk)  # Or two changes at once would leave two addresses.
    EmailAddress.objects.filter(user=user).delete()
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    user.email = email
    user.set_unusable_password()  # It is random, and Django ends all sessions when the password changes.
    user.save(update_fields=["email", "password"])
