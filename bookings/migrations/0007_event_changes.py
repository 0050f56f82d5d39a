"""Events that were moved or called off, and what was done for each of their bookings."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0006_life'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='event',
            name='moved_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='event',
            name='returnable_until',
            field=models.DateTimeField(blank=True, editable=False, help_text='Until then, who booked before it was moved can return tickets in full.', null=True),
        ),
        migrations.CreateModel(
            name='EventChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('form_id', models.CharField(max_length=36, unique=True)),
                ('kind', models.CharField(choices=[('moved', 'Moved'), ('called_off', 'Called off')], max_length=10)),
                ('reason', models.CharField(blank=True, help_text='As customers read it.', max_length=500)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('starts_before', models.DateTimeField()),
                ('ends_before', models.DateTimeField()),
                ('venue_before', models.CharField(max_length=200)),
                ('starts_after', models.DateTimeField()),
                ('ends_after', models.DateTimeField()),
                ('venue_after', models.CharField(max_length=200)),
                ('returnable_until', models.DateTimeField(blank=True, null=True)),
                ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('event', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='bookings.event')),
            ],
            options={
                'ordering': ['-pk'],
                'permissions': [('move_event', 'Can move events'), ('call_off_event', 'Can call events off')],
            },
        ),
        migrations.CreateModel(
            name='EventNotice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('outcome', models.CharField(choices=[('done', 'Done'), ('failed', 'To be looked at'), ('refused', 'Done, but the mail server refuses the mail')], max_length=10)),
                ('amount', models.PositiveBigIntegerField(blank=True, help_text="What goes back because of it, in the currency's minor unit.", null=True)),
                ('words', models.TextField(blank=True)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('mailed_at', models.DateTimeField(blank=True, null=True)),
                ('booking', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='event_notices', to='bookings.booking')),
                ('change', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='bookings.eventchange')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.AddConstraint(
            model_name='eventchange',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['moved', 'called_off'])), name='event_change_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='eventchange',
            constraint=models.CheckConstraint(condition=models.Q(('ends_after__gt', models.F('starts_after'))), name='event_change_ends_later'),
        ),
        migrations.AddConstraint(
            model_name='eventchange',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'called_off')), fields=('event',), name='event_called_off_once'),
        ),
        migrations.AddIndex(
            model_name='eventnotice',
            index=models.Index(condition=models.Q(('mailed_at', None), ('outcome', 'done')), fields=['at'], name='event_notice_unmailed'),
        ),
        migrations.AddConstraint(
            model_name='eventnotice',
            constraint=models.UniqueConstraint(fields=('change', 'booking'), name='event_notice_once'),
        ),
        migrations.AddConstraint(
            model_name='eventnotice',
            constraint=models.CheckConstraint(condition=models.Q(('outcome__in', ['done', 'failed', 'refused'])), name='event_notice_outcome_known'),
        ),
    ]
