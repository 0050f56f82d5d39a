"""The waiting lists of events that are sold out."""

import bookings.references
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0020_limits'),
    ]

    operations = [
        migrations.CreateModel(
            name='WaitingEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(default=bookings.references.new_reference, editable=False, max_length=26, unique=True)),
                ('name', models.CharField(max_length=200)),
                ('email', models.EmailField(max_length=254)),
                ('language', models.CharField(max_length=10)),
                ('quantity', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(8)])),
                ('status', models.CharField(choices=[('unconfirmed', 'Address not confirmed'), ('waiting', 'Waiting'), ('offered', 'Has an offer'), ('paying', 'Paying'), ('bought', 'Bought'), ('ran_out', 'The offer ran out'), ('left', 'Left'), ('ended', 'The sale has ended')], default='unconfirmed', max_length=12)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('waiting_since', models.DateTimeField(blank=True, null=True)),
                ('offered_until', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('mail_owed', models.CharField(blank=True, choices=[('confirm', 'To confirm the address'), ('offer', 'The offer')], max_length=8)),
                ('mailings', models.PositiveSmallIntegerField(default=0, help_text='How many mails were to be sent; each has a name of its own.')),
                ('mailed_at', models.DateTimeField(blank=True, null=True)),
                ('mail_refusal', models.CharField(blank=True, help_text='What the mail server said that refused the last one.', max_length=500)),
            ],
            options={
                'verbose_name_plural': 'waiting list',
                'ordering': ['waiting_since', 'pk'],
            },
        ),
        migrations.AddField(
            model_name='waitingentry',
            name='area',
            field=models.ForeignKey(blank=True, db_index=False, help_text='Empty: anywhere, but all in one area.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='bookings.area'),
        ),
        migrations.AddField(
            model_name='waitingentry',
            name='booking',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='waiting_entry', to='bookings.booking'),
        ),
        migrations.AddField(
            model_name='waitingentry',
            name='event',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='waiting_entries', to='bookings.event'),
        ),
        migrations.AddField(
            model_name='waitingentry',
            name='type',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='bookings.tickettype'),
        ),
        migrations.AddIndex(
            model_name='waitingentry',
            index=models.Index(condition=models.Q(('status', 'waiting')), fields=['event', 'waiting_since'], name='waiting_entry_in_line'),
        ),
        migrations.AddIndex(
            model_name='waitingentry',
            index=models.Index(condition=models.Q(('status__in', ['unconfirmed', 'waiting', 'offered', 'paying'])), fields=['status'], name='waiting_entry_open'),
        ),
        migrations.AddIndex(
            model_name='waitingentry',
            index=models.Index(django.db.models.functions.text.Lower('email'), name='waiting_entry_address'),
        ),
        migrations.AddConstraint(
            model_name='waitingentry',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['unconfirmed', 'waiting', 'offered', 'paying', 'bought', 'ran_out', 'left', 'ended'])), name='waiting_entry_status_known'),
        ),
        migrations.AddConstraint(
            model_name='waitingentry',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__range', (1, 8))), name='waiting_entry_wants_some'),
        ),
        migrations.AddConstraint(
            model_name='waitingentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('booking__isnull', False), ('offered_until__isnull', False), ('status__in', ['offered', 'paying'])), models.Q(('status__in', ['offered', 'paying']), _negated=True), _connector='OR'), name='waiting_entry_offer_has_places'),
        ),
        migrations.AddConstraint(
            model_name='waitingentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'waiting'), _negated=True), models.Q(('booking', None), ('waiting_since__isnull', False)), _connector='OR'), name='waiting_entry_waits_since'),
        ),
        migrations.AddConstraint(
            model_name='waitingentry',
            constraint=models.UniqueConstraint(models.F('event'), django.db.models.functions.text.Lower('email'), condition=models.Q(('status__in', ['unconfirmed', 'waiting', 'offered', 'paying'])), name='waiting_entry_once_an_address'),
        ),
    ]
