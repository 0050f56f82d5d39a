import gc
import math
import os
import tempfile
from collections.abc import Iterator
from itertools import chain, count, islice
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import translation
from pytest_django.plugin import DjangoDbBlocker
from stripe import HTTPClient

from bookings.models import Event
from branding.models import Shop, assume
from config.dev.process_group import Processes, answers
from payments.gateway.client import stripe_client
from tests.storm.seed import choose_seed, command
from tests.support.at_the_door.phones import MakeDevice, pair_device
from tests.support.patience import PATIENCE
from tests.support.ports import free_port
from tests.support.postgres.databases import migrated
from tests.support.postgres.emptying import empty_instead_of_flushing
from tests.support.sandbox import Sandbox
from tests.support.shared import Beginnings, commits, make_of
from tests.support.shop import KEY, UNLIMITED, BoxOffice, Buy, Deliver, Purchase, make_event
from tests.support.stripe_schema.counts import (  # noqa: F401
    pytest_sessionfinish,
    pytest_terminal_summary,
    pytest_testnodedown,
)

BROWSER = "tests/browser/"
# What takes half a minute or more, alternately for one worker and for another.
SLOW = (
    *("tests/storm/", "tests/crash/", "tests/cluster/test_cluster.py", "tests/config/test_demo.py"),
    *("tests/fuzz/", "tests/config/database/test_locks.py", "tests/payments/event_changes/test_killed.py"),
)
FOLLOWING = pytest.StashKey[pytest.Item | None]()  # the test that comes after the one that is being left
FOLDERS = count()


def pytest_configure() -> None:
    choose_seed()
    empty_instead_of_flushing()
    # What pytest collects stays until the end: looking for garbage among it took half of the time for that.
    gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    # Django's queries and templates make many objects that nothing leads back to. Python looks at them after
    # 700 already, which took a twelfth of the tests' time.
    gc.set_threshold(50_000, 20, 100)
    gc.enable()


def pytest_unconfigure() -> None:
    gc.unfreeze()  # Or zxing-cpp would find at the end that its types leak.


def pytest_report_header() -> str:
    return f"storm: {command()}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """
    Begin with what takes long, so that no worker is left with it in the end.

    Each of them is given as many tests, in the order that they are in. The first begins with the browser's,
    which share a shop, and the others with those that are slow alone.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    shares: list[list[pytest.Item]] = [[] for _ in range(workers)]
    shares[0] += [item for item in items if item.nodeid.startswith(BROWSER)]
    for number, room in enumerate(SLOW):
        shares[1 + number % (workers - 1) if workers > 1 else 0] += [
            item for item in items if item.nodeid.startswith(room)
        ]
    others = iter([item for item in items if not item.nodeid.startswith((BROWSER, *SLOW))])
    for share in shares:
        share += islice(others, max(0, len(items) // workers - len(share)))
    items[:] = [*chain.from_iterable(shares), *others]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_keepdb: bool
) -> None:
    """Copy the tests' database from one that has the tables already."""
    if not django_db_keepdb:
        connection.settings_dict["TEST"]["TEMPLATE"] = migrated()


@pytest.fixture(scope="module")
def open_folder() -> Iterator[Path]:
    """A folder for a PostgreSQL: run by root it is another user's, whom pytest's folders shut out."""
    with tempfile.TemporaryDirectory(prefix="admit-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox without a webhook endpoint: tests deliver its events themselves."""
    folder: Path = tmp_path_factory.mktemp("sandbox")
    port = free_port()
    state = str(folder / "state.sqlite3")
    with Processes({}, logs=folder) as processes:
        processes.start("sandbox", "sandbox", "--port", str(port), "--state", state, "--key", KEY, *UNLIMITED)
        processes.wait_until(lambda: answers(port), seconds=PATIENCE)
        stripe = Sandbox(f"http://127.0.0.1:{port}", KEY)
        yield stripe
        stripe.close()


@pytest.fixture(scope="session")
def _beginnings(sandbox: Sandbox, django_db_setup: None) -> Beginnings:
    return Beginnings(sandbox)


@pytest.fixture(autouse=True)
def _beginning(request: pytest.FixtureRequest, django_db_blocker: DjangoDbBlocker) -> Iterator[Any]:
    """What the test shares with its neighbours: see ``tests.support.shared``."""
    make = make_of(request.node)
    if make is None:
        yield None
        return
    beginnings = request.getfixturevalue("_beginnings")
    with django_db_blocker.unblock():
        value = beginnings.enter(request.node, make)
    yield value
    with django_db_blocker.unblock():
        beginnings.leave(request.config.stash[FOLLOWING])


@pytest.fixture(autouse=True)
def _quick_retries(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask Stripe again without a pause, except in tests with threads, which wait for each other."""
    if not commits(request.node):
        monkeypatch.setattr(HTTPClient, "INITIAL_DELAY", 0.01)  # s


@pytest.fixture
def stripe(request: pytest.FixtureRequest, sandbox: Sandbox, settings: Any) -> Iterator[Sandbox]:
    """
    Stripe without faults: empty, or as the shared beginning has left it.

    Whatever is said to it and by it must fit Stripe's own schema.
    """
    if make_of(request.node) is None:
        sandbox.post("/reset")
    settings.STRIPE_API_BASE = sandbox.url
    stripe_client.cache_clear()
    yield sandbox
    stripe_client.cache_clear()
    assert sandbox.problems() == []


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    cache.clear()


@pytest.fixture(autouse=True)
def _shop_of_nobody() -> None:
    """Know what the empty table says, so that no test counts the question or keeps another's answer."""
    assume(Shop(), seconds=math.inf)


@pytest.fixture(autouse=True)
def _no_pictures(settings: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep uploads in a folder of the test's own: `fsck` finds files of any other."""
    settings.MEDIA_ROOT = tmp_path_factory.getbasetemp() / f"media-{next(FOLDERS)}"


@pytest.fixture(autouse=True)
def _english() -> None:
    """Forget the language that the last request was answered in."""
    translation.deactivate()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    item.config.stash[FOLLOWING] = nextitem


@pytest.fixture
def event(db: None) -> Event:
    """The event on sale: that of the shared beginning, if there is one."""
    return Event.objects.filter(slug="demo-night").first() or make_event()


@pytest.fixture
def make_device() -> MakeDevice:
    """A function that pairs a device for these events."""
    return pair_device


@pytest.fixture
def box_office(client: Client, stripe: Sandbox) -> BoxOffice:
    return BoxOffice(client, stripe)


@pytest.fixture
def buy(box_office: BoxOffice, event: Event) -> Buy:
    return box_office.buy


@pytest.fixture
def deliver(box_office: BoxOffice) -> Deliver:
    return box_office.deliver


@pytest.fixture
def purchase(buy: Buy) -> Purchase:
    return buy()


@pytest.fixture
def paid(purchase: Purchase, stripe: Sandbox, deliver: Deliver) -> Purchase:
    """Seats A-1 and A-2, paid: 84.00."""
    stripe.pay(purchase.session_id)
    deliver("completed", purchase)
    return purchase


@pytest.fixture
def released(purchase: Purchase, stripe: Sandbox, deliver: Deliver) -> Purchase:
    """A purchase of A-1 and A-2 whose session has expired."""
    stripe.expire(purchase.session_id)
    deliver("expired", purchase)
    return purchase
