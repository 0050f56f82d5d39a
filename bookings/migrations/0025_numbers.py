from django.db import migrations, models

import bookings.references


class Migration(migrations.Migration):
    """Give each booking its number when it is made; one from before gets it when it is confirmed."""

    dependencies = [
        ("bookings", "0024_words"),
    ]

    operations = [
        migrations.AlterField(
            model_name="booking",
            name="ticket_reference",
            field=models.CharField(
                blank=True,
                default=bookings.references.new_spoken_reference,
                max_length=9,
                null=True,
                unique=True,
            ),
        ),
    ]
