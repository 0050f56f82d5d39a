"""Who sells, and the texts that the law asks for."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
import django.core.validators
import django.db.models.deletion
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


GROUPS = {
    "Finance": [
        *("legal.view_house", "legal.add_house", "legal.change_house"),
        *("legal.view_legaltext", "legal.add_legaltext"),
    ],
    "Box office": ["legal.view_legaltext"],
}
# Customers have agreed to it as it is.
STAY = """
    CREATE FUNCTION legal_text_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'a published text never changes' USING ERRCODE = 'restrict_violation';
    END $$;
    CREATE TRIGGER legal_text_stays BEFORE UPDATE OR DELETE ON legal_legaltext
        FOR EACH ROW EXECUTE FUNCTION legal_text_stays()
"""
GO = "DROP TRIGGER legal_text_stays ON legal_legaltext; DROP FUNCTION legal_text_stays()"


def grant(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give groups of staff their rights; one that exists keeps its people."""
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    config = apps.get_app_config("legal")
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
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='House',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('legal_name', models.CharField(help_text='As it is registered, with its legal form.', max_length=200)),
                ('address', models.TextField(help_text='In lines, as on an envelope.')),
                ('tax_number', models.CharField(blank=True, max_length=50)),
                ('vat_id', models.CharField(blank=True, max_length=50, verbose_name='VAT ID')),
                ('vat_rate', models.DecimalField(blank=True, decimal_places=2, help_text='In per cent, and included in prices. An event can have another.', max_digits=4, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0')), django.core.validators.MaxValueValidator(Decimal('50'))], verbose_name='VAT rate')),
                ('vat_exempt_reason', models.CharField(blank=True, help_text='What receipts say where the rate is 0, such as: VAT exempt, § 4 Nr. 20 UStG.', max_length=200, verbose_name='reason for no VAT')),
                ('receipt_prefix', models.CharField(blank=True, help_text='What receipts’ numbers begin with; a change counts from the next year’s on.', max_length=10)),
                ('receipts_from', models.DateTimeField(editable=False, null=True)),
            ],
            options={
                'verbose_name': 'house',
                'verbose_name_plural': 'house',
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='house_is_one')],
            },
        ),
        migrations.CreateModel(
            name='LegalText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('terms', 'Terms'), ('privacy', 'Privacy'), ('imprint', 'Imprint')], max_length=10)),
                ('version', models.PositiveIntegerField(editable=False)),
                ('texts', models.JSONField(help_text='By language.')),
                ('published_at', models.DateTimeField(auto_now_add=True)),
                ('published_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['kind', '-version'],
                'constraints': [models.UniqueConstraint(fields=('kind', 'version'), name='legal_text_version_unique'), models.CheckConstraint(condition=models.Q(('kind__in', ['terms', 'privacy', 'imprint'])), name='legal_text_kind_known'), models.CheckConstraint(condition=models.Q(('version__gt', 0)), name='legal_text_versions_begin_with_1')],
            },
        ),
        migrations.RunSQL(STAY, GO),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
