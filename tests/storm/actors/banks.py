"""Actions of banks, cardholders and Stripe after a payment."""

from typing import Any

from hypothesis import strategies as st

from tests.storm.base import Base, action, pick, which

ENDINGS = ["won", "lost", "prevented", "warning_closed"]
MOVES = ["under_review", "appeal_needs_response", "appeal_under_review", "warning_under_review"]
CASE_TYPES = ["chargeback", "chargeback", "inquiry", "block", "resolution"]
parts = st.sampled_from([None, None, 1000, 3200, 4200])
# Whether a dispute has money: as its status has it, or whatever the status says.
whereabouts = st.sampled_from([None, None, True, False])
REFUND_STATES = ["succeeded", "failed", "canceled", "requires_action", "pending"]


class Banks(Base):
    @action("debits", number=which, ok=st.booleans())
    def settle_debit(self, number: int, ok: bool) -> None:
        self.world.stripe.attempt(f"/sessions/{pick(number, self.scene.debits)}/settle", ok=ok)

    @action("refunds", number=which, status=st.sampled_from(REFUND_STATES))
    def settle_refund(self, number: int, status: str) -> None:
        self.world.stripe.attempt(f"/refunds/{pick(number, self.scene.refunds)}/settle", status=status)

    @action("paid", number=which, how=st.sampled_from([*CASE_TYPES, "warn"]), amount=parts)
    def dispute(self, number: int, how: str, amount: int | None) -> None:
        """Dispute a payment, or a part of it if ``amount`` is left; or only warn of fraud."""
        session = f"/sessions/{pick(number, self.scene.paid)}"
        if how == "warn":
            self.world.stripe.attempt(f"{session}/warn")
        else:
            self.world.stripe.attempt(f"{session}/dispute", case_type=how, amount=amount)

    @action("disputes", number=which, status=st.sampled_from(ENDINGS))
    def decide_dispute(self, number: int, status: str) -> None:
        self.world.stripe.attempt(f"/disputes/{pick(number, self.scene.disputes)}/close", status=status)

    @action("disputes", number=which, status=st.sampled_from([*MOVES, *ENDINGS]), withdrawn=whereabouts)
    def move_dispute(self, number: int, status: str, withdrawn: bool | None) -> None:
        """Change the status of a dispute, such as to an appeal after the decision, and perhaps its money."""
        dispute = f"/disputes/{pick(number, self.scene.disputes)}"
        self.world.stripe.attempt(f"{dispute}/move", status=status, withdrawn=withdrawn)

    @action("disputes", is_refundable=st.booleans())
    def allow_refunds_of_the_rest(self, is_refundable: bool) -> None:
        """Have Stripe refund what isn't disputed of a charge, or refuse it."""
        self.world.stripe.post("/disputes", {"rest_is_refundable": is_refundable})

    @action("paid", short=st.sampled_from(["pending", "refuse", False]))
    def run_short_of_money(self, short: Any) -> None:
        self.world.stripe.post("/balance", {"short": short})
