"""Check why all tickets stopped beside the traffic."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0011_moves'),
    ]

    operations = [
        ValidateConstraint(model_name='ticket', name='ticket_stopped_says_why'),
    ]
