"""What is given on several dates."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def let_staff_edit(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Let who sets up events write what is said of all dates together."""
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    config = apps.get_app_config("bookings")
    config.models_module = True  # type: ignore[assignment]
    create_permissions(config, apps=apps, verbosity=0)  # Django makes them only after all migrations have run.
    config.models_module = None
    mine = ["view_production", "add_production", "change_production"]
    allowed = Permission.objects.filter(content_type__app_label="bookings", codename__in=mine)
    for group in Group.objects.filter(name="Events"):
        group.permissions.add(*allowed)


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0007_event_changes'),
    ]

    operations = [
        migrations.CreateModel(
            name='Production',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=200)),
                ('slug', models.SlugField(max_length=80, unique=True)),
                ('description', models.TextField(blank=True)),
            ],
            options={
                'ordering': ['title'],
            },
        ),
        migrations.AddField(
            model_name='event',
            name='production',
            field=models.ForeignKey(blank=True, help_text='What this is a date of, if it is given more than once.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='events', to='bookings.production'),
        ),
        migrations.RunPython(let_staff_edit, migrations.RunPython.noop),
    ]
