"""The short form of ``make fuzz``, always with the same cases; that one tries others each time."""

from collections.abc import Iterator

import pytest

from tests.fuzz.answers import Answers
from tests.fuzz.api import fuzz_api
from tests.fuzz.pages import fuzz_pages
from tests.fuzz.scene import Scene, running_scene
from tests.fuzz.webhook import PATH, fuzz_webhook

SEED = 20261130


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with running_scene(tmp_path_factory.mktemp("fuzz")) as scene:
        yield scene


def test_no_odd_request_to_the_api_is_a_fault(scene: Scene) -> None:
    answers = Answers()
    fuzz_api(scene, answers, cases=150, seed=SEED)

    assert not answers.faults, str(answers)
    # Otherwise nothing was tried but what is refused at once.
    assert {"200", "201", "400", "404"} <= answers.counts.keys()


def test_every_signed_body_is_answered_or_kept(scene: Scene) -> None:
    answers = Answers()
    fuzz_webhook(scene, answers, cases=300, seed=SEED)

    assert not answers.faults, str(answers)
    assert {"200", "400", "500"} <= answers.counts.keys()


def test_no_odd_page_or_form_is_a_fault(scene: Scene) -> None:
    answers = Answers()
    fuzz_pages(scene, answers, cases=300, seed=SEED)

    assert not answers.faults, str(answers)
    assert {"200", "302", "400", "403", "404", "405"} <= answers.counts.keys()


def test_a_fault_is_noticed() -> None:
    answers = Answers()

    answers.note(PATH, "POST", 500, b'{"error": {"code": "not_applied"}}')
    answers.note("/", "GET", 503, b"<html>")
    answers.note("/", "GET", 500, b'{"error": {"code": "server_error"}}')

    assert list(answers.faults) == ["/: 503", "/: 500"]
