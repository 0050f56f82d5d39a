"""Pair a device: staff make it and read out its code, somebody types that on the phone, once."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from bookings.door.devices.codes import CODE_LIFE, hash_code, hash_secret, new_code, new_secret
from bookings.models import Device, DeviceRole, Event
from bookings.validators import is_readable

WORKS_AFTER = timedelta(hours=12)  # after the end of its last event
TRIES = 5  # Two codes are rarely alike.
LONGEST_NAME = 100


class InvalidCode(Exception):
    """No device waits for this code: it is wrong, was used, or is too old, or the event is over."""


class NotWaiting(Exception):
    """This device needs no code: it is paired, revoked, or for no event that is still to come."""


@transaction.atomic
def invite(
    events: Iterable[Event],
    *,
    name: str = "",
    role: DeviceRole = DeviceRole.STEWARD,
    gate: str = "",
    by: User | None = None,
) -> tuple[Device, str]:
    """Make a device for ``events`` and return it with its code, which isn't stored and works once."""
    chosen = list(events)
    device = Device(
        name=name or gate or str(role.label), role=role, gate=gate, made_by=by, expires_at=expiry_of(chosen)
    )
    code = give_code(device)
    device.events.set(chosen)
    return device, code


def invite_again(device: Device) -> str:
    """
    Give a device that isn't paired yet another code, and return it; the one before doesn't work any more.

    Raise ``NotWaiting`` if it has been paired or revoked, or its events are over.
    """
    expires_at = expiry_of(device.events.all())

    def renew() -> None:
        waiting = Device.objects.filter(pk=device.pk, paired_at=None, revoked_at=None)
        told = {"code_hash": device.code_hash, "code_until": device.code_until, "expires_at": expires_at}
        if expires_at <= timezone.now() or not waiting.update(**told):
            raise NotWaiting

    return _with_a_code(device, renew)


def give_code(device: Device) -> str:
    """Save a new device with a code, and return that."""
    return _with_a_code(device, device.save)


def _with_a_code(device: Device, save: Callable[[], None]) -> str:
    for _again in range(TRIES):
        code = new_code()
        device.code_hash, device.code_until = hash_code(code), timezone.now() + CODE_LIFE
        try:
            with transaction.atomic():
                save()
        except IntegrityError:
            continue
        return code
    raise RuntimeError("No code was free.")


@transaction.atomic
def pair(code: str, name: str = "") -> tuple[Device, str]:
    """
    Pair the device that waits for ``code``, and return it with its new secret, of which a hash is stored.

    Raise ``InvalidCode`` if none waits for it. Of two that send it at once, the second comes too late. A
    ``name`` loses what can't be read in one line.
    """
    now = timezone.now()
    waiting = Device.objects.inviting(now).select_for_update(no_key=True)
    device = waiting.filter(code_hash=hash_code(code)).first()
    if device is None or (expires_at := expiry_of(device.events.all())) <= now:
        raise InvalidCode
    secret = new_secret()
    device.name = one_line(name)[:LONGEST_NAME].strip() or device.name
    device.code_hash, device.secret_hash, device.paired_at = "", hash_secret(secret), now
    device.last_seen_at, device.expires_at = now, expires_at
    device.save(update_fields=["name", "code_hash", "secret_hash", "paired_at", "last_seen_at", "expires_at"])
    return device, secret


def revoke(device: Device) -> bool:
    """
    Stop a device for good: it can neither be paired nor scan. What it scanned stays.

    Return False if it was stopped already.
    """
    unrevoked = Device.objects.filter(pk=device.pk, revoked_at=None)
    return bool(unrevoked.update(revoked_at=timezone.now(), code_hash=""))


def expiry_of(events: Iterable[Event]) -> datetime:
    """Return until when a device for ``events`` works; now, if it is for none."""
    return max((event.ends_at + WORKS_AFTER for event in events), default=timezone.now())


def one_line(text: str) -> str:
    """Return what was typed on a phone without what can't be shown in one line."""
    return " ".join("".join(sign if is_readable(sign) else " " for sign in text).split())
