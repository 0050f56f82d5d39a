"""The writes a second that Stripe allows, shared by all processes; and when a run of the reconciler ended."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0002_money_part_two'),
    ]

    operations = [
        migrations.AddField(
            model_name='backfill',
            name='ended_at',
            field=models.DateTimeField(blank=True, help_text='When a run of the reconciler ended last, whatever it did.', null=True),
        ),
        migrations.CreateModel(
            name='StripeAllowance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('next_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('paused_until', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('pushed_back', models.FloatField(db_default=0)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='stripe_allowance_is_one')],
            },
        ),
    ]
