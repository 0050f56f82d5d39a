"""Indexes for a shop that has sold for years; they are built beside the traffic, not in its way."""

import django.contrib.postgres.indexes
import django.db.models.functions.comparison
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

from config.database.indexes import AddIndexBesideTraffic


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('bookings', '0002_money_part_two'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexBesideTraffic(
            model_name='booking',
            index=models.Index(fields=['-created_at', '-id'], name='booking_newest'),
        ),
        AddIndexBesideTraffic(
            model_name='booking',
            index=models.Index(condition=models.Q(('status', 'confirmed'), _negated=True), fields=['status', '-created_at', '-id'], name='booking_unconfirmed'),
        ),
        AddIndexBesideTraffic(
            model_name='booking',
            index=models.Index(condition=models.Q(('mailed_at', None), ('status', 'confirmed')), fields=['confirmed_at'], name='booking_unmailed'),
        ),
        AddIndexBesideTraffic(
            model_name='booking',
            index=django.contrib.postgres.indexes.GinIndex(models.Func(models.Func(django.db.models.functions.text.Concat('name', models.Value(' '), 'email', output_field=models.TextField()), models.Value('@.,;:_+-/\'’"()&\\'), models.Value('                '), function='translate'), output_field=models.TextField(), template="to_tsvector('simple', %(expressions)s)"), fastupdate=False, name='booking_words'),
        ),
        AddIndexBesideTraffic(
            model_name='booking',
            index=models.Index(django.db.models.functions.comparison.Collate(django.db.models.functions.text.Lower('email'), 'C'), name='booking_address'),
        ),
        AddIndexBesideTraffic(
            model_name='event',
            index=models.Index(fields=['ends_at'], name='event_ends'),
        ),
        AddIndexBesideTraffic(
            model_name='seat',
            index=models.Index(django.db.models.functions.text.Upper('label'), models.OrderBy(models.F('id'), descending=True), name='seat_labelled'),
        ),
        AddIndexBesideTraffic(
            model_name='ticket',
            index=models.Index(condition=models.Q(models.Q(('drawing_error', ''), _negated=True), models.Q(('status', 'void'), _negated=True)), fields=['booking'], name='ticket_undrawn'),
        ),
        AddIndexBesideTraffic(
            model_name='ticket',
            index=models.Index(condition=models.Q(('status', 'valid'), _negated=True), fields=['status', 'id'], name='ticket_stopped'),
        ),
    ]
