"""Every recipe, played in the sandbox, comes out as recorded and as Stripe's documents say."""

from collections.abc import Iterator

import pytest

from tests.contract.__main__ import running
from tests.contract.recordings import RECORDINGS, Recordings, accepted, facts
from tests.contract.report import table
from tests.contract.run import Runner
from tests.contract.table import ROOMS, Recipe, recipes
from tests.support.paths import ROOT

ALL = recipes()


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    with running(None) as sandbox:
        yield Runner(sandbox, recordings=Recordings(), facts=facts(), accepted=accepted())


@pytest.mark.parametrize("recipe", ALL.values(), ids=ALL)
def test_the_sandbox_does_as_recorded(runner: Runner, recipe: Recipe) -> None:
    outcome = runner.run(recipe)

    assert outcome.unplayable == ""
    assert [str(difference) for difference in outcome.differences] == []


def test_every_recording_and_every_fact_is_of_a_recipe() -> None:
    recordings = Recordings()
    recorded = {f"{room}.{name}" for room in ROOMS for name in recordings.room(room)}

    assert {file.stem for file in RECORDINGS.iterdir()} == set(ROOMS)
    assert recorded == set(ALL)
    assert {fact.recipe for fact in facts()} - set(ALL) == set()


def test_a_recording_says_where_it_comes_from() -> None:
    sources = [source for recipe in ALL if (found := Recordings().get(recipe)) for source in [found.source]]

    assert {source["from"] for source in sources} <= {"sandbox", "stripe"}
    assert all(("Nobody" in source["says"]) == (source["from"] == "sandbox") for source in sources)


def test_the_document_has_the_whole_table() -> None:
    text = (ROOT / "sandbox" / "contract.md").read_text()

    assert "\n".join(table(ALL.values())).strip() in text
