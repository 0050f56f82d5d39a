"""Proxies that aren't in ``TRUSTED_PROXIES``: everybody who comes through one seems to be the same client."""

import logging
from datetime import timedelta

from django.db import DatabaseError
from django.utils import timezone

from config.middleware.proxies import is_trusted, unlisted
from payments.models import UnlistedProxy

logger = logging.getLogger(__name__)

SEEN_WITHIN = timedelta(days=1)


def save_unlisted() -> None:
    """Save which proxies this process has met, so that all processes and the doctor know of them."""
    now = timezone.now()
    for address in unlisted.take():
        try:
            UnlistedProxy.objects.update_or_create(
                address=address,
                defaults={"last_at": now},
                create_defaults={"first_at": now, "last_at": now},
            )
        except DatabaseError as error:
            logger.warning("can't save an unlisted proxy: %s", error)


def unlisted_proxies() -> list[UnlistedProxy]:
    """Return those that were met within a day, and still aren't listed."""
    met = UnlistedProxy.objects.filter(last_at__gt=timezone.now() - SEEN_WITHIN)
    return [proxy for proxy in met if not is_trusted(proxy.address)]
