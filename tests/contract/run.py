"""Play recipes at one target or two, and say what differs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tests.contract.compare import Difference, Trace, compare
from tests.contract.play import Play
from tests.contract.recordings import Accepted, Fact, Recording, Recordings
from tests.contract.shapes import ids_in
from tests.contract.table import Recipe
from tests.contract.targets import Target, Unplayable


@dataclass
class Outcome:
    """How one recipe went."""

    recipe: Recipe
    differences: list[Difference] = field(default_factory=list)  # without those that are accepted
    used: set[str] = field(default_factory=set)  # names of entries in accepted.toml
    unplayable: str = ""  # why, and where
    compared: str = ""  # with Stripe: "now", or the day of the recording
    facts: int = 0
    changed: bool = False  # its recording


class Runner:
    def __init__(
        self,
        sandbox: Target,
        stripe: Target | None = None,
        *,
        recordings: Recordings,
        facts: Iterable[Fact] = (),
        accepted: Iterable[Accepted] = (),
        record: bool = False,
    ) -> None:
        """Compare with ``stripe``, or with its recordings if that is None; with ``record``, renew those."""
        self.sandbox, self.stripe = sandbox, stripe
        self.recordings, self.facts, self.accepted = recordings, list(facts), list(accepted)
        self.record = record

    def run(self, recipe: Recipe) -> Outcome:
        outcome = Outcome(recipe)
        try:
            ours = play_at(self.sandbox, recipe)
            theirs = play_at(self.stripe, recipe) if self.stripe is not None else None
        except Unplayable as error:
            outcome.unplayable = str(error)
            return outcome
        if self.record:
            found, origin = (theirs, "stripe") if theirs is not None else (ours, "sandbox")
            outcome.changed = self.recordings.put(recipe.name, found, origin=origin)
        kept = self.recordings.get(recipe.name)
        self.judge(outcome, self.differences(recipe, ours, theirs, kept))
        outcome.compared = (
            "now" if theirs is not None else kept.source["on"] if kept and kept.is_stripes else ""
        )
        outcome.facts = sum(fact.count for fact in self.facts if fact.recipe == recipe.name)
        return outcome

    def differences(
        self, recipe: Recipe, ours: Trace, theirs: Trace | None, kept: Recording | None
    ) -> list[Difference]:
        if theirs is None and kept is None:
            return [Difference(recipe.name, "there is no recording (RECORD=1 makes one)", "played")]
        expected = theirs or (kept.trace if kept else Trace())
        found = compare(recipe.name, expected, ours)
        for fact in self.facts:
            if fact.recipe == recipe.name:
                found += fact.differences(ours)
                found += [outdated(it) for it in fact.differences(theirs)] if theirs is not None else []
        return found

    def judge(self, outcome: Outcome, differences: list[Difference]) -> None:
        """Keep the differences that nobody has accepted."""
        for difference in differences:
            reasons = [entry.name for entry in self.accepted if entry.covers(difference)]
            outcome.used |= set(reasons)
            if not reasons:
                outcome.differences.append(difference)


def outdated(difference: Difference) -> Difference:
    """Return the difference between Stripe and what is documented about it."""
    return Difference(f"{difference.name} (documented.toml)", difference.theirs, f"Stripe: {difference.ours}")


def play_at(target: Target, recipe: Recipe) -> Trace:
    """Return what the recipe did at a target."""
    target.begin()
    play = Play(target)
    try:
        recipe.play(play)
        play.trace.events = sorted(own_events(play))
    except Unplayable as error:
        raise Unplayable(f"{recipe.name} at {target.name}: {error}") from None
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise Unplayable(
            f"{recipe.name} at {target.name}: a reply lacks what the recipe goes on with ({error!r}). "
            f"The last step was {list(play.trace.steps)[-1:]}."
        ) from None
    finally:
        play.clean_up()
    return play.trace


def own_events(play: Play) -> Iterator[str]:
    """Yield the types of the events about objects that the recipe had to do with."""
    for event in play.target.events():
        if play.known & ids_in(event["data"]["object"]):
            yield event["type"]
