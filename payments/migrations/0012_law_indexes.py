"""Indexes of what the receipts' books don't have yet; they are built beside the traffic, not in its way."""

from django.db import migrations, models

from config.database.indexes import AddIndexBesideTraffic


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('payments', '0011_law'),
    ]

    operations = [
        AddIndexBesideTraffic(
            model_name='dispute',
            index=models.Index(condition=models.Q(models.Q(('effect', 'lost'), ('is_entered', False)), models.Q(('is_entered', True), models.Q(('effect', 'lost'), _negated=True)), _connector='OR'), fields=['id'], name='dispute_unentered'),
        ),
        AddIndexBesideTraffic(
            model_name='payment',
            index=models.Index(condition=models.Q(('amount_received__gt', 0), ('is_receipted', False), ('problem', ''), models.Q(('status__in', ['pending', 'processing', 'failed', 'expired']), _negated=True)), fields=['created_at'], name='payment_unreceipted'),
        ),
        AddIndexBesideTraffic(
            model_name='refund',
            index=models.Index(condition=models.Q(models.Q(('amount__gt', 0), ('is_entered', False), ('status', 'succeeded')), models.Q(('is_entered', True), models.Q(('status', 'succeeded'), _negated=True)), _connector='OR'), fields=['id'], name='refund_unentered'),
        ),
    ]
