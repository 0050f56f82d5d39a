"""What mail servers refuse, and announcements to ticket holders."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0011_law'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='booking',
            name='mail_refusal',
            field=models.TextField(blank=True, db_default='', help_text='What it said.'),
        ),
        migrations.AddField(
            model_name='booking',
            name='mail_refused_at',
            field=models.DateTimeField(blank=True, help_text='When the mail server refused the mail with the tickets for good.', null=True),
        ),
        migrations.CreateModel(
            name='Announcement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('form_id', models.CharField(max_length=36, unique=True)),
                ('subject', models.CharField(max_length=150)),
                ('text', models.TextField(help_text='As it was written; blank lines part the paragraphs.')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('stopped_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('event', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='announcements', to='bookings.event')),
            ],
            options={
                'ordering': ['-id'],
                'permissions': [('write_to_ticket_holders', 'Can write to the ticket holders of an event')],
            },
        ),
        migrations.CreateModel(
            name='AnnouncementCopy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('outcome', models.CharField(choices=[('waiting', 'Waiting'), ('sending', 'Being sent'), ('sent', 'Sent'), ('refused', 'Refused by the mail server'), ('failed', 'Failed'), ('unclear', 'Maybe sent: the connection broke'), ('skipped', 'Left out: no ticket any more'), ('stopped', 'Stopped')], default='waiting', max_length=10)),
                ('words', models.TextField(blank=True, help_text='What the mail server said.')),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('next_try_at', models.DateTimeField(blank=True, null=True)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('announcement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='copies', to='bookings.announcement')),
                ('booking', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='announcement_copies', to='bookings.booking')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.AddConstraint(
            model_name='announcement',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('subject', ''), _negated=True), models.Q(('text', ''), _negated=True)), name='announcement_says_something'),
        ),
        migrations.AddIndex(
            model_name='announcementcopy',
            index=models.Index(condition=models.Q(('outcome', 'refused')), fields=['booking'], name='announcement_copy_refused'),
        ),
        migrations.AddConstraint(
            model_name='announcementcopy',
            constraint=models.CheckConstraint(condition=models.Q(('outcome__in', ['waiting', 'sending', 'sent', 'refused', 'failed', 'unclear', 'skipped', 'stopped'])), name='announcement_copy_outcome_known'),
        ),
        migrations.AddConstraint(
            model_name='announcementcopy',
            constraint=models.UniqueConstraint(fields=('announcement', 'booking'), name='announcement_copy_once'),
        ),
    ]
