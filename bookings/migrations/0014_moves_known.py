"""Check why all tickets stopped, and what was sold, beside the traffic."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0013_moves'),
    ]

    operations = [
        ValidateConstraint(model_name='ticket', name='ticket_stopped_says_why'),
        ValidateConstraint(model_name='bookedseat', name='booked_seat_moved_is_replaced'),
        ValidateConstraint(model_name='bookedseat', name='booked_seat_sold_says_price_and_paid'),
    ]
