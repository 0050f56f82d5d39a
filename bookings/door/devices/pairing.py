"""Pair a device: staff make it and read out its code, somebody types that on the phone, once."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from bookings.door.devices.codes import CODE_LIFE, hash_code, hash_secret, new_code, new_secret
from bookings.models import Device, DeviceRole, Event

WORKS_AFTER = timedelta(hours=12)  # after the end of its last event
TRIES = 5  # Two codes are rarely alike.


class InvalidCode(Exception):
    """No device waits for this code: it is wrong, was used, or is too old."""


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
    code = _give_code(device)
    device.events.set(chosen)
    return device, code


def invite_again(device: Device) -> str:
    """Give a device that isn't paired yet another code, and return it."""
    return _give_code(device)


def _give_code(device: Device) -> str:
    for _again in range(TRIES):
        code = new_code()
        device.code_hash, device.code_until = hash_code(code), timezone.now() + CODE_LIFE
        try:
            with transaction.atomic():
                device.save()
        except IntegrityError:
            continue
        return code
    raise RuntimeError("No code was free.")


@transaction.atomic
def pair(code: str, name: str = "") -> tuple[Device, str]:
    """
    Pair the device that waits for ``code``, and return it with its new secret, of which a hash is stored.

    Raise ``InvalidCode`` if none waits for it. Of two that send it at once, the second comes too late.
    """
    now = timezone.now()
    waiting = Device.objects.inviting(now).select_for_update(no_key=True)
    device = waiting.filter(code_hash=hash_code(code)).first()
    if device is None:
        raise InvalidCode
    secret = new_secret()
    device.name = name or device.name
    device.code_hash, device.secret_hash, device.paired_at = "", hash_secret(secret), now
    device.last_seen_at = now
    device.save(update_fields=["name", "code_hash", "secret_hash", "paired_at", "last_seen_at"])
    return device, secret


def revoke(device: Device) -> None:
    """Stop a device for good: it can neither be paired nor scan. What it scanned stays."""
    Device.objects.filter(pk=device.pk, revoked_at=None).update(revoked_at=timezone.now(), code_hash="")


def expiry_of(events: Iterable[Event]) -> datetime:
    """Return until when a device for ``events`` works; now, if it is for none."""
    return max((event.ends_at + WORKS_AFTER for event in events), default=timezone.now())
