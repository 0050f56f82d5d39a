"""Run all customers, eight at a time, each with a plan."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from tests.crash.customer import Customer, Purchase
from tests.crash.plans import PLANS, deal
from tests.crash.seeding import labels
from tests.crash.stack import Stack

AT_ONCE = 8


def let_them_buy(
    stack: Stack, *, count: int, seats: int, seed: int, done: Callable[[], object]
) -> list[Purchase]:
    """Let customers carry out their plans, call ``done`` after each, and return what they remember."""
    plans = deal(count, random.Random(f"{seed} plans"))
    purchases = [Purchase(number, plan) for number, plan in enumerate(plans)]
    all_labels = labels(seats)

    def act(purchase: Purchase) -> None:
        shop, bank = stack.shop_client(purchase.number), stack.stripe_client()
        customer = Customer(purchase, shop=shop, stripe=bank, seats=all_labels, seed=seed)
        with closing(customer):
            PLANS[purchase.plan][1](customer)
        done()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for finished in [pool.submit(act, purchase) for purchase in purchases]:
            finished.result()
    return purchases
