"""Actions of banks, cardholders and Stripe after a payment."""

from typing import Any

from hypothesis import strategies as st

from tests.storm.base import Base, action, pick, which

ENDINGS = ["won", "lost", "prevented", "warning_closed"]
MOVES = ["under_review", "appeal_needs_response", "appeal_under_review", "warning_under_review"]
REFUND_STATES = ["succeeded", "failed", "canceled", "requires_action", "pending"]


class Banks(Base):
    @action("debits", number=which, ok=st.booleans())
    def settle_debit(self, number: int, ok: bool) -> None:
        self.world.stripe.attempt(f"/sessions/{pick(number, self.scene.debits)}/settle", ok=ok)

    @action("refunds", number=which, status=st.sampled_from(REFUND_STATES))
    def settle_refund(self, number: int, status: str) -> None:
        self.world.stripe.attempt(f"/refunds/{pick(number, self.scene.refunds)}/settle", status=status)

    @action("paid", number=which, how=st.sampled_from(["dispute", "inquire", "warn"]))
    def dispute(self, number: int, how: str) -> None:
        session = f"/sessions/{pick(number, self.scene.paid)}"
        if how == "warn":
            self.world.stripe.attempt(f"{session}/warn")
        else:
            self.world.stripe.attempt(f"{session}/dispute", inquiry=how == "inquire")

    @action("disputes", number=which, status=st.sampled_from(ENDINGS))
    def decide_dispute(self, number: int, status: str) -> None:
        self.world.stripe.attempt(f"/disputes/{pick(number, self.scene.disputes)}/close", status=status)

    @action("disputes", number=which, status=st.sampled_from(MOVES))
    def move_dispute(self, number: int, status: str) -> None:
        """Change the status of a dispute, such as to an appeal after the decision."""
        self.world.stripe.attempt(f"/disputes/{pick(number, self.scene.disputes)}/move", status=status)

    @action("paid", short=st.sampled_from(["pending", "refuse", False]))
    def run_short_of_money(self, short: Any) -> None:
        self.world.stripe.post("/balance", {"short": short})
