import django.core.validators
import django.db.models.deletion
from django.apps.registry import Apps
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import bookings.references

SEE = [
    *("bookings.view_event", "bookings.view_seat", "bookings.view_booking", "bookings.view_ticket"),
    *("payments.view_payment", "payments.view_transition", "payments.view_stripeevent"),
    *("payments.view_refund", "payments.view_dispute", "payments.view_fraudwarning"),
    *("payments.view_notification", "payments.view_check", "payments.view_staffaction"),
    *("payments.view_plan", "payments.view_subscription"),
]
BOX_OFFICE = [
    *SEE,
    *("payments.ask_stripe", "payments.release_hold", "payments.resend_tickets", "payments.note"),
]
FINANCE = [
    *BOX_OFFICE,
    *("payments.refund", "payments.reseat", "payments.add_plan", "payments.change_plan"),
]
GROUPS = {"Door": ["bookings.scan_ticket"], "Box office": BOX_OFFICE, "Finance": FINANCE}


def make_groups(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the groups of staff; one that exists keeps its people, and gets what it lacks."""
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    for label in ("bookings", "payments"):
        # Django makes permissions only after all migrations have run.
        config = apps.get_app_config(label)
        config.models_module = True  # type: ignore[assignment]
        create_permissions(config, apps=apps, verbosity=0)
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
        ("bookings", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Backfill",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "read_until",
                    models.DateTimeField(help_text="Events of Stripe's up to then are known here."),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("pk", 1)), name="backfill_is_one_row")
                ],
            },
        ),
        migrations.CreateModel(
            name="BulkRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("ask", "Ask Stripe now"),
                            ("replay", "Replay an event"),
                            ("release", "Release the hold"),
                            ("reseat", "Re-seat"),
                            ("refund", "Refund"),
                            ("retry_refund", "Make a refund again"),
                            ("assign_refund", "Say which tickets a refund was for"),
                            ("waive_refund", "Settle a refund otherwise"),
                            ("resend", "Resend the tickets"),
                            ("address", "Correct the e-mail address"),
                            ("redraw", "Redraw a QR code"),
                            ("note", "Note"),
                            ("let_go", "Let a membership go"),
                        ],
                        max_length=20,
                    ),
                ),
                ("form_id", models.CharField(max_length=36, unique=True)),
                ("reason", models.TextField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("cancelled_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "actor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="Payment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "reference",
                    models.CharField(
                        default=bookings.references.new_reference, editable=False, max_length=26, unique=True
                    ),
                ),
                (
                    "asked_at",
                    models.DateTimeField(blank=True, help_text="When somebody last asked Stripe.", null=True),
                ),
                (
                    "checked_at",
                    models.DateTimeField(blank=True, help_text="When Stripe last answered.", null=True),
                ),
                (
                    "checks",
                    models.PositiveIntegerField(
                        db_default=0, default=0, help_text="How often the reconciler has asked."
                    ),
                ),
                ("next_check_at", models.DateTimeField(blank=True, null=True)),
                (
                    "check_problem",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("failed", "Stripe couldn't be asked"),
                            ("unknown", "Stripe doesn't know it"),
                            ("no_plan", "Its price belongs to no plan"),
                            ("second_membership", "Stripe charges for a second one"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "check_error",
                    models.TextField(blank=True, help_text="What staff read about this problem."),
                ),
                ("amount", models.PositiveBigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("amount_received", models.PositiveBigIntegerField(blank=True, null=True)),
                ("currency_received", models.CharField(blank=True, db_default="", default="", max_length=3)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("processing", "Processing"),
                            ("succeeded", "Succeeded"),
                            ("failed", "Failed"),
                            ("expired", "Expired"),
                            ("refund_due", "Refund due"),
                            ("refunded", "Refunded"),
                            ("partially_refunded", "Partially refunded"),
                            ("disputed", "Disputed"),
                        ],
                        default="pending",
                        max_length=20,
                    ),
                ),
                (
                    "problem",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("amount_mismatch", "Another amount was paid"),
                            ("currency_mismatch", "Another currency was paid"),
                            ("reference_mismatch", "Paid for another booking"),
                            ("paid_after_release", "Paid after the seats were released, and sold"),
                            ("paid_after_cancellation", "Paid after the booking was cancelled"),
                            ("paid_after_event", "Paid after the event was over"),
                            ("paid_twice", "A second payment for one booking"),
                        ],
                        max_length=30,
                    ),
                ),
                (
                    "error_message",
                    models.CharField(blank=True, help_text="As the customer reads it.", max_length=300),
                ),
                ("attempt", models.CharField(blank=True, max_length=64, null=True, unique=True)),
                ("fingerprint", models.CharField(blank=True, max_length=64)),
                ("session_id", models.CharField(blank=True, max_length=255, null=True, unique=True)),
                ("payment_intent_id", models.CharField(blank=True, max_length=255, null=True, unique=True)),
                ("charge_id", models.CharField(blank=True, max_length=255, null=True, unique=True)),
                (
                    "card_last4",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=4, verbose_name="last four digits"
                    ),
                ),
                ("checkout_url", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField(help_text="When Stripe closes the session.")),
                ("processed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "stripe_state",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("open", "Open: can be paid"),
                            ("processing", "The bank is working on it"),
                            ("failed", "The bank did not pay"),
                            ("expired", "Expired: can't be paid"),
                            ("paid", "Paid"),
                            ("partially_refunded", "Paid, partly refunded"),
                            ("refunded", "Refunded"),
                            ("disputed", "Disputed"),
                            ("missing", "Unknown to Stripe"),
                        ],
                        db_default="",
                        default="",
                        max_length=20,
                    ),
                ),
                (
                    "booking",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payments",
                        to="bookings.booking",
                    ),
                ),
                (
                    "retry_of",
                    models.OneToOneField(
                        blank=True,
                        help_text="The payment for the same seats that came to nothing before this one.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="retry",
                        to="payments.payment",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at"],
                "permissions": [
                    ("ask_stripe", "Can ask Stripe about a payment and replay events"),
                    ("release_hold", "Can release a hold"),
                    ("resend_tickets", "Can resend and redraw tickets"),
                    ("reseat", "Can give seats to money that bought none"),
                    ("refund", "Can refund"),
                    ("note", "Can write notes"),
                ],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="FraudWarning",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("warning_id", models.CharField(max_length=255, unique=True)),
                ("fraud_type", models.CharField(max_length=100)),
                ("is_actionable", models.BooleanField(help_text="Neither refunded nor disputed yet.")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="fraud_warnings",
                        to="payments.payment",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Dispute",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("dispute_id", models.CharField(max_length=255, unique=True)),
                ("amount", models.PositiveBigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("warning_needs_response", "Inquiry, needs an answer"),
                            ("warning_under_review", "Inquiry, under review"),
                            ("warning_closed", "Inquiry, closed"),
                            ("needs_response", "Needs an answer"),
                            ("under_review", "Under review"),
                            ("won", "Won"),
                            ("lost", "Lost"),
                            ("appeal_needs_response", "Appeal, needs an answer"),
                            ("appeal_under_review", "Appeal, under review"),
                            ("prevented", "Prevented"),
                        ],
                        max_length=30,
                    ),
                ),
                ("reason", models.CharField(max_length=100)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("checked_at", models.DateTimeField(help_text="When Stripe was asked for this.")),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disputes",
                        to="payments.payment",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Check",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("checkout", "Checkout"),
                            ("webhook", "Stripe's event"),
                            ("verification", "Stripe asked on the customer's behalf"),
                            ("cancellation", "Cancelled by the customer"),
                            ("sweep", "Left behind by a process that died"),
                            ("reconciler", "Stripe asked by the reconciler"),
                            ("refund", "A refund was asked for, or answered"),
                            ("staff", "Staff"),
                            ("fsck", "Put right by fsck"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("open", "Open: can be paid"),
                            ("processing", "The bank is working on it"),
                            ("failed", "The bank did not pay"),
                            ("expired", "Expired: can't be paid"),
                            ("paid", "Paid"),
                            ("partially_refunded", "Paid, partly refunded"),
                            ("refunded", "Refunded"),
                            ("disputed", "Disputed"),
                            ("missing", "Unknown to Stripe"),
                        ],
                        max_length=20,
                    ),
                ),
                ("error", models.TextField(blank=True)),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stripe_checks",
                        to="payments.payment",
                    ),
                ),
            ],
            options={
                "verbose_name": "check",
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Plan",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                ("slug", models.SlugField(unique=True)),
                ("description", models.TextField(blank=True)),
                ("price_id", models.CharField(max_length=255, unique=True, verbose_name="Stripe price")),
                (
                    "amount",
                    models.PositiveIntegerField(help_text="In the currency's minor unit: 2500 is 25.00 EUR."),
                ),
                ("currency", models.CharField(default="eur", max_length=3)),
                (
                    "interval",
                    models.CharField(
                        choices=[("month", "A month"), ("year", "A year")], default="year", max_length=5
                    ),
                ),
                (
                    "is_offered",
                    models.BooleanField(default=True, help_text="Whether it can be subscribed to now."),
                ),
                (
                    "has_presale",
                    models.BooleanField(default=True, help_text="Members buy before the sale opens to all."),
                ),
                (
                    "discount_percent",
                    models.PositiveSmallIntegerField(
                        default=0,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(90),
                        ],
                    ),
                ),
                (
                    "seats_per_event",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, validators=[django.core.validators.MinValueValidator(1)]
                    ),
                ),
            ],
            options={
                "ordering": ["amount", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("interval__in", ["month", "year"])), name="plan_interval_known"
                    ),
                    models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="plan_has_an_amount"),
                    models.CheckConstraint(
                        condition=models.Q(("discount_percent__lte", 90)), name="plan_leaves_a_price"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("currency__regex", "^[a-z]{3}$")),
                        name="plan_currency_is_three_small_letters",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("seats_per_event", None), ("seats_per_event__gt", 0), _connector="OR"
                        ),
                        name="plan_limit_allows_a_seat",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Refund",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "reference",
                    models.CharField(
                        default=bookings.references.new_reference, editable=False, max_length=26, unique=True
                    ),
                ),
                ("amount", models.PositiveBigIntegerField()),
                (
                    "fee",
                    models.PositiveBigIntegerField(
                        db_default=0,
                        default=0,
                        help_text="What was kept of the tickets’ price when the customer cancelled.",
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("due", "To be sent to Stripe"),
                            ("withdrawn", "Withdrawn before it was sent"),
                            ("refused", "Refused by Stripe"),
                            ("pending", "On its way"),
                            ("requires_action", "Waiting for the customer"),
                            ("succeeded", "Paid back"),
                            ("failed", "Failed after it was accepted"),
                            ("canceled", "Cancelled"),
                        ],
                        default="due",
                        max_length=20,
                    ),
                ),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("settlement", "Money that bought nothing"),
                            ("customer", "The customer"),
                            ("staff", "Staff"),
                            ("stripe", "Made in Stripe's dashboard"),
                        ],
                        max_length=12,
                    ),
                ),
                ("refund_id", models.CharField(blank=True, max_length=255, null=True, unique=True)),
                ("error_code", models.CharField(blank=True, max_length=100)),
                ("error_message", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "tried_at",
                    models.DateTimeField(
                        blank=True, help_text="When it was first sent to Stripe.", null=True
                    ),
                ),
                ("accepted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "checked_at",
                    models.DateTimeField(blank=True, help_text="When Stripe was asked for this.", null=True),
                ),
                (
                    "waived_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="When staff settled it otherwise, such as with seats.",
                        null=True,
                    ),
                ),
                (
                    "assigned_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="When staff said which tickets one made at Stripe was for.",
                        null=True,
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refunds",
                        to="payments.payment",
                    ),
                ),
                (
                    "replaces",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replacement",
                        to="payments.refund",
                    ),
                ),
                ("tickets", models.ManyToManyField(blank=True, related_name="+", to="bookings.ticket")),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Notification",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("processing", "The payment takes a while"),
                            ("failed", "The payment failed after a while"),
                            ("money_back", "The money bought nothing and goes back"),
                            ("refunded", "A refund was sent"),
                            ("given_up", "A refund was for these tickets"),
                            ("refund_failed", "A refund came to nothing"),
                            ("not_cancelled", "A cancellation came to nothing"),
                            ("suspended", "The tickets are on hold"),
                            ("restored", "The tickets are valid again"),
                            ("voided", "The tickets were lost to the bank"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "dispute",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notifications",
                        to="payments.dispute",
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notifications",
                        to="payments.payment",
                    ),
                ),
                (
                    "refund",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notifications",
                        to="payments.refund",
                    ),
                ),
            ],
            options={
                "db_table": "payments_notice",
                "ordering": ["id"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="StripeEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("event_id", models.CharField(max_length=255, unique=True)),
                ("type", models.CharField(max_length=100)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("received", "Received, not applied yet"),
                            ("applied", "Applied"),
                            ("ignored", "Of a type that changes nothing here"),
                            ("failed", "Could not be applied"),
                        ],
                        default="received",
                        max_length=10,
                    ),
                ),
                (
                    "body",
                    models.TextField(
                        help_text="As it was signed; jsonb can't hold everything that JSON can."
                    ),
                ),
                ("headers", models.JSONField(default=dict)),
                (
                    "deliveries",
                    models.PositiveIntegerField(default=1, help_text="None: it was found in Stripe's list."),
                ),
                ("traceback", models.TextField(blank=True)),
                ("received_at", models.DateTimeField(auto_now_add=True)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "retry_at",
                    models.DateTimeField(blank=True, help_text="Unless it is decided by then.", null=True),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stripe_events",
                        to="payments.payment",
                    ),
                ),
            ],
            options={
                "verbose_name": "Stripe event",
                "ordering": ["-received_at"],
            },
        ),
        migrations.CreateModel(
            name="BulkItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("unchanged", "Done, nothing changed"),
                            ("changed", "Changed"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("words", models.TextField(blank=True)),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="items",
                        to="payments.bulkrun",
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="payments.payment",
                    ),
                ),
                (
                    "stripe_event",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="payments.stripeevent",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Subscription",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "reference",
                    models.CharField(
                        default=bookings.references.new_reference, editable=False, max_length=26, unique=True
                    ),
                ),
                (
                    "asked_at",
                    models.DateTimeField(blank=True, help_text="When somebody last asked Stripe.", null=True),
                ),
                (
                    "checked_at",
                    models.DateTimeField(blank=True, help_text="When Stripe last answered.", null=True),
                ),
                (
                    "checks",
                    models.PositiveIntegerField(
                        db_default=0, default=0, help_text="How often the reconciler has asked."
                    ),
                ),
                ("next_check_at", models.DateTimeField(blank=True, null=True)),
                (
                    "check_problem",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("failed", "Stripe couldn't be asked"),
                            ("unknown", "Stripe doesn't know it"),
                            ("no_plan", "Its price belongs to no plan"),
                            ("second_membership", "Stripe charges for a second one"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "check_error",
                    models.TextField(blank=True, help_text="What staff read about this problem."),
                ),
                ("email", models.EmailField(help_text="Where its mails go.", max_length=254)),
                (
                    "language",
                    models.CharField(
                        default="en-gb", help_text="What its mails are written in.", max_length=10
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Not paid yet"),
                            ("expired", "Never paid"),
                            ("incomplete", "First payment under way"),
                            ("incomplete_expired", "First payment failed"),
                            ("trialing", "Trial"),
                            ("active", "Active"),
                            ("past_due", "Payment overdue"),
                            ("unpaid", "Unpaid"),
                            ("paused", "Paused"),
                            ("canceled", "Ended"),
                        ],
                        default="pending",
                        max_length=20,
                    ),
                ),
                (
                    "price_id",
                    models.CharField(blank=True, help_text="What Stripe charges for it.", max_length=255),
                ),
                ("session_id", models.CharField(blank=True, max_length=255, null=True, unique=True)),
                ("checkout_url", models.TextField(blank=True)),
                ("expires_at", models.DateTimeField(help_text="When Stripe closes the session.")),
                ("subscription_id", models.CharField(blank=True, max_length=255, null=True, unique=True)),
                (
                    "stripe_customer_id",
                    models.CharField(blank=True, max_length=255, verbose_name="Stripe customer"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("period_start", models.DateTimeField(blank=True, null=True)),
                ("period_end", models.DateTimeField(blank=True, null=True)),
                ("cancel_at_period_end", models.BooleanField(default=False)),
                (
                    "ends_at",
                    models.DateTimeField(blank=True, help_text="When it ends or has ended.", null=True),
                ),
                ("collection_paused", models.BooleanField(default=False)),
                (
                    "entitled_until",
                    models.DateTimeField(blank=True, help_text="None: it gives nothing.", null=True),
                ),
                (
                    "source",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("webhook", "Stripe's event"),
                            ("verification", "Asked on the customer's behalf, or by staff"),
                            ("reconciler", "Asked by the reconciler"),
                        ],
                        max_length=15,
                    ),
                ),
                (
                    "fetches",
                    models.PositiveIntegerField(
                        db_default=0,
                        default=0,
                        help_text="How often Stripe was asked about the subscription.",
                    ),
                ),
                (
                    "snapshot_number",
                    models.PositiveIntegerField(
                        db_default=0,
                        default=0,
                        help_text="Which of these questions got the answer that is held here.",
                    ),
                ),
                (
                    "fetches_at_snapshot",
                    models.PositiveIntegerField(
                        db_default=0, default=0, help_text="How many had been asked when that answer came."
                    ),
                ),
                (
                    "snapshot_asked_at",
                    models.DateTimeField(
                        blank=True, help_text="When Stripe was asked for what is held here.", null=True
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="subscriptions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="subscriptions",
                        to="payments.plan",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at"],
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="stripeevent",
            name="subscription",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="stripe_events",
                to="payments.subscription",
            ),
        ),
        migrations.CreateModel(
            name="StaffAction",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("form_id", models.CharField(max_length=36, unique=True)),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("ask", "Ask Stripe now"),
                            ("replay", "Replay an event"),
                            ("release", "Release the hold"),
                            ("reseat", "Re-seat"),
                            ("refund", "Refund"),
                            ("retry_refund", "Make a refund again"),
                            ("assign_refund", "Say which tickets a refund was for"),
                            ("waive_refund", "Settle a refund otherwise"),
                            ("resend", "Resend the tickets"),
                            ("address", "Correct the e-mail address"),
                            ("redraw", "Redraw a QR code"),
                            ("note", "Note"),
                            ("let_go", "Let a membership go"),
                        ],
                        max_length=20,
                    ),
                ),
                ("reason", models.TextField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("begun", "Begun"),
                            ("done", "Done"),
                            ("refused", "Refused"),
                            ("failed", "Failed"),
                        ],
                        default="begun",
                        max_length=10,
                    ),
                ),
                ("words", models.TextField(blank=True)),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "actor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="staff_actions",
                        to="payments.payment",
                    ),
                ),
                (
                    "stripe_event",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="staff_actions",
                        to="payments.stripeevent",
                    ),
                ),
                (
                    "subscription",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="staff_actions",
                        to="payments.subscription",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="MembershipNotification",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("welcome", "The membership has begun"),
                            ("payment_failed", "A payment failed"),
                            ("ending_soon", "It is about to end"),
                            ("ended", "It has ended"),
                        ],
                        max_length=20,
                    ),
                ),
                ("occasion", models.CharField(blank=True, max_length=255)),
                (
                    "subscription",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notifications",
                        to="payments.subscription",
                    ),
                ),
            ],
            options={
                "db_table": "payments_membershipnotice",
                "ordering": ["id"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="MembershipInvoice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("invoice_id", models.CharField(max_length=255, unique=True)),
                ("number", models.CharField(blank=True, max_length=100)),
                ("status", models.CharField(max_length=20)),
                ("amount", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("issued_at", models.DateTimeField()),
                (
                    "url",
                    models.TextField(
                        blank=True, help_text="Where it can be seen, and paid while it is open."
                    ),
                ),
                (
                    "subscription",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invoices",
                        to="payments.subscription",
                    ),
                ),
            ],
            options={
                "ordering": ["-issued_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="SubscriptionChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "from_status",
                    models.CharField(
                        choices=[
                            ("pending", "Not paid yet"),
                            ("expired", "Never paid"),
                            ("incomplete", "First payment under way"),
                            ("incomplete_expired", "First payment failed"),
                            ("trialing", "Trial"),
                            ("active", "Active"),
                            ("past_due", "Payment overdue"),
                            ("unpaid", "Unpaid"),
                            ("paused", "Paused"),
                            ("canceled", "Ended"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "to_status",
                    models.CharField(
                        choices=[
                            ("pending", "Not paid yet"),
                            ("expired", "Never paid"),
                            ("incomplete", "First payment under way"),
                            ("incomplete_expired", "First payment failed"),
                            ("trialing", "Trial"),
                            ("active", "Active"),
                            ("past_due", "Payment overdue"),
                            ("unpaid", "Unpaid"),
                            ("paused", "Paused"),
                            ("canceled", "Ended"),
                        ],
                        max_length=20,
                    ),
                ),
                ("entitled_until", models.DateTimeField(blank=True, null=True)),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("checkout", "Checkout"),
                            ("webhook", "Stripe's event"),
                            ("verification", "Stripe asked on the customer's behalf"),
                            ("cancellation", "Cancelled by the customer"),
                            ("sweep", "Left behind by a process that died"),
                            ("reconciler", "Stripe asked by the reconciler"),
                            ("refund", "A refund was asked for, or answered"),
                            ("staff", "Staff"),
                            ("fsck", "Put right by fsck"),
                        ],
                        max_length=20,
                    ),
                ),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "from_plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="payments.plan"
                    ),
                ),
                (
                    "subscription",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="changes",
                        to="payments.subscription",
                    ),
                ),
                (
                    "to_plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="payments.plan"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Transition",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "from_status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("processing", "Processing"),
                            ("succeeded", "Succeeded"),
                            ("failed", "Failed"),
                            ("expired", "Expired"),
                            ("refund_due", "Refund due"),
                            ("refunded", "Refunded"),
                            ("partially_refunded", "Partially refunded"),
                            ("disputed", "Disputed"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "to_status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("processing", "Processing"),
                            ("succeeded", "Succeeded"),
                            ("failed", "Failed"),
                            ("expired", "Expired"),
                            ("refund_due", "Refund due"),
                            ("refunded", "Refunded"),
                            ("partially_refunded", "Partially refunded"),
                            ("disputed", "Disputed"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("checkout", "Checkout"),
                            ("webhook", "Stripe's event"),
                            ("verification", "Stripe asked on the customer's behalf"),
                            ("cancellation", "Cancelled by the customer"),
                            ("sweep", "Left behind by a process that died"),
                            ("reconciler", "Stripe asked by the reconciler"),
                            ("refund", "A refund was asked for, or answered"),
                            ("staff", "Staff"),
                            ("fsck", "Put right by fsck"),
                        ],
                        max_length=20,
                    ),
                ),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="transitions",
                        to="payments.payment",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddConstraint(
            model_name="bulkrun",
            constraint=models.CheckConstraint(
                condition=models.Q(("action__in", ["ask", "replay", "resend"])), name="bulk_run_action_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="bulkrun",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="bulk_run_says_why"
            ),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                condition=models.Q(("next_check_at__isnull", False)),
                fields=["next_check_at"],
                name="payment_to_check",
            ),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                condition=models.Q(("status__in", ["pending", "processing"])),
                fields=["created_at"],
                name="payment_undecided",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("check_problem__in", ["", "failed", "unknown", "no_plan", "second_membership"])
                ),
                name="payment_check_problem_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("check_error", ""), ("check_problem", "")),
                    models.Q(
                        models.Q(("check_problem", ""), _negated=True),
                        models.Q(("check_error", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="payment_check_problem_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "status__in",
                        [
                            "pending",
                            "processing",
                            "succeeded",
                            "failed",
                            "expired",
                            "refund_due",
                            "refunded",
                            "partially_refunded",
                            "disputed",
                        ],
                    )
                ),
                name="payment_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "stripe_state__in",
                        [
                            "",
                            "open",
                            "processing",
                            "failed",
                            "expired",
                            "paid",
                            "partially_refunded",
                            "refunded",
                            "disputed",
                            "missing",
                        ],
                    )
                ),
                name="payment_stripe_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "problem__in",
                        [
                            "",
                            "amount_mismatch",
                            "currency_mismatch",
                            "reference_mismatch",
                            "paid_after_release",
                            "paid_after_cancellation",
                            "paid_after_event",
                            "paid_twice",
                        ],
                    )
                ),
                name="payment_problem_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", 0)), name="payment_has_an_amount"
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(("currency__regex", "^[a-z]{3}$")),
                name="payment_currency_is_three_small_letters",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ["pending", "processing", "failed", "expired"]),
                    models.Q(
                        ("amount_received__isnull", False),
                        ("currency_received__regex", "^[a-z]{3}$"),
                        ("processed_at__isnull", False),
                        ("session_id__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="payment_paid_has_evidence",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("problem", ""), ("status__in", ["refund_due", "refunded", "disputed"]), _connector="OR"
                ),
                name="payment_with_a_problem_goes_back",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("problem", ""), _negated=True),
                    ("status__in", ["pending", "processing", "failed", "expired"]),
                    models.Q(
                        ("amount_received", models.F("amount")), ("currency_received", models.F("currency"))
                    ),
                    _connector="OR",
                ),
                name="payment_that_buys_is_the_amount_asked_for",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("processed_at__isnull", True),
                    models.Q(("status__in", ["pending", "processing"]), _negated=True),
                    _connector="OR",
                ),
                name="payment_undecided_is_not_processed",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(("expires_at__gt", models.F("created_at"))), name="payment_ends_ahead"
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ["pending", "processing"])),
                fields=("booking",),
                name="payment_one_undecided_a_booking",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("problem", ""),
                    models.Q(("status__in", ["pending", "processing", "failed", "expired"]), _negated=True),
                ),
                fields=("booking",),
                name="payment_one_buyer_a_booking",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "status__in",
                        [
                            "warning_needs_response",
                            "warning_under_review",
                            "warning_closed",
                            "needs_response",
                            "under_review",
                            "won",
                            "lost",
                            "appeal_needs_response",
                            "appeal_under_review",
                            "prevented",
                        ],
                    )
                ),
                name="dispute_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="check",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "cause__in",
                        [
                            "checkout",
                            "webhook",
                            "verification",
                            "cancellation",
                            "sweep",
                            "reconciler",
                            "refund",
                            "staff",
                            "fsck",
                        ],
                    )
                ),
                name="check_cause_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="check",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", ""), _negated=True),
                    models.Q(("error", ""), _negated=True),
                    _connector="OR",
                ),
                name="check_says_what_it_found",
            ),
        ),
        migrations.AddIndex(
            model_name="refund",
            index=models.Index(
                condition=models.Q(("status", "due")), fields=["created_at"], name="refund_due"
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "status__in",
                        [
                            "due",
                            "withdrawn",
                            "refused",
                            "pending",
                            "requires_action",
                            "succeeded",
                            "failed",
                            "canceled",
                        ],
                    )
                ),
                name="refund_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(("origin__in", ["settlement", "customer", "staff", "stripe"])),
                name="refund_origin_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", 0)), name="refund_has_an_amount"
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(("fee", 0), ("origin__in", ["customer", "staff"]), _connector="OR"),
                name="refund_fee_is_a_cancellations",
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ["due", "withdrawn", "refused"]),
                    models.Q(("checked_at__isnull", False), ("refund_id__isnull", False)),
                    _connector="OR",
                ),
                name="refund_accepted_has_evidence",
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("error_code", ""), _negated=True),
                    models.Q(("status", "refused"), _negated=True),
                    _connector="OR",
                ),
                name="refund_refused_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="notification",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "processing",
                            "failed",
                            "money_back",
                            "refunded",
                            "given_up",
                            "refund_failed",
                            "not_cancelled",
                            "suspended",
                            "restored",
                            "voided",
                        ],
                    )
                ),
                name="notification_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="notification",
            constraint=models.UniqueConstraint(
                fields=("payment", "kind", "refund", "dispute"),
                name="notification_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="bulkitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("outcome__in", ["waiting", "unchanged", "changed", "failed", "cancelled"])
                ),
                name="bulk_item_outcome_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="bulkitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("payment__isnull", False), ("stripe_event__isnull", False), _connector="OR"
                ),
                name="bulk_item_is_about_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="bulkitem",
            constraint=models.UniqueConstraint(fields=("run", "payment"), name="bulk_item_payment_once"),
        ),
        migrations.AddConstraint(
            model_name="bulkitem",
            constraint=models.UniqueConstraint(fields=("run", "stripe_event"), name="bulk_item_event_once"),
        ),
        migrations.AddIndex(
            model_name="subscription",
            index=models.Index(
                condition=models.Q(("next_check_at__isnull", False)),
                fields=["next_check_at"],
                name="subscription_to_check",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("check_problem__in", ["", "failed", "unknown", "no_plan", "second_membership"])
                ),
                name="subscription_check_problem_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("check_error", ""), ("check_problem", "")),
                    models.Q(
                        models.Q(("check_problem", ""), _negated=True),
                        models.Q(("check_error", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="subscription_check_problem_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "status__in",
                        [
                            "pending",
                            "expired",
                            "incomplete",
                            "incomplete_expired",
                            "trialing",
                            "active",
                            "past_due",
                            "unpaid",
                            "paused",
                            "canceled",
                        ],
                    )
                ),
                name="subscription_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(("source__in", ["", "webhook", "verification", "reconciler"])),
                name="subscription_source_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("status__in", ["expired", "incomplete_expired", "canceled"]), _negated=True
                ),
                fields=("customer",),
                name="subscription_one_current_a_customer",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("entitled_until", None),
                    models.Q(
                        ("checked_at__isnull", False),
                        ("status__in", ["trialing", "active", "past_due"]),
                        ("subscription_id__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="subscription_gives_by_stripes_word",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ["pending", "expired"]),
                    ("subscription_id__isnull", False),
                    _connector="OR",
                ),
                name="subscription_of_stripe_has_its_id",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(("expires_at__gt", models.F("created_at"))),
                name="subscription_session_ends_ahead",
            ),
        ),
        migrations.AddIndex(
            model_name="stripeevent",
            index=models.Index(
                condition=models.Q(("outcome__in", ["received", "failed"])),
                fields=["retry_at"],
                name="stripe_event_undone",
            ),
        ),
        migrations.AddConstraint(
            model_name="stripeevent",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", ["received", "applied", "ignored", "failed"])),
                name="stripe_event_outcome_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="stripeevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("traceback", ""), _negated=True),
                    models.Q(("outcome", "failed"), _negated=True),
                    _connector="OR",
                ),
                name="stripe_event_failed_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="staffaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "action__in",
                        [
                            "ask",
                            "replay",
                            "release",
                            "reseat",
                            "refund",
                            "retry_refund",
                            "assign_refund",
                            "waive_refund",
                            "resend",
                            "address",
                            "redraw",
                            "note",
                            "let_go",
                        ],
                    )
                ),
                name="staff_action_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="staffaction",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="staff_action_says_why"
            ),
        ),
        migrations.AddConstraint(
            model_name="staffaction",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", ["begun", "done", "refused", "failed"])),
                name="staff_action_outcome_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="staffaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("outcome", "begun"),
                    ("action", "note"),
                    models.Q(("words", ""), _negated=True),
                    _connector="OR",
                ),
                name="staff_action_finished_has_words",
            ),
        ),
        migrations.AddConstraint(
            model_name="staffaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("outcome", "done"), models.Q(("action", "note"), _negated=True), _connector="OR"
                ),
                name="staff_action_note_is_done",
            ),
        ),
        migrations.AddConstraint(
            model_name="staffaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("payment__isnull", False),
                    ("subscription__isnull", False),
                    ("stripe_event__isnull", False),
                    _connector="OR",
                ),
                name="staff_action_is_about_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="membershipnotification",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["welcome", "payment_failed", "ending_soon", "ended"])),
                name="membership_notification_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="membershipnotification",
            constraint=models.UniqueConstraint(
                fields=("subscription", "kind", "occasion"), name="membership_notification_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="subscriptionchange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "cause__in",
                        [
                            "checkout",
                            "webhook",
                            "verification",
                            "cancellation",
                            "sweep",
                            "reconciler",
                            "refund",
                            "staff",
                            "fsck",
                        ],
                    )
                ),
                name="subscription_change_cause_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="transition",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "cause__in",
                        [
                            "checkout",
                            "webhook",
                            "verification",
                            "cancellation",
                            "sweep",
                            "reconciler",
                            "refund",
                            "staff",
                            "fsck",
                        ],
                    )
                ),
                name="transition_cause_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="transition",
            constraint=models.CheckConstraint(
                condition=models.Q(("from_status", models.F("to_status")), _negated=True),
                name="transition_changes_status",
            ),
        ),
        migrations.RunPython(make_groups, migrations.RunPython.noop),
    ]
