from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, register


@register(deploy=True)
def retention_is_decided(**kwargs: Any) -> list[CheckMessage]:
    if not settings.RETENTION_IS_DECIDED:
        hint = "Say how many months after an event names are kept; 0 keeps them until they are erased."
        return [
            checks.Warning(
                "RETENTION_MONTHS is not set, so names are kept for ever.", hint=hint, id="admit.W013"
            )
        ]
    return []
