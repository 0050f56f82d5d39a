"""Staff move customers to other seats, dearer ones by an exchange."""

import django.db.models.deletion
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0013_moves'),
        ('payments', '0013_mail'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='staffaction',
            name='staff_action_kind_known',
        ),
        migrations.AddField(
            model_name='payment',
            name='exchange_of',
            field=models.ForeignKey(blank=True, db_index=False, help_text='The payment whose tickets go back once this one is paid.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payments.payment'),
        ),
        migrations.AddField(
            model_name='payment',
            name='exchanged_tickets',
            field=models.ManyToManyField(blank=True, related_name='exchanges', to='bookings.ticket'),
        ),
        migrations.AlterField(
            model_name='bulkrun',
            name='action',
            field=models.CharField(choices=[('ask', 'Ask Stripe now'), ('replay', 'Replay an event'), ('release', 'Release the hold'), ('reseat', 'Re-seat'), ('move', 'Move to other seats'), ('refund', 'Refund'), ('retry_refund', 'Make a refund again'), ('assign_refund', 'Say which tickets a refund was for'), ('assign_dispute', 'Choose the disputed tickets'), ('waive_refund', 'Settle a refund otherwise'), ('resend', 'Resend the tickets'), ('address', 'Correct the e-mail address'), ('name', 'Correct the name'), ('redraw', 'Redraw a QR code'), ('note', 'Note'), ('let_go', 'Let a membership go'), ('end_test', 'End a test purchase'), ('adopt', 'Adopt a subscription')], max_length=20),
        ),
        migrations.AlterField(
            model_name='staffaction',
            name='action',
            field=models.CharField(choices=[('ask', 'Ask Stripe now'), ('replay', 'Replay an event'), ('release', 'Release the hold'), ('reseat', 'Re-seat'), ('move', 'Move to other seats'), ('refund', 'Refund'), ('retry_refund', 'Make a refund again'), ('assign_refund', 'Say which tickets a refund was for'), ('assign_dispute', 'Choose the disputed tickets'), ('waive_refund', 'Settle a refund otherwise'), ('resend', 'Resend the tickets'), ('address', 'Correct the e-mail address'), ('name', 'Correct the name'), ('redraw', 'Redraw a QR code'), ('note', 'Note'), ('let_go', 'Let a membership go'), ('end_test', 'End a test purchase'), ('adopt', 'Adopt a subscription')], max_length=20),
        ),
        migrations.AddConstraint(
            model_name='staffaction',
            constraint=models.CheckConstraint(condition=models.Q(('action__in', ['ask', 'replay', 'release', 'reseat', 'move', 'refund', 'retry_refund', 'assign_refund', 'assign_dispute', 'waive_refund', 'resend', 'address', 'name', 'redraw', 'note', 'let_go', 'end_test', 'adopt'])), name='staff_action_kind_known'),
        ),
        migrations.RemoveConstraint(
            model_name='notification',
            name='notification_kind_known',
        ),
        migrations.AlterField(
            model_name='notification',
            name='kind',
            field=models.CharField(choices=[('processing', 'The payment takes a while'), ('failed', 'The payment failed after a while'), ('money_back', 'The money bought nothing and goes back'), ('refunded', 'A refund was sent'), ('given_up', 'A refund was for these tickets'), ('refund_failed', 'A refund came to nothing'), ('not_cancelled', 'A cancellation came to nothing'), ('suspended', 'The tickets are on hold'), ('restored', 'The tickets are valid again'), ('voided', 'The tickets were lost to the bank'), ('exchange', 'Dearer seats are held, and to be paid')], max_length=20),
        ),
        AddConstraintNotValid(
            model_name='notification',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['processing', 'failed', 'money_back', 'refunded', 'given_up', 'refund_failed', 'not_cancelled', 'suspended', 'restored', 'voided', 'exchange'])), name='notification_kind_known'),
        ),
    ]
