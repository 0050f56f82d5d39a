"""The API's parameters for a Checkout Session."""

from sandbox.catalog.line_items import LINE_ITEM
from sandbox.core.errors import StripeError
from sandbox.core.locales import LOCALES
from sandbox.core.params import Boolean, Choice, Group, Integer, Items, Metadata, Text, required, unsupported
from sandbox.core.store import Obj
from sandbox.core.validators import email_address, web_address
from sandbox.payments.method_types import ALL_TYPES, EXCLUDABLE

PAYMENT_INTENT_DATA = Group(
    metadata=Metadata(),
    description=Text(longest=1000),
    capture_method=Choice("automatic", "automatic_async", "manual"),
    receipt_email=Text(longest=800, check=email_address),
    statement_descriptor=Text(longest=22),
    statement_descriptor_suffix=Text(longest=22),
    transfer_group=Text(),
    on_behalf_of=Text(),
    application_fee_amount=Integer(least=0),
    transfer_data=Group(destination=Text(required=True), amount=Integer(least=0)),
    **unsupported("setup_future_usage shipping"),
)

SUBSCRIPTION_DATA = Group(
    metadata=Metadata(),
    description=Text(longest=500),
    trial_end=Integer(),
    trial_period_days=Integer(least=1, most=730),
    trial_settings=Group(
        end_behavior=required(
            Group(missing_payment_method=Choice("cancel", "create_invoice", "pause", required=True))
        )
    ),
    **unsupported(
        "application_fee_percent billing_cycle_anchor billing_cycle_anchor_config billing_mode "
        "default_tax_rates invoice_settings on_behalf_of pending_invoice_item_interval proration_behavior "
        "transfer_data"
    ),
)

CREATE = Group(
    mode=Choice("payment", "setup", "subscription", required=True),
    line_items=Items(LINE_ITEM),
    success_url=Text(check=web_address),
    cancel_url=Text(check=web_address),
    client_reference_id=Text(longest=200),
    currency=Text(),
    customer=Text(),
    customer_email=Text(longest=800, check=email_address),
    customer_creation=Choice("always", "if_required"),
    metadata=Metadata(),
    expires_at=Integer(),
    adaptive_pricing=Group(enabled=Boolean()),
    automatic_tax=Group(enabled=Boolean(required=True), **unsupported("liability")),
    discounts=Items(Group(coupon=Text(), promotion_code=Text()), most=1),
    payment_intent_data=PAYMENT_INTENT_DATA,
    subscription_data=SUBSCRIPTION_DATA,
    allow_promotion_codes=Boolean(),
    locale=Choice(*LOCALES),
    submit_type=Choice("auto", "book", "donate", "pay", "subscribe"),
    ui_mode=Choice("elements", "embedded_page", "form", "hosted_page"),
    billing_address_collection=Choice("auto", "required"),
    payment_method_collection=Choice("always", "if_required"),
    allowed_payment_method_types=Items(Choice(*ALL_TYPES)),
    excluded_payment_method_types=Items(Choice(*EXCLUDABLE)),
    **unsupported(
        "after_expiration branding_settings consent_collection custom_fields "
        "custom_text customer_account customer_update integration_identifier invoice_creation "
        "managed_payments name_collection optional_items origin_context payment_method_configuration "
        "payment_method_data payment_method_options permissions phone_number_collection "
        "redirect_on_completion return_url saved_payment_method_options setup_intent_data "
        "shipping_address_collection shipping_options tax_id_collection wallet_options"
    ),
)

UPDATE = Group(
    metadata=Metadata(unset=True),
    payment_intent_data=Group(
        metadata=Metadata(unset=True),
        **unsupported("description setup_future_usage statement_descriptor statement_descriptor_suffix"),
    ),
    **unsupported("collected_information line_items shipping_options"),
)


def check_choices(params: Obj) -> None:
    """Raise ``StripeError`` for parameters that exclude each other or that the sandbox doesn't support."""
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        raise StripeError("The sandbox only has hosted_page. Stripe has others.", param="ui_mode")
    if "success_url" not in params:
        raise StripeError(
            "Missing required param: success_url.", code="parameter_missing", param="success_url"
        )
    if "customer" in params and "customer_email" in params:
        raise StripeError(
            "You may only specify one of these parameters: customer, customer_email.",
            code="parameters_exclusive",
            param="customer_email",
        )
    check_discounts(params)
    if "allowed_payment_method_types" in params and "excluded_payment_method_types" in params:
        raise StripeError(
            "You may only specify one of these parameters: allowed_payment_method_types, "
            "excluded_payment_method_types.",
            code="parameters_exclusive",
            param="excluded_payment_method_types",
        )


def check_discounts(params: Obj) -> None:
    if "discounts" in params and "allow_promotion_codes" in params:
        raise StripeError(
            "You may only specify one of these parameters: allow_promotion_codes, discounts.",
            code="parameters_exclusive",
            param="discounts",
        )
    for position, given in enumerate(params.get("discounts", [])):
        if len(given) != 1:
            raise StripeError(
                "You must pass exactly one of `coupon` and `promotion_code`.",
                param=f"discounts[{position}]",
            )
