"""An invoice's lines."""

from sandbox.core import lists
from sandbox.core.box import Box
from sandbox.core.registry import route
from sandbox.core.store import Obj


@route("GET", "/v1/invoices/{invoice}/lines", returns="list:line_item", params=lists.paging())
def list_all(box: Box, params: Obj, invoice: str) -> Obj:
    found = box.find("invoice", invoice, param="invoice", in_path=True)
    url = f"/v1/invoices/{invoice}/lines"
    return lists.page_of(found["lines"]["data"], params, kind="line_item", url=url)
