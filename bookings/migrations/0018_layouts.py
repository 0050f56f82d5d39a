"""Where a map draws the stage, how its rows bend, and layouts that are kept for a venue's next event."""

import django.core.validators
from django.db import migrations, models

LIMIT = [django.core.validators.MaxValueValidator(9)]


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0017_places_known'),
    ]

    operations = [
        migrations.AddField(
            model_name='area',
            name='curve',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, help_text='How far the ends of its rows bend to the stage, in quarters of a seat. 0: straight.', validators=LIMIT),
        ),
        migrations.AddField(
            model_name='event',
            name='curve',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, editable=False, help_text='That of rows without an area.', validators=LIMIT),
        ),
        migrations.AddField(
            model_name='event',
            name='stage',
            field=models.PositiveSmallIntegerField(blank=True, db_default=0, default=0, editable=False, help_text='How many areas are drawn in front of the stage. Empty: none is drawn.', null=True),
        ),
        migrations.CreateModel(
            name='VenueLayout',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True)),
                ('venue', models.CharField(blank=True, max_length=200)),
                ('text', models.TextField(max_length=40000)),
                ('changed_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
    ]
