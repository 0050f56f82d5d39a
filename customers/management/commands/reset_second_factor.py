from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from customers.staff.rescue import reset_second_factor


class Command(BaseCommand):
    help = (
        "Remove the second factors of a staff member who lost them and their recovery codes, if no "
        "other administrator can. Ends all their sessions; they set up a new one when they sign in."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no user {username}.")
        reset_second_factor(user)
        self.stdout.write(f"Done. {username} sets up a new second factor when they next sign in.")
