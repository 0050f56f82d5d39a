"""
Whether the rest of a charge can be refunded while a part of it is charged back.

Stripe says that a payment that is charged back can't be refunded, and names no exception for the rest of it.
It isn't refunded here either, unless a test says so on the control surface.
"""

from sandbox.core.box import Box


def rest_is_refundable(box: Box) -> bool:
    return bool(box.store.setting("disputes.rest_is_refundable", False))


def set_rest_is_refundable(box: Box, wanted: bool) -> None:
    box.store.set("disputes.rest_is_refundable", wanted)
