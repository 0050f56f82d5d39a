"""How fast the reconciler catches up when no event has arrived: ``python -m bench.reconcile``."""

import json
import time
from collections import Counter
from urllib.request import urlopen

from bench.shop import Shop, open_shop, run

PAYMENTS = 300  # of two tickets each; two of three were paid
UNPACED = 1e6  # calls a second: what the machine can do, not what Stripe allows


def main() -> None:
    with open_shop() as shop:
        run(lambda: buy(shop))
        print("what is done                 payments   seconds   payments/s   calls a payment")
        for words, everything in (("nothing has arrived", True), ("everything is known", False)):
            measure(shop, words, everything=everything)


async def buy(shop: Shop) -> None:
    pages = await shop.buy(shop.open("web"), PAYMENTS)
    await shop.pay(pages[: PAYMENTS * 2 // 3])


def measure(shop: Shop, words: str, *, everything: bool) -> None:
    from payments.models import Payment
    from payments.reconciliation.payments import Run, reconcile

    before = sum(asked(shop).values())
    began = time.perf_counter()
    done = reconcile(Run(rate=UNPACED), everything=everything)
    seconds = time.perf_counter() - began
    calls = sum(asked(shop).values()) - before
    number = done.counts["asked"]
    each = f"{calls / number:18.2f}" if number else f"{calls:9} in all"
    print(f"{words:26}{number:11}{seconds:10.2f}{number / seconds:13.0f}{each}")
    print(f"  {dict(Counter(Payment.objects.values_list('status', flat=True)))}")


def asked(shop: Shop) -> Counter[str]:
    """Return how often Stripe was asked, by method."""
    with urlopen(f"http://127.0.0.1:{shop.stripe_port}/_sandbox/requests") as answer:
        return Counter(entry["method"] for entry in json.load(answer)["requests"])


if __name__ == "__main__":
    main()
