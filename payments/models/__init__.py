from .bulk import BulkItem, BulkRun, ItemOutcome
from .check import Check
from .checked_at_stripe import Checked, CheckedAtStripe, CheckedAtStripeQuerySet, CheckProblem
from .counter import CounterReturn, CounterSale, SaleKind, Till
from .dispute import Dispute, DisputeEffect, DisputeStatus, FraudWarning
from .installation import (
    Backfill,
    Installation,
    LostOutcome,
    LostSession,
    RefusedQuestion,
    Restore,
    StripeAllowance,
    UnlistedProxy,
    open_restore,
    shop_id,
)
from .membership import MembershipInvoice, MembershipReversal, ReversalKind
from .notification import (
    BaseNotification,
    MembershipNotification,
    MembershipNotificationKind,
    Notification,
    NotificationKind,
)
from .payment import (
    Cause,
    Payment,
    PaymentStatus,
    Problem,
    StripeState,
    Transition,
)
from .plan import Interval, Plan
from .refund import Origin, Refund, RefundStatus
from .staff_action import Action, ActionOutcome, StaffAction
from .stripe_event import Outcome, StripeEvent
from .subscription import (
    PeriodMoney,
    Source,
    StraySubscription,
    Subscription,
    SubscriptionChange,
    SubscriptionStatus,
    membership_topic,
)

__all__ = [
    "Action",
    "ActionOutcome",
    "Backfill",
    "BaseNotification",
    "BulkItem",
    "BulkRun",
    "Cause",
    "Check",
    "CheckProblem",
    "Checked",
    "CheckedAtStripe",
    "CheckedAtStripeQuerySet",
    "CounterReturn",
    "CounterSale",
    "Dispute",
    "DisputeEffect",
    "DisputeStatus",
    "FraudWarning",
    "Installation",
    "Interval",
    "ItemOutcome",
    "LostOutcome",
    "LostSession",
    "MembershipInvoice",
    "MembershipNotification",
    "MembershipNotificationKind",
    "MembershipReversal",
    "Notification",
    "NotificationKind",
    "Origin",
    "Outcome",
    "Payment",
    "PaymentStatus",
    "PeriodMoney",
    "Plan",
    "Problem",
    "Refund",
    "RefundStatus",
    "RefusedQuestion",
    "Restore",
    "ReversalKind",
    "SaleKind",
    "Source",
    "StaffAction",
    "StraySubscription",
    "StripeAllowance",
    "StripeEvent",
    "StripeState",
    "Subscription",
    "SubscriptionChange",
    "SubscriptionStatus",
    "Till",
    "Transition",
    "UnlistedProxy",
    "membership_topic",
    "open_restore",
    "shop_id",
]
