"""Words of payments and memberships as staff read them."""

import django.db.models.deletion
from django.conf import settings
from django.apps.registry import Apps
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db import migrations, models


NAMES = {
    "sell_at_counter": "Can sell at the box office",
    "give_away": "Can issue complimentary tickets",
    "void_counter_sale": "Can cancel box-office sales",
    "ask_stripe": "Can check payments with Stripe and replay events",
    "release_hold": "Can release seats",
    "resend_tickets": "Can email and redraw tickets",
    "reseat": "Can assign seats to payments without any",
    "refund": "Can refund",
    "note": "Can add notes",
}


def rename_permissions(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give existing permissions their new names: Django never does."""
    known = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="payments")
    for codename, name in NAMES.items():
        known.filter(codename=codename).update(name=name)


class Migration(migrations.Migration):

    dependencies = [
        ('legal', '0002_words'),
        ('payments', '0018_waiting_list'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(rename_permissions, migrations.RunPython.noop, elidable=True),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterModelOptions(
                    name='countersale',
                    options={'ordering': ['-pk'], 'permissions': [('sell_at_counter', 'Can sell at the box office'), ('give_away', 'Can issue complimentary tickets'), ('void_counter_sale', 'Can cancel box-office sales')]},
                ),
                migrations.AlterModelOptions(
                    name='payment',
                    options={'ordering': ['-created_at'], 'permissions': [('ask_stripe', 'Can check payments with Stripe and replay events'), ('release_hold', 'Can release seats'), ('resend_tickets', 'Can email and redraw tickets'), ('reseat', 'Can assign seats to payments without any'), ('refund', 'Can refund'), ('note', 'Can add notes')]},
                ),
                migrations.AlterField(
                    model_name='backfill',
                    name='ended_at',
                    field=models.DateTimeField(blank=True, help_text='When the reconciler last finished a run.', null=True),
                ),
                migrations.AlterField(
                    model_name='backfill',
                    name='livemode',
                    field=models.BooleanField(blank=True, help_text='Live mode. Each mode has its own list.', null=True),
                ),
                migrations.AlterField(
                    model_name='backfill',
                    name='read_until',
                    field=models.DateTimeField(help_text='Stripe events up to then are processed.'),
                ),
                migrations.AlterField(
                    model_name='bulkrun',
                    name='action',
                    field=models.CharField(choices=[('ask', 'Check with Stripe'), ('replay', 'Replay event'), ('release', 'Release seats'), ('reseat', 'Assign seats'), ('move', 'Move to other seats'), ('refund', 'Refund'), ('retry_refund', 'Retry refund'), ('assign_refund', 'Match refund to tickets'), ('assign_dispute', 'Match dispute to tickets'), ('waive_refund', 'Mark refund as settled'), ('resend', 'Email tickets again'), ('address', 'Correct email address'), ('name', 'Correct name'), ('redraw', 'Redraw QR code'), ('note', 'Note'), ('let_go', 'Remove membership'), ('end_test', 'End test purchase'), ('adopt', 'Adopt subscription')], max_length=20),
                ),
                migrations.AlterField(
                    model_name='check',
                    name='cause',
                    field=models.CharField(choices=[('checkout', 'Checkout'), ('webhook', "Stripe's event"), ('verification', 'Checked for the customer'), ('cancellation', 'Cancelled by the customer'), ('sweep', 'Left by a crashed process'), ('reconciler', 'Checked by the reconciler'), ('refund', 'Refund requested or answered'), ('staff', 'Staff'), ('fsck', 'Repaired by fsck')], max_length=20),
                ),
                migrations.AlterField(
                    model_name='check',
                    name='state',
                    field=models.CharField(blank=True, choices=[('open', 'Open: can be paid'), ('processing', 'Complete, waiting for the money'), ('failed', 'Declined by the bank'), ('expired', 'Expired'), ('paid', 'Paid'), ('free', 'Complete, nothing to pay'), ('partially_refunded', 'Paid, partly refunded'), ('refunded', 'Refunded'), ('disputed', 'Disputed'), ('missing', 'Not found at Stripe'), ('unreadable', 'Unknown state')], max_length=20),
                ),
                migrations.AlterField(
                    model_name='counterreturn',
                    name='kind',
                    field=models.CharField(choices=[('cash', 'Cash'), ('terminal', 'The house’s card terminal'), ('complimentary', 'Complimentary'), ('free', 'Free')], help_text='How it was refunded.', max_length=15),
                ),
                migrations.AlterField(
                    model_name='countersale',
                    name='allowed_by',
                    field=models.CharField(blank=True, help_text='Who approved it.', max_length=200),
                ),
                migrations.AlterField(
                    model_name='countersale',
                    name='reason',
                    field=models.CharField(blank=True, help_text='Why it’s complimentary.', max_length=300),
                ),
                migrations.AlterField(
                    model_name='countersale',
                    name='seller',
                    field=models.ForeignKey(blank=True, help_text='Who sold it at the box office. Empty: booked online.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
                ),
                migrations.AlterField(
                    model_name='dispute',
                    name='assigned_at',
                    field=models.DateTimeField(blank=True, help_text='When staff matched it to tickets.', null=True),
                ),
                migrations.AlterField(
                    model_name='dispute',
                    name='effect',
                    field=models.GeneratedField(db_persist=True, expression=models.Case(models.When(status__in=['needs_response', 'under_review', 'appeal_needs_response', 'appeal_under_review'], then=models.Value('open')), models.When(status__in=['won', 'warning_needs_response', 'warning_under_review', 'unknown'], then=models.Value('open'), withdrawn__gt=0), models.When(status__in=['prevented', 'warning_closed'], then=models.Value('lost'), withdrawn__gt=0), models.When(status='lost', then=models.Value('lost'), withdrawn=None), models.When(status='lost', then=models.Value('lost'), withdrawn__gt=0), default=models.Value('')), null=True, output_field=models.CharField(choices=[('', 'None'), ('open', 'Withheld'), ('lost', 'Gone')], max_length=10)),
                ),
                migrations.AlterField(
                    model_name='dispute',
                    name='is_entered',
                    field=models.BooleanField(db_default=False, default=False, help_text='Entered as lost in receipts.'),
                ),
                migrations.AlterField(
                    model_name='dispute',
                    name='question',
                    field=models.BigIntegerField(db_default=0, default=0, help_text='Number of the request to Stripe that this answers.'),
                ),
                migrations.AlterField(
                    model_name='dispute',
                    name='share',
                    field=models.PositiveBigIntegerField(blank=True, help_text='Disputed part of the payment.', null=True),
                ),
                migrations.AlterField(
                    model_name='dispute',
                    name='status',
                    field=models.CharField(choices=[('warning_needs_response', 'Inquiry, needs an answer'), ('warning_under_review', 'Inquiry, under review'), ('warning_closed', 'Inquiry, closed'), ('needs_response', 'Needs an answer'), ('under_review', 'Under review'), ('won', 'Won'), ('lost', 'Lost'), ('appeal_needs_response', 'Appeal, needs an answer'), ('appeal_under_review', 'Appeal, under review'), ('prevented', 'Prevented'), ('unknown', 'Unknown status')], max_length=30),
                ),
                migrations.AlterField(
                    model_name='dispute',
                    name='stripe_status',
                    field=models.CharField(blank=True, db_default='', default='', help_text="Stripe's own status, if it's unknown here.", max_length=100),
                ),
                migrations.AlterField(
                    model_name='dispute',
                    name='withdrawn',
                    field=models.BigIntegerField(blank=True, help_text='Amount withdrawn by Stripe and not returned.', null=True),
                ),
                migrations.AlterField(
                    model_name='fraudwarning',
                    name='is_actionable',
                    field=models.BooleanField(help_text='Not refunded or disputed yet.'),
                ),
                migrations.AlterField(
                    model_name='lostsession',
                    name='error',
                    field=models.TextField(blank=True, help_text='Why it couldn’t be rebuilt.'),
                ),
                migrations.AlterField(
                    model_name='lostsession',
                    name='outcome',
                    field=models.CharField(choices=[('undecided', 'Undecided'), ('rebuilt', 'Rebuilt'), ('given_back', 'Refunded'), ('unpaid', 'Not paid')], default='undecided', max_length=10),
                ),
                migrations.AlterField(
                    model_name='lostsession',
                    name='seats',
                    field=models.TextField(blank=True, help_text='Seat labels.'),
                ),
                migrations.AlterField(
                    model_name='lostsession',
                    name='state',
                    field=models.CharField(choices=[('open', 'Open: can be paid'), ('processing', 'Complete, waiting for the money'), ('failed', 'Declined by the bank'), ('expired', 'Expired'), ('paid', 'Paid'), ('free', 'Complete, nothing to pay'), ('partially_refunded', 'Paid, partly refunded'), ('refunded', 'Refunded'), ('disputed', 'Disputed'), ('missing', 'Not found at Stripe'), ('unreadable', 'Unknown state')], max_length=20),
                ),
                migrations.AlterField(
                    model_name='membershipinvoice',
                    name='amount_paid',
                    field=models.BigIntegerField(help_text='None: saved by an earlier version.', null=True),
                ),
                migrations.AlterField(
                    model_name='membershipinvoice',
                    name='url',
                    field=models.TextField(blank=True, help_text='Page where it can be viewed, and paid while open.'),
                ),
                migrations.AlterField(
                    model_name='membershipnotification',
                    name='kind',
                    field=models.CharField(choices=[('welcome', 'Membership started'), ('payment_failed', 'Payment failed'), ('ending_soon', 'Membership ends soon'), ('ended', 'Membership ended'), ('refunded', 'Period refunded'), ('suspended', 'Benefits on hold'), ('charged_back', 'Charged back by the bank'), ('restored', 'Benefits active again')], max_length=20),
                ),
                migrations.AlterField(
                    model_name='membershipnotification',
                    name='refusal',
                    field=models.TextField(blank=True, db_default='', help_text='The mail server’s answer.'),
                ),
                migrations.AlterField(
                    model_name='membershipreversal',
                    name='withdrawn',
                    field=models.BigIntegerField(blank=True, help_text='Amount withdrawn for a dispute and not returned.', null=True),
                ),
                migrations.AlterField(
                    model_name='notification',
                    name='kind',
                    field=models.CharField(choices=[('processing', 'Payment takes longer'), ('failed', 'Payment failed'), ('money_back', 'Refund: nothing was bought'), ('refunded', 'Refund sent'), ('given_up', 'Refund matched to tickets'), ('refund_failed', 'Refund failed'), ('not_cancelled', 'Cancellation failed'), ('suspended', 'Tickets on hold'), ('restored', 'Tickets valid again'), ('voided', 'Tickets cancelled after a chargeback'), ('exchange', 'Exchange: payment link')], max_length=20),
                ),
                migrations.AlterField(
                    model_name='notification',
                    name='refusal',
                    field=models.TextField(blank=True, db_default='', help_text='The mail server’s answer.'),
                ),
                migrations.AlterField(
                    model_name='payment',
                    name='act_until',
                    field=models.DateTimeField(blank=True, help_text='Deadline of these instructions.', null=True),
                ),
                migrations.AlterField(
                    model_name='payment',
                    name='amount_discount',
                    field=models.PositiveBigIntegerField(db_default=0, default=0, help_text='Discount by a Stripe coupon.'),
                ),
                migrations.AlterField(
                    model_name='payment',
                    name='asked_at',
                    field=models.DateTimeField(blank=True, help_text='When Stripe was last asked.', null=True),
                ),
                migrations.AlterField(
                    model_name='payment',
                    name='check_error',
                    field=models.TextField(blank=True, help_text='The problem, as staff see it.'),
                ),
                migrations.AlterField(
                    model_name='payment',
                    name='check_problem',
                    field=models.CharField(blank=True, choices=[('failed', 'Check failed'), ('refused', 'Stripe refused to answer'), ('unreadable', 'Unknown answer from Stripe'), ('unknown', 'Not found at Stripe'), ('no_plan', 'No plan matches its price'), ('second_membership', 'Customer pays for a second one'), ('two_plans', 'Charged for two plans in one')], max_length=20),
                ),
                migrations.AlterField(
                    model_name='payment',
                    name='checks',
                    field=models.PositiveIntegerField(db_default=0, default=0, help_text='Number of checks by the reconciler.'),
                ),
                migrations.AlterField(
                    model_name='payment',
                    name='exchange_of',
                    field=models.ForeignKey(blank=True, db_index=False, help_text='Payment whose tickets are refunded once this one is paid.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payments.payment'),
                ),
                migrations.AlterField(
                    model_name='payment',
                    name='instructions_url',
                    field=models.TextField(blank=True, db_default='', default='', help_text="Stripe's payment instructions: a voucher or a transfer."),
                ),
                migrations.AlterField(
                    model_name='payment',
                    name='is_receipted',
                    field=models.BooleanField(db_default=False, default=False, help_text='Entered in receipts.'),
                ),
                migrations.AlterField(
                    model_name='payment',
                    name='livemode',
                    field=models.BooleanField(blank=True, help_text='Live mode. Unknown until Stripe answers.', null=True),
                ),
                migrations.AlterField(
                    model_name='payment',
                    name='presentment_amount',
                    field=models.PositiveBigIntegerField(blank=True, help_text='In the currency the customer paid in, if different.', null=True),
                ),
                migrations.AlterField(
                    model_name='payment',
                    name='problem',
                    field=models.CharField(blank=True, choices=[('amount_mismatch', 'Wrong amount paid'), ('currency_mismatch', 'Wrong currency paid'), ('reference_mismatch', 'Paid for another booking'), ('paid_after_release', 'Paid after the seats were sold to another buyer'), ('paid_after_cancellation', 'Paid after the booking was cancelled'), ('event_called_off', 'Paid after the event was cancelled'), ('paid_after_event', 'Paid after the event'), ('paid_twice', 'Booking paid twice')], max_length=30),
                ),
                migrations.AlterField(
                    model_name='payment',
                    name='question',
                    field=models.BigIntegerField(db_default=0, default=0, help_text='Number of the request to Stripe that this answers.'),
                ),
                migrations.AlterField(
                    model_name='payment',
                    name='retry_of',
                    field=models.OneToOneField(blank=True, help_text='Earlier failed payment for the same seats.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='retry', to='payments.payment'),
                ),
                migrations.AlterField(
                    model_name='payment',
                    name='session_params',
                    field=models.JSONField(blank=True, editable=False, help_text='Sent to Stripe, the same each time.', null=True),
                ),
                migrations.AlterField(
                    model_name='payment',
                    name='stripe_state',
                    field=models.CharField(blank=True, choices=[('open', 'Open: can be paid'), ('processing', 'Complete, waiting for the money'), ('failed', 'Declined by the bank'), ('expired', 'Expired'), ('paid', 'Paid'), ('free', 'Complete, nothing to pay'), ('partially_refunded', 'Paid, partly refunded'), ('refunded', 'Refunded'), ('disputed', 'Disputed'), ('missing', 'Not found at Stripe'), ('unreadable', 'Unknown state')], db_default='', default='', max_length=20),
                ),
                migrations.AlterField(
                    model_name='payment',
                    name='tax_added',
                    field=models.PositiveBigIntegerField(db_default=0, default=0, help_text='Tax added by Stripe.'),
                ),
                migrations.AlterField(
                    model_name='payment',
                    name='test_ended_at',
                    field=models.DateTimeField(blank=True, help_text='When this test purchase was ended.', null=True),
                ),
                migrations.AlterField(
                    model_name='plan',
                    name='has_presale',
                    field=models.BooleanField(default=True, help_text='Members can buy during the presale.'),
                ),
                migrations.AlterField(
                    model_name='plan',
                    name='is_offered',
                    field=models.BooleanField(default=True, help_text='Whether customers can subscribe.'),
                ),
                migrations.AlterField(
                    model_name='refund',
                    name='asked_amount',
                    field=models.PositiveBigIntegerField(blank=True, help_text='Amount requested, if less was left to refund.', null=True),
                ),
                migrations.AlterField(
                    model_name='refund',
                    name='assigned_at',
                    field=models.DateTimeField(blank=True, help_text='When staff matched it to tickets.', null=True),
                ),
                migrations.AlterField(
                    model_name='refund',
                    name='fee',
                    field=models.PositiveBigIntegerField(db_default=0, default=0, help_text='Cancellation fee kept.'),
                ),
                migrations.AlterField(
                    model_name='refund',
                    name='is_entered',
                    field=models.BooleanField(db_default=False, default=False, help_text='Entered as refunded in receipts.'),
                ),
                migrations.AlterField(
                    model_name='refund',
                    name='origin',
                    field=models.CharField(choices=[('settlement', 'Automatic'), ('customer', 'The customer'), ('staff', 'Staff'), ('stripe', "Stripe's dashboard")], max_length=12),
                ),
                migrations.AlterField(
                    model_name='refund',
                    name='presentment_amount',
                    field=models.PositiveBigIntegerField(blank=True, help_text='In the currency the customer paid in, if different.', null=True),
                ),
                migrations.AlterField(
                    model_name='refund',
                    name='question',
                    field=models.BigIntegerField(db_default=0, default=0, help_text='Number of the request to Stripe that this answers.'),
                ),
                migrations.AlterField(
                    model_name='refund',
                    name='status',
                    field=models.CharField(choices=[('due', 'Due'), ('withdrawn', 'Withdrawn'), ('refused', 'Refused by Stripe'), ('pending', 'In progress'), ('requires_action', 'Waiting for the customer'), ('succeeded', 'Refunded'), ('failed', 'Failed after acceptance'), ('canceled', 'Cancelled'), ('unknown', 'Unknown state')], default='due', max_length=20),
                ),
                migrations.AlterField(
                    model_name='refund',
                    name='stripe_status',
                    field=models.CharField(blank=True, db_default='', default='', help_text="Stripe's own status, if it's unknown here.", max_length=100),
                ),
                migrations.AlterField(
                    model_name='refund',
                    name='tried_at',
                    field=models.DateTimeField(blank=True, help_text='When first sent to Stripe.', null=True),
                ),
                migrations.AlterField(
                    model_name='refund',
                    name='waived_at',
                    field=models.DateTimeField(blank=True, help_text='When staff marked it as settled.', null=True),
                ),
                migrations.AlterField(
                    model_name='refusedquestion',
                    name='error',
                    field=models.TextField(help_text="Stripe's answer."),
                ),
                migrations.AlterField(
                    model_name='restore',
                    name='ended_at',
                    field=models.DateTimeField(blank=True, help_text='When sales reopened.', null=True),
                ),
                migrations.AlterField(
                    model_name='staffaction',
                    name='action',
                    field=models.CharField(choices=[('ask', 'Check with Stripe'), ('replay', 'Replay event'), ('release', 'Release seats'), ('reseat', 'Assign seats'), ('move', 'Move to other seats'), ('refund', 'Refund'), ('retry_refund', 'Retry refund'), ('assign_refund', 'Match refund to tickets'), ('assign_dispute', 'Match dispute to tickets'), ('waive_refund', 'Mark refund as settled'), ('resend', 'Email tickets again'), ('address', 'Correct email address'), ('name', 'Correct name'), ('redraw', 'Redraw QR code'), ('note', 'Note'), ('let_go', 'Remove membership'), ('end_test', 'End test purchase'), ('adopt', 'Adopt subscription')], max_length=20),
                ),
                migrations.AlterField(
                    model_name='stripeevent',
                    name='body',
                    field=models.TextField(help_text='The signed body, as received.'),
                ),
                migrations.AlterField(
                    model_name='stripeevent',
                    name='deliveries',
                    field=models.PositiveIntegerField(default=1, help_text="None: found in Stripe's list."),
                ),
                migrations.AlterField(
                    model_name='stripeevent',
                    name='livemode',
                    field=models.BooleanField(blank=True, help_text='Live mode.', null=True),
                ),
                migrations.AlterField(
                    model_name='stripeevent',
                    name='outcome',
                    field=models.CharField(choices=[('received', 'Received'), ('applied', 'Applied'), ('ignored', 'Ignored'), ('failed', 'Failed')], default='received', max_length=10),
                ),
                migrations.AlterField(
                    model_name='stripeevent',
                    name='reason',
                    field=models.TextField(blank=True, db_default='', help_text='Why it was ignored, if not because of its type.'),
                ),
                migrations.AlterField(
                    model_name='stripeevent',
                    name='retry_at',
                    field=models.DateTimeField(blank=True, help_text='Next try, unless processed before.', null=True),
                ),
                migrations.AlterField(
                    model_name='subscription',
                    name='accepted_terms',
                    field=models.ForeignKey(blank=True, db_index=False, help_text='Version of the terms the customer accepted. Empty: none.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='legal.legaltext'),
                ),
                migrations.AlterField(
                    model_name='subscription',
                    name='asked_at',
                    field=models.DateTimeField(blank=True, help_text='When Stripe was last asked.', null=True),
                ),
                migrations.AlterField(
                    model_name='subscription',
                    name='check_error',
                    field=models.TextField(blank=True, help_text='The problem, as staff see it.'),
                ),
                migrations.AlterField(
                    model_name='subscription',
                    name='check_problem',
                    field=models.CharField(blank=True, choices=[('failed', 'Check failed'), ('refused', 'Stripe refused to answer'), ('unreadable', 'Unknown answer from Stripe'), ('unknown', 'Not found at Stripe'), ('no_plan', 'No plan matches its price'), ('second_membership', 'Customer pays for a second one'), ('two_plans', 'Charged for two plans in one')], max_length=20),
                ),
                migrations.AlterField(
                    model_name='subscription',
                    name='checks',
                    field=models.PositiveIntegerField(db_default=0, default=0, help_text='Number of checks by the reconciler.'),
                ),
                migrations.AlterField(
                    model_name='subscription',
                    name='customer_due_at',
                    field=models.DateTimeField(blank=True, help_text='Since when Stripe lacks the account’s new email address.', null=True),
                ),
                migrations.AlterField(
                    model_name='subscription',
                    name='customer_error',
                    field=models.TextField(blank=True, db_default='', help_text='Why Stripe rejected the account’s email address.'),
                ),
                migrations.AlterField(
                    model_name='subscription',
                    name='email',
                    field=models.EmailField(help_text='Email address.', max_length=254),
                ),
                migrations.AlterField(
                    model_name='subscription',
                    name='ends_at',
                    field=models.DateTimeField(blank=True, help_text='When it ends or ended.', null=True),
                ),
                migrations.AlterField(
                    model_name='subscription',
                    name='entitled_until',
                    field=models.DateTimeField(blank=True, help_text='None: no benefits.', null=True),
                ),
                migrations.AlterField(
                    model_name='subscription',
                    name='fetches',
                    field=models.PositiveIntegerField(db_default=0, default=0, help_text='Number of requests to Stripe about the subscription.'),
                ),
                migrations.AlterField(
                    model_name='subscription',
                    name='fetches_at_snapshot',
                    field=models.PositiveIntegerField(db_default=0, default=0, help_text='Number of requests made when that answer came.'),
                ),
                migrations.AlterField(
                    model_name='subscription',
                    name='language',
                    field=models.CharField(default='en-gb', help_text='Language of its emails.', max_length=10),
                ),
                migrations.AlterField(
                    model_name='subscription',
                    name='livemode',
                    field=models.BooleanField(blank=True, help_text='Live mode. Unknown until Stripe answers.', null=True),
                ),
                migrations.AlterField(
                    model_name='subscription',
                    name='money',
                    field=models.CharField(choices=[('kept', 'Paid'), ('partly_back', 'Partly refunded'), ('refunded', 'Refunded'), ('disputed', 'Payment disputed'), ('charged_back', 'Charged back by the bank')], db_default='kept', default='kept', help_text="State of the current period's payment.", max_length=15),
                ),
                migrations.AlterField(
                    model_name='subscription',
                    name='next_charge_amount',
                    field=models.BigIntegerField(blank=True, help_text='Next charge by Stripe’s preview, in the currency’s minor unit. None: unknown.', null=True),
                ),
                migrations.AlterField(
                    model_name='subscription',
                    name='session_params',
                    field=models.JSONField(blank=True, editable=False, help_text='Sent to Stripe, the same each time.', null=True),
                ),
                migrations.AlterField(
                    model_name='subscription',
                    name='snapshot_asked_at',
                    field=models.DateTimeField(blank=True, help_text='When Stripe was asked for this.', null=True),
                ),
                migrations.AlterField(
                    model_name='subscription',
                    name='snapshot_number',
                    field=models.PositiveIntegerField(db_default=0, default=0, help_text='Number of the request that got the current answer.'),
                ),
                migrations.AlterField(
                    model_name='subscription',
                    name='source',
                    field=models.CharField(blank=True, choices=[('webhook', "Stripe's event"), ('verification', 'Checked for the customer or by staff'), ('reconciler', 'Checked by the reconciler')], max_length=15),
                ),
                migrations.AlterField(
                    model_name='subscriptionchange',
                    name='cause',
                    field=models.CharField(choices=[('checkout', 'Checkout'), ('webhook', "Stripe's event"), ('verification', 'Checked for the customer'), ('cancellation', 'Cancelled by the customer'), ('sweep', 'Left by a crashed process'), ('reconciler', 'Checked by the reconciler'), ('refund', 'Refund requested or answered'), ('staff', 'Staff'), ('fsck', 'Repaired by fsck')], max_length=20),
                ),
                migrations.AlterField(
                    model_name='till',
                    name='float',
                    field=models.PositiveBigIntegerField(default=0, help_text='Cash when opened, in the minor unit.'),
                ),
                migrations.AlterField(
                    model_name='till',
                    name='note',
                    field=models.CharField(blank=True, help_text='Reason for the difference.', max_length=300),
                ),
                migrations.AlterField(
                    model_name='till',
                    name='signature',
                    field=models.CharField(blank=True, help_text='Name of the person who counted.', max_length=200),
                ),
                migrations.AlterField(
                    model_name='transition',
                    name='cause',
                    field=models.CharField(choices=[('checkout', 'Checkout'), ('webhook', "Stripe's event"), ('verification', 'Checked for the customer'), ('cancellation', 'Cancelled by the customer'), ('sweep', 'Left by a crashed process'), ('reconciler', 'Checked by the reconciler'), ('refund', 'Refund requested or answered'), ('staff', 'Staff'), ('fsck', 'Repaired by fsck')], max_length=20),
                ),
            ],
        ),
    ]
