"""Words of events, seats and tickets as staff read them."""

import bookings.when.zones
import django.core.validators
import django.db.models.deletion
from decimal import Decimal
from django.conf import settings
from django.apps.registry import Apps
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db import migrations, models


NAMES = {
    "publish_event": "Can publish and unpublish events",
    "move_event": "Can reschedule events",
    "call_off_event": "Can cancel events",
}


def rename_permissions(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give existing permissions their new names: Django never does."""
    known = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="bookings")
    for codename, name in NAMES.items():
        known.filter(codename=codename).update(name=name)


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0023_look'),
        ('legal', '0002_words'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(rename_permissions, migrations.RunPython.noop, elidable=True),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterModelOptions(
                    name='event',
                    options={'ordering': ['starts_at'], 'permissions': [('publish_event', 'Can publish and unpublish events')]},
                ),
                migrations.AlterModelOptions(
                    name='eventchange',
                    options={'ordering': ['-pk'], 'permissions': [('move_event', 'Can reschedule events'), ('call_off_event', 'Can cancel events')]},
                ),
                migrations.AlterField(
                    model_name='announcement',
                    name='text',
                    field=models.TextField(help_text='Blank lines separate paragraphs.'),
                ),
                migrations.AlterField(
                    model_name='announcementcopy',
                    name='outcome',
                    field=models.CharField(choices=[('waiting', 'Waiting'), ('sending', 'Sending'), ('sent', 'Sent'), ('refused', 'Rejected by the mail server'), ('failed', 'Failed'), ('unclear', 'Possibly sent: connection lost'), ('skipped', 'Skipped: tickets cancelled'), ('stopped', 'Stopped')], default='waiting', max_length=10),
                ),
                migrations.AlterField(
                    model_name='announcementcopy',
                    name='words',
                    field=models.TextField(blank=True, help_text='The mail server’s answer.'),
                ),
                migrations.AlterField(
                    model_name='area',
                    name='curve',
                    field=models.PositiveSmallIntegerField(db_default=0, default=0, help_text='How far the row ends curve toward the stage, in quarters of a seat. 0: straight.', validators=[django.core.validators.MaxValueValidator(9)]),
                ),
                migrations.AlterField(
                    model_name='area',
                    name='description',
                    field=models.CharField(blank=True, help_text='Note for buyers, such as no seats, step-free.', max_length=300),
                ),
                migrations.AlterField(
                    model_name='area',
                    name='position',
                    field=models.PositiveSmallIntegerField(default=0, help_text='Order of the areas on pages.'),
                ),
                migrations.AlterField(
                    model_name='bookedseat',
                    name='discount',
                    field=models.PositiveBigIntegerField(db_default=0, default=0, help_text='Discount by code, in minor units.'),
                ),
                migrations.AlterField(
                    model_name='bookedseat',
                    name='for_member',
                    field=models.BooleanField(db_default=False, default=False, help_text='Counts toward the member’s seat limit.'),
                ),
                migrations.AlterField(
                    model_name='bookedseat',
                    name='list_price',
                    field=models.PositiveBigIntegerField(blank=True, help_text='The place’s own price, in minor units. Empty: its price before discounts.', null=True),
                ),
                migrations.AlterField(
                    model_name='bookedseat',
                    name='moved',
                    field=models.BooleanField(db_default=False, default=False, help_text='Staff moved the customer to another seat.'),
                ),
                migrations.AlterField(
                    model_name='bookedseat',
                    name='paid',
                    field=models.PositiveBigIntegerField(blank=True, help_text='Amount paid, in minor units. Empty: its price.', null=True),
                ),
                migrations.AlterField(
                    model_name='bookedseat',
                    name='saving',
                    field=models.PositiveBigIntegerField(db_default=0, default=0, help_text='Member discount, in minor units.'),
                ),
                migrations.AlterField(
                    model_name='bookedseat',
                    name='sold_for',
                    field=models.PositiveBigIntegerField(blank=True, help_text='Amount paid for the previous seat, in minor units.', null=True),
                ),
                migrations.AlterField(
                    model_name='bookedseat',
                    name='sold_price',
                    field=models.PositiveBigIntegerField(blank=True, help_text='Price of the previous seat, in minor units.', null=True),
                ),
                migrations.AlterField(
                    model_name='booking',
                    name='accepted_terms',
                    field=models.ForeignKey(blank=True, db_index=False, help_text='Version of the terms the customer accepted. Empty: none.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='legal.legaltext'),
                ),
                migrations.AlterField(
                    model_name='booking',
                    name='active_at',
                    field=models.DateTimeField(editable=False, help_text='When the customer was last active while unpaid.', null=True),
                ),
                migrations.AlterField(
                    model_name='booking',
                    name='cancelled_at',
                    field=models.DateTimeField(blank=True, help_text='When the customer asked to release it.', null=True),
                ),
                migrations.AlterField(
                    model_name='booking',
                    name='code',
                    field=models.ForeignKey(blank=True, db_index=False, help_text='The discount or access code the customer used.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='bookings', to='bookings.salecode'),
                ),
                migrations.AlterField(
                    model_name='booking',
                    name='customer',
                    field=models.ForeignKey(blank=True, help_text="The customer's account. Empty for guests.", null=True, on_delete=django.db.models.deletion.PROTECT, related_name='bookings', to=settings.AUTH_USER_MODEL),
                ),
                migrations.AlterField(
                    model_name='booking',
                    name='erased_at',
                    field=models.DateTimeField(blank=True, help_text='When the customer’s name and address were erased.', null=True),
                ),
                migrations.AlterField(
                    model_name='booking',
                    name='has_confirmed_email',
                    field=models.BooleanField(db_default=False, default=False, editable=False, help_text='Whether the customer had confirmed the email address before booking.'),
                ),
                migrations.AlterField(
                    model_name='booking',
                    name='language',
                    field=models.CharField(db_default='en-gb', default='en-gb', help_text='Language of its emails.', max_length=10),
                ),
                migrations.AlterField(
                    model_name='booking',
                    name='mail_refusal',
                    field=models.TextField(blank=True, db_default='', help_text="The mail server's answer."),
                ),
                migrations.AlterField(
                    model_name='booking',
                    name='mail_refused_at',
                    field=models.DateTimeField(blank=True, help_text='When the mail server rejected the tickets for good.', null=True),
                ),
                migrations.AlterField(
                    model_name='booking',
                    name='mailed_at',
                    field=models.DateTimeField(blank=True, help_text='When the tickets were emailed.', null=True),
                ),
                migrations.AlterField(
                    model_name='booking',
                    name='mailings',
                    field=models.PositiveSmallIntegerField(db_default=1, default=1, help_text='Number of times the tickets were to be emailed.'),
                ),
                migrations.AlterField(
                    model_name='booking',
                    name='status',
                    field=models.CharField(choices=[('held', 'On hold'), ('confirmed', 'Confirmed'), ('released', 'Released'), ('cancelled', 'Cancelled')], default='held', max_length=10),
                ),
                migrations.AlterField(
                    model_name='event',
                    name='cancellable_until',
                    field=models.DateTimeField(blank=True, help_text='Customers can cancel for a refund until then. Empty: no cancellations.', null=True),
                ),
                migrations.AlterField(
                    model_name='event',
                    name='cancellation_fee',
                    field=models.PositiveBigIntegerField(db_default=0, default=0, help_text='Fixed cancellation fee per seat, in the currency’s minor unit: 150 is 1.50 EUR.'),
                ),
                migrations.AlterField(
                    model_name='event',
                    name='cancellation_fee_percent',
                    field=models.PositiveSmallIntegerField(db_default=0, default=0, help_text='Cancellation fee as a percentage of the price.', validators=[django.core.validators.MaxValueValidator(100)]),
                ),
                migrations.AlterField(
                    model_name='event',
                    name='currency',
                    field=models.CharField(default='eur', help_text='Three lower-case letters, such as eur. Fixed once seats exist.', max_length=3, validators=[django.core.validators.RegexValidator('^[a-z]{3}\\Z', 'Three lower-case letters, such as eur.')]),
                ),
                migrations.AlterField(
                    model_name='event',
                    name='curve',
                    field=models.PositiveSmallIntegerField(db_default=0, default=0, editable=False, help_text='Curve of rows without an area.', validators=[django.core.validators.MaxValueValidator(9)]),
                ),
                migrations.AlterField(
                    model_name='event',
                    name='member_sales_from',
                    field=models.DateTimeField(blank=True, help_text='When the members’ presale starts. Empty: no presale.', null=True),
                ),
                migrations.AlterField(
                    model_name='event',
                    name='most_per_customer',
                    field=models.PositiveSmallIntegerField(blank=True, help_text='In all orders with the same email address or account. Empty: no limit.', null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='places per customer, at most'),
                ),
                migrations.AlterField(
                    model_name='event',
                    name='most_per_order',
                    field=models.PositiveSmallIntegerField(blank=True, help_text='Empty: the shop’s limit.', null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='places per order, at most'),
                ),
                migrations.AlterField(
                    model_name='event',
                    name='production',
                    field=models.ForeignKey(blank=True, help_text='The production this date belongs to, if there are several dates.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='events', to='bookings.production'),
                ),
                migrations.AlterField(
                    model_name='event',
                    name='returnable_until',
                    field=models.DateTimeField(blank=True, editable=False, help_text='Full refund until then for customers who booked the old date.', null=True),
                ),
                migrations.AlterField(
                    model_name='event',
                    name='stage',
                    field=models.PositiveSmallIntegerField(blank=True, db_default=0, default=0, editable=False, help_text='Number of areas in front of the stage. Empty: no stage.', null=True),
                ),
                migrations.AlterField(
                    model_name='event',
                    name='status',
                    field=models.CharField(choices=[('scheduled', 'Scheduled'), ('postponed', 'Rescheduled'), ('cancelled', 'Cancelled')], db_default='scheduled', default='scheduled', editable=False, max_length=10),
                ),
                migrations.AlterField(
                    model_name='event',
                    name='ticket_names',
                    field=models.CharField(choices=[('off', 'Not asked'), ('optional', 'Optional'), ('required', 'Required')], db_default='off', default='off', max_length=8, verbose_name='names on tickets'),
                ),
                migrations.AlterField(
                    model_name='event',
                    name='time_zone',
                    field=models.CharField(blank=True, db_default='', default='', help_text='Empty: the shop’s time zone.', max_length=64, validators=[bookings.when.zones.require_zone]),
                ),
                migrations.AlterField(
                    model_name='event',
                    name='vat_exempt_reason',
                    field=models.CharField(blank=True, db_default='', default='', help_text='Shown on receipts if the rate is 0.', max_length=200, verbose_name='reason for no VAT'),
                ),
                migrations.AlterField(
                    model_name='event',
                    name='vat_rate',
                    field=models.DecimalField(blank=True, decimal_places=2, help_text='Percentage included in the prices. Empty: the house’s rate.', max_digits=4, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0')), django.core.validators.MaxValueValidator(Decimal('50'))], verbose_name='VAT rate'),
                ),
                migrations.AlterField(
                    model_name='event',
                    name='visibility',
                    field=models.CharField(choices=[('draft', 'Draft, staff only'), ('hidden', 'Published, by link only'), ('published', 'Published')], db_default='draft', default='draft', editable=False, max_length=10),
                ),
                migrations.AlterField(
                    model_name='eventchange',
                    name='kind',
                    field=models.CharField(choices=[('moved', 'Rescheduled'), ('called_off', 'Cancelled')], max_length=10),
                ),
                migrations.AlterField(
                    model_name='eventchange',
                    name='reason',
                    field=models.CharField(blank=True, help_text='Shown to customers.', max_length=500),
                ),
                migrations.AlterField(
                    model_name='eventnotice',
                    name='amount',
                    field=models.PositiveBigIntegerField(blank=True, help_text="Refund, in the currency's minor unit.", null=True),
                ),
                migrations.AlterField(
                    model_name='eventnotice',
                    name='outcome',
                    field=models.CharField(choices=[('done', 'Done'), ('failed', 'Needs attention'), ('refused', 'Done, but the email was rejected')], max_length=10),
                ),
                migrations.AlterField(
                    model_name='eventscope',
                    name='events',
                    field=models.ManyToManyField(blank=True, help_text='They only see these events and everything that belongs to them.', related_name='+', to='bookings.event'),
                ),
                migrations.AlterField(
                    model_name='question',
                    name='help',
                    field=models.CharField(blank=True, help_text='Help text, such as an example.', max_length=200),
                ),
                migrations.AlterField(
                    model_name='question',
                    name='kind',
                    field=models.CharField(choices=[('text', 'Text'), ('choice', 'Single choice'), ('checkbox', 'Checkbox')], default='text', max_length=10),
                ),
                migrations.AlterField(
                    model_name='question',
                    name='options',
                    field=models.TextField(blank=True, help_text='One choice per line.'),
                ),
                migrations.AlterField(
                    model_name='question',
                    name='per',
                    field=models.CharField(choices=[('booking', 'Once per booking'), ('ticket', 'For each ticket')], default='booking', max_length=10),
                ),
                migrations.AlterField(
                    model_name='question',
                    name='text',
                    field=models.CharField(help_text='Shown to customers as written.', max_length=200),
                ),
                migrations.AlterField(
                    model_name='salecode',
                    name='amount_off',
                    field=models.PositiveBigIntegerField(blank=True, help_text="Amount off the whole booking, in the currency's minor unit.", null=True, validators=[django.core.validators.MinValueValidator(1)]),
                ),
                migrations.AlterField(
                    model_name='salecode',
                    name='code',
                    field=models.CharField(help_text='Such as SPRING-27. Not case-sensitive for buyers.', max_length=40, validators=[django.core.validators.RegexValidator('^[A-Z0-9][A-Z0-9_-]*\\Z', 'Capital letters, digits, - and _.')]),
                ),
                migrations.AlterField(
                    model_name='salecode',
                    name='limit',
                    field=models.PositiveIntegerField(blank=True, help_text='Number of bookings. Empty: no limit.', null=True),
                ),
                migrations.AlterField(
                    model_name='salecode',
                    name='limit_per_customer',
                    field=models.PositiveSmallIntegerField(blank=True, help_text='Number of bookings per email address.', null=True),
                ),
                migrations.AlterField(
                    model_name='salecode',
                    name='note',
                    field=models.CharField(blank=True, help_text='For staff: who it’s for and why.', max_length=200),
                ),
                migrations.AlterField(
                    model_name='salecode',
                    name='opens',
                    field=models.ManyToManyField(blank=True, help_text='Hidden ticket types it unlocks.', related_name='opened_by', to='bookings.tickettype'),
                ),
                migrations.AlterField(
                    model_name='salecode',
                    name='percent_off',
                    field=models.PositiveSmallIntegerField(blank=True, help_text='Percentage off each place. 100: free.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)]),
                ),
                migrations.AlterField(
                    model_name='salecode',
                    name='places_at_most',
                    field=models.PositiveSmallIntegerField(blank=True, help_text='Number of places per booking, most expensive first. Empty: all.', null=True, validators=[django.core.validators.MinValueValidator(1)]),
                ),
                migrations.AlterField(
                    model_name='salecode',
                    name='types',
                    field=models.ManyToManyField(blank=True, help_text='Ticket types it discounts. None: all.', related_name='codes', to='bookings.tickettype'),
                ),
                migrations.AlterField(
                    model_name='seat',
                    name='area',
                    field=models.ForeignKey(blank=True, db_index=False, help_text='Empty: no areas.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='seats', to='bookings.area'),
                ),
                migrations.AlterField(
                    model_name='seat',
                    name='held_back_for',
                    field=models.CharField(blank=True, db_default='', default='', help_text='Who it’s held back for.', max_length=100),
                ),
                migrations.AlterField(
                    model_name='seat',
                    name='label',
                    field=models.CharField(help_text='Shown to customers, such as A-1.', max_length=60),
                ),
                migrations.AlterField(
                    model_name='seat',
                    name='notes',
                    field=models.CharField(blank=True, db_default='', default='', help_text='Notes for buyers, separated by commas: wheelchair, companion, restricted view, or your own words.', max_length=100),
                ),
                migrations.AlterField(
                    model_name='seat',
                    name='state',
                    field=models.CharField(choices=[('for_sale', 'For sale'), ('held_back', 'Held back'), ('no_place', 'Not a place')], db_default='for_sale', default='for_sale', max_length=10),
                ),
                migrations.AlterField(
                    model_name='seat',
                    name='type',
                    field=models.ForeignKey(blank=True, db_index=False, editable=False, help_text='Ticket type it’s booked as. Empty: full price.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='seats', to='bookings.tickettype'),
                ),
                migrations.AlterField(
                    model_name='ticket',
                    name='name',
                    field=models.CharField(blank=True, db_default='', default='', help_text="Ticket holder, if it isn't the customer.", max_length=200),
                ),
                migrations.AlterField(
                    model_name='ticket',
                    name='status',
                    field=models.CharField(choices=[('valid', 'Valid'), ('suspended', 'On hold'), ('void', 'Not valid')], default='valid', max_length=10),
                ),
                migrations.AlterField(
                    model_name='ticket',
                    name='stopped_for',
                    field=models.CharField(blank=True, choices=[('refund_asked', 'Refund requested'), ('disputed', 'Payment disputed'), ('refunded', 'Refunded'), ('charged_back', 'Charged back by the bank'), ('renamed', 'Replaced: name changed'), ('moved', 'Replaced: seat changed'), ('test_ended', 'Bought in test mode')], db_default='', default='', max_length=15),
                ),
                migrations.AlterField(
                    model_name='tickettype',
                    name='areas',
                    field=models.ManyToManyField(blank=True, help_text="Areas where it's sold. None: everywhere.", related_name='types', to='bookings.area'),
                ),
                migrations.AlterField(
                    model_name='tickettype',
                    name='at_least',
                    field=models.PositiveSmallIntegerField(blank=True, help_text='Minimum per booking, if any are booked.', null=True),
                ),
                migrations.AlterField(
                    model_name='tickettype',
                    name='at_most',
                    field=models.PositiveSmallIntegerField(blank=True, help_text='Maximum per booking.', null=True),
                ),
                migrations.AlterField(
                    model_name='tickettype',
                    name='name',
                    field=models.CharField(help_text='Shown to buyers, such as Child up to 12.', max_length=60),
                ),
                migrations.AlterField(
                    model_name='tickettype',
                    name='needs_code',
                    field=models.BooleanField(db_default=False, default=False, help_text='Hidden until a buyer enters an access code.'),
                ),
                migrations.AlterField(
                    model_name='tickettype',
                    name='percent_off',
                    field=models.PositiveSmallIntegerField(blank=True, help_text="Percentage off the place's price.", null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)]),
                ),
                migrations.AlterField(
                    model_name='tickettype',
                    name='price',
                    field=models.PositiveBigIntegerField(blank=True, help_text="In the currency's minor unit. Empty: the place's price.", null=True),
                ),
                migrations.AlterField(
                    model_name='tickettype',
                    name='proof',
                    field=models.BooleanField(db_default=False, default=False, help_text='Holders must show proof at the door, such as a student card.', verbose_name='show proof at the door'),
                ),
                migrations.AlterField(
                    model_name='tickettype',
                    name='quota',
                    field=models.PositiveIntegerField(blank=True, help_text='Number that can be sold. Empty: no limit.', null=True),
                ),
                migrations.AlterField(
                    model_name='tickettype',
                    name='sold_until',
                    field=models.DateTimeField(blank=True, help_text='For example for early-bird tickets.', null=True),
                ),
                migrations.AlterField(
                    model_name='waitingentry',
                    name='area',
                    field=models.ForeignKey(blank=True, db_index=False, help_text='Empty: any one area.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='bookings.area'),
                ),
                migrations.AlterField(
                    model_name='waitingentry',
                    name='mail_refusal',
                    field=models.CharField(blank=True, help_text="The mail server's answer to the last rejected email.", max_length=500),
                ),
                migrations.AlterField(
                    model_name='waitingentry',
                    name='mailings',
                    field=models.PositiveSmallIntegerField(default=0, help_text='Number of emails to be sent.'),
                ),
                migrations.AlterField(
                    model_name='waitingentry',
                    name='status',
                    field=models.CharField(choices=[('unconfirmed', 'Address not confirmed'), ('waiting', 'Waiting'), ('offered', 'Has an offer'), ('paying', 'Paying'), ('bought', 'Bought'), ('ran_out', 'Offer expired'), ('left', 'Left'), ('ended', 'The sale has ended')], default='unconfirmed', max_length=12),
                ),
                migrations.AlterConstraint(
                    model_name='event',
                    name='event_presale_comes_before_the_sale',
                    constraint=models.CheckConstraint(condition=models.Q(('member_sales_from', None), ('member_sales_from__lt', models.F('sales_from')), _connector='OR'), name='event_presale_comes_before_the_sale', violation_error_message='The presale must start before the sale.'),
                ),
                migrations.AlterConstraint(
                    model_name='event',
                    name='event_cancelling_ends_before_it_starts',
                    constraint=models.CheckConstraint(condition=models.Q(('cancellable_until', None), ('cancellable_until__lte', models.F('starts_at')), _connector='OR'), name='event_cancelling_ends_before_it_starts', violation_error_message='The cancellation deadline must be before the event starts.'),
                ),
                migrations.AlterConstraint(
                    model_name='event',
                    name='event_doors_open_before_it_starts',
                    constraint=models.CheckConstraint(condition=models.Q(('doors_open_at', None), ('doors_open_at__lte', models.F('starts_at')), _connector='OR'), name='event_doors_open_before_it_starts', violation_error_message='Doors must open before the event starts.'),
                ),
                migrations.AlterConstraint(
                    model_name='salecode',
                    name='sale_code_takes_off_in_one_way',
                    constraint=models.CheckConstraint(condition=models.Q(('percent_off', None), ('amount_off', None), _connector='OR'), name='sale_code_takes_off_in_one_way', violation_error_message='Enter a percentage or an amount, not both.'),
                ),
                migrations.AlterConstraint(
                    model_name='salecode',
                    name='sale_code_limit_kept',
                    constraint=models.CheckConstraint(condition=models.Q(('limit', None), ('used__lte', models.F('limit')), _connector='OR'), name='sale_code_limit_kept', violation_error_message='More bookings have already used it.'),
                ),
                migrations.AlterConstraint(
                    model_name='salecode',
                    name='sale_code_ends_after_it_starts',
                    constraint=models.CheckConstraint(condition=models.Q(('valid_from', None), ('valid_until', None), ('valid_until__gt', models.F('valid_from')), _connector='OR'), name='sale_code_ends_after_it_starts', violation_error_message='It must end after it starts.'),
                ),
                migrations.AlterConstraint(
                    model_name='seat',
                    name='seat_with_a_customer_is_a_place',
                    constraint=models.CheckConstraint(condition=models.Q(('booking', None), models.Q(('state', 'no_place'), _negated=True), _connector='OR'), name='seat_with_a_customer_is_a_place', violation_error_message='It’s sold or on hold.'),
                ),
                migrations.AlterConstraint(
                    model_name='tickettype',
                    name='ticket_type_has_one_price',
                    constraint=models.CheckConstraint(condition=models.Q(('price', None), ('percent_off', None), _connector='OR'), name='ticket_type_has_one_price', violation_error_message='Enter a price or a percentage, not both.'),
                ),
                migrations.AlterConstraint(
                    model_name='tickettype',
                    name='ticket_type_quota_kept',
                    constraint=models.CheckConstraint(condition=models.Q(('quota', None), ('taken__lte', models.F('quota')), _connector='OR'), name='ticket_type_quota_kept', violation_error_message='More are already sold or on hold.'),
                ),
                migrations.AlterConstraint(
                    model_name='tickettype',
                    name='ticket_type_most_is_not_below_least',
                    constraint=models.CheckConstraint(condition=models.Q(('at_least', None), ('at_most', None), ('at_most__gte', models.F('at_least')), _connector='OR'), name='ticket_type_most_is_not_below_least', violation_error_message="The maximum can't be lower than the minimum."),
                ),
                migrations.AlterConstraint(
                    model_name='tickettype',
                    name='ticket_type_ends_after_it_starts',
                    constraint=models.CheckConstraint(condition=models.Q(('sold_from', None), ('sold_until', None), ('sold_until__gt', models.F('sold_from')), _connector='OR'), name='ticket_type_ends_after_it_starts', violation_error_message='Its sale must end after it starts.'),
                ),
            ],
        ),
    ]
