"""How the shop looks, and the pictures that are uploaded."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


def allow(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Let those who set up events choose how the shop looks."""
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    config = apps.get_app_config("branding")
    config.models_module = True  # type: ignore[assignment]
    create_permissions(config, apps=apps, verbosity=0)  # Django makes them only after all migrations have run.
    config.models_module = None
    group, _made = Group.objects.get_or_create(name="Events")
    codes = ["view_shop", "add_shop", "change_shop"]
    group.permissions.add(
        *Permission.objects.filter(content_type__app_label="branding", codename__in=codes)
    )


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('contenttypes', '0002_remove_content_type_name'),
    ]

    operations = [
        migrations.CreateModel(
            name='Picture',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(editable=False, max_length=32, unique=True)),
                ('kind', models.CharField(choices=[('photo', 'Picture'), ('logo', 'Logo')], editable=False, max_length=5)),
                ('width', models.PositiveIntegerField(editable=False)),
                ('height', models.PositiveIntegerField(editable=False)),
                ('sizes', models.JSONField(editable=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['-created_at'],
                'constraints': [models.CheckConstraint(condition=models.Q(('digest__regex', '^[0-9a-f]{32}$')), name='picture_digest_is_hex'), models.CheckConstraint(condition=models.Q(('kind__in', ['photo', 'logo'])), name='picture_kind_known'), models.CheckConstraint(condition=models.Q(('height__gt', 0), ('width__gt', 0)), name='picture_has_a_size')],
            },
        ),
        migrations.CreateModel(
            name='Shop',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(default='Admit', help_text='In the header, titles, emails and link previews.', max_length=60)),
                ('brand_colour', models.CharField(default='#f6b91c', help_text='Header, ticket stubs, chosen seats, and pictures of events that have none.', max_length=7, validators=[django.core.validators.RegexValidator('^#[0-9a-fA-F]{6}\\Z', 'A colour such as #f6b91c.')])),
                ('action_colour', models.CharField(default='#3b2fb8', help_text='Buttons and links.', max_length=7, validators=[django.core.validators.RegexValidator('^#[0-9a-fA-F]{6}\\Z', 'A colour such as #3b2fb8.')])),
                ('changed_at', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now())),
                ('logo', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branding.picture')),
            ],
            options={
                'verbose_name': 'look of the shop',
                'verbose_name_plural': 'look of the shop',
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='shop_is_one'), models.CheckConstraint(condition=models.Q(('action_colour__regex', '^#[0-9a-f]{6}$'), ('brand_colour__regex', '^#[0-9a-f]{6}$')), name='shop_colours_are_hex'), models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='shop_has_a_name')],
            },
        ),
        migrations.RunPython(allow, migrations.RunPython.noop),
    ]
