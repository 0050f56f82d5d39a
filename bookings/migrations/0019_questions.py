"""Names on tickets, and what an event asks those who have booked."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def let_staff(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Let who sets up events write the questions."""
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    config = apps.get_app_config("bookings")
    config.models_module = True  # type: ignore[assignment]
    create_permissions(config, apps=apps, verbosity=0)  # Django makes them only after all migrations have run.
    config.models_module = None
    mine = [*(f"{verb}_question" for verb in ("view", "add", "change", "delete")), "view_answer"]
    allowed = Permission.objects.filter(content_type__app_label="bookings", codename__in=mine)
    for group in Group.objects.filter(name="Events"):
        group.permissions.add(*allowed)


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0018_layouts'),
    ]

    operations = [
        migrations.CreateModel(
            name='Answer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('value', models.CharField(blank=True, max_length=500)),
                ('answered_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['question__position', 'question_id', 'seat_id'],
            },
        ),
        migrations.CreateModel(
            name='Question',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.CharField(help_text='As customers read it, in the language you write.', max_length=200)),
                ('help', models.CharField(blank=True, help_text='Why you ask, or an example.', max_length=200)),
                ('kind', models.CharField(choices=[('text', 'A line of text'), ('choice', 'One of several'), ('checkbox', 'A box to tick')], default='text', max_length=10)),
                ('options', models.TextField(blank=True, help_text='To choose from: each in a line of its own.')),
                ('per', models.CharField(choices=[('booking', 'Once a booking'), ('ticket', 'For each ticket')], default='booking', max_length=10)),
                ('required', models.BooleanField(default=False)),
                ('position', models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                'ordering': ['position', 'pk'],
            },
        ),
        migrations.AddField(
            model_name='event',
            name='ticket_names',
            field=models.CharField(choices=[('off', 'Nobody is asked'), ('optional', 'Customers may give them'), ('required', 'Customers are asked until they have')], db_default='off', default='off', max_length=8, verbose_name='names on tickets'),
        ),
        migrations.AddConstraint(
            model_name='event',
            constraint=models.CheckConstraint(condition=models.Q(('ticket_names__in', ['off', 'optional', 'required'])), name='event_ticket_names_known'),
        ),
        migrations.AddField(
            model_name='answer',
            name='booking',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='bookings.booking'),
        ),
        migrations.AddField(
            model_name='answer',
            name='seat',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='bookings.seat'),
        ),
        migrations.AddField(
            model_name='question',
            name='event',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='questions', to='bookings.event'),
        ),
        migrations.AddField(
            model_name='answer',
            name='question',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='bookings.question'),
        ),
        migrations.AddConstraint(
            model_name='question',
            constraint=models.UniqueConstraint(fields=('event', 'text'), name='question_text_unique'),
        ),
        migrations.AddConstraint(
            model_name='question',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['text', 'choice', 'checkbox'])), name='question_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='question',
            constraint=models.CheckConstraint(condition=models.Q(('per__in', ['booking', 'ticket'])), name='question_scope_known'),
        ),
        migrations.AddConstraint(
            model_name='answer',
            constraint=models.UniqueConstraint(fields=('booking', 'question', 'seat'), name='answer_once', nulls_distinct=False),
        ),
        migrations.RunPython(let_staff, migrations.RunPython.noop),
    ]
