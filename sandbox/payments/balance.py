"""The account's balance: all balance transactions, added up by currency."""

from sandbox.core.box import Box
from sandbox.core.params import Group
from sandbox.core.registry import route
from sandbox.core.store import Obj

USUAL_CURRENCY = "usd"  # of an account without transactions

SUMS = """
    SELECT json_extract(body, '$.currency') AS currency,
           sum(json_extract(body, '$.net')) AS total,
           sum(json_extract(body, '$.net')) FILTER (WHERE json_extract(body, '$.available_on') <= ?)
               AS available
    FROM object WHERE kind = 'balance_transaction' GROUP BY 1 ORDER BY 1
"""


@route("GET", "/v1/balance", returns="balance", params=Group())
def retrieve(box: Box, params: Obj) -> Obj:
    sums = {
        row["currency"]: (row["available"] or 0, row["total"] - (row["available"] or 0))
        for row in box.store.rows(SUMS, (box.clock.now(),))
    } or {USUAL_CURRENCY: (0, 0)}
    return {
        "object": "balance",
        "available": [part(currency, available) for currency, (available, _) in sums.items()],
        "livemode": False,
        "pending": [part(currency, pending) for currency, (_, pending) in sums.items()],
    }


def part(currency: str, amount: int) -> Obj:
    return {"amount": amount, "currency": currency, "source_types": {"card": amount}}
