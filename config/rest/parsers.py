from typing import IO, Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class ShallowJSONParser(JSONParser):
    """Parse JSON, and answer 400 instead of 500 if it is nested too deeply for Python's parser."""

    def parse(self, stream: IO[Any], *args: Any, **kwargs: Any) -> Any:
        try:
            return super().parse(stream, *args, **kwargs)
        except RecursionError as error:
            raise ParseError(_("This JSON is nested too deeply.")) from error
