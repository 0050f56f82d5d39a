from .payment import Cause, Payment, PaymentStatus, Problem, Transition
from .stripe_event import Outcome, StripeEvent

__all__ = ["Cause", "Outcome", "Payment", "PaymentStatus", "Problem", "StripeEvent", "Transition"]
