import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0002_large_amounts'),
        ('payments', '0001_initial'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='payment',
            name='payment_stripe_state_known',
        ),
        migrations.RemoveConstraint(
            model_name='payment',
            name='payment_that_buys_is_the_amount_asked_for',
        ),
        migrations.RemoveConstraint(
            model_name='refund',
            name='refund_has_an_amount',
        ),
        migrations.RemoveConstraint(
            model_name='refund',
            name='refund_accepted_has_evidence',
        ),
        migrations.AddField(
            model_name='payment',
            name='amount_discount',
            field=models.PositiveBigIntegerField(db_default=0, default=0, help_text='What a coupon at Stripe took off.'),
        ),
        migrations.AddField(
            model_name='payment',
            name='presentment_amount',
            field=models.PositiveBigIntegerField(blank=True, help_text='In the customer’s own currency, if they paid in another one.', null=True),
        ),
        migrations.AddField(
            model_name='payment',
            name='presentment_currency',
            field=models.CharField(blank=True, db_default='', default='', max_length=3),
        ),
        migrations.AddField(
            model_name='payment',
            name='tax_added',
            field=models.PositiveBigIntegerField(db_default=0, default=0, help_text='What Stripe added as tax on top of what was asked for.'),
        ),
        migrations.AddField(
            model_name='refund',
            name='presentment_amount',
            field=models.PositiveBigIntegerField(blank=True, help_text='In the customer’s own currency, if they paid in another one.', null=True),
        ),
        migrations.AddField(
            model_name='refund',
            name='presentment_currency',
            field=models.CharField(blank=True, db_default='', default='', max_length=3),
        ),
        migrations.AlterField(
            model_name='check',
            name='state',
            field=models.CharField(blank=True, choices=[('open', 'Open: can be paid'), ('processing', 'The bank is working on it'), ('failed', 'The bank did not pay'), ('expired', "Expired: can't be paid"), ('paid', 'Paid'), ('free', 'Complete, with nothing to pay'), ('partially_refunded', 'Paid, partly refunded'), ('refunded', 'Refunded'), ('disputed', 'Disputed'), ('missing', 'Unknown to Stripe')], max_length=20),
        ),
        migrations.AlterField(
            model_name='payment',
            name='stripe_state',
            field=models.CharField(blank=True, choices=[('open', 'Open: can be paid'), ('processing', 'The bank is working on it'), ('failed', 'The bank did not pay'), ('expired', "Expired: can't be paid"), ('paid', 'Paid'), ('free', 'Complete, with nothing to pay'), ('partially_refunded', 'Paid, partly refunded'), ('refunded', 'Refunded'), ('disputed', 'Disputed'), ('missing', 'Unknown to Stripe')], db_default='', default='', max_length=20),
        ),
        migrations.AlterField(
            model_name='plan',
            name='amount',
            field=models.PositiveBigIntegerField(help_text="In the currency's minor unit: 2500 is 25.00 EUR."),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('presentment_amount', None), ('presentment_currency', '')), models.Q(('presentment_amount__isnull', False), ('presentment_currency__regex', '^[a-z]{3}$')), _connector='OR'), name='payment_presentment_is_whole'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('stripe_state__in', ['', 'open', 'processing', 'failed', 'expired', 'paid', 'free', 'partially_refunded', 'refunded', 'disputed', 'missing'])), name='payment_stripe_state_known'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('problem', ''), _negated=True), ('status__in', ['pending', 'processing', 'failed', 'expired']), models.Q(('amount_received', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('amount'), '-', models.F('amount_discount')), '+', models.F('tax_added'))), ('currency_received', models.F('currency'))), _connector='OR'), name='payment_that_buys_is_the_amount_asked_for'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('presentment_amount', None), ('presentment_currency', '')), models.Q(('presentment_amount__isnull', False), ('presentment_currency__regex', '^[a-z]{3}$')), _connector='OR'), name='refund_presentment_is_whole'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0), models.Q(('fee', 0), ('refund_id', None), ('status', 'succeeded')), _connector='OR'), name='refund_has_an_amount_or_is_done'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['due', 'withdrawn', 'refused']), models.Q(('checked_at__isnull', False), ('refund_id__isnull', False)), models.Q(('accepted_at__isnull', False), ('amount', 0)), _connector='OR'), name='refund_accepted_has_evidence'),
        ),
    ]
