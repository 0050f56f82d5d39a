"""Words of erasures as staff read them."""

from django.apps.registry import Apps
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db import migrations, models


NAMES = {
    "export_customer": "Can download a customer’s data",
}


def rename_permissions(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give existing permissions their new names: Django never does."""
    known = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="privacy")
    for codename, name in NAMES.items():
        known.filter(codename=codename).update(name=name)


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0001_initial'),
    ]

    operations = [
        migrations.RunPython(rename_permissions, migrations.RunPython.noop, elidable=True),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterModelOptions(
                    name='erasure',
                    options={'ordering': ['-at'], 'permissions': [('export_customer', 'Can download a customer’s data')]},
                ),
                migrations.AlterField(
                    model_name='erasure',
                    name='bookings',
                    field=models.PositiveIntegerField(help_text='Number of erased bookings.'),
                ),
                migrations.AlterField(
                    model_name='erasure',
                    name='was_forced',
                    field=models.BooleanField(help_text='Erased despite an upcoming event.'),
                ),
            ],
        ),
    ]
