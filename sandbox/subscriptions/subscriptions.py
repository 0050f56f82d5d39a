"""The routes of subscriptions. Checkout creates them too; ``renewals`` renews them."""

from sandbox.billing import renewals, subscription_status
from sandbox.billing.subscription_object import ENDED
from sandbox.core import lists
from sandbox.core.box import Box
from sandbox.core.errors import StripeError, missing_object
from sandbox.core.params import Choice, Group, Text, unsupported
from sandbox.core.registry import route
from sandbox.core.store import Obj
from sandbox.subscriptions import subscription_creation
from sandbox.subscriptions.subscription_changes import apply
from sandbox.subscriptions.subscription_params import CANCEL, CREATE, RESUME, UPDATE

STATUSES = (
    "incomplete",
    "incomplete_expired",
    "trialing",
    "active",
    "past_due",
    "canceled",
    "unpaid",
    "paused",
)
STATUS = "json_extract(body, '$.status')"
PRICES = "EXISTS (SELECT 1 FROM json_each(body, '$.items.data') WHERE json_extract(value, '$.price.id') = ?)"


def find(box: Box, wanted: str) -> Obj:
    return box.find("subscription", wanted, param="id", in_path=True)


@route("GET", "/v1/subscriptions/{subscription}", returns="subscription", params=Group())
def retrieve(box: Box, params: Obj, subscription: str) -> Obj:
    return find(box, subscription)


@route(
    "GET",
    "/v1/subscriptions",
    returns="list:subscription",
    params=lists.paging(
        collection_method=Choice("charge_automatically", "send_invoice"),
        created=lists.CREATED,
        customer=Text(),
        price=Text(),
        status=Choice(*STATUSES, "all", "ended"),
        **unsupported(
            "automatic_tax current_period_end current_period_start customer_account plan test_clock"
        ),
    ),
)
def list_all(box: Box, params: Obj) -> Obj:
    filters = lists.Filters("subscription").equal(params, "collection_method", "customer").created(params)
    status = params.get("status")
    if status is None:
        filters.add(f"{STATUS} != 'canceled'")
    elif status == "ended":
        filters.add(f"{STATUS} IN (?, ?)", *ENDED)
    elif status != "all":
        filters.add(f"{STATUS} = ?", status)
    if "price" in params:
        filters.add(PRICES, params["price"])
    return lists.page(box, filters, params, url="/v1/subscriptions")


@route("POST", "/v1/subscriptions", returns="subscription", params=CREATE)
def create(box: Box, params: Obj) -> Obj:
    return subscription_creation.create(box, params)


@route("POST", "/v1/subscriptions/{subscription}", returns="subscription", params=UPDATE)
def update(box: Box, params: Obj, subscription: str) -> Obj:
    found = find(box, subscription)
    if found["status"] in ENDED and set(params) - {"cancellation_details", "metadata"}:
        raise StripeError("A canceled subscription can only update its cancellation_details and metadata.")
    if found["status"] == "incomplete" and set(params) - {"default_payment_method", "metadata"}:
        raise StripeError(
            "A subscription whose first payment is incomplete can only update its default payment method and "
            "metadata."
        )
    return apply(box, found, params)


@route("DELETE", "/v1/subscriptions/{subscription}", returns="subscription", params=CANCEL)
def cancel(box: Box, params: Obj, subscription: str) -> Obj:
    found = find(box, subscription)
    if found["status"] in ENDED:
        raise missing_object("subscription", subscription, param="id", in_path=True)
    if found["status"] == "incomplete":
        subscription_status.expire(box, found)
        return found
    found["cancellation_details"] = found["cancellation_details"] | given_details(params)
    subscription_status.end(box, found, reason="cancellation_requested")
    return found


def given_details(params: Obj) -> Obj:
    given = params.get("cancellation_details", {})
    return {name: value or None for name, value in given.items()}


@route("POST", "/v1/subscriptions/{subscription}/resume", returns="subscription", params=RESUME)
def resume(box: Box, params: Obj, subscription: str) -> Obj:
    found = find(box, subscription)
    if found["status"] != "paused":
        raise StripeError(
            "Only subscriptions with a status of `paused` can be resumed. This subscription has a status of "
            f"`{found['status']}`."
        )
    return renewals.resume(box, found)
