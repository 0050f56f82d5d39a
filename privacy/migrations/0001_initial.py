"""What was erased: not who it was."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


GROUPS = {
    "Data protection": [
        *("privacy.view_erasure", "privacy.add_erasure", "privacy.export_customer"),
        *("bookings.view_booking", "bookings.view_event", "receipts.view_receipt"),
    ],
}


def grant(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give groups of staff their rights; one that exists keeps its people."""
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    config = apps.get_app_config("privacy")
    config.models_module = True  # type: ignore[assignment]
    create_permissions(config, apps=apps, verbosity=0)  # Django makes them only after all migrations have run.
    config.models_module = None
    for name, wanted in GROUPS.items():
        group, _made = Group.objects.get_or_create(name=name)
        for permission in wanted:
            label, _dot, codename = permission.partition(".")
            group.permissions.add(Permission.objects.get(content_type__app_label=label, codename=codename))


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ('bookings', '0011_law'),
        ('receipts', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ClearedEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('event', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='bookings.event')),
            ],
        ),
        migrations.CreateModel(
            name='Erasure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('bookings', models.PositiveIntegerField(help_text='How many bookings lost their names.')),
                ('was_forced', models.BooleanField(help_text='Though an event was still to come.')),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-at'],
                'permissions': [('export_customer', 'Can download what is kept about a customer')],
            },
        ),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
