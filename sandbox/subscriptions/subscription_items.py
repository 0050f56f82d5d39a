"""The items of a subscription as a resource of their own."""

import json

from sandbox.billing.subscription_object import ENDED, items_of
from sandbox.core import lists
from sandbox.core.box import Box
from sandbox.core.errors import StripeError, missing_object
from sandbox.core.params import Boolean, Group, Metadata, Text, unsupported
from sandbox.core.registry import route
from sandbox.core.store import Obj
from sandbox.subscriptions.subscription_changes import apply
from sandbox.subscriptions.subscription_params import BEHAVIOR, NEW_ITEM, PRORATION

OPTIONS = ("payment_behavior", "proration_behavior")
HOW = Group(
    payment_behavior=BEHAVIOR,
    proration_behavior=PRORATION,
    **unsupported("proration_date"),
)


def find(box: Box, wanted: str) -> tuple[Obj, Obj]:
    """Return a subscription and its item; raise ``StripeError`` if no subscription has the item."""
    row = box.store.execute(
        "SELECT body FROM object WHERE kind = 'subscription' AND EXISTS "
        "(SELECT 1 FROM json_each(body, '$.items.data') WHERE json_extract(value, '$.id') = ?)",
        (wanted,),
    ).fetchone()
    if row is None:
        raise missing_object("subscription_item", wanted, param="item", in_path=True)
    subscription = json.loads(row["body"])
    return subscription, item_of(subscription, wanted)


def item_of(subscription: Obj, wanted: str) -> Obj:
    return next(item for item in items_of(subscription) if item["id"] == wanted)


def change(box: Box, subscription: Obj, data: Obj, params: Obj) -> Obj:
    """Change one item of a subscription, and return the subscription."""
    if subscription["status"] in (*ENDED, "incomplete"):
        raise StripeError(
            f"The items of a subscription with a status of `{subscription['status']}` can't be changed."
        )
    how = {name: params[name] for name in OPTIONS if name in params}
    return apply(box, subscription, {"items": [data], **how})


def without_options(params: Obj) -> Obj:
    return {name: value for name, value in params.items() if name not in (*OPTIONS, "subscription")}


@route(
    "POST",
    "/v1/subscription_items",
    returns="subscription_item",
    params=Group(subscription=Text(required=True), **NEW_ITEM.fields, **HOW.fields),
)
def create(box: Box, params: Obj) -> Obj:
    found = box.find("subscription", params["subscription"], param="subscription")
    known = {item["id"] for item in items_of(found)}
    changed = change(box, found, without_options(params), params)
    return next(item for item in items_of(changed) if item["id"] not in known)


@route("GET", "/v1/subscription_items/{item}", returns="subscription_item", params=Group())
def retrieve(box: Box, params: Obj, item: str) -> Obj:
    return find(box, item)[1]


@route(
    "POST",
    "/v1/subscription_items/{item}",
    returns="subscription_item",
    params=Group(
        off_session=Boolean(), **{**NEW_ITEM.fields, "metadata": Metadata(unset=True)}, **HOW.fields
    ),
)
def update(box: Box, params: Obj, item: str) -> Obj:
    subscription, _ = find(box, item)
    data = {name: value for name, value in without_options(params).items() if name != "off_session"}
    return item_of(change(box, subscription, {**data, "id": item}, params), item)


@route(
    "DELETE",
    "/v1/subscription_items/{item}",
    returns="subscription_item",
    params=Group(**HOW.fields, **unsupported("clear_usage")),
)
def delete(box: Box, params: Obj, item: str) -> Obj:
    subscription, _ = find(box, item)
    change(box, subscription, {"id": item, "deleted": True}, params)
    return {"id": item, "object": "subscription_item", "deleted": True}


@route(
    "GET",
    "/v1/subscription_items",
    returns="list:subscription_item",
    params=lists.paging(subscription=Text(required=True)),
)
def list_all(box: Box, params: Obj) -> Obj:
    found = box.find("subscription", params["subscription"], param="subscription")
    return lists.page_of(items_of(found), params, kind="subscription_item", url="/v1/subscription_items")
