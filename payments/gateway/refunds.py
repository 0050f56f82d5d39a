"""Refunds: asked for under an idempotency key, and found again by their metadata."""

from collections.abc import Iterator

from payments.gateway.client import asking_stripe, stripe_client
from payments.gateway.metadata import metadata_of, seats_metadata
from payments.gateway.reversal_objects import StripeRefund, read_refund
from payments.models import Refund
from payments.questions import Question, next_question


@asking_stripe
def open_refund(refund: Refund) -> StripeRefund:
    """
    Ask Stripe to pay ``refund.amount`` back, an integer in the minor unit of its currency.

    The refund's reference is the idempotency key, so asking again returns the same refund, until Stripe has
    forgotten the key after a day. One that was reduced has another key for each amount, because Stripe keeps
    its refusal under the first one. Raise ``StripeUnavailable`` (then it may have been made), ``KeySpent`` or
    ``StripeRefused``. Nothing is saved.

    https://docs.stripe.com/api/refunds/create
    """
    asked = next_question()
    refunded = stripe_client().v1.refunds.create(
        params={
            "payment_intent": str(refund.payment.payment_intent_id),
            "amount": refund.amount,
            "metadata": {**metadata_of("refund", refund.reference), **seats_metadata(_labels(refund))},
        },
        options={"idempotency_key": _key(refund)},
    )
    return read_refund(refunded.to_dict(), asked=asked)


def _labels(refund: Refund) -> list[str]:
    return list(refund.tickets.values_list("seat__label", flat=True))


def _key(refund: Refund) -> str:
    key = refund.idempotency_key
    return key if refund.asked_amount is None else f"{key}-amount-{refund.amount}"


@asking_stripe
def find_refund(refund: Refund) -> StripeRefund | None:
    """
    Return the refund at Stripe that was made for this row, or None if none was.

    Raise ``StripeUnavailable`` or ``StripeRefused``.

    https://docs.stripe.com/api/refunds/list
    """
    made = list_refunds(str(refund.payment.payment_intent_id), next_question())
    return next((one for one in made if one.reference == refund.reference), None)


@asking_stripe
def fetch_refunds(payment_intent_id: str) -> list[StripeRefund]:
    """
    Return the refunds of a payment intent as they are at Stripe now.

    Raise ``StripeUnavailable`` or ``StripeRefused``.

    https://docs.stripe.com/api/refunds/list
    """
    return list(list_refunds(payment_intent_id, next_question()))


def list_refunds(payment_intent_id: str, asked: Question) -> Iterator[StripeRefund]:
    page = stripe_client().v1.refunds.list(params={"payment_intent": payment_intent_id, "limit": 100})
    return (read_refund(refund.to_dict(), asked=asked) for refund in page.auto_paging_iter())
