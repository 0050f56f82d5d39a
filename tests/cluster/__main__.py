"""``make cluster``: restart, kill and fail over while customers buy from several machines' processes."""

import argparse
import random
import sys
from collections.abc import Iterator

from tests.cluster.configuration import missing_packages
from tests.cluster.faults import FAULTS
from tests.cluster.run import ClusterResult, rehearse
from tests.crash.__main__ import column, table


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.cluster", description=__doc__)
    parser.add_argument("--purchases", type=int, default=300)
    parser.add_argument("--seed", type=int, help="for who buys what")
    options = parser.parse_args()
    if missing := missing_packages():
        sys.exit(f"Please install {', '.join(missing)} (Debian: apt-get install {' '.join(missing)}).")
    seed = random.randrange(1_000_000) if options.seed is None else options.seed
    sys.stdout.write(f"{options.purchases} purchases, seed {seed}\n")
    sys.stdout.flush()
    result = rehearse(purchases=options.purchases, seed=seed, faults=tuple(FAULTS))
    sys.stdout.write("\n".join([*told(result), *table(result)]) + "\n")
    if not result.is_one_story:
        sys.exit("Something was lost, doubled, or shown as an error.")


def told(result: ClusterResult) -> Iterator[str]:
    """Return the lines about what happened and what customers saw of it."""
    yield "\nSeconds from each beginning until every process was ready again:"
    yield from (f"{seconds:6.1f}  {what}" for what, seconds in result.happened.items())
    yield from column(
        f"Of {result.seen.answers} answers, polite refusals (503 with Retry-After)", result.seen.polite
    )
    yield from column("Errors", result.seen.errors)
    yield f"\nThe longest wait for an answer: {result.seen.longest:.1f} s"


if __name__ == "__main__":
    main()
