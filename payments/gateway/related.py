"""The object that a thin event names, as it is at Stripe now."""

from typing import cast

from payments.gateway.client import asking_stripe, stripe_client
from payments.gateway.errors import UnknownToStripe
from payments.gateway.objects import ID, Json

# By the type of the related object, which is also the ``object`` of what is answered.
PATHS = {
    "charge": "/v1/charges",
    "checkout.session": "/v1/checkout/sessions",
    "dispute": "/v1/disputes",
    "invoice": "/v1/invoices",
    "payment_intent": "/v1/payment_intents",
    "radar.early_fraud_warning": "/v1/radar/early_fraud_warnings",
    "refund": "/v1/refunds",
    "subscription": "/v1/subscriptions",
}


@asking_stripe
def fetch_related(kind: str, object_id: str) -> Json:
    """
    Return an object by its type, such as ``checkout.session``, and its id.

    Raise ``UnknownToStripe``, also for a type or an id that can't be asked for, or what asking raises.

    https://docs.stripe.com/event-destinations#fetch-data
    """
    if kind not in PATHS or not ID.fullmatch(object_id):
        raise UnknownToStripe(f"There is no address of a {kind} {object_id}.")
    return cast(Json, stripe_client().raw_request("get", f"{PATHS[kind]}/{object_id}").data)
