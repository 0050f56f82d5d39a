"""Indexes for a shop that has sold for years; they are built beside the traffic, not in its way."""

from django.db import migrations, models

from config.database.indexes import AddIndexBesideTraffic


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('bookings', '0003_indexes'),
        ('payments', '0003_speed_and_scale'),
    ]

    operations = [
        AddIndexBesideTraffic(
            model_name='dispute',
            index=models.Index(condition=models.Q(models.Q(('status__in', ['warning_closed', 'won', 'lost', 'prevented']), _negated=True), ('effect', 'open'), _connector='OR'), fields=['payment'], name='dispute_waiting'),
        ),
        AddIndexBesideTraffic(
            model_name='dispute',
            index=models.Index(condition=models.Q(models.Q(('effect', ''), _negated=True), ('assigned_at', None)), fields=['created_at'], name='dispute_unassigned'),
        ),
        AddIndexBesideTraffic(
            model_name='dispute',
            index=models.Index(condition=models.Q(('stripe_status', ''), _negated=True), fields=['payment'], name='dispute_unreadable'),
        ),
        AddIndexBesideTraffic(
            model_name='fraudwarning',
            index=models.Index(condition=models.Q(('is_actionable', True)), fields=['payment'], name='fraud_warning_actionable'),
        ),
        AddIndexBesideTraffic(
            model_name='notification',
            index=models.Index(condition=models.Q(('sent_at', None)), fields=['created_at'], name='notification_unsent'),
        ),
        AddIndexBesideTraffic(
            model_name='payment',
            index=models.Index(fields=['-created_at', '-id'], name='payment_newest'),
        ),
        AddIndexBesideTraffic(
            model_name='payment',
            index=models.Index(condition=models.Q(('status', 'succeeded'), _negated=True), fields=['status', '-created_at', '-id'], name='payment_unusual'),
        ),
        AddIndexBesideTraffic(
            model_name='payment',
            index=models.Index(condition=models.Q(('stripe_state', 'paid'), _negated=True), fields=['stripe_state', '-created_at', '-id'], name='payment_unusual_at_stripe'),
        ),
        AddIndexBesideTraffic(
            model_name='payment',
            index=models.Index(condition=models.Q(('problem', ''), _negated=True), fields=['problem', '-created_at', '-id'], name='payment_with_problem'),
        ),
        AddIndexBesideTraffic(
            model_name='payment',
            index=models.Index(condition=models.Q(('stripe_state', 'paid'), _negated=True), fields=['status', 'stripe_state'], name='payment_compared'),
        ),
        AddIndexBesideTraffic(
            model_name='payment',
            index=models.Index(condition=models.Q(('status__in', ['pending', 'processing', 'failed', 'expired']), models.Q(('charge_id__isnull', False), ('stripe_state__in', ['paid', 'free', 'partially_refunded', 'refunded', 'disputed']), _connector='OR')), fields=['created_at'], name='payment_paid_unheard'),
        ),
        AddIndexBesideTraffic(
            model_name='payment',
            index=models.Index(condition=models.Q(('check_problem', ''), _negated=True), fields=['check_problem'], name='payment_unchecked'),
        ),
        AddIndexBesideTraffic(
            model_name='payment',
            index=models.Index(condition=models.Q(('livemode', False), ('test_ended_at', None), models.Q(('status__in', ['failed', 'expired']), _negated=True)), fields=['created_at'], name='payment_of_test'),
        ),
        AddIndexBesideTraffic(
            model_name='payment',
            index=models.Index(fields=['amount', '-id'], name='payment_asked_for'),
        ),
        AddIndexBesideTraffic(
            model_name='payment',
            index=models.Index(condition=models.Q(('amount_received__lt', models.F('amount')), ('amount_received__gt', models.F('amount')), _connector='OR'), fields=['amount_received', '-id'], name='payment_received'),
        ),
        AddIndexBesideTraffic(
            model_name='payment',
            index=models.Index(condition=models.Q(('presentment_amount__isnull', False)), fields=['presentment_amount', '-id'], name='payment_presented'),
        ),
        AddIndexBesideTraffic(
            model_name='payment',
            index=models.Index(condition=models.Q(('card_last4', ''), _negated=True), fields=['card_last4', '-id'], name='payment_of_card'),
        ),
        AddIndexBesideTraffic(
            model_name='refund',
            index=models.Index(condition=models.Q(('status', 'succeeded'), _negated=True), fields=['status', 'created_at'], name='refund_unfinished'),
        ),
        AddIndexBesideTraffic(
            model_name='refund',
            index=models.Index(condition=models.Q(('assigned_at', None), ('origin', 'stripe')), fields=['created_at'], name='refund_unassigned'),
        ),
        AddIndexBesideTraffic(
            model_name='refund',
            index=models.Index(condition=models.Q(('stripe_status', ''), _negated=True), fields=['payment'], name='refund_unreadable'),
        ),
        AddIndexBesideTraffic(
            model_name='stripeevent',
            index=models.Index(fields=['-received_at', '-id'], name='stripe_event_newest'),
        ),
        AddIndexBesideTraffic(
            model_name='stripeevent',
            index=models.Index(fields=['type', '-received_at', '-id'], name='stripe_event_of_type'),
        ),
    ]
