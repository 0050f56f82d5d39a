"""The keys of tickets: the first signs, and all are accepted at the door."""

from collections.abc import Iterator

from cryptography.exceptions import InvalidSignature

from bookings.tickets.tokens import signing_keys, verifying_keys
from payments.doctor.findings import Finding, fault, ok

SAMPLE = b"A ticket"


def examine_signing() -> Iterator[Finding]:
    """Sign something with the first key and check it with that key's public half."""
    try:
        first, *older = signing_keys()
        verifying_keys()[0].verify(first.sign(SAMPLE), SAMPLE)
    except (ValueError, InvalidSignature):
        words = "TICKET_SIGNING_KEY can't sign tickets."
        yield fault("tickets", words, "Set it to what `make secrets` prints, with the older keys after it.")
        return
    kept = f", and {len(older)} more can be shown at the door" if older else ""
    yield ok("tickets", f"The first key of TICKET_SIGNING_KEY signs{kept}.")
