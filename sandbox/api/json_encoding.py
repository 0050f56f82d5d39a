"""The JSON bodies of ``/v2/``, in the form that parameters are declared for."""

import json
from typing import Any

from sandbox.core.errors import StripeError


def decode(text: str) -> dict[str, Any]:
    """Return a JSON object as ``form_encoding.decode`` returns a form, or raise ``StripeError``."""
    try:
        body = json.loads(text) if text.strip() else {}
    except ValueError:
        raise StripeError("The request body is not valid JSON.", code="invalid_json") from None
    if not isinstance(body, dict):
        raise StripeError("The request body must be a JSON object.", code="invalid_json")
    return {key: as_form(value) for key, value in body.items()}


def as_form(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: as_form(member) for key, member in value.items()}
    if isinstance(value, list):
        return {str(index): as_form(member) for index, member in enumerate(value)}
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
