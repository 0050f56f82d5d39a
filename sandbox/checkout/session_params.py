"""The API's parameters for a Checkout Session."""

from sandbox.catalog.line_items import LINE_ITEM
from sandbox.checkout import session_features
from sandbox.core.errors import StripeError, missing_object
from sandbox.core.params import Boolean, Choice, Group, Integer, Items, Metadata, Text, required, unsupported
from sandbox.core.store import Obj
from sandbox.core.validators import email_address, statement_descriptor, web_address
from sandbox.inventory.locales import LOCALES
from sandbox.payments.method_types import ALL_TYPES, EXCLUDABLE

PAYMENT_INTENT_DATA = Group(
    metadata=Metadata(),
    description=Text(longest=1000),
    capture_method=Choice("automatic", "automatic_async", "manual"),
    receipt_email=Text(longest=800, check=email_address),
    statement_descriptor=Text(longest=22, check=statement_descriptor),
    statement_descriptor_suffix=Text(longest=22, check=statement_descriptor),
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
    **session_features.PARAMS,
    **unsupported(
        "branding_settings custom_fields customer_account integration_identifier managed_payments "
        "name_collection optional_items origin_context payment_method_configuration payment_method_data "
        "payment_method_options permissions redirect_on_completion return_url saved_payment_method_options "
        "setup_intent_data shipping_address_collection shipping_options wallet_options"
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
    for name in ("customer_email", "customer_creation"):
        if "customer" in params and name in params:
            raise StripeError(
                f"You may only specify one of these parameters: customer, {name}.",
                code="parameters_exclusive",
                param=name,
            )
    if "payment_method_collection" in params and params["mode"] != "subscription":
        raise StripeError(
            "You can only set `payment_method_collection` if there are recurring prices.",
            param="payment_method_collection",
        )
    check_discounts(params)
    check_accounts(params.get("payment_intent_data", {}))
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


def check_accounts(data: Obj) -> None:
    """Raise ``StripeError`` for money that is another account's: there is none but the shop's own."""
    name = "payment_intent_data"
    if "transfer_data" in data:
        wanted = data["transfer_data"]["destination"]
        raise missing_object("destination", wanted, param=f"{name}[transfer_data][destination]")
    if "on_behalf_of" in data:
        raise missing_object("on_behalf_of", data["on_behalf_of"], param=f"{name}[on_behalf_of]")
    if "application_fee_amount" in data:
        raise StripeError(
            "Can only apply an application_fee_amount when the PaymentIntent is attempting a direct payment "
            "(using an OAuth key or Stripe-Account header) or destination payment (using "
            "`transfer_data[destination]`).",
            param=f"{name}[application_fee_amount]",
        )


def check_descriptor(data: Obj, types: list[str]) -> None:
    """Raise ``StripeError`` for a whole descriptor where cards are offered: those only take a suffix."""
    if "statement_descriptor" in data and "card" in types:
        raise StripeError(
            "The statement_descriptor parameter is not supported for the payment_method_type `card`. To "
            "continue supporting payment_method_type `card`, please pass in `statement_descriptor_suffix` or "
            "remove the `statement_descriptor` parameter altogether. Please see https://support.stripe.com/"
            "questions/use-of-the-statement-descriptor-parameter-on-paymentintents-for-card-charges for "
            "additional details.",
            param="payment_intent_data[statement_descriptor]",
        )
