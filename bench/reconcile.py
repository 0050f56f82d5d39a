"""Measure how fast the reconciler catches up if no event has arrived: ``python -m bench.reconcile``."""

import json
import time
from collections import Counter
from urllib.request import urlopen

from bench.support.shop import Shop, open_shop, run

PAYMENTS = 300  # of two tickets each; two thirds are paid
UNPACED = 1e6  # calls per second: as fast as possible, far above Stripe's limit


def main() -> None:
    with open_shop() as shop:
        run(lambda: buy(shop))
        print("situation                    payments   seconds   payments/s  calls per payment")
        for words, everything in (("no event has arrived", True), ("nothing is left to do", False)):
            measure(shop, words, everything=everything)


async def buy(shop: Shop) -> None:
    pages = await shop.buy(shop.open("web"), PAYMENTS)
    await shop.pay(pages[: PAYMENTS * 2 // 3])


def measure(shop: Shop, words: str, *, everything: bool) -> None:
    from payments.models import Payment
    from payments.reconciliation.reconciler import reconcile
    from payments.reconciliation.run import Run

    before = sum(asked(shop).values())
    began = time.perf_counter()
    done = reconcile(Run(rate=UNPACED), everything=everything)
    seconds = time.perf_counter() - began
    calls = sum(asked(shop).values()) - before
    number = done.counts["asked"]
    each = f"{calls / number:18.2f}" if number else f"{calls:9} in total"
    print(f"{words:26}{number:11}{seconds:10.2f}{number / seconds:13.0f}{each}")
    print(f"  {dict(Counter(Payment.objects.values_list('status', flat=True)))}")


def asked(shop: Shop) -> Counter[str]:
    """Return how many requests the sandbox has got, by HTTP method."""
    with urlopen(f"http://127.0.0.1:{shop.stripe_port}/_sandbox/requests") as answer:
        return Counter(entry["method"] for entry in json.load(answer)["requests"])


if __name__ == "__main__":
    main()
