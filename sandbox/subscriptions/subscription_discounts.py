"""The parameter ``discounts`` of subscriptions and of previews."""

from sandbox.billing.invoice_object import full_amount
from sandbox.billing.subscription_object import items_of
from sandbox.core.box import Box
from sandbox.core.errors import StripeError
from sandbox.core.store import Obj
from sandbox.pricing import discounts
from sandbox.pricing.discounts import Purchase


def applied(box: Box, subscription: Obj, wanted: list[Obj]) -> list[str]:
    """Return the member ``discounts`` of a subscription that has the wanted ones from now on."""
    found = [discount_of(box, subscription, data, f"discounts[{n}]") for n, data in enumerate(wanted)]
    return [own(box, subscription, discount) for discount in found]


def discount_of(box: Box, subscription: Obj, data: Obj, param: str) -> Obj:
    """Return the stored discount that a parameter asks for, by its coupon, its code or itself."""
    if len(data) != 1:
        raise StripeError(
            "Each discount needs exactly one of coupon, discount and promotion_code.", param=param
        )
    [name] = data
    if name == "discount":
        return box.find("discount", data[name], param=f"{param}[{name}]")
    purchase = purchase_of(subscription)
    if name == "coupon":
        return discounts.of_coupon(box, data[name], purchase, param=f"{param}[{name}]")
    code = box.find("promotion_code", data[name], param=f"{param}[{name}]")
    return discounts.of_code(box, code, purchase, param=f"{param}[{name}]")


def purchase_of(subscription: Obj) -> Purchase:
    items = items_of(subscription)
    return Purchase(
        customer=subscription["customer"],
        currency=subscription["currency"],
        subtotal=sum(full_amount(item) for item in items),
        products=tuple(item["price"]["product"] for item in items),
    )


def own(box: Box, subscription: Obj, discount: Obj) -> str:
    """Return the id of the subscription's own discount; a new one counts as redeemed."""
    if discount["subscription"] == subscription["id"]:
        return str(discount["id"])
    discounts.redeem(box, discount)
    made = discounts.for_subscription(
        box, discount, subscription=subscription["id"], customer=subscription["customer"]
    )
    return str(made["id"])
