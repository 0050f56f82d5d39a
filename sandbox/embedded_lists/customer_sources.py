"""A customer's sources: cards and accounts of Stripe's former API, which nobody has here."""

from sandbox.core import lists
from sandbox.core.box import Box
from sandbox.core.params import Text
from sandbox.core.registry import Include, includes, route
from sandbox.core.store import Obj


@route(
    "GET",
    "/v1/customers/{customer}/sources",
    returns="list:payment_source",
    params=lists.paging(object=Text()),
)
def list_all(box: Box, params: Obj, customer: str) -> Obj:
    box.find("customer", customer, param="customer", in_path=True)
    return lists.page_of([], params, kind="payment_source", url=f"/v1/customers/{customer}/sources")


def of_customer(box: Box, customer: Obj) -> Obj:
    """Return a customer's member ``sources``."""
    return list_all(box, {}, customer["id"])


includes("customer", sources=Include(of_customer, "list:payment_source"))
