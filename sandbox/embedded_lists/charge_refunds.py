"""A charge's refunds."""

from sandbox.core import lists
from sandbox.core.box import Box
from sandbox.core.registry import route
from sandbox.core.store import Obj


@route("GET", "/v1/charges/{charge}/refunds", returns="list:refund", params=lists.paging())
def list_all(box: Box, params: Obj, charge: str) -> Obj:
    box.find("charge", charge, param="charge", in_path=True)
    filters = lists.Filters("refund").equal({"charge": charge}, "charge")
    return lists.page(box, filters, params, url=f"/v1/charges/{charge}/refunds")
