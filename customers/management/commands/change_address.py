from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from customers.accounts import STAFF, AddressUnavailable, change_address
from customers.claims import account_of
from customers.forms import EmailForm


class Command(BaseCommand):
    help = (
        "Change the address of a customer's account, if the customer has lost access to the old mailbox. "
        "Verify who they are first: the new address gives access to all bookings in the account."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("old", help="the current address of the account, or its number as fsck names it")
        parser.add_argument("new", help="its new address")

    def handle(self, *args: Any, old: str, new: str, **options: Any) -> None:
        form = EmailForm({"email": new})
        if not form.is_valid():
            raise CommandError(f"{new} is not an address. {form.errors['email'][0]}")
        account = _account(old)
        if account is None:
            raise CommandError(f"There is no account with the address {old}.")
        try:
            claimed = change_address(account, form.cleaned_data["email"])
        except AddressUnavailable as error:
            raise CommandError(f"{new} has an account of its own, or is one of the staff's.") from error
        self.stdout.write(
            f"The account is opened with {new} now. Guests' bookings that it brought: {claimed}."
        )


def _account(old: str) -> User | None:
    """Return the account with this address, or the customer's with this number; None if there is none."""
    return User.objects.exclude(STAFF).filter(pk=old).first() if old.isdecimal() else account_of(old)
