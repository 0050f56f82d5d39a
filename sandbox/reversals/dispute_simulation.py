"""Disputes that test cards open, and that Stripe's magic evidence decides."""

from sandbox.core import timers
from sandbox.core.box import Box
from sandbox.core.registry import listener, timer
from sandbox.core.store import Obj
from sandbox.reversals import dispute_lifecycle

SECOND_AFTER = 5  # seconds between the two disputes of the card with several
SEVERAL = "dispute:several"
KINDS = {  # effect of the card: reason and case type
    "dispute:fraudulent": ("fraudulent", "chargeback"),
    "dispute:product_not_received": ("product_not_received", "chargeback"),
    "dispute:inquiry": ("general", "inquiry"),
    SEVERAL: ("fraudulent", "chargeback"),
}

WINNING, LOSING, ESCALATING = "winning_evidence", "losing_evidence", "escalate_inquiry_evidence"


def effect_of(box: Box, charge: Obj) -> str | None:
    effects = box.store.private(charge["id"]).get("effects", [])
    return next((effect for effect in effects if effect in KINDS), None)


@listener("charge.succeeded")
@listener("charge.captured")
def schedule_disputes(box: Box, charge: Obj) -> None:
    """Dispute a captured charge a moment later, if its card asks for that."""
    effect = effect_of(box, charge)
    if effect is None or not charge["captured"]:
        return
    first = box.clock.exact() + box.settings.dispute_delay
    timers.schedule(box, "dispute.open", charge["id"], at=first)
    if effect == SEVERAL:
        timers.schedule(box, "dispute.open", charge["id"], at=first + SECOND_AFTER)


@timer("dispute.open")
def open_scheduled(box: Box, charge_id: str) -> None:
    charge = box.store.get(charge_id)
    effect = effect_of(box, charge)
    assert effect is not None
    reason, case_type = KINDS[effect]
    # The first of two disputes takes half of the charge and leaves the rest for the second.
    halves = effect == SEVERAL and not dispute_lifecycle.of_charge(box, charge_id)
    amount = max(dispute_lifecycle.left_of(box, charge) // 2, 1) if halves else None
    dispute_lifecycle.create(box, charge, reason=reason, case_type=case_type, amount=amount)


def submit_evidence(box: Box, dispute: Obj, before: Obj) -> None:
    """
    Submit the evidence. The bank decides about the magic words a moment later, and never about others.

    ``before`` is the dispute as it was before this evidence.
    """
    words = dispute["evidence"]["uncategorized_text"]
    was_inquiry = dispute["status"] == "warning_needs_response"
    details = dispute["evidence_details"]
    details |= {"submission_count": details["submission_count"] + 1, "submission_method": "manual"}
    if was_inquiry and words == ESCALATING:
        dispute_lifecycle.set_status(box, dispute, "needs_response", before=before)
        return
    reviewed = dispute["status"].replace("needs_response", "under_review")
    dispute_lifecycle.set_status(box, dispute, reviewed, before=before)
    if words in (WINNING, LOSING):
        moment = box.clock.exact() + box.settings.dispute_delay
        timers.schedule(box, "dispute.decide", dispute["id"], at=moment)


@timer("dispute.decide")
def decide(box: Box, dispute_id: str) -> None:
    """Decide by the evidence, unless the dispute has another status by now."""
    dispute = box.store.get(dispute_id)
    if dispute["status"] == "warning_under_review":
        dispute_lifecycle.set_status(box, dispute, "warning_closed")
    elif dispute["status"].endswith("under_review"):
        won = dispute["evidence"]["uncategorized_text"] == WINNING
        dispute_lifecycle.set_status(box, dispute, "won" if won else "lost")
