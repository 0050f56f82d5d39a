"""In which order Stripe was asked, whether it takes our key, and what a restore has lost and brought back."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


CREATE_QUESTION = "CREATE SEQUENCE payments_question"
DROP_QUESTION = "DROP SEQUENCE payments_question"


def let_staff_see(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Let the groups of staff read the list of what a restore has lost."""
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    config = apps.get_app_config("payments")
    config.models_module = True  # type: ignore[assignment]
    create_permissions(config, apps=apps, verbosity=0)  # Django makes them only after all migrations have run.
    config.models_module = None
    seen = Permission.objects.get(content_type__app_label="payments", codename="view_lostsession")
    for group in Group.objects.filter(name__in=["Box office", "Finance"]):
        group.permissions.add(seen)


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0004_indexes'),
    ]

    operations = [
        migrations.RunSQL(CREATE_QUESTION, DROP_QUESTION),
        migrations.CreateModel(
            name='RefusedQuestion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('question', models.CharField(blank=True, max_length=100, unique=True)),
                ('error', models.TextField(help_text='What Stripe says.')),
                ('since', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['since'],
            },
        ),
        migrations.AddField(
            model_name='backfill',
            name='database_ahead',
            field=models.FloatField(blank=True, help_text='How far the database’s clock is ahead of Stripe’s, in seconds.', null=True),
        ),
        migrations.AddField(
            model_name='backfill',
            name='worker_ahead',
            field=models.FloatField(blank=True, help_text='How far the worker’s clock is ahead of Stripe’s, in seconds.', null=True),
        ),
        migrations.AddField(
            model_name='dispute',
            name='question',
            field=models.BigIntegerField(db_default=0, default=0, help_text='The number of the question to Stripe whose answer this is.'),
        ),
        migrations.AddField(
            model_name='payment',
            name='question',
            field=models.BigIntegerField(db_default=0, default=0, help_text='The number of the question to Stripe whose answer this is.'),
        ),
        migrations.AddField(
            model_name='refund',
            name='question',
            field=models.BigIntegerField(db_default=0, default=0, help_text='The number of the question to Stripe whose answer this is.'),
        ),
        migrations.AddField(
            model_name='stripeevent',
            name='reason',
            field=models.TextField(blank=True, db_default='', help_text="Why it changes nothing, if that doesn't follow from its type."),
        ),
        migrations.CreateModel(
            name='Restore',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('data_until', models.DateTimeField()),
                ('down_since', models.DateTimeField(blank=True, null=True)),
                ('begun_at', models.DateTimeField(auto_now_add=True)),
                ('sessions_read_at', models.DateTimeField(blank=True, null=True)),
                ('events_read_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, help_text='When sales were opened again.', null=True)),
            ],
            options={
                'ordering': ['-begun_at'],
                'constraints': [models.UniqueConstraint(fields=('ended_at',), name='restore_one_at_a_time', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='LostSession',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('session_id', models.CharField(max_length=255, unique=True)),
                ('reference', models.CharField(db_index=True, max_length=26)),
                ('is_membership', models.BooleanField(default=False)),
                ('event_slug', models.CharField(blank=True, max_length=80)),
                ('seats', models.TextField(blank=True, help_text='Their labels.')),
                ('name', models.CharField(blank=True, max_length=200)),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('amount', models.PositiveBigIntegerField(default=0)),
                ('currency', models.CharField(blank=True, max_length=3)),
                ('state', models.CharField(choices=[('open', 'Open: can be paid'), ('processing', 'Complete, and the money is still to come'), ('failed', 'The bank did not pay'), ('expired', "Expired: can't be paid"), ('paid', 'Paid'), ('free', 'Complete, with nothing to pay'), ('partially_refunded', 'Paid, partly refunded'), ('refunded', 'Refunded'), ('disputed', 'Disputed'), ('missing', 'Unknown to Stripe'), ('unreadable', "In a state that isn't known here")], max_length=20)),
                ('opened_at', models.DateTimeField(help_text='When it was opened at Stripe.')),
                ('outcome', models.CharField(choices=[('undecided', 'Nothing yet'), ('rebuilt', 'Made again here'), ('given_back', 'Its money was sent back'), ('unpaid', 'Nothing was paid')], default='undecided', max_length=10)),
                ('error', models.TextField(blank=True, help_text='Why it couldn’t be made again.')),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('refund_id', models.CharField(blank=True, max_length=255)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('payment', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='lost', to='payments.payment')),
                ('subscription', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='lost', to='payments.subscription')),
                ('restore', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sessions', to='payments.restore')),
            ],
            options={
                'ordering': ['opened_at'],
                'constraints': [models.CheckConstraint(condition=models.Q(('outcome__in', ['undecided', 'rebuilt', 'given_back', 'unpaid'])), name='lost_session_outcome_known'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('outcome', 'undecided')), models.Q(models.Q(('outcome', 'undecided'), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='lost_session_decided_has_a_time')],
            },
        ),
        migrations.RunPython(let_staff_see, migrations.RunPython.noop),
    ]
