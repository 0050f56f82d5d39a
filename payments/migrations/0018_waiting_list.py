"""Let the groups that look after customers see waiting lists and answers, and remove who waits."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

MAY = ["view_waitingentry", "change_waitingentry", "view_answer", "view_question"]


def let_box_office(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    config = apps.get_app_config("bookings")
    config.models_module = True  # type: ignore[assignment]
    create_permissions(config, apps=apps, verbosity=0)  # Django makes them only after all migrations have run.
    config.models_module = None
    allowed = Permission.objects.filter(content_type__app_label="bookings", codename__in=MAY)
    for group in Group.objects.filter(name__in=["Box office", "Finance"]):
        group.permissions.add(*allowed)


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0017_counter'),
        ('bookings', '0021_waiting_list'),
    ]

    operations = [migrations.RunPython(let_box_office, migrations.RunPython.noop)]
