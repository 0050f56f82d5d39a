"""A product's features, for entitlements, which no product has here."""

from sandbox.core import lists
from sandbox.core.box import Box
from sandbox.core.registry import route
from sandbox.core.store import Obj


@route("GET", "/v1/products/{product}/features", returns="list:product_feature", params=lists.paging())
def list_all(box: Box, params: Obj, product: str) -> Obj:
    box.find("product", product, param="product", in_path=True)
    return lists.page_of([], params, kind="product_feature", url=f"/v1/products/{product}/features")
