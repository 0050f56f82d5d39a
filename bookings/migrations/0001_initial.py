import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

import bookings.references


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Event",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("title", models.CharField(max_length=200)),
                ("slug", models.SlugField(max_length=80, unique=True)),
                ("description", models.TextField(blank=True)),
                ("venue", models.CharField(max_length=200)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                (
                    "currency",
                    models.CharField(
                        default="eur",
                        help_text="Three small letters, such as eur. Fixed once seats exist.",
                        max_length=3,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z]{3}\\Z", "Three small letters, such as eur."
                            )
                        ],
                    ),
                ),
                ("sales_from", models.DateTimeField()),
                ("sales_until", models.DateTimeField()),
                (
                    "member_sales_from",
                    models.DateTimeField(
                        blank=True,
                        help_text="When members may buy, before everybody else. Empty: no presale.",
                        null=True,
                    ),
                ),
                (
                    "cancellable_until",
                    models.DateTimeField(
                        blank=True,
                        help_text="Until when customers may cancel seats they have paid for. Empty: not at all.",
                        null=True,
                    ),
                ),
                (
                    "cancellation_fee_percent",
                    models.PositiveSmallIntegerField(
                        db_default=0,
                        default=0,
                        help_text="What is kept of a cancelled seat’s price, in per cent.",
                        validators=[django.core.validators.MaxValueValidator(100)],
                    ),
                ),
                (
                    "cancellation_fee",
                    models.PositiveIntegerField(
                        db_default=0,
                        default=0,
                        help_text="What is kept of each cancelled seat besides, in the currency’s minor unit: 150 is 1.50 EUR.",
                    ),
                ),
                ("organiser_name", models.CharField(max_length=200)),
                ("organiser_email", models.EmailField(max_length=254)),
                (
                    "changed_at",
                    models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now()),
                ),
            ],
            options={
                "ordering": ["starts_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("starts_at"))),
                        name="event_ends_after_it_starts",
                        violation_error_message="An event must end after it starts.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sales_until__gt", models.F("sales_from"))),
                        name="event_sales_end_after_they_start",
                        violation_error_message="The sale must end after it starts.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("member_sales_from", None),
                            ("member_sales_from__lt", models.F("sales_from")),
                            _connector="OR",
                        ),
                        name="event_presale_comes_before_the_sale",
                        violation_error_message="The presale must begin before the sale.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("currency__regex", "^[a-z]{3}$")),
                        name="event_currency_is_three_small_letters",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("cancellable_until", None),
                            ("cancellable_until__lte", models.F("starts_at")),
                            _connector="OR",
                        ),
                        name="event_cancelling_ends_before_it_starts",
                        violation_error_message="Cancelling must end before the event starts.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("cancellation_fee_percent__lte", 100)),
                        name="event_fee_is_at_most_the_price",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Booking",
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
                ("ticket_reference", models.CharField(blank=True, max_length=9, null=True, unique=True)),
                ("name", models.CharField(max_length=200)),
                ("email", models.EmailField(max_length=254)),
                (
                    "language",
                    models.CharField(
                        db_default="en-gb",
                        default="en-gb",
                        help_text="What its mails are written in.",
                        max_length=10,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("held", "Held"),
                            ("confirmed", "Confirmed"),
                            ("released", "Released"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="held",
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("held_until", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                ("released_at", models.DateTimeField(blank=True, null=True)),
                (
                    "cancelled_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="When the customer let it go, whatever became of that.",
                        null=True,
                    ),
                ),
                (
                    "mailed_at",
                    models.DateTimeField(
                        blank=True, help_text="When the tickets were sent by mail.", null=True
                    ),
                ),
                (
                    "mailings",
                    models.PositiveSmallIntegerField(
                        db_default=1,
                        default=1,
                        help_text="How often they were to be sent; each time is a mail of its own.",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        help_text="Whose account it is in; a guest's is in none.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bookings",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bookings",
                        to="bookings.event",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at"],
            },
        ),
        migrations.CreateModel(
            name="Resend",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("asked_at", models.DateTimeField(auto_now_add=True)),
                (
                    "booking",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="resends",
                        to="bookings.booking",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Seat",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("row", models.CharField(max_length=10)),
                ("number", models.PositiveSmallIntegerField()),
                ("label", models.CharField(help_text="What customers see, such as A-1.", max_length=20)),
                (
                    "price",
                    models.PositiveIntegerField(
                        help_text="In the currency's minor unit: 2500 is 25.00 EUR.",
                        validators=[django.core.validators.MinValueValidator(1)],
                    ),
                ),
                (
                    "booking",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="seats",
                        to="bookings.booking",
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="seats", to="bookings.event"
                    ),
                ),
            ],
            options={
                "ordering": ["event", django.db.models.functions.text.Length("row"), "row", "number"],
            },
        ),
        migrations.CreateModel(
            name="BookedSeat",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("price", models.PositiveIntegerField(help_text="In the currency's minor unit.")),
                (
                    "saving",
                    models.PositiveIntegerField(
                        db_default=0,
                        default=0,
                        help_text="What a member paid less than others, in minor units.",
                    ),
                ),
                (
                    "for_member",
                    models.BooleanField(
                        db_default=False, default=False, help_text="Counts to a member’s limit of seats."
                    ),
                ),
                ("replaced_at", models.DateTimeField(blank=True, null=True)),
                (
                    "booking",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="booked_seats",
                        to="bookings.booking",
                    ),
                ),
                (
                    "seat",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="bookings.seat"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Ticket",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "code",
                    models.CharField(
                        default=bookings.references.new_reference, editable=False, max_length=26, unique=True
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Who it is for, where that isn't who booked.",
                        max_length=200,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("valid", "Valid"), ("suspended", "Suspended"), ("void", "Void")],
                        default="valid",
                        max_length=10,
                    ),
                ),
                (
                    "stopped_for",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("refund_asked", "A refund was asked for"),
                            ("disputed", "The payment is disputed"),
                            ("refunded", "Refunded"),
                            ("charged_back", "The bank took the money back"),
                            ("renamed", "Replaced by one with another name"),
                        ],
                        db_default="",
                        default="",
                        max_length=15,
                    ),
                ),
                ("stopped_at", models.DateTimeField(blank=True, null=True)),
                ("issued_at", models.DateTimeField(auto_now_add=True)),
                ("qr_png", models.BinaryField(null=True)),
                ("drawing_error", models.TextField(blank=True)),
                (
                    "booking",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tickets",
                        to="bookings.booking",
                    ),
                ),
                (
                    "seat",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tickets",
                        to="bookings.seat",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "permissions": [("scan_ticket", "Can scan tickets at the door")],
            },
        ),
        migrations.AddIndex(
            model_name="booking",
            index=models.Index(fields=["customer", "-created_at"], name="booking_of_customer"),
        ),
        migrations.AddIndex(
            model_name="booking",
            index=models.Index(
                condition=models.Q(("status", "held")), fields=["held_until"], name="booking_held"
            ),
        ),
        migrations.AddIndex(
            model_name="booking",
            index=models.Index(
                django.db.models.functions.text.Lower("email"),
                condition=models.Q(("customer", None)),
                name="booking_of_guest",
            ),
        ),
        migrations.AddConstraint(
            model_name="booking",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["held", "confirmed", "released", "cancelled"])),
                name="booking_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="booking",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("confirmed_at__isnull", False), ("ticket_reference__isnull", False)),
                    models.Q(("status", "confirmed"), _negated=True),
                    _connector="OR",
                ),
                name="booking_confirmed_has_time_and_reference",
            ),
        ),
        migrations.AddConstraint(
            model_name="booking",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("released_at__isnull", False),
                    models.Q(("status__in", ["released", "cancelled"]), _negated=True),
                    _connector="OR",
                ),
                name="booking_ended_has_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="booking",
            constraint=models.CheckConstraint(
                condition=models.Q(("held_until__gt", models.F("created_at"))), name="booking_hold_lies_ahead"
            ),
        ),
        migrations.AddIndex(
            model_name="resend",
            index=models.Index(fields=["booking", "asked_at"], name="resend_of_booking"),
        ),
        migrations.AddIndex(
            model_name="seat",
            index=models.Index(condition=models.Q(("booking", None)), fields=["event"], name="seat_free"),
        ),
        migrations.AddConstraint(
            model_name="seat",
            constraint=models.UniqueConstraint(fields=("event", "label"), name="seat_label_unique"),
        ),
        migrations.AddConstraint(
            model_name="seat",
            constraint=models.UniqueConstraint(fields=("event", "row", "number"), name="seat_place_unique"),
        ),
        migrations.AddConstraint(
            model_name="seat",
            constraint=models.CheckConstraint(condition=models.Q(("price__gt", 0)), name="seat_has_a_price"),
        ),
        migrations.AddConstraint(
            model_name="bookedseat",
            constraint=models.UniqueConstraint(
                condition=models.Q(("replaced_at", None)),
                fields=("booking", "seat"),
                name="booked_seat_once_a_booking",
            ),
        ),
        migrations.AddConstraint(
            model_name="bookedseat",
            constraint=models.CheckConstraint(
                condition=models.Q(("price__gt", 0)), name="booked_seat_has_a_price"
            ),
        ),
        migrations.AddConstraint(
            model_name="bookedseat",
            constraint=models.CheckConstraint(
                condition=models.Q(("saving", 0), ("for_member", True), _connector="OR"),
                name="booked_seat_saving_is_a_members",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["valid", "suspended", "void"])), name="ticket_status_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "valid"), ("stopped_for", "")),
                    models.Q(("status", "suspended"), ("stopped_for__in", ["refund_asked", "disputed"])),
                    models.Q(
                        ("status", "void"), ("stopped_for__in", ["refunded", "charged_back", "renamed"])
                    ),
                    _connector="OR",
                ),
                name="ticket_stopped_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "void"), _negated=True),
                fields=("seat",),
                name="ticket_one_live_a_seat",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("drawing_error", ""), ("qr_png__isnull", False)),
                    models.Q(("qr_png__isnull", True), models.Q(("drawing_error", ""), _negated=True)),
                    _connector="OR",
                ),
                name="ticket_drawn_or_says_why_not",
            ),
        ),
    ]
