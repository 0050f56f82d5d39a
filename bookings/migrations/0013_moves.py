"""Staff move customers to other seats: what was bought at first, and which ticket replaced which."""

import django.db.models.deletion
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0012_mail'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='ticket',
            name='ticket_stopped_says_why',
        ),
        migrations.AddField(
            model_name='bookedseat',
            name='moved',
            field=models.BooleanField(db_default=False, default=False, help_text='Staff moved its customer to another seat.'),
        ),
        migrations.AddField(
            model_name='bookedseat',
            name='sold_for',
            field=models.PositiveBigIntegerField(blank=True, help_text='What was paid for that one, in minor units.', null=True),
        ),
        migrations.AddField(
            model_name='bookedseat',
            name='sold_price',
            field=models.PositiveBigIntegerField(blank=True, help_text='The price of the seat that it was moved from, in minor units.', null=True),
        ),
        migrations.AddField(
            model_name='ticket',
            name='moved_from',
            field=models.ForeignKey(blank=True, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='bookings.ticket'),
        ),
        migrations.AlterField(
            model_name='ticket',
            name='stopped_for',
            field=models.CharField(blank=True, choices=[('refund_asked', 'A refund was asked for'), ('disputed', 'The payment is disputed'), ('refunded', 'Refunded'), ('charged_back', 'The bank took the money back'), ('renamed', 'Replaced by one with another name'), ('moved', 'Replaced by one for another seat'), ('test_ended', 'Bought in test mode')], db_default='', default='', max_length=15),
        ),
        AddConstraintNotValid(
            model_name='ticket',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'valid'), ('stopped_for', '')), models.Q(('status', 'suspended'), ('stopped_for__in', ['refund_asked', 'disputed'])), models.Q(('status', 'void'), ('stopped_for__in', ['refunded', 'charged_back', 'renamed', 'moved', 'test_ended'])), _connector='OR'), name='ticket_stopped_says_why'),
        ),
        AddConstraintNotValid(
            model_name='bookedseat',
            constraint=models.CheckConstraint(condition=models.Q(('moved', False), ('replaced_at__isnull', False), _connector='OR'), name='booked_seat_moved_is_replaced'),
        ),
        AddConstraintNotValid(
            model_name='bookedseat',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('sold_for', None), ('sold_price', None)), models.Q(('sold_for__isnull', False), ('sold_price__isnull', False)), _connector='OR'), name='booked_seat_sold_says_price_and_paid'),
        ),
    ]
