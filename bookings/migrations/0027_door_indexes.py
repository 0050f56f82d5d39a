"""Indexes by which the door finds a ticket that a device knows by its digest, and those that changed."""

from django.db import migrations, models

from config.database.indexes import AddIndexBesideTraffic


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('bookings', '0026_door'),
    ]

    operations = [
        AddIndexBesideTraffic(
            model_name='ticket',
            index=models.Index(models.Func('code', output_field=models.TextField(), template="encode(substring(sha256(%(expressions)s::bytea) for 12), 'hex')"), name='ticket_digest'),
        ),
        AddIndexBesideTraffic(
            model_name='ticket',
            index=models.Index(fields=['changed_at'], name='ticket_changed'),
        ),
    ]
