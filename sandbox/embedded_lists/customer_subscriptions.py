"""A customer's subscriptions that have not ended."""

from sandbox.billing.subscription_object import ENDED, subscriptions_of
from sandbox.core import lists
from sandbox.core.box import Box
from sandbox.core.registry import Include, includes, route
from sandbox.core.store import Obj


@route("GET", "/v1/customers/{customer}/subscriptions", returns="list:subscription", params=lists.paging())
def list_all(box: Box, params: Obj, customer: str) -> Obj:
    box.find("customer", customer, param="customer", in_path=True)
    running = [each for each in subscriptions_of(box, customer) if each["status"] not in ENDED]
    url = f"/v1/customers/{customer}/subscriptions"
    return lists.page_of(running, params, kind="subscription", url=url)


def of_customer(box: Box, customer: Obj) -> Obj:
    """Return a customer's member ``subscriptions``: the latest ones."""
    return list_all(box, {}, customer["id"])


includes("customer", subscriptions=Include(of_customer, "list:subscription"))
