from .backfill import Backfill
from .bulk import BulkItem, BulkRun, ItemOutcome
from .check import Check
from .dispute import Dispute, DisputeStatus, FraudWarning
from .notice import News, Notice
from .payment import Cause, Payment, PaymentStatus, Problem, StripeState, Transition
from .refund import Origin, Refund, RefundStatus
from .staff_action import Deed, StaffAction
from .stripe_event import Outcome, StripeEvent

__all__ = [
    "Backfill",
    "BulkItem",
    "BulkRun",
    "Cause",
    "Check",
    "Deed",
    "Dispute",
    "DisputeStatus",
    "FraudWarning",
    "ItemOutcome",
    "News",
    "Notice",
    "Origin",
    "Outcome",
    "Payment",
    "PaymentStatus",
    "Problem",
    "Refund",
    "RefundStatus",
    "StaffAction",
    "StripeEvent",
    "StripeState",
    "Transition",
]
