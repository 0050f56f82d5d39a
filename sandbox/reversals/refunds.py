"""The routes of refunds. Their states are in ``refund_lifecycle``."""

from sandbox.core import lists, money
from sandbox.core.box import Box
from sandbox.core.errors import StripeError
from sandbox.core.params import Choice, Group, Integer, Metadata, Text, merged_metadata, unsupported
from sandbox.core.registry import Include, includes, route
from sandbox.core.store import Obj
from sandbox.reversals import dispute_lifecycle, insufficient_balance, partial_disputes, refund_lifecycle
from sandbox.reversals.refund_object import new_refund

UNCAPTURED_PART = (
    "You cannot partially refund an uncaptured charge. Instead, capture the charge for an amount less than "
    "the original amount."
)
UNCAPTURED = "The sandbox does not refund an uncaptured charge. Cancel its payment intent instead."


CREATE = Group(
    amount=Integer(least=1),
    charge=Text(),
    metadata=Metadata(unset=True),
    payment_intent=Text(),
    reason=Choice("duplicate", "fraudulent", "requested_by_customer"),
    **unsupported("currency customer instructions_email origin refund_application_fee reverse_transfer"),
)


@route("POST", "/v1/refunds", returns="refund", params=CREATE)
def create(box: Box, params: Obj) -> Obj:
    return refund_charge(box, charge_of(box, params), params)


def refund_charge(box: Box, charge: Obj, params: Obj, status: str | None = None, **reasons: str) -> Obj:
    """Refund a charge, all that is left of it by default; a ``status`` takes precedence over the card's."""
    check_charge(box, charge, params)
    left = dispute_lifecycle.left_to_refund(box, charge)
    amount = params.get("amount", left)
    check_amount(charge, amount, left)
    if insufficient_balance.mode(box) == "refuse":
        raise StripeError(
            "Insufficient funds in your Stripe balance to refund this amount.", code="balance_insufficient"
        )
    refund = new_refund(box, charge, params, amount=amount)
    return refund_lifecycle.create(box, refund, charge, status, **reasons)


def charge_of(box: Box, params: Obj) -> Obj:
    """Return the charge to refund, given by itself or by its payment intent."""
    if ("charge" in params) == ("payment_intent" in params):
        raise StripeError(
            "One of the following params should be provided for this request: payment_intent or charge.",
            code="parameter_missing",
            param="payment_intent",
        )
    if "charge" in params:
        return box.find("charge", params["charge"], param="charge")
    intent = box.find("payment_intent", params["payment_intent"], param="payment_intent")
    if intent["latest_charge"] is None:
        raise nothing_to_refund(intent["id"])
    return box.store.get(intent["latest_charge"])


def check_charge(box: Box, charge: Obj, params: Obj) -> None:
    """Raise ``StripeError`` for a charge without money to refund: unpaid, disputed or refunded."""
    intent = box.store.get(charge["payment_intent"])
    if charge["status"] != "succeeded" or intent["status"] == "canceled":
        raise nothing_to_refund(intent["id"])
    if not charge["captured"]:
        raise StripeError(UNCAPTURED_PART if "amount" in params else UNCAPTURED)
    if is_charged_back(box, charge):
        raise StripeError(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed"
        )
    if charge["refunded"]:
        raise StripeError(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")


def is_charged_back(box: Box, charge: Obj) -> bool:
    """Return whether a dispute forbids refunds: any does, also one of a part, unless the rest is free."""
    disputes = dispute_lifecycle.of_charge(box, charge["id"])
    if all(dispute["is_charge_refundable"] for dispute in disputes):
        return False
    return not (partial_disputes.rest_is_refundable(box) and dispute_lifecycle.left_to_refund(box, charge))


def nothing_to_refund(intent_id: str) -> StripeError:
    return StripeError(f"This PaymentIntent ({intent_id}) does not have a successful charge to refund.")


def check_amount(charge: Obj, amount: int, left: int) -> None:
    currency = charge["currency"]
    money.check_amount(amount, currency, "amount")
    if amount > left:
        raise StripeError(
            f"Refund amount ({money.formatted(amount, currency)}) is greater than unrefunded amount on "
            f"charge ({money.formatted(left, currency)})",
            param="amount",
        )


@route("GET", "/v1/refunds/{refund}", returns="refund", params=Group())
def retrieve(box: Box, params: Obj, refund: str) -> Obj:
    return box.find("refund", refund, param="refund", in_path=True)


@route(
    "GET",
    "/v1/refunds",
    returns="list:refund",
    params=lists.paging(charge=Text(), created=lists.CREATED, payment_intent=Text()),
)
def list_all(box: Box, params: Obj) -> Obj:
    filters = lists.Filters("refund").equal(params, "charge", "payment_intent").created(params)
    return lists.page(box, filters, params, url="/v1/refunds")


@route("GET", "/v1/charges/{charge}/refunds", returns="list:refund", params=lists.paging())
def list_of_charge(box: Box, params: Obj, charge: str) -> Obj:
    box.find("charge", charge, param="charge", in_path=True)
    filters = lists.Filters("refund").equal({"charge": charge}, "charge")
    return lists.page(box, filters, params, url=f"/v1/charges/{charge}/refunds")


def of_charge(box: Box, charge: Obj) -> Obj:
    """Return a charge's member ``refunds``: its latest ones, and how many there are."""
    count = box.store.execute(
        "SELECT count(*) FROM object WHERE kind = 'refund' AND json_extract(body, '$.charge') = ?",
        (charge["id"],),
    ).fetchone()[0]
    return {**list_of_charge(box, {}, charge["id"]), "total_count": count}


includes("charge", refunds=Include(of_charge, "list:refund"))


@route("POST", "/v1/refunds/{refund}", returns="refund", params=Group(metadata=Metadata(unset=True)))
def update(box: Box, params: Obj, refund: str) -> Obj:
    found = box.find("refund", refund, param="refund", in_path=True)
    before = dict(found)
    if "metadata" in params:
        found["metadata"] = merged_metadata(found["metadata"], params["metadata"])
    if found != before:
        box.store.save(found)
        refund_lifecycle.emit_updated(box, found, before)
    return found


@route("POST", "/v1/refunds/{refund}/cancel", returns="refund", params=Group())
def cancel(box: Box, params: Obj, refund: str) -> Obj:
    found = box.find("refund", refund, param="refund", in_path=True)
    if found["status"] != "requires_action":
        raise StripeError(
            f"Only refunds with a status of requires_action can be canceled. This refund has a status of "
            f"{found['status']}."
        )
    refund_lifecycle.set_status(box, found, "canceled", failure_reason="merchant_request")
    return found
