"""Balance transactions: what a charge adds to the account, and Stripe's fee for it."""

from typing import TYPE_CHECKING

from sandbox import lists
from sandbox.ids import new_id
from sandbox.params import Group, Text, unsupported
from sandbox.registry import expands, route

if TYPE_CHECKING:
    from sandbox.box import Box
    from sandbox.store import Obj

AVAILABLE_AFTER = 2 * 24 * 3_600  # seconds
FEE_PER_MILLE = 29  # with FEE_FIXED, Stripe's price for a domestic card: 2.9 % and 30 cents
FEE_FIXED = 30

expands("balance_transaction", source="charge")


def new_balance_transaction(box: "Box", charge: "Obj") -> "Obj":
    at_once = "available_at_once" in box.store.private(charge["id"]).get("effects", [])
    amount, moment = charge["amount_captured"], box.clock.now()
    fee = min(amount, amount * FEE_PER_MILLE // 1_000 + FEE_FIXED)
    transaction = {
        "id": new_id("txn_3"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": moment if at_once else moment + AVAILABLE_AFTER,
        "balance_type": "payments",
        "created": moment,
        "currency": charge["currency"],
        "description": charge["description"],
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [
            {
                "amount": fee,
                "application": None,
                "currency": charge["currency"],
                "description": "Stripe processing fees",
                "type": "stripe_fee",
            }
        ],
        "net": amount - fee,
        "reporting_category": "charge",
        "source": charge["id"],
        "status": "available" if at_once else "pending",
        "type": "charge" if "card" in charge["payment_method_details"] else "payment",
    }
    return box.store.add(transaction)


@route("GET", "/v1/balance_transactions/{id}", returns="balance_transaction", params=Group())
def retrieve(box: "Box", params: "Obj", id: str) -> "Obj":  # noqa: A002
    return shown(box, box.find("balance_transaction", id, param="id", in_path=True))


@route(
    "GET",
    "/v1/balance_transactions",
    returns="list:balance_transaction",
    params=lists.paging(
        created=lists.CREATED, currency=Text(), source=Text(), type=Text(), **unsupported("payout")
    ),
)
def list_all(box: "Box", params: "Obj") -> "Obj":
    filters = lists.Filters("balance_transaction").equal(params, "currency", "source", "type").created(params)
    page = lists.page(box, filters, params, url="/v1/balance_transactions")
    page["data"] = [shown(box, transaction) for transaction in page["data"]]
    return page


def shown(box: "Box", transaction: "Obj") -> "Obj":
    """Return the transaction as it stands now: it becomes available by time alone."""
    if transaction["available_on"] <= box.clock.now():
        transaction["status"] = "available"
    return transaction
