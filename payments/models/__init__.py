from .backfill import Backfill
from .dispute import Dispute, DisputeStatus, FraudWarning
from .notice import News, Notice
from .payment import Cause, Payment, PaymentStatus, Problem, StripeState, Transition
from .refund import Origin, Refund, RefundStatus
from .stripe_event import Outcome, StripeEvent

__all__ = [
    "Backfill",
    "Cause",
    "Dispute",
    "DisputeStatus",
    "FraudWarning",
    "News",
    "Notice",
    "Origin",
    "Outcome",
    "Payment",
    "PaymentStatus",
    "Problem",
    "Refund",
    "RefundStatus",
    "StripeEvent",
    "StripeState",
    "Transition",
]
