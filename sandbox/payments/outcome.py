"""The result of trying to pay."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    PAID = "paid"
    PROCESSING = "processing"
    DECLINED = "declined"
    CHALLENGE = "requires_action"
    AWAITING_CUSTOMER = "awaiting_customer"  # who has a voucher to pay or a transfer to send
    NOT_OPEN = "not_open"


@dataclass(frozen=True)
class Result:
    outcome: Outcome
    code: str | None = None
    message: str | None = None  # Stripe's words for the customer
