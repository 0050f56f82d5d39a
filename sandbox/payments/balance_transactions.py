"""Balance transactions: what each charge, refund and dispute adds to the balance, and Stripe's fees."""

from sandbox.core import lists
from sandbox.core.box import Box
from sandbox.core.ids import new_id
from sandbox.core.params import Group, Text, unsupported
from sandbox.core.registry import expands, route
from sandbox.core.store import Obj

AVAILABLE_AFTER = 2 * 24 * 3_600  # seconds
FEE_PER_MILLE = 29  # with FEE_FIXED, Stripe's price for a domestic card: 2.9 % and 30 cents
FEE_FIXED = 30

expands("balance_transaction", source="charge")


def new_balance_transaction(box: Box, charge: Obj) -> Obj:
    """Return the stored balance transaction of a captured charge."""
    amount = charge["amount_captured"]
    return record(
        box,
        charge,
        kind="charge" if is_card(charge) else "payment",
        category="charge",
        amount=amount,
        fee=min(amount, amount * FEE_PER_MILLE // 1_000 + FEE_FIXED),
        description=charge["description"],
        available_on=available_if_booked_now(box, charge),
    )


def record(
    box: Box,
    source: Obj,
    *,
    kind: str,
    category: str,
    amount: int,
    available_on: int,
    description: str | None = None,
    fee: int = 0,
    fee_description: str = "Stripe processing fees",
) -> Obj:
    """Return a stored transaction: ``source`` adds ``amount`` (which may be negative) minus ``fee``."""
    moment, currency = box.clock.now(), source["currency"]
    part = {"amount": fee, "application": None, "currency": currency}
    transaction = {
        "id": new_id("txn_3"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": available_on,
        "balance_type": "payments",
        "created": moment,
        "currency": currency,
        "description": description,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [{**part, "description": fee_description, "type": "stripe_fee"}] if fee else [],
        "net": amount - fee,
        "reporting_category": category,
        "source": source["id"],
        "status": "available" if available_on <= moment else "pending",
        "type": kind,
    }
    return box.store.add(transaction)


def is_card(charge: Obj) -> bool:
    return "card" in charge["payment_method_details"]


def available_if_booked_now(box: Box, charge: Obj) -> int:
    """Return when a charge's money becomes available if it is booked now."""
    at_once = "available_at_once" in box.store.private(charge["id"]).get("effects", [])
    return box.clock.now() + (0 if at_once else AVAILABLE_AFTER)


def available_with_charge(box: Box, charge: Obj) -> int:
    """Return when money that is taken from a charge counts: once the charge's money is available."""
    if charge["balance_transaction"] is None:
        return available_if_booked_now(box, charge)
    return int(max(box.clock.now(), box.store.get(charge["balance_transaction"])["available_on"]))


@route("GET", "/v1/balance_transactions/{id}", returns="balance_transaction", params=Group())
def retrieve(box: Box, params: Obj, id: str) -> Obj:  # noqa: A002
    return with_current_status(box, box.find("balance_transaction", id, param="id", in_path=True))


@route(
    "GET",
    "/v1/balance_transactions",
    returns="list:balance_transaction",
    params=lists.paging(
        created=lists.CREATED, currency=Text(), source=Text(), type=Text(), **unsupported("payout")
    ),
)
def list_all(box: Box, params: Obj) -> Obj:
    filters = lists.Filters("balance_transaction").equal(params, "currency", "source", "type").created(params)
    page = lists.page(box, filters, params, url="/v1/balance_transactions")
    page["data"] = [with_current_status(box, transaction) for transaction in page["data"]]
    return page


def with_current_status(box: Box, transaction: Obj) -> Obj:
    """Return the transaction with its status as of now; no event tells when it becomes available."""
    if transaction["available_on"] <= box.clock.now():
        transaction["status"] = "available"
    return transaction
