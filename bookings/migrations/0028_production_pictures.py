"""Pictures of productions, which their dates show that have none."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0027_door_indexes'),
        ('branding', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='production',
            name='picture',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branding.picture'),
        ),
        migrations.AddField(
            model_name='production',
            name='picture_alt',
            field=models.CharField(blank=True, db_default='', default='', help_text='For those who can’t see it. Empty: it is only decoration.', max_length=200, verbose_name='what the picture shows'),
        ),
    ]
