"""Which terms a member has agreed to."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('legal', '0001_initial'),
        ('payments', '0015_moves_known'),
    ]

    operations = [
        migrations.AddField(
            model_name='subscription',
            name='accepted_terms',
            field=models.ForeignKey(blank=True, db_index=False, help_text='Which version of the terms the customer agreed to. Empty: there were none.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='legal.legaltext'),
        ),
    ]
