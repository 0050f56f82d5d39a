"""Deleting a customer, which ends their subscriptions."""

from sandbox.billing.subscription_object import ENDED, subscriptions_of
from sandbox.billing.subscription_status import end, expire
from sandbox.core.box import Box
from sandbox.core.params import Group
from sandbox.core.registry import route
from sandbox.core.store import Obj
from sandbox.payments.customers import deleted_customer
from sandbox.webhooks.events import emit


@route("DELETE", "/v1/customers/{customer}", returns="customer", params=Group())
def delete(box: Box, params: Obj, customer: str) -> Obj:
    found = box.find("customer", customer, param="id", in_path=True)
    for subscription in subscriptions_of(box, customer):
        if subscription["status"] == "incomplete":
            expire(box, subscription)
        elif subscription["status"] not in ENDED:
            end(box, subscription, reason=None)
    box.store.keep(customer, is_deleted=True)
    emit(box, "customer.deleted", found)
    return deleted_customer(customer)
