"""Payment methods that everybody has in test mode: ``pm_card_visa`` and others, a new card at each use."""

from datetime import UTC, datetime

from sandbox.core.box import Box
from sandbox.core.errors import StripeError
from sandbox.core.store import Obj
from sandbox.payments import cards
from sandbox.payments.payer import Method, Payer
from sandbox.payments.payment_methods import new_payment_method

# https://docs.stripe.com/testing; a decline is there with and without ``visa_``.
NUMBERS = {
    "pm_card_visa": "4242424242424242",
    "pm_card_visa_debit": "4000056655665556",
    "pm_card_mastercard": "5555555555554444",
    "pm_card_amex": "378282246310005",
    "pm_card_authenticationRequired": "4000002760003184",
    "pm_card_authenticationRequiredOnSetup": "4000002500003155",
    "pm_card_bypassPending": "4000000000000077",
    "pm_card_createDispute": "4000000000000259",
    "pm_card_createDisputeInquiry": "4000000000001976",
    "pm_card_createDisputeProductNotReceived": "4000000000002685",
    "pm_card_createIssuerFraudRecord": "4000000000005423",
    "pm_card_pendingRefund": "4000000000007726",
    "pm_card_refundFail": "4000000000005126",
    **{
        f"pm_card_{visa}charge{name}": number
        for visa in ("", "visa_")
        for name, number in {
            "CustomerFail": "4000000000000341",
            "Declined": "4000000000000002",
            "DeclinedExpiredCard": "4000000000000069",
            "DeclinedIncorrectCvc": "4000000000000127",
            "DeclinedInsufficientFunds": "4000000000009995",
            "DeclinedLostCard": "4000000000009987",
            "DeclinedProcessingError": "4000000000000119",
            "DeclinedStolenCard": "4000000000009979",
        }.items()
    },
}


def find(box: Box, name: str) -> Obj | None:
    """Return a new payment method for a name of Stripe's; raise ``StripeError`` if its card is declined."""
    if name not in NUMBERS:
        return None
    card = cards.find(NUMBERS[name])
    if (refusal := card.refusal) is not None:
        codes: Obj = dict(refusal.codes)
        raise StripeError(
            refusal.message,
            status=402,
            code=refusal.code,
            param="",  # as Stripe sends it: no parameter is to blame
            kind="card_error",
            **codes,
        )
    today = datetime.fromtimestamp(box.clock.now(), UTC)
    made = new_payment_method(box, Method(card=card, expires=(today.month, today.year + 1)), Payer())
    made["allow_redisplay"] = "unspecified"
    made["billing_details"]["address"]["country"] = None
    box.store.save(made)
    return made
