"""Areas, ticket types, codes, and what a place is: for sale, held back by the house, or none."""

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

# What a booking takes of a type's quota, or of a code's limit, is counted by whatever statement takes it, and
# constraints keep both. Who has no quota isn't counted, or all buyers of an ordinary ticket would wait for
# each other. They lock the type against getting one meanwhile, as a foreign key does.
COUNT_TYPES = """
    CREATE FUNCTION bookings_count_types() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        changed bigint[];
    BEGIN
        SELECT array_agg(type_id) INTO changed FROM (
            SELECT type_id FROM (
                SELECT type_id, -1 AS more FROM before WHERE booking_id IS NOT NULL AND type_id IS NOT NULL
                UNION ALL
                SELECT type_id, 1 FROM after WHERE booking_id IS NOT NULL AND type_id IS NOT NULL
            ) AS step GROUP BY type_id HAVING sum(more) <> 0
        ) AS one;
        IF changed IS NULL THEN
            RETURN NULL;
        END IF;
        PERFORM FROM bookings_tickettype WHERE id = ANY(changed) ORDER BY id FOR KEY SHARE;
        PERFORM FROM bookings_tickettype WHERE id = ANY(changed) AND quota IS NOT NULL
          ORDER BY id FOR NO KEY UPDATE;
        UPDATE bookings_tickettype AS type
           SET taken = taken
               + (SELECT count(*) FROM after WHERE type_id = type.id AND booking_id IS NOT NULL)
               - (SELECT count(*) FROM before WHERE type_id = type.id AND booking_id IS NOT NULL)
         WHERE id = ANY(changed) AND quota IS NOT NULL;
        RETURN NULL;
    END $$;
    CREATE TRIGGER seat_counts_types AFTER UPDATE ON bookings_seat
        REFERENCING OLD TABLE AS before NEW TABLE AS after
        FOR EACH STATEMENT EXECUTE FUNCTION bookings_count_types();

    CREATE FUNCTION bookings_start_quota() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM FROM bookings_tickettype WHERE id = NEW.id FOR UPDATE;
        NEW.taken = (SELECT count(*) FROM bookings_seat WHERE type_id = NEW.id AND booking_id IS NOT NULL);
        RETURN NEW;
    END $$;
    CREATE TRIGGER ticket_type_starts_quota BEFORE UPDATE OF quota ON bookings_tickettype
        FOR EACH ROW WHEN (OLD.quota IS NULL AND NEW.quota IS NOT NULL)
        EXECUTE FUNCTION bookings_start_quota();
"""
FORGET_TYPES = """
    DROP TRIGGER ticket_type_starts_quota ON bookings_tickettype;
    DROP FUNCTION bookings_start_quota;
    DROP TRIGGER seat_counts_types ON bookings_seat;
    DROP FUNCTION bookings_count_types;
"""
COUNT_CODES = """
    CREATE FUNCTION bookings_count_codes() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND OLD.code_id IS NOT NULL AND OLD.status IN ('held', 'confirmed') THEN
            IF OLD.code_id = NEW.code_id AND NEW.status IN ('held', 'confirmed') THEN
                RETURN NULL;
            END IF;
            UPDATE bookings_salecode SET used = used - 1 WHERE id = OLD.code_id;
        END IF;
        IF NEW.code_id IS NOT NULL AND NEW.status IN ('held', 'confirmed') THEN
            UPDATE bookings_salecode SET used = used + 1 WHERE id = NEW.code_id;
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER booking_uses_code AFTER INSERT ON bookings_booking
        FOR EACH ROW WHEN (NEW.code_id IS NOT NULL) EXECUTE FUNCTION bookings_count_codes();
    CREATE TRIGGER booking_changes_use_of_code AFTER UPDATE OF status, code_id ON bookings_booking
        FOR EACH ROW WHEN (OLD.code_id IS NOT NULL OR NEW.code_id IS NOT NULL)
        EXECUTE FUNCTION bookings_count_codes();
"""
FORGET_CODES = """
    DROP TRIGGER booking_changes_use_of_code ON bookings_booking;
    DROP TRIGGER booking_uses_code ON bookings_booking;
    DROP FUNCTION bookings_count_codes;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0014_moves_known'),
    ]

    operations = [
        migrations.CreateModel(
            name='Area',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=40)),
                ('name', models.CharField(max_length=40)),
                ('kind', models.CharField(choices=[('seated', 'Seats with numbers'), ('standing', 'Standing, or free choice of seats')], default='seated', max_length=10)),
                ('position', models.PositiveSmallIntegerField(default=0, help_text='The order in which pages name the areas.')),
                ('description', models.CharField(blank=True, help_text='What buyers should know, such as: no seats, step-free.', max_length=300)),
            ],
            options={
                'ordering': ['position', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='SaleCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(help_text='In capitals, such as SPRING-27. Buyers may type small letters.', max_length=40, validators=[django.core.validators.RegexValidator('^[A-Z0-9][A-Z0-9_-]*\\Z', 'Capital letters, digits, - and _.')])),
                ('note', models.CharField(blank=True, help_text='For staff: who has it, and what for.', max_length=200)),
                ('percent_off', models.PositiveSmallIntegerField(blank=True, help_text='Of the price of each place, in per cent. 100: free.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)])),
                ('amount_off', models.PositiveBigIntegerField(blank=True, help_text="Of the whole booking, in the currency's minor unit.", null=True, validators=[django.core.validators.MinValueValidator(1)])),
                ('valid_from', models.DateTimeField(blank=True, null=True)),
                ('valid_until', models.DateTimeField(blank=True, null=True)),
                ('limit', models.PositiveIntegerField(blank=True, help_text='For how many bookings. Empty: any number.', null=True)),
                ('limit_per_customer', models.PositiveSmallIntegerField(blank=True, help_text='For how many bookings of one e-mail address.', null=True)),
                ('places_at_most', models.PositiveSmallIntegerField(blank=True, help_text='For how many places of a booking: the dearest. Empty: all.', null=True, validators=[django.core.validators.MinValueValidator(1)])),
                ('used', models.PositiveIntegerField(db_default=0, default=0, editable=False)),
                ('is_active', models.BooleanField(db_default=True, default=True)),
            ],
            options={
                'ordering': ['code'],
            },
        ),
        migrations.CreateModel(
            name='TicketType',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=40)),
                ('name', models.CharField(help_text='As buyers read it, such as Child up to 12.', max_length=60)),
                ('description', models.CharField(blank=True, max_length=200)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('price', models.PositiveBigIntegerField(blank=True, help_text="In the currency's minor unit. Empty: what the place costs.", null=True)),
                ('percent_off', models.PositiveSmallIntegerField(blank=True, help_text='How much less than the place it costs, in per cent.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)])),
                ('quota', models.PositiveIntegerField(blank=True, help_text='How many can be sold. Empty: as many as there are places.', null=True)),
                ('taken', models.PositiveIntegerField(db_default=0, default=0, editable=False)),
                ('at_least', models.PositiveSmallIntegerField(blank=True, help_text='Of this type in one booking that has any.', null=True)),
                ('at_most', models.PositiveSmallIntegerField(blank=True, help_text='Of this type in one booking.', null=True)),
                ('sold_from', models.DateTimeField(blank=True, null=True)),
                ('sold_until', models.DateTimeField(blank=True, help_text='Such as for an early bird.', null=True)),
                ('is_offered', models.BooleanField(db_default=True, default=True)),
                ('changed_at', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now())),
                ('needs_code', models.BooleanField(db_default=False, default=False, help_text='Hidden until somebody types a code that opens it.')),
                ('members_only', models.BooleanField(db_default=False, default=False)),
                ('proof', models.BooleanField(db_default=False, default=False, help_text='Its holder shows at the door that they may have it, such as a student card.', verbose_name='show proof at the door')),
            ],
            options={
                'ordering': ['position', 'pk'],
            },
        ),
        migrations.AlterModelOptions(
            name='seat',
            options={'ordering': ['event_id', models.OrderBy(models.F('area_id'), nulls_first=True), 'row_rank', django.db.models.functions.text.Length('row'), 'row', 'number']},
        ),
        migrations.RemoveConstraint(
            model_name='bookedseat',
            name='booked_seat_has_a_price',
        ),
        migrations.RemoveConstraint(
            model_name='seat',
            name='seat_has_a_price',
        ),
        migrations.AddField(
            model_name='bookedseat',
            name='discount',
            field=models.PositiveBigIntegerField(db_default=0, default=0, help_text="What the booking's code took off, in minor units."),
        ),
        migrations.AddField(
            model_name='bookedseat',
            name='list_price',
            field=models.PositiveBigIntegerField(blank=True, help_text='What the place cost by itself, in minor units. Empty: its price before discounts.', null=True),
        ),
        migrations.AddField(
            model_name='seat',
            name='column',
            field=models.SmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='seat',
            name='held_back_for',
            field=models.CharField(blank=True, db_default='', default='', help_text='Whom the house keeps it for.', max_length=100),
        ),
        migrations.AddField(
            model_name='seat',
            name='held_back_note',
            field=models.CharField(blank=True, db_default='', default='', max_length=200),
        ),
        migrations.AddField(
            model_name='seat',
            name='notes',
            field=models.CharField(blank=True, db_default='', default='', help_text='What buyers should know, separated by commas: wheelchair, companion, restricted view, or your own words.', max_length=100),
        ),
        migrations.AddField(
            model_name='seat',
            name='row_rank',
            field=models.SmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='seat',
            name='state',
            field=models.CharField(choices=[('for_sale', 'For sale'), ('held_back', 'Held back by the house'), ('no_place', 'Not a place')], db_default='for_sale', default='for_sale', max_length=10),
        ),
        migrations.AlterField(
            model_name='seat',
            name='label',
            field=models.CharField(help_text='What customers see, such as A-1.', max_length=60),
        ),
        migrations.AlterField(
            model_name='seat',
            name='price',
            field=models.PositiveBigIntegerField(help_text="In the currency's minor unit: 2500 is 25.00 EUR. 0 is free."),
        ),
        migrations.AlterField(
            model_name='seat',
            name='row',
            field=models.CharField(blank=True, max_length=20),
        ),
        migrations.AddField(
            model_name='area',
            name='event',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='areas', to='bookings.event'),
        ),
        migrations.AddField(
            model_name='seat',
            name='area',
            field=models.ForeignKey(blank=True, db_index=False, help_text='Empty: the hall is one.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='seats', to='bookings.area'),
        ),
        migrations.AddField(
            model_name='salecode',
            name='event',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='codes', to='bookings.event'),
        ),
        migrations.AddField(
            model_name='booking',
            name='code',
            field=models.ForeignKey(blank=True, db_index=False, help_text='The promotion or access code that its customer typed.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='bookings', to='bookings.salecode'),
        ),
        migrations.AddField(
            model_name='tickettype',
            name='areas',
            field=models.ManyToManyField(blank=True, help_text='Where it is sold. None: everywhere.', related_name='types', to='bookings.area'),
        ),
        migrations.AddField(
            model_name='tickettype',
            name='event',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='types', to='bookings.event'),
        ),
        migrations.AddField(
            model_name='salecode',
            name='opens',
            field=models.ManyToManyField(blank=True, help_text='Which hidden types it shows.', related_name='opened_by', to='bookings.tickettype'),
        ),
        migrations.AddField(
            model_name='salecode',
            name='types',
            field=models.ManyToManyField(blank=True, help_text='What it makes cheaper. None: everything.', related_name='codes', to='bookings.tickettype'),
        ),
        migrations.AddField(
            model_name='bookedseat',
            name='type',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='bookings.tickettype'),
        ),
        migrations.AddField(
            model_name='seat',
            name='type',
            field=models.ForeignKey(blank=True, db_index=False, editable=False, help_text='As which its booking has it. Empty: at full price.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='seats', to='bookings.tickettype'),
        ),
        AddConstraintNotValid(
            model_name='seat',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['for_sale', 'held_back', 'no_place'])), name='seat_state_known'),
        ),
        AddConstraintNotValid(
            model_name='seat',
            constraint=models.CheckConstraint(condition=models.Q(('booking', None), models.Q(('state', 'no_place'), _negated=True), _connector='OR'), name='seat_with_a_customer_is_a_place', violation_error_message='Somebody has it.'),
        ),
        migrations.AddConstraint(
            model_name='area',
            constraint=models.UniqueConstraint(fields=('event', 'slug'), name='area_slug_unique'),
        ),
        migrations.AddConstraint(
            model_name='area',
            constraint=models.UniqueConstraint(fields=('event', 'name'), name='area_name_unique'),
        ),
        migrations.AddConstraint(
            model_name='area',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['seated', 'standing'])), name='area_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='tickettype',
            constraint=models.UniqueConstraint(fields=('event', 'slug'), name='ticket_type_slug_unique'),
        ),
        migrations.AddConstraint(
            model_name='tickettype',
            constraint=models.UniqueConstraint(fields=('event', 'name'), name='ticket_type_name_unique'),
        ),
        migrations.AddConstraint(
            model_name='tickettype',
            constraint=models.CheckConstraint(condition=models.Q(('price', None), ('percent_off', None), _connector='OR'), name='ticket_type_has_one_price', violation_error_message='Give a price or a percentage, not both.'),
        ),
        migrations.AddConstraint(
            model_name='tickettype',
            constraint=models.CheckConstraint(condition=models.Q(('percent_off', None), ('percent_off__range', (1, 100)), _connector='OR'), name='ticket_type_per_cent'),
        ),
        migrations.AddConstraint(
            model_name='tickettype',
            constraint=models.CheckConstraint(condition=models.Q(('quota', None), ('taken__lte', models.F('quota')), _connector='OR'), name='ticket_type_quota_kept', violation_error_message='More of them are held or sold already.'),
        ),
        migrations.AddConstraint(
            model_name='tickettype',
            constraint=models.CheckConstraint(condition=models.Q(('at_least', None), ('at_most', None), ('at_most__gte', models.F('at_least')), _connector='OR'), name='ticket_type_most_is_not_below_least', violation_error_message='At most must not be less than at least.'),
        ),
        migrations.AddConstraint(
            model_name='tickettype',
            constraint=models.CheckConstraint(condition=models.Q(('sold_from', None), ('sold_until', None), ('sold_until__gt', models.F('sold_from')), _connector='OR'), name='ticket_type_ends_after_it_starts', violation_error_message='It must be sold until later than it is sold from.'),
        ),
        migrations.AddConstraint(
            model_name='salecode',
            constraint=models.UniqueConstraint(fields=('event', 'code'), name='sale_code_unique'),
        ),
        migrations.AddConstraint(
            model_name='salecode',
            constraint=models.CheckConstraint(condition=models.Q(('percent_off', None), ('amount_off', None), _connector='OR'), name='sale_code_takes_off_in_one_way', violation_error_message='Give a percentage or an amount, not both.'),
        ),
        migrations.AddConstraint(
            model_name='salecode',
            constraint=models.CheckConstraint(condition=models.Q(('percent_off', None), ('percent_off__range', (1, 100)), _connector='OR'), name='sale_code_per_cent'),
        ),
        migrations.AddConstraint(
            model_name='salecode',
            constraint=models.CheckConstraint(condition=models.Q(('amount_off', None), ('amount_off__gt', 0), _connector='OR'), name='sale_code_amount'),
        ),
        migrations.AddConstraint(
            model_name='salecode',
            constraint=models.CheckConstraint(condition=models.Q(('limit', None), ('used__lte', models.F('limit')), _connector='OR'), name='sale_code_limit_kept', violation_error_message='More bookings have used it already.'),
        ),
        migrations.AddConstraint(
            model_name='salecode',
            constraint=models.CheckConstraint(condition=models.Q(('valid_from', None), ('valid_until', None), ('valid_until__gt', models.F('valid_from')), _connector='OR'), name='sale_code_ends_after_it_starts', violation_error_message='It must be valid until later than it is valid from.'),
        ),
        migrations.RunSQL(COUNT_TYPES, FORGET_TYPES),
        migrations.RunSQL(COUNT_CODES, FORGET_CODES),
    ]
