"""Check the states of all seats, beside the traffic."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0016_places_indexes'),
    ]

    operations = [
        ValidateConstraint(model_name='seat', name='seat_state_known'),
        ValidateConstraint(model_name='seat', name='seat_with_a_customer_is_a_place'),
    ]
