"""The door: devices, scans and entries; and when a ticket last changed, for their lists."""

import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
from django.apps.registry import Apps
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# Who pairs devices, and sees what they did.
DOOR = ["view_device", "add_device", "change_device", "view_scan", "view_entry", "change_entry"]
# Whatever changes a row, a door's list is told that it has changed.
MARK_CHANGES = """
    CREATE FUNCTION bookings_mark_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.changed_at = clock_timestamp();
        RETURN NEW;
    END $$;
    CREATE TRIGGER ticket_change BEFORE UPDATE ON bookings_ticket
        FOR EACH ROW EXECUTE FUNCTION bookings_mark_change();
    CREATE TRIGGER entry_change BEFORE UPDATE ON bookings_entry
        FOR EACH ROW EXECUTE FUNCTION bookings_mark_change();
"""
FORGET_CHANGES = """
    DROP TRIGGER entry_change ON bookings_entry;
    DROP TRIGGER ticket_change ON bookings_ticket;
    DROP FUNCTION bookings_mark_change;
"""


def allow(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Let those who may scan tickets pair devices for it; the group keeps its people."""
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    config = apps.get_app_config("bookings")
    config.models_module = True  # type: ignore[assignment]
    create_permissions(config, apps=apps, verbosity=0)  # Django makes them only after all migrations have run.
    config.models_module = None
    group, _made = Group.objects.get_or_create(name="Door")
    group.permissions.add(
        *Permission.objects.filter(content_type__app_label="bookings", codename__in=DOOR)
    )


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0025_numbers'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Device',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100)),
                ('role', models.CharField(choices=[('steward', 'Steward'), ('supervisor', 'Supervisor')], default='steward', max_length=10)),
                ('gate', models.CharField(blank=True, help_text='Such as North. Empty: no gate.', max_length=60)),
                ('code_hash', models.CharField(blank=True, editable=False, max_length=64)),
                ('code_until', models.DateTimeField(editable=False)),
                ('secret_hash', models.CharField(blank=True, editable=False, max_length=64)),
                ('made_at', models.DateTimeField(auto_now_add=True)),
                ('paired_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('expires_at', models.DateTimeField(editable=False)),
                ('revoked_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('last_seen_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('list_version', models.CharField(blank=True, editable=False, max_length=40)),
                ('queued', models.PositiveIntegerField(default=0, editable=False)),
                ('skew_ms', models.BigIntegerField(default=0, editable=False)),
                ('allowance', models.FloatField(default=200, editable=False)),
                ('allowed_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                'verbose_name': 'door device',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('entered_at', models.DateTimeField()),
                ('left_at', models.DateTimeField(blank=True, null=True)),
                ('undone_at', models.DateTimeField(blank=True, null=True)),
                ('undone_by', models.CharField(blank=True, max_length=200)),
                ('undone_why', models.CharField(blank=True, max_length=500)),
                ('conflict', models.CharField(blank=True, choices=[('two_devices', 'Admitted on two devices'), ('was_void', 'Ticket wasn’t valid'), ('resold', 'Seat was sold again'), ('younger', 'Ticket not known')], max_length=12)),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('settled_by', models.CharField(blank=True, max_length=200)),
                ('settled_how', models.CharField(blank=True, max_length=500)),
                ('changed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, editable=False)),
            ],
            options={
                'verbose_name_plural': 'entries',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Scan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('nonce', models.UUIDField(unique=True)),
                ('content', models.CharField(max_length=64)),
                ('person', models.CharField(blank=True, max_length=100)),
                ('gate', models.CharField(blank=True, max_length=60)),
                ('digest', models.CharField(blank=True, max_length=24)),
                ('direction', models.CharField(choices=[('in', 'In'), ('out', 'Out')], default='in', max_length=3)),
                ('kind', models.CharField(choices=[('code', 'Camera'), ('hid', 'Scanner'), ('typed', 'Typed'), ('name', 'Found by name'), ('group', 'With the booking')], default='code', max_length=5)),
                ('scanned_at', models.DateTimeField()),
                ('corrected_at', models.DateTimeField()),
                ('received_at', models.DateTimeField(auto_now_add=True)),
                ('was_offline', models.BooleanField(default=False)),
                ('shown', models.CharField(blank=True, choices=[('invalid', 'Not one of our tickets'), ('unknown', 'Ticket not known'), ('wrong_event', 'Another event'), ('replaced', 'Replaced'), ('void', 'Not valid'), ('suspended', 'Box office'), ('not_yet', 'Doors not open yet'), ('over', 'Event is over'), ('again', 'Same ticket, already in'), ('inside', 'Already inside'), ('admitted', 'Welcome'), ('left', 'Left'), ('not_inside', 'Wasn’t inside')], max_length=12)),
                ('verdict', models.CharField(choices=[('invalid', 'Not one of our tickets'), ('unknown', 'Ticket not known'), ('wrong_event', 'Another event'), ('replaced', 'Replaced'), ('void', 'Not valid'), ('suspended', 'Box office'), ('not_yet', 'Doors not open yet'), ('over', 'Event is over'), ('again', 'Same ticket, already in'), ('inside', 'Already inside'), ('admitted', 'Welcome'), ('left', 'Left'), ('not_inside', 'Wasn’t inside')], max_length=12)),
                ('note', models.TextField(blank=True)),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.AddField(
            model_name='event',
            name='reentry',
            field=models.BooleanField(db_default=False, default=False, help_text='Guests may leave and come back: the door scans them out and in again.', verbose_name='re-entry'),
        ),
        migrations.AddField(
            model_name='ticket',
            name='changed_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, editable=False),
        ),
        migrations.AddField(
            model_name='device',
            name='events',
            field=models.ManyToManyField(related_name='door_devices', to='bookings.event'),
        ),
        migrations.AddField(
            model_name='device',
            name='made_by',
            field=models.ForeignKey(blank=True, db_index=False, editable=False, help_text='Empty: made by a command.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='entry',
            name='event',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='bookings.event'),
        ),
        migrations.AddField(
            model_name='entry',
            name='seat',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='bookings.seat'),
        ),
        migrations.AddField(
            model_name='entry',
            name='ticket',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='bookings.ticket'),
        ),
        migrations.AddField(
            model_name='scan',
            name='device',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='scans', to='bookings.device'),
        ),
        migrations.AddField(
            model_name='scan',
            name='event',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='scans', to='bookings.event'),
        ),
        migrations.AddField(
            model_name='scan',
            name='ticket',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='scans', to='bookings.ticket'),
        ),
        migrations.AddField(
            model_name='entry',
            name='left_scan',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='left_entries', to='bookings.scan'),
        ),
        migrations.AddField(
            model_name='entry',
            name='scan',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='entry', to='bookings.scan'),
        ),
        migrations.AddConstraint(
            model_name='device',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ['steward', 'supervisor'])), name='door_device_role_known'),
        ),
        migrations.AddConstraint(
            model_name='device',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('paired_at', None), ('secret_hash', '')), models.Q(('paired_at__isnull', False), models.Q(('secret_hash', ''), _negated=True)), _connector='OR'), name='door_device_paired_has_a_secret'),
        ),
        migrations.AddConstraint(
            model_name='device',
            constraint=models.UniqueConstraint(condition=models.Q(('secret_hash', ''), _negated=True), fields=('secret_hash',), name='door_device_secret_unique'),
        ),
        migrations.AddConstraint(
            model_name='device',
            constraint=models.UniqueConstraint(condition=models.Q(('code_hash', ''), _negated=True), fields=('code_hash',), name='door_device_code_unique'),
        ),
        migrations.AddIndex(
            model_name='scan',
            index=models.Index(fields=['event', 'corrected_at'], name='scan_of_event'),
        ),
        migrations.AddConstraint(
            model_name='scan',
            constraint=models.CheckConstraint(condition=models.Q(('direction__in', ['in', 'out'])), name='scan_direction_known'),
        ),
        migrations.AddConstraint(
            model_name='scan',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['code', 'hid', 'typed', 'name', 'group'])), name='scan_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='scan',
            constraint=models.CheckConstraint(condition=models.Q(('verdict__in', ['invalid', 'unknown', 'wrong_event', 'replaced', 'void', 'suspended', 'not_yet', 'over', 'again', 'inside', 'admitted', 'left', 'not_inside'])), name='scan_verdict_known'),
        ),
        migrations.AddConstraint(
            model_name='scan',
            constraint=models.CheckConstraint(condition=models.Q(('shown__in', ['', 'invalid', 'unknown', 'wrong_event', 'replaced', 'void', 'suspended', 'not_yet', 'over', 'again', 'inside', 'admitted', 'left', 'not_inside'])), name='scan_shown_known'),
        ),
        migrations.AddConstraint(
            model_name='scan',
            constraint=models.CheckConstraint(condition=models.Q(('verdict__in', ['invalid', 'unknown', 'wrong_event']), ('ticket__isnull', False), models.Q(('verdict', 'admitted'), models.Q(('note', ''), _negated=True)), _connector='OR'), name='scan_of_a_ticket_knows_it'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['event', 'entered_at'], name='entry_of_event'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(condition=models.Q(('conflict', ''), ('left_at', None), ('undone_at', None)), fields=['event'], name='entry_open'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['event', 'changed_at'], name='entry_changed'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(condition=models.Q(models.Q(('conflict', ''), _negated=True), ('settled_at', None), ('undone_at', None)), fields=['event'], name='entry_unsettled'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.UniqueConstraint(condition=models.Q(('conflict', ''), ('left_at', None), ('undone_at', None)), fields=('seat',), name='entry_one_open_a_seat'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.CheckConstraint(condition=models.Q(('conflict__in', ['', 'two_devices', 'was_void', 'resold', 'younger'])), name='entry_conflict_known'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('seat__isnull', False), ('ticket__isnull', False)), models.Q(('conflict', 'younger'), ('seat', None), ('ticket', None)), _connector='OR'), name='entry_has_a_seat'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('left_at', None), ('left_scan', None)), models.Q(('left_at__isnull', False), ('left_scan__isnull', False)), _connector='OR'), name='entry_left_by_a_scan'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.CheckConstraint(condition=models.Q(('left_at', None), ('left_at__gte', models.F('entered_at')), _connector='OR'), name='entry_left_after_it'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.CheckConstraint(condition=models.Q(('undone_at', None), models.Q(('undone_by', ''), _negated=True), _connector='OR'), name='entry_undone_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.CheckConstraint(condition=models.Q(('settled_at', None), models.Q(models.Q(('settled_by', ''), _negated=True), models.Q(('settled_how', ''), _negated=True)), _connector='OR'), name='entry_settled_by_somebody'),
        ),
        migrations.RunSQL(MARK_CHANGES, FORGET_CHANGES),
        migrations.RunPython(allow, migrations.RunPython.noop),
    ]
