"""``make contract``: play all recipes at Stripe and at the sandbox, compare. See ``sandbox/contract.md``."""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from fnmatch import fnmatchcase
from pathlib import Path

from tests.contract.browser import browsing
from tests.contract.recordings import Recordings, accepted, facts
from tests.contract.report import lines, table
from tests.contract.run import Outcome, Runner
from tests.contract.table import Recipe, recipes
from tests.contract.targets import Pays, Sandbox, Stripe, check_key
from tests.sandbox.support.process import KEY
from tests.sandbox.support.process import Sandbox as Process


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.contract", description=__doc__)
    parser.add_argument("recipes", nargs="*", help="such as shop.session or refunds.*; by default all")
    parser.add_argument("--quick", action="store_true", help="pay in the sandbox without its pages")
    parser.add_argument("--table", action="store_true", help="print the table of sandbox/contract.md")
    options = parser.parse_args()
    if options.table:
        sys.stdout.write("\n".join(table(recipes().values())) + "\n")
        return
    key = os.environ.get("STRIPE_CONTRACT_KEY", "")
    if key:
        check_key(key)
    chosen = [it for it in recipes().values() if is_chosen(it, options.recipes)]
    outcomes = list(play(chosen, key, record=os.environ.get("RECORD") == "1", quick=options.quick))
    sys.stdout.write("\n".join(lines(outcomes, with_stripe=bool(key), whole=not options.recipes)) + "\n")
    if any(it.differences for it in outcomes) or any(it.unplayable for it in outcomes):
        sys.exit(1)


def is_chosen(recipe: Recipe, patterns: list[str]) -> bool:
    return not patterns or any(fnmatchcase(recipe.name, pattern) for pattern in patterns)


def play(chosen: list[Recipe], key: str, *, record: bool, quick: bool) -> Iterator[Outcome]:
    """Play recipes; a dot for each shows that it goes on."""
    recordings = Recordings()
    with ExitStack() as stack:
        pays = stack.enter_context(browsing()) if key or not quick else None
        sandbox = stack.enter_context(running(None if quick else pays))
        stripe = Stripe(key, pays) if key else None
        runner = Runner(
            sandbox, stripe, recordings=recordings, facts=facts(), accepted=accepted(), record=record
        )
        for recipe in chosen:
            outcome = runner.run(recipe)
            sys.stdout.write("F" if outcome.differences else "?" if outcome.unplayable else ".")
            sys.stdout.flush()
            yield outcome
        if record:
            recordings.save(set(recipes()))
    sys.stdout.write("\n")


@contextmanager
def running(pays: Pays | None) -> Iterator[Sandbox]:
    """A sandbox of its own."""
    with tempfile.TemporaryDirectory() as folder:
        process = Process(Path(folder) / "state.sqlite3")
        target = Sandbox(process.url, KEY, pays)
        try:
            yield target
        finally:
            target.close()
            process.stop()


if __name__ == "__main__":
    main()
