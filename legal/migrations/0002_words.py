"""Words of the house as staff read them."""

import django.core.validators
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('legal', '0001_initial'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name='house',
                    name='address',
                    field=models.TextField(help_text='As on an envelope.'),
                ),
                migrations.AlterField(
                    model_name='house',
                    name='legal_name',
                    field=models.CharField(help_text='As registered, with its legal form.', max_length=200),
                ),
                migrations.AlterField(
                    model_name='house',
                    name='receipt_prefix',
                    field=models.CharField(blank=True, help_text='Prefix of receipt numbers. A change takes effect next year.', max_length=10),
                ),
                migrations.AlterField(
                    model_name='house',
                    name='vat_exempt_reason',
                    field=models.CharField(blank=True, help_text='Shown on receipts if the rate is 0, such as: VAT exempt, § 4 Nr. 20 UStG.', max_length=200, verbose_name='reason for no VAT'),
                ),
                migrations.AlterField(
                    model_name='house',
                    name='vat_rate',
                    field=models.DecimalField(blank=True, decimal_places=2, help_text='Percentage included in prices. Events can have their own.', max_digits=4, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0')), django.core.validators.MaxValueValidator(Decimal('50'))], verbose_name='VAT rate'),
                ),
            ],
        ),
    ]
