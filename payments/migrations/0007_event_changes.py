"""Money that comes after its event was called off."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0006_event_changes'),
        ('payments', '0006_staff_names'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='payment',
            name='payment_problem_known',
        ),
        migrations.AlterField(
            model_name='payment',
            name='problem',
            field=models.CharField(blank=True, choices=[('amount_mismatch', 'Another amount was paid'), ('currency_mismatch', 'Another currency was paid'), ('reference_mismatch', 'Paid for another booking'), ('paid_after_release', 'Paid after the seats were released, and sold'), ('paid_after_cancellation', 'Paid after the booking was cancelled'), ('event_called_off', 'Paid after the event was called off'), ('paid_after_event', 'Paid after the event was over'), ('paid_twice', 'A second payment for one booking')], max_length=30),
        ),
        AddConstraintNotValid(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('problem__in', ['', 'amount_mismatch', 'currency_mismatch', 'reference_mismatch', 'paid_after_release', 'paid_after_cancellation', 'event_called_off', 'paid_after_event', 'paid_twice'])), name='payment_problem_known'),
        ),
    ]
