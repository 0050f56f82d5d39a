"""
2025-09-30.clover: discounts and promotion codes name a source, and no longer contain the whole coupon.

https://docs.stripe.com/changelog/clover
"""

from sandbox.core.box import Box
from sandbox.core.store import Obj
from sandbox.versions.release import Release


def undo_discount(box: Box, discount: Obj) -> None:
    move_coupon(box, discount, "source")


def undo_promotion_code(box: Box, code: Obj) -> None:
    move_coupon(box, code, "promotion")


def move_coupon(box: Box, holder: Obj, name: str) -> None:
    """Replace the hash ``name`` with the coupon that it refers to."""
    source = holder.pop(name, None)
    if source is not None:
        coupon = source["coupon"]
        holder["coupon"] = (box.store.find(coupon) or coupon) if isinstance(coupon, str) else coupon


RELEASE = Release("2025-09-30.clover", {"discount": undo_discount, "promotion_code": undo_promotion_code})
