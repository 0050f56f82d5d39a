"""The JSON interface: requests made of its own document by schemathesis, both right and wrong ones."""

import itertools
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import seed as seeded
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.fuzz.answers import Answers, code_of
from tests.fuzz.scene import Scene, shuffled

# What an answer is compared with: its status, its type and its shape have to be documented.
DOCUMENTED = [content_type_conformance, response_schema_conformance, status_code_conformance]
ONCE = 250  # cases of one kind in a row
# Of an address that isn't there, or not for this method: they aren't the operation's.
ELSEWHERE = {(404, "not_found"), (405, "method_not_allowed")}
SEATS = [f"{row}-{number}" for row in "ABCDEFG" for number in range(1, 11)]


def fuzz_api(scene: Scene, answers: Answers, *, cases: int, seed: int) -> None:
    """Ask at least ``cases`` times, about the same for each operation."""
    site = scene.shop.site
    asks = {"Accept": "application/vnd.oai.openapi+json", "X-Forwarded-For": "10.200.0.1"}
    document = requests.get(f"{site}/api/schema", headers=asks, timeout=60).json()
    schema = schemathesis.openapi.from_dict(document)
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    kinds = list(itertools.product(operations, GenerationMode))
    each = max(1, min(ONCE, cases // len(kinds)))
    with requests.Session() as session:
        for number in itertools.count():
            operation, mode = kinds[number % len(kinds)]
            who = ("stranger", "customer")[number // len(kinds) % 2]
            ask = asker(answers, scene, session, who)
            examples(operation.as_strategy(generation_mode=mode), ask, count=each, seed=seed + number)
            if answers.total >= cases:
                return


def examples(strategy: Any, ask: Callable[[Case], None], *, count: int, seed: int) -> None:
    """Call ``ask`` with ``count`` cases, or as many as there are: an operation may have no wrong ones."""

    @seeded(seed)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
    @given(case=strategy)
    def run(case: Case) -> None:
        ask(case)

    with suppress(Unsatisfiable):
        run()


def insert_known(case: Case, scene: Scene, dice: random.Random) -> None:
    """Let half of the cases be about what there is, or all of them would end as unknown."""
    if dice.random() < 0.5:
        return
    known: dict[str, list[Any]] = {
        **scene.known,
        "event": ["demo-night"],
        "name": ["Ada"],
        "plan": ["friend"],
    }
    known |= {"email": [f"{dice.randrange(10**9)}@example.com"]}
    known["seats"] = [dice.sample(SEATS, 2)]
    for part in (case.path_parameters, case.query, case.body):
        if isinstance(part, dict):
            for name in known.keys() & part.keys():
                part[name] = dice.choice(known[name])
    if isinstance(case.body, dict) and {"event", "seats"} & case.body.keys():
        case.body["seats"] = dice.choice(known["seats"])
        for other in ("quantity", "places", "code", "total"):
            case.body.pop(other, None)


def asker(answers: Answers, scene: Scene, session: requests.Session, who: str) -> Callable[[Case], None]:
    """Return a function that sends a case as ``who`` and looks at the answer."""
    cookies = scene.cookies[who]

    def ask(case: Case) -> None:
        number = answers.total
        insert_known(case, scene, shuffled(number, who))
        # Each its own address, or they would be told to come later.
        headers = {"X-Forwarded-For": f"10.{100 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"}
        what = f"{case.method} {case.path}"
        # It would wait for what doesn't come.
        if "Prefer" in (case.headers or {}):
            case.headers["Prefer"] = "wait=0"
        try:
            response = case.call(
                base_url=scene.shop.site, session=session, headers=headers, cookies=cookies, timeout=60
            )
        except requests.RequestException as error:
            answers.broken(what, case.as_curl_command(), error)
            return
        answers.note(what, case.as_curl_command(), response.status_code, response.content)
        if (response.status_code, code_of(response.content)) in ELSEWHERE:
            return
        try:
            case.validate_response(response, checks=DOCUMENTED)
        except (BaseExceptionGroup, AssertionError) as wrong:
            for one in wrong.exceptions if isinstance(wrong, BaseExceptionGroup) else [wrong]:
                answers.fault(f"{what}: {type(one).__name__}", f"{case.as_curl_command()}\n      {one}")

    return ask
