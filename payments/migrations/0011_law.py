"""Which money the receipts' books have."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0010_hoarding'),
    ]

    operations = [
        migrations.AddField(
            model_name='dispute',
            name='is_entered',
            field=models.BooleanField(db_default=False, default=False, help_text='Whether the receipts’ books have it as lost.'),
        ),
        migrations.AddField(
            model_name='payment',
            name='is_receipted',
            field=models.BooleanField(db_default=False, default=False, help_text='Whether the receipts’ books have it.'),
        ),
        migrations.AddField(
            model_name='refund',
            name='is_entered',
            field=models.BooleanField(db_default=False, default=False, help_text='Whether the receipts’ books have it as paid back.'),
        ),
    ]
