"""
Whether the balance is too small for refunds.

It is large enough unless a test says otherwise on the control surface.
"""

from sandbox.core.box import Box

MODES = ("pending", "refuse")


def mode(box: Box) -> str | None:
    """Return ``pending`` if new refunds wait, ``refuse`` if they are refused, None if they go out."""
    found: str | None = box.store.setting("balance.short")
    return found


def set_mode(box: Box, wanted: str | None) -> None:
    box.store.set("balance.short", wanted)
