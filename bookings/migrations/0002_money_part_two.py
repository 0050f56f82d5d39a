"""Tickets that end with test mode, and prices as large as cards can carry."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0001_initial'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='ticket',
            name='ticket_stopped_says_why',
        ),
        migrations.AlterField(
            model_name='ticket',
            name='stopped_for',
            field=models.CharField(blank=True, choices=[('refund_asked', 'A refund was asked for'), ('disputed', 'The payment is disputed'), ('refunded', 'Refunded'), ('charged_back', 'The bank took the money back'), ('renamed', 'Replaced by one with another name'), ('test_ended', 'Bought in test mode')], db_default='', default='', max_length=15),
        ),
        migrations.AddConstraint(
            model_name='ticket',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'valid'), ('stopped_for', '')), models.Q(('status', 'suspended'), ('stopped_for__in', ['refund_asked', 'disputed'])), models.Q(('status', 'void'), ('stopped_for__in', ['refunded', 'charged_back', 'renamed', 'test_ended'])), _connector='OR'), name='ticket_stopped_says_why'),
        ),
    ]
