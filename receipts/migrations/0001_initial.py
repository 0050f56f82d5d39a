"""Receipts and their corrections, in numbered series."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models


GROUPS = {
    "Box office": ["receipts.view_receipt"],
    "Finance": [
        *("receipts.view_receipt", "receipts.view_receiptrate", "receipts.view_series"),
        "receipts.export_receipts",
    ],
}
# What was issued stays as it was printed; only the buyer's name may go.
STAY = """
    CREATE FUNCTION receipt_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'receipts_receipt' THEN
            IF to_jsonb(NEW) - 'buyer' = to_jsonb(OLD) - 'buyer' AND to_jsonb(NEW) ->> 'buyer' = '' THEN
                RETURN NEW;
            END IF;
        END IF;
        RAISE EXCEPTION 'a receipt never changes' USING ERRCODE = 'restrict_violation';
    END $$;
    CREATE TRIGGER receipt_stays BEFORE UPDATE OR DELETE ON receipts_receipt
        FOR EACH ROW EXECUTE FUNCTION receipt_stays();
    CREATE TRIGGER receipt_rate_stays BEFORE UPDATE OR DELETE ON receipts_receiptrate
        FOR EACH ROW EXECUTE FUNCTION receipt_stays()
"""
GO = """
    DROP TRIGGER receipt_stays ON receipts_receipt;
    DROP TRIGGER receipt_rate_stays ON receipts_receiptrate;
    DROP FUNCTION receipt_stays()
"""


def grant(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give groups of staff their rights; one that exists keeps its people."""
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    config = apps.get_app_config("receipts")
    config.models_module = True  # type: ignore[assignment]
    create_permissions(config, apps=apps, verbosity=0)  # Django makes them only after all migrations have run.
    config.models_module = None
    for name, wanted in GROUPS.items():
        group, _made = Group.objects.get_or_create(name=name)
        for permission in wanted:
            label, _dot, codename = permission.partition(".")
            group.permissions.add(Permission.objects.get(content_type__app_label=label, codename=codename))


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ('payments', '0011_law'),
    ]

    operations = [
        migrations.CreateModel(
            name='Series',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('is_live', models.BooleanField()),
                ('year', models.PositiveSmallIntegerField()),
                ('part', models.PositiveSmallIntegerField(default=0)),
                ('prefix', models.CharField(blank=True, max_length=10)),
                ('last', models.PositiveIntegerField(default=0)),
                ('opened_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'verbose_name_plural': 'series',
                'ordering': ['year', 'part'],
                'constraints': [models.UniqueConstraint(fields=('is_live', 'year', 'part'), name='receipt_series_unique'), models.CheckConstraint(condition=models.Q(('part__lt', 26)), name='receipt_series_part_has_a_letter')],
            },
        ),
        migrations.CreateModel(
            name='Receipt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('number', models.CharField(max_length=40, unique=True)),
                ('kind', models.CharField(choices=[('receipt', 'Receipt'), ('correction', 'Correction'), ('reinstatement', 'Correction withdrawn')], max_length=15)),
                ('issued_at', models.DateTimeField()),
                ('supplied_on', models.DateField()),
                ('language', models.CharField(max_length=10)),
                ('seller', models.JSONField()),
                ('buyer', models.CharField(blank=True, max_length=200)),
                ('title', models.CharField(max_length=200)),
                ('venue', models.CharField(max_length=200)),
                ('currency', models.CharField(max_length=3)),
                ('lines', models.JSONField()),
                ('net', models.BigIntegerField()),
                ('vat', models.BigIntegerField(verbose_name='VAT')),
                ('gross', models.BigIntegerField()),
                ('corrects', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='receipts.receipt')),
                ('dispute', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payments.dispute')),
                ('payment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='receipts', to='payments.payment')),
                ('refund', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payments.refund')),
                ('series', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='receipts', to='receipts.series')),
            ],
            options={
                'ordering': ['-pk'],
                'permissions': [('export_receipts', 'Can export receipts and see their totals')],
            },
        ),
        migrations.CreateModel(
            name='ReceiptRate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('basis_points', models.PositiveIntegerField(null=True)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('net', models.BigIntegerField()),
                ('vat', models.BigIntegerField(verbose_name='VAT')),
                ('gross', models.BigIntegerField()),
                ('receipt', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rates', to='receipts.receipt')),
            ],
            options={
                'ordering': ['receipt', '-basis_points'],
                'constraints': [models.UniqueConstraint(fields=('receipt', 'basis_points'), name='receipt_rate_once_a_receipt', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('gross', django.db.models.expressions.CombinedExpression(models.F('net'), '+', models.F('vat')))), name='receipt_rate_adds_up')],
            },
        ),
        migrations.AddIndex(
            model_name='receipt',
            index=models.Index(fields=['issued_at'], name='receipt_issued'),
        ),
        migrations.AddIndex(
            model_name='receipt',
            index=models.Index(condition=models.Q(('buyer', ''), _negated=True), fields=['issued_at'], name='receipt_named'),
        ),
        migrations.AddConstraint(
            model_name='receipt',
            constraint=models.UniqueConstraint(fields=('series', 'position'), name='receipt_position_unique'),
        ),
        migrations.AddConstraint(
            model_name='receipt',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'receipt')), fields=('payment',), name='receipt_one_a_payment'),
        ),
        migrations.AddConstraint(
            model_name='receipt',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['receipt', 'correction', 'reinstatement'])), name='receipt_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='receipt',
            constraint=models.CheckConstraint(condition=models.Q(('gross', django.db.models.expressions.CombinedExpression(models.F('net'), '+', models.F('vat')))), name='receipt_adds_up'),
        ),
        migrations.AddConstraint(
            model_name='receipt',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('corrects', None), ('gross__gt', 0), ('kind', 'receipt')), models.Q(('corrects__isnull', False), ('gross__lt', 0), ('kind', 'correction')), models.Q(('corrects__isnull', False), ('gross__gt', 0), ('kind', 'reinstatement')), _connector='OR'), name='receipt_sign_is_of_its_kind'),
        ),
        migrations.RunSQL(STAY, GO),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
