"""Staff correct a name."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0005_restore'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='staffaction',
            name='staff_action_kind_known',
        ),
        migrations.AlterField(
            model_name='bulkrun',
            name='action',
            field=models.CharField(choices=[('ask', 'Ask Stripe now'), ('replay', 'Replay an event'), ('release', 'Release the hold'), ('reseat', 'Re-seat'), ('refund', 'Refund'), ('retry_refund', 'Make a refund again'), ('assign_refund', 'Say which tickets a refund was for'), ('assign_dispute', 'Choose the disputed tickets'), ('waive_refund', 'Settle a refund otherwise'), ('resend', 'Resend the tickets'), ('address', 'Correct the e-mail address'), ('name', 'Correct the name'), ('redraw', 'Redraw a QR code'), ('note', 'Note'), ('let_go', 'Let a membership go'), ('end_test', 'End a test purchase'), ('adopt', 'Adopt a subscription')], max_length=20),
        ),
        migrations.AlterField(
            model_name='staffaction',
            name='action',
            field=models.CharField(choices=[('ask', 'Ask Stripe now'), ('replay', 'Replay an event'), ('release', 'Release the hold'), ('reseat', 'Re-seat'), ('refund', 'Refund'), ('retry_refund', 'Make a refund again'), ('assign_refund', 'Say which tickets a refund was for'), ('assign_dispute', 'Choose the disputed tickets'), ('waive_refund', 'Settle a refund otherwise'), ('resend', 'Resend the tickets'), ('address', 'Correct the e-mail address'), ('name', 'Correct the name'), ('redraw', 'Redraw a QR code'), ('note', 'Note'), ('let_go', 'Let a membership go'), ('end_test', 'End a test purchase'), ('adopt', 'Adopt a subscription')], max_length=20),
        ),
        migrations.AddConstraint(
            model_name='staffaction',
            constraint=models.CheckConstraint(condition=models.Q(('action__in', ['ask', 'replay', 'release', 'reseat', 'refund', 'retry_refund', 'assign_refund', 'assign_dispute', 'waive_refund', 'resend', 'address', 'name', 'redraw', 'note', 'let_go', 'end_test', 'adopt'])), name='staff_action_kind_known'),
        ),
    ]
