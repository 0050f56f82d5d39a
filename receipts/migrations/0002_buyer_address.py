"""The buyer's address, which is on the receipt as it was stated before it was issued."""

import django.db.models.deletion
from django.db import migrations, models


# What was issued stays as it was printed; only the buyer may go, name and address.
STAY = """
    CREATE OR REPLACE FUNCTION receipt_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'receipts_receipt' THEN
            IF to_jsonb(NEW) - 'buyer' - 'buyer_address' = to_jsonb(OLD) - 'buyer' - 'buyer_address'
               AND to_jsonb(NEW) ->> 'buyer' = '' AND to_jsonb(NEW) ->> 'buyer_address' = '' THEN
                RETURN NEW;
            END IF;
        END IF;
        RAISE EXCEPTION 'a receipt never changes' USING ERRCODE = 'restrict_violation';
    END $$
"""
NAME_ONLY = """
    CREATE OR REPLACE FUNCTION receipt_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'receipts_receipt' THEN
            IF to_jsonb(NEW) - 'buyer' = to_jsonb(OLD) - 'buyer' AND to_jsonb(NEW) ->> 'buyer' = '' THEN
                RETURN NEW;
            END IF;
        END IF;
        RAISE EXCEPTION 'a receipt never changes' USING ERRCODE = 'restrict_violation';
    END $$
"""


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0014_moves_known'),
        ('receipts', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='BuyerAddress',
            fields=[
                ('booking', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='buyer_address', serialize=False, to='bookings.booking')),
                ('address', models.TextField(blank=True)),
                ('given_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'verbose_name_plural': 'buyer addresses',
            },
        ),
        migrations.AddField(
            model_name='receipt',
            name='buyer_address',
            field=models.TextField(blank=True, db_default='', default='', help_text='In lines.'),
        ),
        migrations.RunSQL(STAY, NAME_ONLY),
    ]
