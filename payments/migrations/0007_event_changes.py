"""Money that comes after its event was called off."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

MAY = {
    "Events": ["view_eventchange", "move_event"],
    "Box office": ["view_eventchange"],
    "Finance": ["view_eventchange", "move_event", "call_off_event"],
}


def let_staff_change_events(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Let who refunds call events off, and all who answer customers see what has changed."""
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    config = apps.get_app_config("bookings")
    config.models_module = True  # type: ignore[assignment]
    create_permissions(config, apps=apps, verbosity=0)  # Django makes them only after all migrations have run.
    config.models_module = None
    of_bookings = Permission.objects.filter(content_type__app_label="bookings")
    for name, codenames in MAY.items():
        for group in Group.objects.filter(name=name):
            group.permissions.add(*of_bookings.filter(codename__in=codenames))


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0007_event_changes'),
        ('payments', '0006_staff_names'),
    ]

    operations = [
        migrations.RunPython(let_staff_change_events, migrations.RunPython.noop),
        migrations.RemoveConstraint(
            model_name='payment',
            name='payment_problem_known',
        ),
        migrations.AlterField(
            model_name='payment',
            name='problem',
            field=models.CharField(blank=True, choices=[('amount_mismatch', 'Another amount was paid'), ('currency_mismatch', 'Another currency was paid'), ('reference_mismatch', 'Paid for another booking'), ('paid_after_release', 'Paid after the seats were released, and sold'), ('paid_after_cancellation', 'Paid after the booking was cancelled'), ('event_called_off', 'Paid after the event was called off'), ('paid_after_event', 'Paid after the event was over'), ('paid_twice', 'A second payment for one booking')], max_length=30),
        ),
        AddConstraintNotValid(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('problem__in', ['', 'amount_mismatch', 'currency_mismatch', 'reference_mismatch', 'paid_after_release', 'paid_after_cancellation', 'event_called_off', 'paid_after_event', 'paid_twice'])), name='payment_problem_known'),
        ),
    ]
