"""Who sets up areas, ticket types and codes; and when an event's doors open."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

ACTIONS, NAMES = ("view", "add", "change", "delete"), ("area", "tickettype", "salecode")
BEFORE = models.Q(('doors_open_at', None), ('doors_open_at__lte', models.F('starts_at')), _connector='OR')


def allow(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Let those who set up events set up their areas, types and codes."""
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    config = apps.get_app_config("bookings")
    config.models_module = True  # type: ignore[assignment]
    create_permissions(config, apps=apps, verbosity=0)  # Django makes them only after all migrations have run.
    config.models_module = None
    codes = [f"{action}_{name}" for name in NAMES for action in ACTIONS]
    group, _made = Group.objects.get_or_create(name="Events")
    group.permissions.add(
        *Permission.objects.filter(content_type__app_label="bookings", codename__in=codes)
    )


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0021_waiting_list'),
    ]

    operations = [
        migrations.AddField(
            model_name='event',
            name='doors_open_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name='event',
            constraint=models.CheckConstraint(condition=BEFORE, name='event_doors_open_before_it_starts', violation_error_message='The doors must open before the event starts.'),
        ),
        migrations.RunPython(allow, migrations.RunPython.noop),
    ]
