"""How many places one order and one customer may have."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0019_questions'),
    ]

    operations = [
        migrations.AddField(
            model_name='event',
            name='most_per_customer',
            field=models.PositiveSmallIntegerField(blank=True, help_text='In all orders with the same e-mail address or account. Empty: any number.', null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='places of one customer, at most'),
        ),
        migrations.AddField(
            model_name='event',
            name='most_per_order',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Empty: as many as the shop allows.', null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='places of one order, at most'),
        ),
        migrations.AddConstraint(
            model_name='event',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('most_per_order', None), ('most_per_order__gt', 0), _connector='OR'), models.Q(('most_per_customer', None), ('most_per_customer__gt', 0), _connector='OR')), name='event_limits_allow_some'),
        ),
    ]
