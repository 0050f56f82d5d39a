"""
Whether the account's balance is said to be too short for refunds.

The sandbox's account has plenty by itself: tests decide, with the control surface, when it hasn't.
"""

from sandbox.core.box import Box

MODES = ("pending", "refuse")


def mode(box: Box) -> str | None:
    """Return what becomes of a refund: it waits (``pending``), it is refused (``refuse``), or all is well."""
    found: str | None = box.store.setting("balance.short")
    return found


def set_mode(box: Box, wanted: str | None) -> None:
    box.store.set("balance.short", wanted)
