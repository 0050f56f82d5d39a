"""The check of ``stripe_doctor`` of what the owner has switched on for the payment page."""

from collections.abc import Iterator

from bookings.models import Event
from config.logs import redact
from payments.doctor.findings import Finding, fault, ok
from payments.gateway.account import try_options
from payments.gateway.checkout.options import checkout_options
from payments.gateway.errors import StripeRefused

# By what Stripe's refusal names; without one, all that is switched on is to be looked at.
REMEDIES = {
    "consent_collection": (
        "Set the URL of your terms of service at Stripe, under Settings, Public details, or unset "
        "STRIPE_TERMS_OF_SERVICE."
    ),
    "automatic_tax": "Set up Stripe Tax in the dashboard, or unset STRIPE_AUTOMATIC_TAX.",
    "tax_id_collection": "Unset STRIPE_TAX_IDS.",
    "invoice_creation": "Unset STRIPE_INVOICES.",
}


def examine_options() -> Iterator[Finding]:
    """
    If something is switched on, open a session with it and close it: nothing else shows what is lacking.

    It names no payment of ours, so its events are somebody else's. Raise ``StripeUnavailable``.
    """
    options = checkout_options()
    if not options.names:
        return
    event = Event.objects.order_by("-pk").first()
    try:
        try_options(options, currency=event.currency if event else "eur")
    except StripeRefused as refusal:
        words = f"Stripe refuses every payment page, so you can't sell: {redact(str(refusal))}"
        name = refusal.param.partition("[")[0]
        yield fault("checkout", words, REMEDIES.get(name, " ".join(REMEDIES.values())))
    else:
        yield ok("checkout", f"Payment pages work with these options: {', '.join(options.names)}.")
