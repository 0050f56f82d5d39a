"""Check the kinds of all notifications beside the traffic."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0014_moves'),
    ]

    operations = [
        ValidateConstraint(model_name='notification', name='notification_kind_known'),
    ]
