"""Whose a payment, a membership or an event is: this installation's id, and Stripe's mode."""

import bookings.references
from django.db import migrations, models

# Until now only the id of a session said which mode it was opened in.
KEEP_MODE = """
    UPDATE {table} SET livemode = left(session_id, 8) = 'cs_live_'
     WHERE left(session_id, 8) IN ('cs_live_', 'cs_test_')
"""


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='payment',
            name='keys_spent',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, help_text='Idempotency keys under which Stripe has kept a failure.'),
        ),
        migrations.AddField(
            model_name='payment',
            name='livemode',
            field=models.BooleanField(blank=True, help_text='Whether it is about real money; unknown before Stripe has answered.', null=True),
        ),
        migrations.AddField(
            model_name='payment',
            name='session_params',
            field=models.JSONField(blank=True, editable=False, help_text='What Stripe is asked for, the same each time.', null=True),
        ),
        migrations.AddField(
            model_name='payment',
            name='test_ended_at',
            field=models.DateTimeField(blank=True, help_text='When this purchase with a test key stopped counting.', null=True),
        ),
        migrations.AddField(
            model_name='refund',
            name='keys_spent',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, help_text='Idempotency keys under which Stripe has kept a failure.'),
        ),
        migrations.AddField(
            model_name='stripeevent',
            name='livemode',
            field=models.BooleanField(blank=True, help_text='Whether it is about real money.', null=True),
        ),
        migrations.AddField(
            model_name='subscription',
            name='keys_spent',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, help_text='Idempotency keys under which Stripe has kept a failure.'),
        ),
        migrations.AddField(
            model_name='subscription',
            name='livemode',
            field=models.BooleanField(blank=True, help_text='Whether it is about real money; unknown before Stripe has answered.', null=True),
        ),
        migrations.AddField(
            model_name='subscription',
            name='session_params',
            field=models.JSONField(blank=True, editable=False, help_text='What Stripe is asked for, the same each time.', null=True),
        ),
        migrations.CreateModel(
            name='Installation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('shop', models.CharField(default=bookings.references.new_reference, editable=False, max_length=26, unique=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='installation_is_one')],
            },
        ),
        migrations.RunSQL(KEEP_MODE.format(table="payments_payment"), migrations.RunSQL.noop),
        migrations.RunSQL(KEEP_MODE.format(table="payments_subscription"), migrations.RunSQL.noop),
    ]
