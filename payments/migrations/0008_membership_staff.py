from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

SEE = ["view_plan", "view_subscription"]
GROUPS = {"Box office": SEE, "Finance": [*SEE, "add_plan", "change_plan"]}


def let_them(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Let the groups of staff that exist see memberships, and Finance offer them."""
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    # Django makes permissions only after all migrations have run.
    config = apps.get_app_config("payments")
    config.models_module = True  # type: ignore[assignment]
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    for name, wanted in GROUPS.items():
        for group in Group.objects.filter(name=name):
            group.permissions.add(
                *Permission.objects.filter(content_type__app_label="payments", codename__in=wanted)
            )


class Migration(migrations.Migration):
    dependencies = [("payments", "0007_memberships")]
    operations = [migrations.RunPython(let_them, migrations.RunPython.noop)]
