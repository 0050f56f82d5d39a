from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

SEE = [
    *("bookings.view_event", "bookings.view_seat", "bookings.view_booking", "bookings.view_ticket"),
    *("payments.view_payment", "payments.view_transition", "payments.view_stripeevent"),
    *("payments.view_refund", "payments.view_dispute", "payments.view_fraudwarning"),
    *("payments.view_notice", "payments.view_check", "payments.view_staffaction"),
]
BOX_OFFICE = [
    *SEE,
    *("payments.ask_stripe", "payments.release_hold", "payments.resend_tickets", "payments.note"),
]
GROUPS = {
    "Door": ["bookings.scan_ticket"],
    "Box office": BOX_OFFICE,
    "Finance": [*BOX_OFFICE, "payments.refund", "payments.reseat"],
}


def make_groups(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the groups of staff; one that exists keeps its people, and gets what it lacks."""
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    for label in ("bookings", "payments"):
        # Django makes permissions only after all migrations have run.
        config = apps.get_app_config(label)
        config.models_module = True  # type: ignore[assignment]
        create_permissions(config, apps=apps, verbosity=0)
        config.models_module = None
    for name, wanted in GROUPS.items():
        group, _made = Group.objects.get_or_create(name=name)
        for permission in wanted:
            label, _dot, codename = permission.partition(".")
            group.permissions.add(
                Permission.objects.get(content_type__app_label=label, codename=codename)
            )


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0003_staff"),
        ("bookings", "0003_staff"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
