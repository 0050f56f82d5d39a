"""Stripe's customers, who are told when an account's address changes here."""

from typing import Any

from payments.gateway.client import asking_stripe, stripe_client


@asking_stripe
def update_customer(stripe_customer_id: str, *, email: str, name: str) -> None:
    """
    Give Stripe's customer this address, and this name unless it is empty. Repeating it changes nothing.

    Raise ``UnknownToStripe`` if there is no such customer, as after it was deleted.

    https://docs.stripe.com/api/customers/update
    """
    wanted: Any = {"email": email} | ({"name": name} if name else {})
    stripe_client().v1.customers.update(stripe_customer_id, params=wanted)
