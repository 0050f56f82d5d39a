"""
Addresses in their normal form: those of bookings, events and accounts.

Until now, domains were encoded by older rules when a mail was sent: what was for faß.de went to fass.de, which
may be somebody else's. Whoever reads mail there has verified an account with the address at faß.de, too. So it
isn't verified any more, and its bookings wait for the one who can verify it. Nothing is merged.
"""

from typing import Any

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone

from bookings.addresses.moving import foreign, move, normal, went_elsewhere

REFUSAL = "Until now, mail to this address went to @{domain}: whoever reads mail there has these tickets."


def move_bookings(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Move the bookings, and show staff whose tickets went to another domain and still matter."""
    Booking = apps.get_model("bookings", "Booking")
    now = timezone.now()
    for booking in foreign(Booking.objects.select_related("event")):
        changed: dict[str, Any] = {"email": normal(booking.email)}
        domain = went_elsewhere(booking.email)
        if domain and booking.status == "confirmed" and booking.event.ends_at > now:
            print(f"    booking {booking.reference}: its mails went to {domain}")
            changed |= {"mailed_at": None, "mail_refused_at": now, "mail_refusal": REFUSAL.format(domain=domain)}
        Booking.objects.filter(pk=booking.pk).update(**changed)
    move(apps.get_model("bookings", "Event").objects.all(), "organiser_email")


def move_accounts(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Move the accounts' addresses; one that isn't certainly its account's is not verified any more."""
    EmailAddress = apps.get_model("account", "EmailAddress")
    for row in foreign(EmailAddress.objects.all()):
        email = normal(row.email).lower()
        others = EmailAddress.objects.filter(email=email).exclude(pk=row.pk)
        own = others.filter(user=row.user_id)
        is_certain = row.verified and not went_elsewhere(row.email) and not others.filter(verified=True).exists()
        if own.exists():
            row.delete()
            continue
        EmailAddress.objects.filter(pk=row.pk).update(email=email, verified=is_certain)
        if row.verified and not is_certain:
            _close(apps, row.user_id, email)
    move(apps.get_model("auth", "User").objects.all())
    # They were mailed to the other domain as well, and are good for ten minutes only.
    foreign(apps.get_model("customers", "MailedCode").objects.all()).delete()


def _close(apps: Apps, user: int, email: str) -> None:
    """End the sessions of an account, and let its bookings with this address wait for who verifies it."""
    Booking = apps.get_model("bookings", "Booking")
    SessionGeneration = apps.get_model("customers", "SessionGeneration")
    count = Booking.objects.filter(customer=user, email__iexact=email).update(customer=None)
    generation, _made = SessionGeneration.objects.get_or_create(user_id=user, defaults={"number": 0})
    SessionGeneration.objects.filter(pk=generation.pk).update(number=generation.number + 1)
    apps.get_model("customers", "KnownDevice").objects.filter(user=user).delete()
    print(f"    account {user}: {email} isn't verified any more, and {count} bookings wait for who verifies it")


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0003_hoarding'),
        ('bookings', '0012_mail'),
        ('account', '0009_emailaddress_unique_primary_email'),
    ]

    operations = [
        migrations.RunPython(move_bookings, migrations.RunPython.noop),
        migrations.RunPython(move_accounts, migrations.RunPython.noop),
    ]
