"""Check the problems of all payments beside the traffic."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0007_event_changes'),
    ]

    operations = [
        ValidateConstraint(model_name='payment', name='payment_problem_known'),
    ]
