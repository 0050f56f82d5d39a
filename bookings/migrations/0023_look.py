"""A short text, a picture and a map of each event."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0022_places_roles'),
        ('branding', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='event',
            name='map_url',
            field=models.CharField(blank=True, db_default='', default='', help_text='Where a map shows the venue: https://… Empty: a search for it in OpenStreetMap.', max_length=500, validators=[django.core.validators.URLValidator(schemes=['https'])], verbose_name='map'),
        ),
        migrations.AddField(
            model_name='event',
            name='picture',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branding.picture'),
        ),
        migrations.AddField(
            model_name='event',
            name='picture_alt',
            field=models.CharField(blank=True, db_default='', default='', help_text='For those who can’t see it. Empty: it is only decoration.', max_length=200, verbose_name='what the picture shows'),
        ),
        migrations.AddField(
            model_name='event',
            name='summary',
            field=models.CharField(blank=True, db_default='', default='', help_text='One or two sentences, for lists and link previews.', max_length=200),
        ),
        migrations.AddConstraint(
            model_name='event',
            constraint=models.CheckConstraint(condition=models.Q(('map_url', ''), ('map_url__startswith', 'https://'), _connector='OR'), name='event_map_is_https'),
        ),
    ]
