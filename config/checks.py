"""System checks of this project, which also run before it serves requests."""

from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register, run_checks
from django.core.exceptions import ImproperlyConfigured

from config.i18n.catalogs import catalogs, compiled_copy

TAG = "admit"


@register(TAG)
def no_live_key_while_debugging(**kwargs: Any) -> list[CheckMessage]:
    if settings.DEBUG and settings.STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_")):
        hint = "Use a key that starts with sk_test_, or set DEBUG=0."
        return [Error("STRIPE_SECRET_KEY is a live key, but DEBUG is on.", hint=hint, id="admit.E001")]
    return []


@register(TAG)
def catalogs_are_compiled(**kwargs: Any) -> list[CheckMessage]:
    missing = [file for file in catalogs() if not compiled_copy(file).exists()]
    hint = "Run a manage.py command once where the folder is writable, such as before packaging."
    return [Error(f"{file} isn't compiled.", hint=hint, id="admit.E002") for file in missing]


@register(TAG, deploy=True)
def the_shops_time_zone_is_known(**kwargs: Any) -> list[CheckMessage]:
    if settings.IS_TIME_ZONE_SET:
        return []
    hint = "Set it to the venue's, such as Europe/Berlin, or to UTC if that's right."
    return [
        checks.Warning("TIME_ZONE isn't set, so event times are shown in UTC.", hint=hint, id="admit.W001")
    ]


def require_passed() -> None:
    """Raise ``ImproperlyConfigured`` if one of these checks fails. Web servers don't run Django's checks."""
    for error in run_checks(tags=[TAG]):
        raise ImproperlyConfigured(f"{error.msg} {error.hint}")
