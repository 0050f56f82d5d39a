from django.contrib.staticfiles.management.commands import runserver
from django.core.management.base import CommandParser


class Command(runserver.Command):
    """Django's development server; static files come from this project's middleware, as they do elsewhere."""

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(use_static_handler=False)
