"""What is bought without Stripe: at the counter, or because there is nothing to pay."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

SEES = ["view_countersale", "view_counterreturn", "view_till"]
MAY = {
    "Box office": [*SEES, "sell_at_counter", "give_away", "void_counter_sale"],
    "Finance": [*SEES, "void_counter_sale"],
}


def let_staff_sell(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Let the box office sell at the counter, and finance see and void what was sold."""
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    config = apps.get_app_config("payments")
    config.models_module = True  # type: ignore[assignment]
    create_permissions(config, apps=apps, verbosity=0)  # Django makes them only after all migrations have run.
    config.models_module = None
    of_payments = Permission.objects.filter(content_type__app_label="payments")
    for name, codenames in MAY.items():
        for group in Group.objects.filter(name=name):
            group.permissions.add(*of_payments.filter(codename__in=codenames))


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0016_places_indexes'),
        ('payments', '0016_membership_terms'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Till',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('currency', models.CharField(max_length=3)),
                ('float', models.PositiveBigIntegerField(default=0, help_text='In it at first, in the minor unit.')),
                ('opened_at', models.DateTimeField(auto_now_add=True)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('expected', models.BigIntegerField(blank=True, null=True)),
                ('counted', models.PositiveBigIntegerField(blank=True, null=True)),
                ('note', models.CharField(blank=True, help_text='Why something is missing or over.', max_length=300)),
                ('signature', models.CharField(blank=True, help_text='The name of who has counted.', max_length=200)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tills', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='CounterSale',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('cash', 'Cash'), ('terminal', 'The house’s card terminal'), ('complimentary', 'Complimentary'), ('free', 'Free')], max_length=15)),
                ('amount', models.PositiveBigIntegerField(help_text="In the currency's minor unit.")),
                ('currency', models.CharField(max_length=3)),
                ('reason', models.CharField(blank=True, help_text='Why it is complimentary.', max_length=300)),
                ('allowed_by', models.CharField(blank=True, help_text='Who has allowed that.', max_length=200)),
                ('sold_at', models.DateTimeField(auto_now_add=True)),
                ('attempt', models.CharField(blank=True, max_length=64, null=True, unique=True)),
                ('fingerprint', models.CharField(blank=True, max_length=64)),
                ('browser', models.CharField(blank=True, db_default='', default='', editable=False, max_length=32)),
                ('network', models.CharField(blank=True, db_default='', default='', editable=False, max_length=32)),
                ('booking', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='counter_sale', to='bookings.booking')),
                ('seller', models.ForeignKey(blank=True, help_text='Who sold it at the counter. Empty: the customer booked it by themselves.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('till', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='sales', to='payments.till')),
            ],
            options={
                'ordering': ['-pk'],
                'permissions': [('sell_at_counter', 'Can sell at the counter'), ('give_away', 'Can give tickets away as complimentary'), ('void_counter_sale', 'Can void counter sales')],
            },
        ),
        migrations.CreateModel(
            name='CounterReturn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('form_id', models.CharField(blank=True, max_length=36, null=True, unique=True)),
                ('amount', models.PositiveBigIntegerField(default=0)),
                ('kind', models.CharField(choices=[('cash', 'Cash'), ('terminal', 'The house’s card terminal'), ('complimentary', 'Complimentary'), ('free', 'Free')], help_text='How the money went back.', max_length=15)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('tickets', models.ManyToManyField(related_name='counter_returns', to='bookings.ticket')),
                ('sale', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='returns', to='payments.countersale')),
                ('till', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='returns', to='payments.till')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.AddConstraint(
            model_name='till',
            constraint=models.UniqueConstraint(condition=models.Q(('closed_at', None)), fields=('person', 'currency'), name='till_one_open_a_person'),
        ),
        migrations.AddConstraint(
            model_name='till',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at', None), ('counted', None), ('expected', None)), models.Q(('closed_at__isnull', False), ('counted__isnull', False), ('expected__isnull', False), models.Q(('signature', ''), _negated=True)), _connector='OR'), name='till_closed_is_counted_and_signed'),
        ),
        migrations.AddConstraint(
            model_name='till',
            constraint=models.CheckConstraint(condition=models.Q(('closed_at', None), ('counted', models.F('expected')), models.Q(('note', ''), _negated=True), _connector='OR'), name='till_difference_is_explained'),
        ),
        migrations.AddIndex(
            model_name='countersale',
            index=models.Index(condition=models.Q(models.Q(('network', ''), _negated=True), models.Q(('browser', ''), _negated=True), _connector='OR'), fields=['sold_at'], name='sale_traced'),
        ),
        migrations.AddConstraint(
            model_name='countersale',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['cash', 'terminal', 'complimentary', 'free'])), name='counter_sale_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='countersale',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('amount__gt', 0), ('kind__in', ['cash', 'terminal']), ('till__isnull', False)), models.Q(('amount', 0), ('kind__in', ['complimentary', 'free']), ('till', None)), _connector='OR'), name='counter_sale_takes_money_into_a_till'),
        ),
        migrations.AddConstraint(
            model_name='countersale',
            constraint=models.CheckConstraint(condition=models.Q(('kind', 'free'), ('seller__isnull', False), _connector='OR'), name='counter_sale_has_a_seller'),
        ),
        migrations.AddConstraint(
            model_name='countersale',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'complimentary'), _negated=True), models.Q(models.Q(('reason', ''), _negated=True), models.Q(('allowed_by', ''), _negated=True)), _connector='OR'), name='counter_sale_given_away_says_why'),
        ),
        migrations.AddConstraint(
            model_name='countersale',
            constraint=models.CheckConstraint(condition=models.Q(('currency__regex', '^[a-z]{3}$')), name='counter_sale_currency_is_small_letters'),
        ),
        migrations.AddConstraint(
            model_name='counterreturn',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('amount__gt', 0), ('kind__in', ['cash', 'terminal']), ('till__isnull', False)), models.Q(('amount', 0), ('kind__in', ['complimentary', 'free']), ('till', None)), _connector='OR'), name='counter_return_pays_out_of_a_till'),
        ),
        migrations.AddConstraint(
            model_name='counterreturn',
            constraint=models.CheckConstraint(condition=models.Q(('actor', None), models.Q(('reason', ''), _negated=True), _connector='OR'), name='counter_return_by_staff_says_why'),
        ),
        migrations.RunPython(let_staff_sell, migrations.RunPython.noop),
    ]
