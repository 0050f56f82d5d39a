"""The part of Stripe's API that the project uses, in the names of the ``stripe`` package."""

import re

ROOTS = {  # class -> component
    "checkout/_session.py:Session": "checkout.session",
    "_line_item.py:LineItem": "item",
    "_payment_intent.py:PaymentIntent": "payment_intent",
    "_charge.py:Charge": "charge",
    "_refund.py:Refund": "refund",
    "_event.py:Event": "event",
    "_customer.py:Customer": "customer",
    "_subscription.py:Subscription": "subscription",
    "_subscription_item.py:SubscriptionItem": "subscription_item",
    "billing_portal/_session.py:Session": "billing_portal.session",
    "billing_portal/_configuration.py:Configuration": "billing_portal.configuration",
    "_transfer.py:Transfer": "transfer",
    "_transfer_reversal.py:TransferReversal": "transfer_reversal",
    "_dispute.py:Dispute": "dispute",
    "radar/_early_fraud_warning.py:EarlyFraudWarning": "radar.early_fraud_warning",
    "_webhook_endpoint.py:WebhookEndpoint": "webhook_endpoint",
    "_price.py:Price": "price",
    "_plan.py:Plan": "plan",
    "_product.py:Product": "product",
    "_invoice.py:Invoice": "invoice",
    "_invoice_line_item.py:InvoiceLineItem": "line_item",
    "_invoice_payment.py:InvoicePayment": "invoice_payment",
    "_payment_method.py:PaymentMethod": "payment_method",
    "_balance_transaction.py:BalanceTransaction": "balance_transaction",
    "_application_fee.py:ApplicationFee": "application_fee",
    "_discount.py:Discount": "discount",
    "_product_feature.py:ProductFeature": "product_feature",
    "_coupon.py:Coupon": "coupon",
    "_promotion_code.py:PromotionCode": "promotion_code",
    "_tax_rate.py:TaxRate": "tax_rate",
    "_setup_intent.py:SetupIntent": "setup_intent",
    "_account.py:Account": "account",
    "_balance.py:Balance": "balance",
    "_error_object.py:ErrorObject": "api_errors",
}
SERVICES = {  # service module -> methods
    "checkout/_session_service.py": "create retrieve list expire update",
    "checkout/_session_line_item_service.py": "list",
    "_payment_intent_service.py": "retrieve list capture cancel",
    "_charge_service.py": "retrieve list",
    "_refund_service.py": "create retrieve list update cancel",
    "_event_service.py": "retrieve list",
    "_customer_service.py": "create retrieve list update delete search",
    "_customer_payment_method_service.py": "list",
    "_payment_method_service.py": "retrieve list attach detach",
    "_subscription_service.py": "create retrieve list update cancel resume",
    "_subscription_item_service.py": "create retrieve list update delete",
    "billing_portal/_session_service.py": "create",
    "billing_portal/_configuration_service.py": "create retrieve list update",
    "_transfer_service.py": "create retrieve list update",
    "_transfer_reversal_service.py": "create retrieve list",
    "_dispute_service.py": "retrieve list update close",
    "radar/_early_fraud_warning_service.py": "retrieve list",
    "_webhook_endpoint_service.py": "list retrieve create update delete",
    "_price_service.py": "retrieve list create update",
    "_product_service.py": "retrieve list create update",
    "_product_feature_service.py": "list",
    "_coupon_service.py": "retrieve list create update delete",
    "_promotion_code_service.py": "retrieve list create update",
    "_invoice_service.py": "retrieve list pay finalize_invoice void_invoice mark_uncollectible send_invoice "
    "create_preview",
    "_invoice_line_item_service.py": "list",
    "_invoice_payment_service.py": "retrieve list",
    "_balance_service.py": "retrieve",
    "_account_service.py": "retrieve retrieve_current list",
    "_balance_transaction_service.py": "retrieve list",
}
SAME_LISTS = {"/v1/charges/{charge}/refunds": "/v1/refunds"}  # without a service: like another route's
DELETABLE = ("customer", "subscription_item", "webhook_endpoint", "product", "price", "coupon")

# In classes with a member for each payment method, only these members are described in full.
METHODS_KEPT = {
    *("card", "link", "us_bank_account", "sepa_debit", "ideal", "bancontact"),
    *("klarna", "bacs_debit", "customer_balance", "boleto", "cashapp", "paypal"),
}
NOT_METHODS = {"id", "object", "type", "metadata", "customer", "billing_details", "radar_options"}
METHOD_CLASS = re.compile(
    r"(PaymentMethodOptions?|PaymentMethodDetails?|PaymentMethodData|PaymentMethodDatum|PaymentMethodOption|"
    r"^PaymentMethod)$"
)
# A class is one of those if it has this many of the members and a name as above, or this many and any name.
METHOD_MEMBERS = 5
METHOD_MEMBERS_ALONE = 8
NOT_MEMBERS = {
    *("OBJECT_NAME", "_inner_class_types", "_inner_class_dicts", "_field_encodings"),
    *("_field_remappings", "_search_attributes", "_SOURCES"),
}
