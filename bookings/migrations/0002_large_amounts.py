import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='bookedseat',
            name='paid',
            field=models.PositiveBigIntegerField(blank=True, help_text='What was paid for it, in minor units. Empty: its price.', null=True),
        ),
        migrations.AlterField(
            model_name='bookedseat',
            name='price',
            field=models.PositiveBigIntegerField(help_text="In the currency's minor unit."),
        ),
        migrations.AlterField(
            model_name='bookedseat',
            name='saving',
            field=models.PositiveBigIntegerField(db_default=0, default=0, help_text='What a member paid less than others, in minor units.'),
        ),
        migrations.AlterField(
            model_name='event',
            name='cancellation_fee',
            field=models.PositiveBigIntegerField(db_default=0, default=0, help_text='What is kept of each cancelled seat besides, in the currency’s minor unit: 150 is 1.50 EUR.'),
        ),
        migrations.AlterField(
            model_name='seat',
            name='price',
            field=models.PositiveBigIntegerField(help_text="In the currency's minor unit: 2500 is 25.00 EUR.", validators=[django.core.validators.MinValueValidator(1)]),
        ),
    ]
