"""Disputes, as they are at Stripe now."""

from payments.gateway.client import asking_stripe, stripe_client
from payments.gateway.reversal_objects import StripeDispute, read_dispute
from payments.questions import next_question


@asking_stripe
def fetch_disputes(payment_intent_id: str) -> list[StripeDispute]:
    """
    Return the disputes about a payment intent as they are at Stripe now, the oldest first.

    Raise ``StripeUnavailable`` or ``StripeRefused``.

    https://docs.stripe.com/api/disputes/list
    """
    asked = next_question()
    page = stripe_client().v1.disputes.list(params={"payment_intent": payment_intent_id, "limit": 100})
    newest_first = [read_dispute(dispute.to_dict(), asked=asked) for dispute in page.auto_paging_iter()]
    return newest_first[::-1]
