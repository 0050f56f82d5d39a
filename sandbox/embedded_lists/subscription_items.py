"""A subscription's items, which are stored in it."""

from sandbox.billing.subscription_object import items_of
from sandbox.core import lists
from sandbox.core.box import Box
from sandbox.core.errors import missing_object
from sandbox.core.params import Group, Text
from sandbox.core.registry import route
from sandbox.core.store import Obj

HOLDER = (
    "SELECT id FROM object WHERE kind = 'subscription' AND EXISTS "
    "(SELECT 1 FROM json_each(body, '$.items.data') WHERE json_extract(value, '$.id') = ?)"
)


@route(
    "GET",
    "/v1/subscription_items",
    returns="list:subscription_item",
    params=lists.paging(subscription=Text(required=True)),
)
def list_all(box: Box, params: Obj) -> Obj:
    items = items_of(box.find("subscription", params["subscription"], param="subscription"))
    return lists.page_of(items, params, kind="subscription_item", url="/v1/subscription_items")


@route("GET", "/v1/subscription_items/{item}", returns="subscription_item", params=Group())
def retrieve(box: Box, params: Obj, item: str) -> Obj:
    row = box.store.execute(HOLDER, (item,)).fetchone()
    if row is None:
        raise missing_object("subscription_item", item, param="item", in_path=True)
    return next(each for each in items_of(box.store.get(row["id"])) if each["id"] == item)
