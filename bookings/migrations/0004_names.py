"""Names are found whatever their accents and apostrophes; those on tickets are found too."""

import django.contrib.postgres.indexes
import django.db.models.functions.text
from django.db import migrations, models

from config.database.indexes import AddIndexBesideTraffic, RemoveIndexBesideTraffic

# What bookings.models.words.fold does, and the words of it: those with a joint in parts and as one.
WORDS = r"""
CREATE OR REPLACE FUNCTION bookings_words(typed text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT to_tsvector(
    'pg_catalog.simple',
    translate(plain, '@.,;:_+/"()&\-''’‘ʼʻ`', repeat(' ', 20))
    || ' ' || translate(plain, '@.,;:_+/"()&\-''’‘ʼʻ`', repeat(' ', 13))
)
FROM (
    SELECT normalize(
        translate(
            regexp_replace(
                replace(replace(replace(replace(
                    lower(normalize(replace(typed, '´', ''''), NFKD)),
                    'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'),
                '[\u0300-\u036f]', '', 'g'),
            'ðđħıłøŧς', 'ddhilotσ'),
        NFC) AS plain
) AS folded
$$
"""


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('bookings', '0003_indexes'),
    ]

    operations = [
        migrations.RunSQL(WORDS, "DROP FUNCTION bookings_words(text)"),
        AddIndexBesideTraffic(
            model_name='booking',
            index=django.contrib.postgres.indexes.GinIndex(models.Func(django.db.models.functions.text.Concat('name', models.Value(' '), 'email', output_field=models.TextField()), function='bookings_words', output_field=models.TextField()), fastupdate=False, name='booking_names'),
        ),
        AddIndexBesideTraffic(
            model_name='ticket',
            index=django.contrib.postgres.indexes.GinIndex(models.Func('name', function='bookings_words', output_field=models.TextField()), condition=models.Q(('name', ''), _negated=True), fastupdate=False, name='ticket_names'),
        ),
        RemoveIndexBesideTraffic(
            model_name='booking',
            name='booking_words',
        ),
    ]
