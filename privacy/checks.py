from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, register


@register(deploy=True)
def retention_is_decided(**kwargs: Any) -> list[CheckMessage]:
    if not settings.RETENTION_IS_DECIDED:
        hint = "Set how many months after an event names are kept; 0 keeps them until they're erased."
        return [
            checks.Warning(
                "RETENTION_MONTHS isn't set, so names are kept forever.", hint=hint, id="admit.W013"
            )
        ]
    return []
