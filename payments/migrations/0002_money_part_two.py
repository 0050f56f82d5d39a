"""What Stripe or the shop's owner can do to money: modes, parts, discounts, vouchers, memberships."""

import bookings.references
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


# Until now only the id of a session said which mode it was opened in.
KEEP_MODE = """
    UPDATE {table} SET livemode = left(session_id, 8) = 'cs_live_'
     WHERE left(session_id, 8) IN ('cs_live_', 'cs_test_')
"""
# Of events that are still to be applied: their bodies said it, and may hold what PostgreSQL's JSON can't.
KEEP_MODE_OF_EVENTS = r"""
    UPDATE payments_stripeevent SET livemode = body ~ '"livemode":\s*true'
     WHERE outcome IN ('received', 'failed') AND body ~ '"livemode":\s*(true|false)'
"""


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0002_money_part_two'),
        ('payments', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Installation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('shop', models.CharField(default=bookings.references.new_reference, editable=False, max_length=26, unique=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='MembershipReversal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reversal_id', models.CharField(max_length=255, unique=True)),
                ('kind', models.CharField(choices=[('refund', 'Refund'), ('dispute', 'Dispute')], max_length=10)),
                ('status', models.CharField(max_length=50)),
                ('amount', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('reason', models.CharField(blank=True, max_length=100)),
                ('withdrawn', models.BigIntegerField(blank=True, help_text='What Stripe has taken for a dispute and not returned.', null=True)),
                ('happened_at', models.DateTimeField(help_text='When it was made at Stripe.')),
                ('checked_at', models.DateTimeField(help_text='When Stripe was asked for this.')),
            ],
            options={
                'ordering': ['happened_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='StraySubscription',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subscription_id', models.CharField(max_length=255, unique=True)),
                ('status', models.CharField(max_length=50)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('checked_at', models.DateTimeField(help_text='When Stripe was asked for this.')),
                ('adopted_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='dispute',
            name='dispute_status_known',
        ),
        migrations.RemoveConstraint(
            model_name='membershipnotification',
            name='membership_notification_kind_known',
        ),
        migrations.RemoveConstraint(
            model_name='payment',
            name='payment_check_problem_known',
        ),
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
            name='refund_status_known',
        ),
        migrations.RemoveConstraint(
            model_name='refund',
            name='refund_has_an_amount',
        ),
        migrations.RemoveConstraint(
            model_name='refund',
            name='refund_accepted_has_evidence',
        ),
        migrations.RemoveConstraint(
            model_name='staffaction',
            name='staff_action_kind_known',
        ),
        migrations.RemoveConstraint(
            model_name='subscription',
            name='subscription_check_problem_known',
        ),
        migrations.AddField(
            model_name='backfill',
            name='livemode',
            field=models.BooleanField(blank=True, help_text='Whether these are about real money; each mode has its own list.', null=True),
        ),
        migrations.AddField(
            model_name='dispute',
            name='assigned_at',
            field=models.DateTimeField(blank=True, help_text='When staff said which tickets a part is about.', null=True),
        ),
        migrations.AddField(
            model_name='dispute',
            name='tickets',
            field=models.ManyToManyField(blank=True, related_name='+', to='bookings.ticket'),
        ),
        migrations.AddField(
            model_name='dispute',
            name='withdrawn',
            field=models.BigIntegerField(blank=True, help_text='What Stripe has taken for it and not returned.', null=True),
        ),
        migrations.AddField(
            model_name='dispute',
            name='share',
            field=models.PositiveBigIntegerField(blank=True, help_text='How much of what was received it concerns.', null=True),
        ),
        migrations.AddField(
            model_name='dispute',
            name='stripe_status',
            field=models.CharField(blank=True, db_default='', default='', help_text="What Stripe calls it, if that isn't known here.", max_length=100),
        ),
        migrations.AddField(
            model_name='membershipinvoice',
            name='amount_paid',
            field=models.BigIntegerField(help_text='None: it was saved by an earlier version.', null=True),
        ),
        migrations.AddField(
            model_name='membershipinvoice',
            name='covers_until',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='membershipinvoice',
            name='paid_by',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=255), db_default=models.Value([]), default=list, size=None),
        ),
        migrations.AddField(
            model_name='payment',
            name='act_until',
            field=models.DateTimeField(blank=True, help_text='Until when the customer can pay by these instructions.', null=True),
        ),
        migrations.AddField(
            model_name='payment',
            name='amount_discount',
            field=models.PositiveBigIntegerField(db_default=0, default=0, help_text='What a coupon at Stripe took off.'),
        ),
        migrations.AddField(
            model_name='payment',
            name='instructions_url',
            field=models.TextField(blank=True, db_default='', default='', help_text='Where Stripe tells the customer how to pay: a voucher, or a transfer.'),
        ),
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
            name='session_params',
            field=models.JSONField(blank=True, editable=False, help_text='What Stripe is asked for, the same each time.', null=True),
        ),
        migrations.AddField(
            model_name='payment',
            name='tax_added',
            field=models.PositiveBigIntegerField(db_default=0, default=0, help_text='What Stripe added as tax on top of what was asked for.'),
        ),
        migrations.AddField(
            model_name='payment',
            name='test_ended_at',
            field=models.DateTimeField(blank=True, help_text='When this purchase with a test key stopped counting.', null=True),
        ),
        migrations.AddField(
            model_name='refund',
            name='asked_amount',
            field=models.PositiveBigIntegerField(blank=True, help_text='What was asked for, where less was left to send.', null=True),
        ),
        migrations.AddField(
            model_name='refund',
            name='keys_spent',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, help_text='Idempotency keys under which Stripe has kept a failure.'),
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
        migrations.AddField(
            model_name='refund',
            name='stripe_status',
            field=models.CharField(blank=True, db_default='', default='', help_text="What Stripe calls it, if that isn't known here.", max_length=100),
        ),
        migrations.AddField(
            model_name='stripeevent',
            name='livemode',
            field=models.BooleanField(blank=True, help_text='Whether it is about real money.', null=True),
        ),
        migrations.AddField(
            model_name='subscription',
            name='customer_due_at',
            field=models.DateTimeField(blank=True, help_text='Since when Stripe’s customer lacks the account’s new address.', null=True),
        ),
        migrations.AddField(
            model_name='subscription',
            name='customer_error',
            field=models.TextField(blank=True, db_default='', help_text='Why Stripe didn’t take the account’s address.'),
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
            name='money',
            field=models.CharField(choices=[('kept', 'Nothing went back'), ('partly_back', 'A part went back'), ('refunded', 'Refunded'), ('disputed', 'Disputed with the bank'), ('charged_back', 'Taken back by the bank')], db_default='kept', default='kept', help_text='What has become of the money for the current period.', max_length=15),
        ),
        migrations.AddField(
            model_name='subscription',
            name='next_charge_amount',
            field=models.BigIntegerField(blank=True, help_text='By Stripe’s preview, in the currency’s minor unit. None: unknown.', null=True),
        ),
        migrations.AddField(
            model_name='subscription',
            name='next_charge_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='subscription',
            name='next_charge_currency',
            field=models.CharField(blank=True, db_default='', max_length=3),
        ),
        migrations.AddField(
            model_name='subscription',
            name='session_params',
            field=models.JSONField(blank=True, editable=False, help_text='What Stripe is asked for, the same each time.', null=True),
        ),
        migrations.AlterField(
            model_name='bulkrun',
            name='action',
            field=models.CharField(choices=[('ask', 'Ask Stripe now'), ('replay', 'Replay an event'), ('release', 'Release the hold'), ('reseat', 'Re-seat'), ('refund', 'Refund'), ('retry_refund', 'Make a refund again'), ('assign_refund', 'Say which tickets a refund was for'), ('assign_dispute', 'Choose the disputed tickets'), ('waive_refund', 'Settle a refund otherwise'), ('resend', 'Resend the tickets'), ('address', 'Correct the e-mail address'), ('redraw', 'Redraw a QR code'), ('note', 'Note'), ('let_go', 'Let a membership go'), ('end_test', 'End a test purchase'), ('adopt', 'Adopt a subscription')], max_length=20),
        ),
        migrations.AlterField(
            model_name='check',
            name='state',
            field=models.CharField(blank=True, choices=[('open', 'Open: can be paid'), ('processing', 'Complete, and the money is still to come'), ('failed', 'The bank did not pay'), ('expired', "Expired: can't be paid"), ('paid', 'Paid'), ('free', 'Complete, with nothing to pay'), ('partially_refunded', 'Paid, partly refunded'), ('refunded', 'Refunded'), ('disputed', 'Disputed'), ('missing', 'Unknown to Stripe'), ('unreadable', "In a state that isn't known here")], max_length=20),
        ),
        migrations.AlterField(
            model_name='dispute',
            name='status',
            field=models.CharField(choices=[('warning_needs_response', 'Inquiry, needs an answer'), ('warning_under_review', 'Inquiry, under review'), ('warning_closed', 'Inquiry, closed'), ('needs_response', 'Needs an answer'), ('under_review', 'Under review'), ('won', 'Won'), ('lost', 'Lost'), ('appeal_needs_response', 'Appeal, needs an answer'), ('appeal_under_review', 'Appeal, under review'), ('prevented', 'Prevented'), ('unknown', 'Not known here')], max_length=30),
        ),
        migrations.AlterField(
            model_name='membershipnotification',
            name='kind',
            field=models.CharField(choices=[('welcome', 'The membership has begun'), ('payment_failed', 'A payment failed'), ('ending_soon', 'It is about to end'), ('ended', 'It has ended'), ('refunded', 'The period was refunded'), ('suspended', 'The benefits are on hold'), ('charged_back', 'The bank took the money back'), ('restored', 'The benefits are active again')], max_length=20),
        ),
        migrations.AlterField(
            model_name='payment',
            name='check_problem',
            field=models.CharField(blank=True, choices=[('failed', 'Nothing came of asking Stripe'), ('refused', 'Stripe refuses to tell'), ('unreadable', "Stripe says what isn't known here"), ('unknown', "Stripe doesn't know it"), ('no_plan', 'Its price belongs to no plan'), ('second_membership', 'Stripe charges for a second one'), ('two_plans', 'Stripe charges for two plans in one')], max_length=20),
        ),
        migrations.AlterField(
            model_name='payment',
            name='stripe_state',
            field=models.CharField(blank=True, choices=[('open', 'Open: can be paid'), ('processing', 'Complete, and the money is still to come'), ('failed', 'The bank did not pay'), ('expired', "Expired: can't be paid"), ('paid', 'Paid'), ('free', 'Complete, with nothing to pay'), ('partially_refunded', 'Paid, partly refunded'), ('refunded', 'Refunded'), ('disputed', 'Disputed'), ('missing', 'Unknown to Stripe'), ('unreadable', "In a state that isn't known here")], db_default='', default='', max_length=20),
        ),
        migrations.AlterField(
            model_name='plan',
            name='amount',
            field=models.PositiveBigIntegerField(help_text="In the currency's minor unit: 2500 is 25.00 EUR."),
        ),
        migrations.AlterField(
            model_name='refund',
            name='status',
            field=models.CharField(choices=[('due', 'To be sent to Stripe'), ('withdrawn', 'Withdrawn before it was sent'), ('refused', 'Refused by Stripe'), ('pending', 'On its way'), ('requires_action', 'Waiting for the customer'), ('succeeded', 'Paid back'), ('failed', 'Failed after it was accepted'), ('canceled', 'Cancelled'), ('unknown', "Stripe says something that isn't known here")], default='due', max_length=20),
        ),
        migrations.AlterField(
            model_name='staffaction',
            name='action',
            field=models.CharField(choices=[('ask', 'Ask Stripe now'), ('replay', 'Replay an event'), ('release', 'Release the hold'), ('reseat', 'Re-seat'), ('refund', 'Refund'), ('retry_refund', 'Make a refund again'), ('assign_refund', 'Say which tickets a refund was for'), ('assign_dispute', 'Choose the disputed tickets'), ('waive_refund', 'Settle a refund otherwise'), ('resend', 'Resend the tickets'), ('address', 'Correct the e-mail address'), ('redraw', 'Redraw a QR code'), ('note', 'Note'), ('let_go', 'Let a membership go'), ('end_test', 'End a test purchase'), ('adopt', 'Adopt a subscription')], max_length=20),
        ),
        migrations.AlterField(
            model_name='subscription',
            name='check_problem',
            field=models.CharField(blank=True, choices=[('failed', 'Nothing came of asking Stripe'), ('refused', 'Stripe refuses to tell'), ('unreadable', "Stripe says what isn't known here"), ('unknown', "Stripe doesn't know it"), ('no_plan', 'Its price belongs to no plan'), ('second_membership', 'Stripe charges for a second one'), ('two_plans', 'Stripe charges for two plans in one')], max_length=20),
        ),
        migrations.AddIndex(
            model_name='membershipinvoice',
            index=django.contrib.postgres.indexes.GinIndex(fields=['paid_by'], name='membership_invoice_paid_by'),
        ),
        migrations.AddConstraint(
            model_name='dispute',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['warning_needs_response', 'warning_under_review', 'warning_closed', 'needs_response', 'under_review', 'won', 'lost', 'appeal_needs_response', 'appeal_under_review', 'prevented', 'unknown'])), name='dispute_status_known'),
        ),
        migrations.AddConstraint(
            model_name='membershipnotification',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['welcome', 'payment_failed', 'ending_soon', 'ended', 'refunded', 'suspended', 'charged_back', 'restored'])), name='membership_notification_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('check_problem__in', ['', 'failed', 'refused', 'unreadable', 'unknown', 'no_plan', 'second_membership', 'two_plans'])), name='payment_check_problem_known'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('presentment_amount', None), ('presentment_currency', '')), models.Q(('presentment_amount__isnull', False), ('presentment_currency__regex', '^[a-z]{3}$')), _connector='OR'), name='payment_presentment_is_whole'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('stripe_state__in', ['', 'open', 'processing', 'failed', 'expired', 'paid', 'free', 'partially_refunded', 'refunded', 'disputed', 'missing', 'unreadable'])), name='payment_stripe_state_known'),
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
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['due', 'withdrawn', 'refused', 'pending', 'requires_action', 'succeeded', 'failed', 'canceled', 'unknown'])), name='refund_status_known'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0), models.Q(('fee', 0), ('refund_id', None), ('status', 'succeeded')), _connector='OR'), name='refund_has_an_amount_or_is_done'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['due', 'withdrawn', 'refused']), models.Q(('checked_at__isnull', False), ('refund_id__isnull', False)), models.Q(('accepted_at__isnull', False), ('amount', 0)), _connector='OR'), name='refund_accepted_has_evidence'),
        ),
        migrations.AddConstraint(
            model_name='staffaction',
            constraint=models.CheckConstraint(condition=models.Q(('action__in', ['ask', 'replay', 'release', 'reseat', 'refund', 'retry_refund', 'assign_refund', 'assign_dispute', 'waive_refund', 'resend', 'address', 'redraw', 'note', 'let_go', 'end_test', 'adopt'])), name='staff_action_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='subscription',
            constraint=models.CheckConstraint(condition=models.Q(('check_problem__in', ['', 'failed', 'refused', 'unreadable', 'unknown', 'no_plan', 'second_membership', 'two_plans'])), name='subscription_check_problem_known'),
        ),
        migrations.AddConstraint(
            model_name='subscription',
            constraint=models.CheckConstraint(condition=models.Q(('money__in', ['kept', 'partly_back', 'refunded', 'disputed', 'charged_back'])), name='subscription_money_known'),
        ),
        migrations.AddConstraint(
            model_name='subscription',
            constraint=models.CheckConstraint(condition=models.Q(('entitled_until', None), models.Q(('money__in', ['refunded', 'disputed', 'charged_back']), _negated=True), _connector='OR'), name='subscription_gives_for_money_that_stayed'),
        ),
        migrations.AddConstraint(
            model_name='subscription',
            constraint=models.CheckConstraint(condition=models.Q(('next_charge_amount', None), models.Q(('next_charge_currency', ''), _negated=True), _connector='OR'), name='subscription_next_charge_has_a_currency'),
        ),
        migrations.AddConstraint(
            model_name='installation',
            constraint=models.CheckConstraint(condition=models.Q(('pk', 1)), name='installation_is_one'),
        ),
        migrations.AddField(
            model_name='membershipreversal',
            name='invoice',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reversals', to='payments.membershipinvoice'),
        ),
        migrations.AddField(
            model_name='membershipreversal',
            name='subscription',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reversals', to='payments.subscription'),
        ),
        migrations.AddField(
            model_name='straysubscription',
            name='owner',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='strays', to='payments.subscription'),
        ),
        migrations.AddField(
            model_name='straysubscription',
            name='plan',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payments.plan'),
        ),
        migrations.AddField(
            model_name='dispute',
            name='effect',
            field=models.GeneratedField(db_persist=True, expression=models.Case(models.When(status__in=['needs_response', 'under_review', 'appeal_needs_response', 'appeal_under_review'], then=models.Value('open')), models.When(status__in=['won', 'warning_needs_response', 'warning_under_review', 'unknown'], then=models.Value('open'), withdrawn__gt=0), models.When(status__in=['prevented', 'warning_closed'], then=models.Value('lost'), withdrawn__gt=0), models.When(status='lost', then=models.Value('lost'), withdrawn=None), models.When(status='lost', then=models.Value('lost'), withdrawn__gt=0), default=models.Value('')), null=True, output_field=models.CharField(choices=[('', 'None'), ('open', 'Taken for now'), ('lost', 'Gone')], max_length=10)),
        ),
        migrations.AddConstraint(
            model_name='membershipreversal',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['refund', 'dispute'])), name='membership_reversal_kind_known'),
        ),
        migrations.RunSQL(KEEP_MODE.format(table="payments_payment"), migrations.RunSQL.noop),
        migrations.RunSQL(KEEP_MODE.format(table="payments_subscription"), migrations.RunSQL.noop),
        migrations.RunSQL(KEEP_MODE_OF_EVENTS, migrations.RunSQL.noop),
    ]
