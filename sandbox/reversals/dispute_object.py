"""A dispute as the API shows it."""

from sandbox.core.box import Box
from sandbox.core.ids import new_id
from sandbox.core.registry import expands
from sandbox.core.store import Obj
from sandbox.core.words import words
from sandbox.payments.balance_transactions import is_card

DAYS_TO_ANSWER = 9
NO_ANSWER = 0  # as ``due_by``: the bank takes no evidence

REASONS = words(
    "bank_cannot_process check_returned credit_not_processed customer_initiated debit_not_authorized "
    "duplicate fraudulent general incorrect_account_details insufficient_funds noncompliant "
    "product_not_received product_unacceptable subscription_canceled unrecognized"
)
STATUSES = words(
    "warning_needs_response warning_under_review warning_closed needs_response under_review "
    "appeal_needs_response appeal_under_review won lost prevented"
)
CLOSED = ("warning_closed", "won", "lost", "prevented")
CHARGED_BACK = ("needs_response", "under_review", "appeal_needs_response", "appeal_under_review", "lost")
FIRST_STATUS = {  # by the case type: those that were prevented are never open
    "chargeback": "needs_response",
    "inquiry": "warning_needs_response",
    "block": "prevented",
    "resolution": "prevented",
}

TEXTS = words(
    "access_activity_log billing_address cancellation_policy_disclosure cancellation_rebuttal "
    "customer_email_address customer_name customer_purchase_ip duplicate_charge_explanation "
    "duplicate_charge_id product_description refund_policy_disclosure refund_refusal_explanation "
    "service_date shipping_address shipping_carrier shipping_date shipping_tracking_number "
    "uncategorized_text"
)
FILES = words(
    "cancellation_policy customer_communication customer_signature duplicate_charge_documentation receipt "
    "refund_policy service_documentation shipping_documentation uncategorized_file"
)
VISA_CODES = {
    "credit_not_processed": "13.6",
    "duplicate": "12.6.1",
    "fraudulent": "10.4",
    "product_not_received": "13.1",
    "product_unacceptable": "13.3",
    "subscription_canceled": "13.2",
}

expands("dispute", charge="charge", payment_intent="payment_intent")


def new_dispute(box: Box, charge: Obj, *, reason: str, case_type: str, amount: int) -> Obj:
    """Return a dispute in the first status of its case type. The caller stores it."""
    status = FIRST_STATUS[case_type]
    return {
        "id": new_id("du_1"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": box.clock.now(),
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(sorted(TEXTS + FILES)), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": NO_ANSWER if status == "prevented" else due_by(box),
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "intended_submission_method": None,
        "is_charge_refundable": case_type in ("block", "inquiry"),
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        **method_details(charge, reason, case_type),
        "reason": reason,
        "status": status,
    }


def due_by(box: Box) -> int:
    return box.clock.now() + DAYS_TO_ANSWER * 24 * 3_600


def method_details(charge: Obj, reason: str, case_type: str) -> Obj:
    """Return the member ``payment_method_details``, which the dispute of a bank debit doesn't have."""
    if not is_card(charge):
        return {}
    brand = charge["payment_method_details"]["card"]["brand"]
    card = {
        "brand": brand,
        "case_type": case_type,
        "network": brand,
        "network_reason_code": VISA_CODES.get(reason) if brand == "visa" else None,
    }
    return {"payment_method_details": {"type": "card", "card": card}}


def set_case_type(dispute: Obj, case_type: str) -> None:
    """Say what the dispute is by now. Only cards say it."""
    if "payment_method_details" in dispute:
        dispute["payment_method_details"]["card"]["case_type"] = case_type


def is_withdrawn(dispute: Obj) -> bool:
    """Return whether the dispute has taken its money and not returned it."""
    return len(dispute["balance_transactions"]) == 1


def is_refundable(dispute: Obj) -> bool:
    """Return whether the charge can be refunded: not while it is charged back, nor once that is lost."""
    if dispute["status"] == "prevented":
        return not is_withdrawn(dispute)
    return dispute["status"] not in CHARGED_BACK
