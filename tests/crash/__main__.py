"""``make crash``: kill processes, the worker in each of its jobs too, again and again in 500 purchases."""

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator

from tests.crash.run import Result, crash


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--purchases", type=int, default=500)
    parser.add_argument("--kills", type=int, help="by default a tenth of the purchases")
    parser.add_argument("--seed", type=int, help="for choosing what is killed when, and who buys what")
    options = parser.parse_args()
    seed = random.randrange(1_000_000) if options.seed is None else options.seed
    kills = options.purchases // 10 if options.kills is None else options.kills
    sys.stdout.write(f"{options.purchases} purchases, {kills} kills, seed {seed}\n")
    sys.stdout.flush()
    result = crash(purchases=options.purchases, strikes=kills, seed=seed)
    sys.stdout.write("\n".join(table(result)) + "\n")
    if not result.is_one_story:
        sys.exit("The books contradict each other.")


def table(result: Result) -> Iterator[str]:
    """Return the lines that describe a run, and everything that is wrong after it."""
    yield from column("Purchases", result.outcomes)
    yield from column("Customers", Counter(purchase.plan for purchase in result.purchases))
    yield from column("Killed", result.kills)
    yield from column("Ended by themselves", result.restarts)
    refusals = sum(purchase.refusals for purchase in result.purchases)
    broken = sum(purchase.broken for purchase in result.purchases)
    yield f"\nSeats that were taken already: {refusals}; requests sent again: {broken}"
    yield "Seconds: " + ", ".join(f"{what} {seconds:.0f}" for what, seconds in result.seconds.items())
    yield f"Hours of the clocks until everything was over: {result.hours}"
    wrong = f"contradictions {len(result.problems)}, violations found by fsck {len(result.findings)}"
    yield f"Lost {result.count('lost')}, doubled {result.count('doubled')}, {wrong}"
    yield from (f"  {problem.kind}: {problem.words}" for problem in result.problems)
    yield from (f"  fsck: {finding}" for finding in result.findings)
    if not result.is_one_story:
        yield f"Databases, logs and mails are in {result.folder}"


def column(title: str, counts: Counter[str]) -> Iterator[str]:
    yield f"\n{title}: {counts.total()}"
    yield from (f"{count:6}  {what}" for what, count in counts.most_common() if count)


if __name__ == "__main__":
    main()
