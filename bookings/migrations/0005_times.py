"""Every event in a time zone of its own, on sale until its end at the latest, with a number for its revisions."""

from django.db import migrations, models

import bookings.when.zones

# A sale that outlasts its event ends with it, and begins before that.
END_SALES = """
    UPDATE bookings_event
       SET sales_until = ends_at,
           sales_from = least(sales_from, ends_at - interval '1 second'),
           member_sales_from = least(member_sales_from, ends_at - interval '2 seconds')
     WHERE sales_until > ends_at
"""

# By a trigger, so that no way of changing an event can forget it, and an older process doesn't set it back.
COUNT_REVISIONS = """
    CREATE FUNCTION count_event_revisions() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.revision := OLD.revision;
        IF (NEW.status, NEW.title, NEW.venue, NEW.starts_at, NEW.ends_at, NEW.time_zone) IS DISTINCT FROM
           (OLD.status, OLD.title, OLD.venue, OLD.starts_at, OLD.ends_at, OLD.time_zone) THEN
            NEW.revision := OLD.revision + 1;
            NEW.changed_at := greatest(NEW.changed_at, clock_timestamp());
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER count_revisions BEFORE UPDATE ON bookings_event
       FOR EACH ROW EXECUTE FUNCTION count_event_revisions();
"""
DROP_REVISIONS = """
    DROP TRIGGER count_revisions ON bookings_event;
    DROP FUNCTION count_event_revisions();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0004_names'),
    ]

    operations = [
        migrations.AddField(
            model_name='event',
            name='time_zone',
            field=models.CharField(blank=True, db_default='', default='', help_text='Whose clock its times are told by. Empty: the shop’s.', max_length=64, validators=[bookings.when.zones.require_zone]),
        ),
        migrations.AddField(
            model_name='event',
            name='revision',
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name='event',
            name='status',
            field=models.CharField(choices=[('scheduled', 'Scheduled'), ('postponed', 'Moved'), ('cancelled', 'Called off')], db_default='scheduled', default='scheduled', editable=False, max_length=10),
        ),
        migrations.RunSQL(END_SALES, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name='event',
            constraint=models.CheckConstraint(condition=models.Q(('sales_until__lte', models.F('ends_at'))), name='event_sale_ends_with_it', violation_error_message='The sale must end with the event at the latest.'),
        ),
        migrations.AddConstraint(
            model_name='event',
            constraint=models.CheckConstraint(condition=models.Q(('time_zone__regex', '^([A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*)?$')), name='event_time_zone_is_a_name'),
        ),
        migrations.AddConstraint(
            model_name='event',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['scheduled', 'postponed', 'cancelled'])), name='event_status_known'),
        ),
        migrations.RunSQL(COUNT_REVISIONS, DROP_REVISIONS),
    ]
