"""The API's parameters for subscriptions."""

from sandbox.catalog.prices import RECURRING
from sandbox.core.params import (
    Boolean,
    Choice,
    Either,
    Field,
    Group,
    Integer,
    Items,
    Metadata,
    Text,
    required,
    unsupported,
)

DISCOUNTS = Items(Group(coupon=Text(), discount=Text(), promotion_code=Text()), most=20, unset=True)
PRORATION = Choice("always_invoice", "create_prorations", "none")
FEEDBACK = (
    *("customer_service", "low_quality", "missing_features", "other", "switched_service", "too_complex"),
    *("too_expensive", "unused"),
)
DETAILS = Group(comment=Text(unset=True), feedback=Choice("", *FEEDBACK), **unsupported("feedback_option"))


class Moment(Field):
    """A time in seconds, or one of ``words``."""

    def __init__(self, *words: str) -> None:
        super().__init__()
        self.words = words

    def parse(self, raw: object, name: str) -> int | str:
        return str(raw) if raw in self.words else Integer(least=0).parse(raw, name)


NEW_ITEM = Group(
    price=Text(),
    price_data=Group(
        currency=Text(required=True),
        product=Text(required=True),
        recurring=required(Group(**RECURRING.fields)),
        unit_amount=Integer(least=0),
        tax_behavior=Choice("exclusive", "inclusive", "unspecified"),
        **unsupported("unit_amount_decimal"),
    ),
    quantity=Integer(least=1, most=999_999),
    metadata=Metadata(unset=True),
    **unsupported("billing_thresholds current_trial discounts plan tax_rates"),
)
ITEM = Group(
    **NEW_ITEM.fields,
    id=Text(),
    deleted=Boolean(),
    **unsupported("clear_usage"),
)
BEHAVIOR = Choice("allow_incomplete", "default_incomplete", "error_if_incomplete", "pending_if_incomplete")
METHOD = Choice("charge_automatically", "send_invoice")
TRIAL_SETTINGS = Group(
    end_behavior=required(
        Group(
            missing_payment_method=Choice("cancel", "create_invoice", "pause", required=True),
            **unsupported("billing_cycle_anchor"),
        )
    )
)
UPDATE = Group(
    cancel_at=Moment("", "max_period_end", "min_period_end"),
    cancel_at_period_end=Boolean(),
    cancellation_details=DETAILS,
    collection_method=METHOD,
    days_until_due=Integer(least=0),
    default_payment_method=Text(),
    description=Text(longest=500, unset=True),
    discounts=DISCOUNTS,
    items=Items(ITEM, most=20),
    metadata=Metadata(unset=True),
    off_session=Boolean(),
    pause_collection=Either(
        Group(
            behavior=Choice("keep_as_draft", "mark_uncollectible", "void", required=True),
            resumes_at=Integer(least=0),
        ),
        Choice(""),
    ),
    payment_behavior=BEHAVIOR,
    proration_behavior=PRORATION,
    trial_end=Moment("now"),
    trial_settings=TRIAL_SETTINGS,
    **unsupported(
        "add_invoice_items application_fee_percent automatic_tax billing_cycle_anchor billing_schedules "
        "billing_thresholds default_source default_tax_rates invoice_settings on_behalf_of "
        "payment_settings pending_invoice_item_interval proration_date transfer_data trial_from_plan"
    ),
)
CREATE = Group(
    cancel_at=Moment("max_period_end", "min_period_end"),
    cancel_at_period_end=Boolean(),
    collection_method=METHOD,
    currency=Text(),
    customer=Text(required=True),
    days_until_due=Integer(least=0),
    default_payment_method=Text(),
    description=Text(longest=500),
    discounts=DISCOUNTS,
    items=Items(NEW_ITEM, most=20, required=True),
    metadata=Metadata(unset=True),
    off_session=Boolean(),
    payment_behavior=BEHAVIOR,
    proration_behavior=PRORATION,
    trial_end=Moment("now"),
    trial_period_days=Integer(least=1, most=730),
    trial_settings=TRIAL_SETTINGS,
    **unsupported(
        "add_invoice_items application_fee_percent automatic_tax backdate_start_date billing_cycle_anchor "
        "billing_cycle_anchor_config billing_mode billing_schedules billing_thresholds customer_account "
        "default_source default_tax_rates invoice_settings on_behalf_of payment_settings "
        "pending_invoice_item_interval transfer_data trial_from_plan"
    ),
)
CANCEL = Group(cancellation_details=DETAILS, **unsupported("invoice_now prorate"))
RESUME = Group(
    billing_cycle_anchor=Group(type=Choice("now", required=True)),
    payment_behavior=Choice("resume_on_payment_attempt", "resume_on_payment_success"),
    proration_behavior=PRORATION,
    **unsupported("proration_date"),
)
