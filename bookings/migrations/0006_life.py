"""The life of an event: drafts, addresses that lead on for good, and staff who are limited to chosen events."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# Who sets up events; what customers have bought there isn't theirs to see.
EVENTS = [
    *("view_event", "add_event", "change_event", "delete_event", "publish_event"),
    *("view_seat", "add_seat", "change_seat", "delete_seat"),
]
VISIBILITIES = [
    ('draft', 'Draft: only staff see it'),
    ('hidden', 'Published, by its address only'),
    ('published', 'Published'),
]
# One unique index over all slugs, of now and before, decides whose each is: two transactions that want the
# same one meet there. However an event is saved, by an older process too, its slug gets here.
KEEP_ADDRESSES = """
    INSERT INTO bookings_eventaddress (slug, event_id) SELECT slug, id FROM bookings_event ORDER BY id;
    CREATE FUNCTION bookings_keep_event_address() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO bookings_eventaddress AS kept (slug, event_id) VALUES (NEW.slug, NEW.id)
            ON CONFLICT (slug) DO UPDATE SET event_id = NEW.id WHERE kept.event_id = NEW.id;
        IF NOT FOUND THEN
            RAISE unique_violation USING CONSTRAINT = 'event_address_is_one_events_for_good',
                MESSAGE = format('the slug %s leads to another event', NEW.slug);
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER event_address_of_new AFTER INSERT ON bookings_event
        FOR EACH ROW EXECUTE FUNCTION bookings_keep_event_address();
    CREATE TRIGGER event_address_of_renamed AFTER UPDATE OF slug ON bookings_event
        FOR EACH ROW WHEN (OLD.slug <> NEW.slug) EXECUTE FUNCTION bookings_keep_event_address();
"""
FORGET_ADDRESSES = """
    DROP TRIGGER event_address_of_renamed ON bookings_event;
    DROP TRIGGER event_address_of_new ON bookings_event;
    DROP FUNCTION bookings_keep_event_address;
"""


def make_group(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the group that sets up events; one that exists keeps its people, and gets what it lacks."""
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    config = apps.get_app_config("bookings")
    config.models_module = True  # type: ignore[assignment]
    create_permissions(config, apps=apps, verbosity=0)  # Django makes them only after all migrations have run.
    config.models_module = None
    group, _made = Group.objects.get_or_create(name="Events")
    group.permissions.add(
        *Permission.objects.filter(content_type__app_label="bookings", codename__in=EVENTS)
    )


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('contenttypes', '0002_remove_content_type_name'),
        ('bookings', '0005_times'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='event',
            options={'ordering': ['starts_at'], 'permissions': [('publish_event', 'Can publish events and take them back')]},
        ),
        # What there is was public from the moment it was saved; what comes now is a draft.
        migrations.AddField(
            model_name='event',
            name='visibility',
            field=models.CharField(choices=VISIBILITIES, db_default='published', default='published', editable=False, max_length=10),
        ),
        migrations.AlterField(
            model_name='event',
            name='visibility',
            field=models.CharField(choices=VISIBILITIES, db_default='draft', default='draft', editable=False, max_length=10),
        ),
        migrations.AddConstraint(
            model_name='event',
            constraint=models.CheckConstraint(condition=models.Q(('visibility__in', ['draft', 'hidden', 'published'])), name='event_visibility_known'),
        ),
        migrations.CreateModel(
            name='EventAddress',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=80, unique=True)),
                ('event', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='addresses', to='bookings.event')),
            ],
            options={
                'ordering': ['pk'],
                'default_permissions': (),
            },
        ),
        migrations.RunSQL(KEEP_ADDRESSES, FORGET_ADDRESSES),
        migrations.CreateModel(
            name='EventScope',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('events', models.ManyToManyField(blank=True, help_text='They see these events and what belongs to them, and nothing of the others.', related_name='+', to='bookings.event')),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='event_scope', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'limit to chosen events',
                'verbose_name_plural': 'limits to chosen events',
            },
        ),
        migrations.RunPython(make_group, migrations.RunPython.noop),
    ]
