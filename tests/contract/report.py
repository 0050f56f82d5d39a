"""What a run says in the end, and the table of the documents."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from tests.contract.recordings import accepted
from tests.contract.run import Outcome
from tests.contract.table import Recipe


def lines(outcomes: list[Outcome], *, with_stripe: bool, whole: bool) -> Iterator[str]:
    """Yield the lines of a report."""
    differences = [it for outcome in outcomes for it in outcome.differences]
    if differences:
        yield f"\nDifferences ({len(differences)}), Stripe first:"
        yield from (f"  {it}" for it in differences)
    failed = [it for it in outcomes if it.unplayable]
    if failed:
        yield f"\nNot played to the end ({len(failed)}):"
        yield from (f"  {it.unplayable}" for it in failed)
    changed = [it.recipe.name for it in outcomes if it.changed]
    if changed:
        yield f"\nRecorded ({len(changed)}): {', '.join(changed)}"
    unknown = [it for it in outcomes if not it.compared and not it.unplayable]
    if unknown:
        yield f"\nNot yet compared with Stripe ({len(unknown)}), only with the sandbox's own baseline:"
        yield from by_room([it.recipe for it in unknown])
    used = {name for outcome in outcomes for name in outcome.used}
    if with_stripe and whole:
        idle = [entry.name for entry in accepted() if entry.name not in used]
        if idle:
            yield f"\naccepted.toml has entries that nothing needs any more: {', '.join(idle)}"
    yield ""
    compared = len(outcomes) - len(unknown) - len(failed)
    yield (
        f"{len(outcomes)} recipes, {compared} of them compared with Stripe; "
        f"{sum(it.facts for it in outcomes)} documented facts; {len(differences)} differences, "
        f"{len(used)} kinds accepted"
    )


def by_room(recipes: Iterable[Recipe]) -> Iterator[str]:
    for room, members in groupby(recipes, lambda it: it.room):
        yield f"  {room}: " + ", ".join(it.name.partition(".")[2] for it in members)


def table(recipes: Iterable[Recipe]) -> Iterator[str]:
    """Yield the tables of ``sandbox/contract.md``."""
    for room, members in groupby(recipes, lambda it: it.room):
        yield f"### {room}\n"
        yield "| recipe | what is compared |"
        yield "|---|---|"
        for it in members:
            browser = " *(browser)*" if it.needs_browser else ""
            yield f"| `{it.name}` | {it.summary}{browser} |"
        yield ""
