from django.contrib.staticfiles.management.commands import runserver
from django.core.management.base import CommandParser


class Command(runserver.Command):
    """Run Django's development server with static files from this project's middleware."""

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(use_static_handler=False)
