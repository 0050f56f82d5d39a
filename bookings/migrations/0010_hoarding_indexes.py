"""Indexes by which each checkout counts the open holds of its browser and its network."""

from django.db import migrations, models

from config.database.indexes import AddIndexBesideTraffic


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('bookings', '0009_hoarding'),
    ]

    operations = [
        AddIndexBesideTraffic(
            model_name='booking',
            index=models.Index(condition=models.Q(('status', 'held')), fields=['browser'], name='booking_of_browser'),
        ),
        AddIndexBesideTraffic(
            model_name='booking',
            index=models.Index(condition=models.Q(('status', 'held')), fields=['network'], name='booking_of_network'),
        ),
    ]
