"""``make fuzz``: send a running shop requests, events and forms that nobody means."""

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.fuzz.answers import Answers
from tests.fuzz.api import fuzz_api
from tests.fuzz.pages import fuzz_pages
from tests.fuzz.scene import running_scene
from tests.fuzz.webhook import fuzz_webhook

KINDS: dict[str, tuple[Callable[..., None], int]] = {
    "api": (fuzz_api, 50_000),
    "webhook": (fuzz_webhook, 50_000),
    "pages": (fuzz_pages, 20_000),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    for kind, (_fuzz, cases) in KINDS.items():
        parser.add_argument(f"--{kind}", type=int, default=cases, help="how many (default: %(default)s)")
    parser.add_argument("--seed", type=int, help="for choosing what is sent")
    options = parser.parse_args()
    seed = random.randrange(1_000_000) if options.seed is None else options.seed
    counts = {kind: getattr(options, kind) for kind in KINDS}
    failed = run({kind: count for kind, count in counts.items() if count}, seed)
    sys.exit("Some answers were not promised." if failed else 0)


def run(counts: dict[str, int], seed: int) -> bool:
    """Do what was asked for, tell what came of it, and return whether anything was wrong."""
    sys.stdout.write(f"Seed {seed}\n")
    wrong = False
    folder = Path(tempfile.mkdtemp(prefix="admit-fuzz-"))
    with running_scene(folder) as scene:
        for kind, cases in counts.items():
            began = time.monotonic()
            answers = Answers(is_shown=True)
            with suppress(KeyboardInterrupt):  # Then it tells what it has found so far.
                KINDS[kind][0](scene, answers, cases=cases, seed=seed)
            sys.stdout.write(f"\n{kind}, {time.monotonic() - began:.0f} s: {answers}\n")
            sys.stdout.flush()
            wrong |= bool(answers.faults)
        scene.shop.processes.require_all()
    if wrong:
        sys.stdout.write(f"\nLogs are in {folder}\n")
    else:
        shutil.rmtree(folder)
    return wrong


if __name__ == "__main__":
    main()
