"""Count tries to sign in as staff, before anything is compared, and refuse those that are too many."""

from datetime import timedelta
from typing import NamedTuple

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from customers.devices import known_device
from customers.limits import DAY, HOUR, QUARTER, LimitReached, count_alone, network_of, require_fewer
from customers.models import Factor, SignInEvent, Step, subject_of

Limit = tuple[list[str], timedelta, int]


class Limits(NamedTuple):
    """
    How many failures there may be.

    ``known`` is for a browser that the account's owner has signed in with, and is its only limit. ``here`` is
    for all others in one network, and ``everywhere`` for those in all networks together, except networks that
    the owner has signed in from. So strangers, however many, can't keep an owner out of their usual places.
    """

    factors: list[Factor]
    known: list[Limit]
    here: list[Limit]
    everywhere: list[Limit]


PASSWORDS = Limits(
    factors=[Factor.PASSWORD],
    known=[(["subject", "device"], QUARTER, 10), (["subject", "device"], DAY, 100)],
    here=[(["subject", "network"], QUARTER, 10), (["network"], QUARTER, 50), (["network"], DAY, 500)],
    everywhere=[(["subject"], HOUR, 100)],
)
# Who gets here knows the password. Of a million codes three are right at a time.
CODES = Limits(
    factors=[Factor.APP, Factor.RECOVERY],
    known=[(["subject", "device"], QUARTER, 10), (["subject", "device"], DAY, 50)],
    here=[(["subject", "network"], QUARTER, 5), (["subject", "network"], DAY, 30)],
    everywhere=[(["subject"], HOUR, 10), (["subject"], DAY, 30)],
)


def begin(request: HttpRequest, name: str, factor: Factor) -> SignInEvent:
    """
    Count a try for the username ``name``, and return its row, which the caller ends.

    Raise ``LimitReached`` if there were too many. The row is committed before the password is hashed, so
    tries that run at the same moment, in whatever process, count each other.
    """
    try:
        return _count(request, name, factor)
    except LimitReached:
        _record_refusal(request, name, factor)
        raise


@transaction.atomic
def _count(request: HttpRequest, name: str, factor: Factor) -> SignInEvent:
    limits = PASSWORDS if factor == Factor.PASSWORD else CODES
    device = known_device(request, user__username=name)
    row = SignInEvent(
        step=Step.TRIED,
        factor=factor,
        subject=subject_of(name),
        network=network_of(request.META["REMOTE_ADDR"]),
        device=device,
    )
    count_alone(subject=row.subject, network=str(row.network))
    if device:
        _require(limits.known, limits, row)
    else:
        _require(limits.here, limits, row)
        if not _has_signed_in_from(row):
            _require(limits.everywhere, limits, row)
    row.save()
    return row


def _require(chosen: list[Limit], limits: Limits, row: SignInEvent) -> None:
    failures = SignInEvent.objects.failures().filter(factor__in=limits.factors, device=row.device)
    for fields, period, most in chosen:
        require_fewer(most, period, failures.filter(**{name: getattr(row, name) for name in fields}))


def _has_signed_in_from(row: SignInEvent) -> bool:
    return SignInEvent.objects.filter(subject=row.subject, network=row.network, step=Step.SIGNED_IN).exists()


def _record_refusal(request: HttpRequest, name: str, factor: Factor) -> None:
    """Record that a network is being refused, once a minute: strangers must not fill the table."""
    network, subject = network_of(request.META["REMOTE_ADDR"]), subject_of(name)
    refused = SignInEvent.objects.filter(network=network, step=Step.TOO_MANY)
    if not refused.filter(created_at__gt=timezone.now() - timedelta(minutes=1)).exists():
        SignInEvent.objects.create(step=Step.TOO_MANY, factor=factor, network=network, subject=subject)
