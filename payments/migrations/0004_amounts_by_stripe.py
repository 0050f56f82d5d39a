from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0001_initial'),
    ]

    operations = [
        migrations.AlterField(
            model_name='plan',
            name='amount',
            field=models.PositiveBigIntegerField(help_text="In the currency's minor unit: 2500 is 25.00 EUR."),
        ),
    ]
