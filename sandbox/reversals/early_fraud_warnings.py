"""Early fraud warnings: a card's issuer suspects fraud before there is a dispute."""

from sandbox.core import lists, timers
from sandbox.core.box import Box
from sandbox.core.ids import new_id
from sandbox.core.params import Group, Text
from sandbox.core.registry import expands, listener, route, timer
from sandbox.core.store import Obj
from sandbox.webhooks.events import emit

KIND = "radar.early_fraud_warning"
EFFECT = "early_fraud_warning"

expands(KIND, charge="charge", payment_intent="payment_intent")


def create_warning(box: Box, charge: Obj) -> Obj:
    """Return a stored warning about a charge, after emitting its event."""
    warning = {
        "id": new_id("issfr_1"),
        "object": KIND,
        "actionable": not (charge["disputed"] or charge["refunded"]),
        "charge": charge["id"],
        "created": box.clock.now(),
        "fraud_type": "unauthorized_use_of_card",
        "livemode": False,
        "payment_intent": charge["payment_intent"],
    }
    box.store.add(warning)
    emit(box, f"{KIND}.created", warning)
    return warning


@listener("charge.succeeded")
@listener("charge.captured")
def schedule_warning(box: Box, charge: Obj) -> None:
    """Create a warning about a captured charge a moment later, if its card asks for that."""
    if charge["captured"] and EFFECT in box.store.private(charge["id"]).get("effects", []):
        moment = box.clock.exact() + box.settings.dispute_delay
        timers.schedule(box, "early_fraud_warning", charge["id"], at=moment)


@timer("early_fraud_warning")
def create_scheduled(box: Box, charge_id: str) -> None:
    create_warning(box, box.store.get(charge_id))


@listener("charge.refunded")
def follow_refund(box: Box, charge: Obj) -> None:
    """A warning about a fully refunded charge is no longer actionable."""
    if charge["refunded"]:
        mark_not_actionable(box, charge["id"])


@listener("charge.dispute.created")
def follow_dispute(box: Box, dispute: Obj) -> None:
    """A warning about a disputed charge is no longer actionable."""
    mark_not_actionable(box, dispute["charge"])


def mark_not_actionable(box: Box, charge_id: str) -> None:
    """Mark a charge's warnings as not actionable, with their events."""
    rows = box.store.rows(
        "SELECT id FROM object WHERE json_extract(body, '$.charge') = ? AND kind = ? ORDER BY seq",
        (charge_id, KIND),
    )
    for row in rows:
        warning = box.store.get(row["id"])
        if warning["actionable"]:
            warning["actionable"] = False
            box.store.save(warning)
            emit(box, f"{KIND}.updated", warning, previous={"actionable": True})


@route("GET", "/v1/radar/early_fraud_warnings/{early_fraud_warning}", returns=KIND, params=Group())
def retrieve(box: Box, params: Obj, early_fraud_warning: str) -> Obj:
    return box.find(KIND, early_fraud_warning, param="early_fraud_warning", in_path=True)


@route(
    "GET",
    "/v1/radar/early_fraud_warnings",
    returns=f"list:{KIND}",
    params=lists.paging(charge=Text(), created=lists.CREATED, payment_intent=Text()),
)
def list_all(box: Box, params: Obj) -> Obj:
    filters = lists.Filters(KIND).equal(params, "charge", "payment_intent").created(params)
    return lists.page(box, filters, params, url="/v1/radar/early_fraud_warnings")
