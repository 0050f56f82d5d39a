from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from customers.accounts import STAFF, AddressUnavailable, change_address
from customers.claims import account_of
from customers.forms import EmailForm


class Command(BaseCommand):
    help = (
        "Change the email address of a customer's account if they've lost access to the old "
        "mailbox. Verify who they are first: the new address gives access to all their bookings."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("old", help="the account's current address, or its number as shown by fsck")
        parser.add_argument("new", help="the new address")

    def handle(self, *args: Any, old: str, new: str, **options: Any) -> None:
        form = EmailForm({"email": new})
        if not form.is_valid():
            raise CommandError(f"{new} isn't a valid address. {form.errors['email'][0]}")
        account = _account(old)
        if account is None:
            raise CommandError(f"There is no account with the address {old}.")
        try:
            claimed = change_address(account, form.cleaned_data["email"])
        except AddressUnavailable as error:
            raise CommandError(f"{new} already has an account or belongs to staff.") from error
        self.stdout.write(f"The account now signs in with {new}. Guest bookings added: {claimed}.")


def _account(old: str) -> User | None:
    """Return the account with this address, or the customer's with this number; None if there is none."""
    return User.objects.exclude(STAFF).filter(pk=old).first() if old.isdecimal() else account_of(old)
