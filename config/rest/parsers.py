import io
from typing import IO, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser

from config.server.request_body import LARGEST


class TooLarge(APIException):
    status_code = 413
    default_code = "too_large"
    default_detail = gettext_lazy("This request is too large.")


class ShallowJSONParser(JSONParser):
    """
    Parse JSON that is small enough, and answer 400 instead of 500 if it is nested too deeply for Python.

    A server that isn't ``config.asgi`` passes on bodies of any size.
    """

    def parse(self, stream: IO[Any], *args: Any, **kwargs: Any) -> Any:
        body = stream.read(LARGEST + 1)
        if len(body) > LARGEST:
            raise TooLarge
        try:
            return super().parse(io.BytesIO(body), *args, **kwargs)
        except RecursionError as error:
            raise ParseError(_("This JSON is nested too deeply.")) from error
