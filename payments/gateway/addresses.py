"""E-mail addresses as Stripe takes them."""


def ascii_address(email: str) -> str:
    """
    Return ``email`` with its domain as the DNS has it: Stripe refuses ``ada@bücher.example``.

    What comes before the @ is ASCII; ``bookings.validators.require_mailable`` takes no other.
    """
    local, at, domain = email.rpartition("@")
    return f"{local}{at}{domain.encode('idna').decode()}" if not email.isascii() else email
