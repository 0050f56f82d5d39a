"""What changes an open session's price: a coupon, a promotion code, a tax, and where the customer is."""

from typing import Any

from sandbox.checkout import session_totals
from sandbox.core.account import Account, fact
from sandbox.core.box import Box
from sandbox.core.errors import StripeError
from sandbox.core.store import Obj
from sandbox.pricing import discounts, presentment, promotion_codes, taxes

UNKNOWN = "This code is invalid."


def yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("give true or false")
    return value


fact("promotion_codes", False, yes_or_no)


def takes_codes(box: Box, session: Obj) -> bool:
    """Return whether the page has a field for a promotion code."""
    return bool(session["allow_promotion_codes"] or Account(box.store)["promotion_codes"])


def set_given(box: Box, session: Obj, given: list[Obj]) -> None:
    """Apply the parameter ``discounts`` to a new session."""
    for position, each in enumerate(given):
        if "coupon" in each:
            apply_coupon(box, session, each["coupon"], param=f"discounts[{position}][coupon]")
        else:
            param = f"discounts[{position}][promotion_code]"
            apply_code(box, session, box.find("promotion_code", each["promotion_code"], param=param), param)


def apply_coupon(box: Box, session: Obj, coupon: str, *, param: str = "coupon") -> None:
    purchase = session_totals.purchase_of(box, session)
    discount = discounts.of_coupon(box, coupon, purchase, param=param, checkout_session=session["id"])
    set_discount(box, session, discount)


def apply_text(box: Box, session: Obj, text: str) -> None:
    """Apply what a customer typed as a promotion code."""
    code = promotion_codes.find_active(box, text)
    if code is None:
        raise StripeError(UNKNOWN, param="promotion_code")
    apply_code(box, session, code, "promotion_code")


def apply_code(box: Box, session: Obj, code: Obj, param: str) -> None:
    purchase = session_totals.purchase_of(box, session)
    discount = discounts.of_code(box, code, purchase, param=param, checkout_session=session["id"])
    set_discount(box, session, discount)


def set_discount(box: Box, session: Obj, discount: Obj | None) -> None:
    """Give a session this discount only, or none."""
    if box.store.private(session["id"]).get("subscription"):
        raise StripeError("The subscription's first payment has begun; its price cannot change any more.")
    box.store.keep(session["id"], discount=discount and discount["id"])
    session["discounts"] = []
    if discount is not None:
        code = discount["promotion_code"]
        session["discounts"] = [
            {"coupon": None if code else discount["source"]["coupon"], "promotion_code": code}
        ]
    session_totals.write(box, session)


def set_tax(box: Box, session: Obj, wanted: Obj | None) -> None:
    """Tax a session at this rate, or not at all."""
    automatic = session["automatic_tax"]["enabled"]
    tax = taxes.new_tax(box, wanted, automatic=automatic) if wanted else None
    box.store.keep(session["id"], tax=tax)
    session_totals.write(box, session)


def present(box: Box, session: Obj, wanted: str | None) -> None:
    """Show a session's price in the customer's own currency, or with None in the shop's."""
    if wanted is not None and not can_present(session, wanted):
        raise StripeError(f"This price can't be shown in {wanted}.", param="presentment")
    box.store.keep(session["id"], presentment=wanted)


def can_present(session: Obj, wanted: str) -> bool:
    """Return whether Adaptive Pricing has this currency for a session: the sandbox has it for payments."""
    is_on = session["adaptive_pricing"]["enabled"] and session["mode"] == "payment"
    return is_on and presentment.is_possible(session["currency"], wanted)


def presented(box: Box, session: Obj) -> Obj | None:
    """Return the ``presentment_details`` of what the session costs, if the customer chose a currency."""
    wanted = box.store.private(session["id"]).get("presentment")
    if not wanted or not session["amount_total"]:
        return None
    return presentment.details(session["amount_total"], session["currency"], wanted)


def locate(box: Box, session: Obj) -> None:
    """Add the automatic tax, now that the customer's place is known."""
    if session["automatic_tax"]["enabled"] and session["automatic_tax"]["status"] != "complete":
        session["automatic_tax"] = session["automatic_tax"] | {"status": "complete"}
        session_totals.write(box, session)


def check_discount(box: Box, session: Obj) -> None:
    """Raise ``StripeError`` if others have used up the session's discount, or its time is over."""
    discount = session_totals.discount_of(box, session)
    if discount is not None:
        discounts.check_again(box, discount, session_totals.purchase_of(box, session))


def redeem(box: Box, session: Obj) -> None:
    """Count the discount of a session that is complete."""
    discount = session_totals.discount_of(box, session)
    if discount is not None:
        discounts.redeem(box, discount)
