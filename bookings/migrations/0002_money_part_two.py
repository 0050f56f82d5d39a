"""Tickets that end with test mode, and prices as large as cards can carry."""

import django.core.validators
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
        migrations.AddField(
            model_name='bookedseat',
            name='paid',
            field=models.PositiveBigIntegerField(blank=True, help_text='What was paid for it, in minor units. Empty: its price.', null=True),
        ),
        migrations.AlterField(
            model_name='bookedseat',
            name='price',
            field=models.PositiveBigIntegerField(help_text="In the currency's minor unit."),
        ),
        migrations.AlterField(
            model_name='bookedseat',
            name='saving',
            field=models.PositiveBigIntegerField(db_default=0, default=0, help_text='What a member paid less than others, in minor units.'),
        ),
        migrations.AlterField(
            model_name='event',
            name='cancellation_fee',
            field=models.PositiveBigIntegerField(db_default=0, default=0, help_text='What is kept of each cancelled seat besides, in the currency’s minor unit: 150 is 1.50 EUR.'),
        ),
        migrations.AlterField(
            model_name='seat',
            name='price',
            field=models.PositiveBigIntegerField(help_text="In the currency's minor unit: 2500 is 25.00 EUR.", validators=[django.core.validators.MinValueValidator(1)]),
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
