from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from customers.accounts import NotYours, change_address
from customers.claims import owner_of
from customers.forms import EmailForm


class Command(BaseCommand):
    help = (
        "Gives a customer's account another address, for somebody who has lost their mailbox. "
        "Make sure who asks: the new address opens all bookings of the account."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("old", help="the address that the account has")
        parser.add_argument("new", help="the address that it shall have")

    def handle(self, *args: Any, old: str, new: str, **options: Any) -> None:
        form = EmailForm({"email": new})
        if not form.is_valid():
            raise CommandError(f"{new} is not an address.")
        account = owner_of(old)
        if account is None:
            raise CommandError(f"There is no account with the address {old}.")
        try:
            claimed = change_address(account, form.cleaned_data["email"])
        except NotYours as error:
            raise CommandError(f"{new} has an account of its own, or is one of the staff's.") from error
        self.stdout.write(
            f"The account is opened with {new} now. Guests' bookings that it brought: {claimed}."
        )
