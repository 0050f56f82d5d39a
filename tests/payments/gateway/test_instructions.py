"""Stripe's instructions to pay: read by what they consist of, whatever the method is called."""

from datetime import UTC, datetime
from typing import Any

import pytest

from payments.gateway.checkout.session_objects import Instructions, read_instructions

PAGE = "https://payments.stripe.com/voucher/1"
END = 1_800_000_000
UNTIL = datetime.fromtimestamp(END, UTC)


def intent(details: Any, kind: str = "some_display_details", **changes: Any) -> dict[str, Any]:
    return {"status": "requires_action", "next_action": {"type": kind, kind: details}, **changes}


@pytest.mark.parametrize(
    ("details", "until"),
    [
        ({"hosted_voucher_url": PAGE, "expires_at": END}, UNTIL),
        ({"hosted_voucher_url": PAGE, "expires_after": END}, UNTIL),
        ({"hosted_instructions_url": PAGE, "amount_remaining": 100}, None),
        ({"hosted_instructions_url": PAGE, "qr_code": {"expires_at": END}}, UNTIL),
        ({"hosted_verification_url": PAGE, "arrival_date": END}, None),
        ({"hosted_voucher_url": PAGE, "expires_at": None}, None),
    ],
    ids=str,
)
def test_a_page_of_stripes_and_an_end_are_instructions(details: Any, until: datetime | None) -> None:
    assert read_instructions(intent(details)) == Instructions(PAGE, until)


@pytest.mark.parametrize(
    "told",
    [
        intent({"url": PAGE, "return_url": PAGE}, "redirect_to_url"),
        intent({"type": "three_d_secure_redirect"}, "use_stripe_sdk"),
        intent({"hosted_voucher_url": None}),
        intent({"hosted_voucher_url": "javascript:alert(1)"}),
        intent(None),
        intent({"hosted_voucher_url": PAGE}, status="processing"),
        {"status": "requires_action", "next_action": None},
        {"status": "requires_action"},
        {},
    ],
    ids=str,
)
def test_anything_else_is_none(told: dict[str, Any]) -> None:
    assert read_instructions(told) is None
