"""What mail servers refuse, and addresses in their normal form."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from bookings.addresses.moving import move


def move_addresses(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for name in ("Subscription", "LostSession"):
        move(apps.get_model("payments", name).objects.all())


def let_box_office_write(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Let the groups that look after customers write to ticket holders."""
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    config = apps.get_app_config("bookings")
    config.models_module = True  # type: ignore[assignment]
    create_permissions(config, apps=apps, verbosity=0)  # Django makes them only after all migrations have run.
    config.models_module = None
    write = Permission.objects.get(content_type__app_label="bookings", codename="write_to_ticket_holders")
    for group in Group.objects.filter(name__in=["Box office", "Finance"]):
        group.permissions.add(write)


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0012_law_indexes'),
        ('customers', '0004_mail'),
    ]

    operations = [
        migrations.RunPython(move_addresses, migrations.RunPython.noop),
        migrations.RunPython(let_box_office_write, migrations.RunPython.noop),
        migrations.AddField(
            model_name='membershipnotification',
            name='refusal',
            field=models.TextField(blank=True, db_default='', help_text='What the mail server said.'),
        ),
        migrations.AddField(
            model_name='membershipnotification',
            name='refused_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='notification',
            name='refusal',
            field=models.TextField(blank=True, db_default='', help_text='What the mail server said.'),
        ),
        migrations.AddField(
            model_name='notification',
            name='refused_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
