"""The customers' plans, and how many of a hundred have each."""

import random
import time
from collections.abc import Callable

from tests.crash.customer import Customer

USUAL, DECLINED, SLOW_REFUND = "4242424242424242", "4000000000000002", "4000000000007726"


def buy(customer: Customer, card: str = USUAL) -> bool:
    """Reserve seats, pay and watch the status; return whether there were seats."""
    if not customer.reserve():
        return False
    customer.pay(card=card)
    customer.watch()
    return True


def be_declined_first(customer: Customer) -> None:
    if customer.reserve():
        customer.pay(card=DECLINED)
        customer.pay(card=USUAL)
        customer.watch()


def be_declined(customer: Customer) -> None:
    if customer.reserve():
        customer.pay(card=DECLINED)


def abandon(customer: Customer) -> None:
    customer.reserve()


def vanish(customer: Customer) -> None:
    customer.knock()


def cancel(customer: Customer) -> None:
    """Go back from Stripe's page to the shop, which expires the session."""
    if customer.reserve():
        back = customer.session()["cancel_url"]
        if back:
            customer.shop.ask("GET", back)


def debit(customer: Customer, outcome: str = "succeeded") -> None:
    if customer.reserve():
        customer.pay(method="sepa_debit", outcome=outcome)
        customer.watch()


def debit_that_fails(customer: Customer) -> None:
    debit(customer, "failed")


def be_refunded(customer: Customer) -> None:
    """Get a full refund made in Stripe's dashboard, which succeeds at once or a little later."""
    if buy(customer, customer.dice.choice([USUAL, SLOW_REFUND])):
        refund(customer)


def be_refunded_in_part(customer: Customer) -> None:
    if buy(customer):
        refund(customer, amount=1000)


def refund(customer: Customer, **what: int) -> None:
    intent = customer.session()["payment_intent"]
    key = {"Idempotency-Key": f"dashboard-{customer.purchase.number}"}
    customer.stripe.ask("POST", "/v1/refunds", data={"payment_intent": intent, **what}, headers=key)


def dispute(customer: Customer, *ends: str) -> None:
    """Dispute the payment, and close the dispute with each status in ``ends``."""
    if buy(customer):
        path = f"/_sandbox/sessions/{customer.purchase.session_id}/dispute"
        dispute_id = customer.stripe.ask("POST", path, json={}).json()["id"]
        for status in ends:
            time.sleep(customer.dice.uniform(0, 0.5))
            customer.stripe.ask("POST", f"/_sandbox/disputes/{dispute_id}/close", json={"status": status})


def lose_dispute(customer: Customer) -> None:
    dispute(customer, "lost")


def win_dispute(customer: Customer) -> None:
    dispute(customer, "won")


PLANS: dict[str, tuple[int, Callable[[Customer], object]]] = {
    "pays": (51, buy),
    "pays after a decline": (7, be_declined_first),
    "is declined": (4, be_declined),
    "abandons": (7, abandon),
    "vanishes": (4, vanish),
    "cancels": (4, cancel),
    "debit succeeds": (6, debit),
    "debit fails": (4, debit_that_fails),
    "is refunded": (5, be_refunded),
    "is refunded in part": (3, be_refunded_in_part),
    "disputes": (1, dispute),
    "disputes and wins": (2, win_dispute),
    "disputes and loses": (2, lose_dispute),
}


def deal(count: int, dice: random.Random) -> list[str]:
    """Return the plans of ``count`` customers in random order, each kind at least once."""
    plans = [name for name, (share, _) in PLANS.items() for _ in range(max(1, share * count // 100))]
    plans += ["pays"] * (count - len(plans))
    dice.shuffle(plans)
    return plans[:count]
