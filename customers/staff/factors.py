"""Second factors of staff, stored and checked with allauth's ``mfa``: an app, passkeys, recovery codes."""

import logging
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

logger = logging.getLogger(__name__)

APP, PASSKEY, CODES = Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN, Authenticator.Type.RECOVERY_CODES
MOST_PASSKEYS = 10


def factors_of(user: User) -> QuerySet[Any]:
    """Return the apps and passkeys of ``user``. Recovery codes alone are no second factor."""
    factors: QuerySet[Any] = Authenticator.objects.filter(user=user).exclude(type=CODES).order_by("pk")
    return factors


def has_passkey(user: User) -> bool:
    return factors_of(user).filter(type=PASSKEY).exists()


def can_use_passkeys() -> bool:
    """Return whether browsers allow passkeys at the shop's address: not at a bare IP address."""
    address = urlsplit(settings.SITE_URL)
    try:
        ip_address(str(address.hostname))
    except ValueError:
        return bool(settings.HTTPS) or address.hostname == "localhost"
    return False


def redeem_app_code(user: User, typed: str) -> bool:
    """
    Return whether ``typed`` is a code that the app of ``user`` shows now, and that wasn't used yet.

    The last step of time that was used is kept in the app's row, under its lock: allauth's own memory of used
    codes is the process's cache, so another process would take a code again.
    """
    with transaction.atomic():
        app = Authenticator.objects.select_for_update().filter(user=user, type=APP).first()
        if app is None:
            return False
        try:
            secret = get_adapter().decrypt(app.data["secret"])
        except InvalidToken:
            logger.error("the app of user %s can't be read: SECRET_KEY is another one", user.pk)
            return False
        step = _step_of(secret, typed)
        if step is None or step <= app.data.get("used_step", 0):
            return False
        app.data["used_step"] = step
        app.save(update_fields=["data"])
        app.record_usage()
        return True


def _step_of(secret: str, typed: str) -> int | None:
    """Return the step of time, within the tolerance, whose code is ``typed``."""
    for step in totp.yield_hotp_counters_from_time():
        if compare_user_code(actual=typed, expected=totp.format_hotp_value(totp.hotp_value(secret, step))):
            return step
    return None


def redeem_recovery_code(user: User, typed: str) -> bool:
    """Return whether ``typed`` is an unused recovery code of ``user``, which it isn't from then on."""
    codes = Authenticator.objects.filter(user=user, type=CODES).first()
    try:
        return bool(codes and RecoveryCodes(codes).validate_code(typed))
    except InvalidToken:
        logger.error("the recovery codes of user %s can't be read: SECRET_KEY is another one", user.pk)
        return False


def recovery_codes_left(user: User) -> int:
    codes = Authenticator.objects.filter(user=user, type=CODES).first()
    try:
        return len(RecoveryCodes(codes).get_unused_codes()) if codes else 0
    except InvalidToken:
        return 0


@transaction.atomic
def add_app(user: User, secret: str, typed: str) -> bool:
    """Make the app with ``secret`` the one of ``user`` and return True, if it shows ``typed`` now."""
    step = _step_of(secret, typed)
    if step is None:
        return False
    User.objects.select_for_update().get(pk=user.pk)  # Or two at once would collide.
    Authenticator.objects.filter(user=user, type=APP).delete()
    app = totp.TOTP.activate(user, secret).instance
    app.data["used_step"] = step
    app.save(update_fields=["data"])
    return True


def new_secret() -> str:
    return str(totp.generate_totp_secret())


def app_address(user: User, secret: str) -> str:
    """Return the address that the app reads from a QR code."""
    return str(get_adapter().build_totp_url(user, secret))


@transaction.atomic
def renew_recovery_codes(user: User) -> list[str]:
    """Replace the recovery codes of ``user``, and return the new ones."""
    User.objects.select_for_update().get(pk=user.pk)
    Authenticator.objects.filter(user=user, type=CODES).delete()
    return list(RecoveryCodes.activate(user).generate_codes())


def passkey_options(user: User) -> dict[str, Any]:
    """Return what the browser needs to make a passkey; the session remembers the challenge."""
    return dict(_webauthn().begin_registration(user, passwordless=False))


def add_passkey(user: User, name: str, credential: Any) -> bool:
    """Store a passkey that a browser has made, and return whether it is one."""
    count = factors_of(user).filter(type=PASSKEY).count()
    if count >= MOST_PASSKEYS:
        return False
    try:
        _webauthn().parse_registration_response(credential)
        _webauthn().complete_registration(credential)
    except Exception:  # Whatever the libraries make of bytes from outside, it is no passkey.
        logger.info("no passkey could be made of a browser's answer", exc_info=True)
        return False
    _webauthn().WebAuthn.add(user, name or f"Passkey {count + 1}", credential)
    return True


def challenge_passkey(user: User) -> dict[str, Any]:
    """Return what the browser needs to use a passkey of ``user``; the session remembers the challenge."""
    return dict(_webauthn().begin_authentication(user))


def check_passkey(user: User, credential: Any) -> bool:
    """Return whether a browser has answered the last challenge with a passkey of ``user``."""
    try:
        _webauthn().parse_authentication_response(credential)
        passkey = _webauthn().complete_authentication(user, credential)
    except Exception:  # As above.
        logger.info("a passkey was refused", exc_info=True)
        return False
    passkey.record_usage()
    return True


def _webauthn() -> Any:
    """Return allauth's module for passkeys. To import it takes a tenth of a second, which few need."""
    from allauth.mfa.webauthn.internal import auth

    return auth


def remove_factor(user: User, pk: int, *, may_be_last: bool) -> Any | None:
    """Remove a factor of ``user`` and return it, or None if it isn't theirs or is needed."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        factor = factors_of(user).filter(pk=pk).first()
        if factor is None or (factors_of(user).count() == 1 and not may_be_last):
            return None
        kind = factor.type
        factor.delete()
        if not factors_of(user).exists():
            remove_all(user)
        return kind


def remove_all(user: User) -> int:
    """Remove all second factors and recovery codes of ``user``, and return how many factors there were."""
    count = factors_of(user).count()
    Authenticator.objects.filter(user=user).delete()
    return count
