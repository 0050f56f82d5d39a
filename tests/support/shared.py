"""
What several tests begin with, made once: a fixture with ``@shared`` instead of ``@pytest.fixture``.

Tests of a module that follow each other and ask for the same one find the database and Stripe as it has left
them, whatever the test before did: a transaction is around all of them and a savepoint around each, and the
sandbox returns to a snapshot. So it depends on no other fixture, and is given a ``BoxOffice``.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.test import Client, override_settings

from payments.gateway.client import stripe_client
from tests.support.sandbox import Sandbox
from tests.support.shop import BoxOffice

Make = Callable[[BoxOffice], Any]
MAKES = "_makes_what_is_shared"


def shared(make: Make) -> Any:
    """Make a fixture of a function that is called once for the tests that share what it returns."""

    def value(_beginning: Any, db: None, stripe: Sandbox) -> Any:
        return _beginning

    value.__doc__ = make.__doc__
    setattr(value, MAKES, make)
    return pytest.fixture(name=make.__name__)(value)


class Beginnings:
    """The one beginning that there is at a time."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._key: Any = None
        self._value: Any = None
        self._around: transaction.Atomic | None = None

    def enter(self, item: pytest.Item, make: Make) -> Any:
        """Return what ``make`` returned for this module, with the world as it was then."""
        if commits(item):
            return self._make(make)
        if self._key != self._key_of(item):
            self._begin(make)
            self._key = self._key_of(item)
        self._sandbox.post("/restore")
        return self._value

    def leave(self, following: pytest.Item | None) -> None:
        """Forget it, unless the test that is next shares it."""
        if self._around and (following is None or self._key != self._key_of(following)):
            transaction.set_rollback(True)
            self._around.__exit__(None, None, None)
            self._key = self._value = self._around = None

    def _key_of(self, item: pytest.Item) -> Any:
        return None if commits(item) else (item.path, make_of(item))

    def _begin(self, make: Make) -> None:
        self._around = transaction.atomic()
        self._around._from_testcase = True  # type: ignore[attr-defined]  # As Django's own, durable ones may be in it.
        self._around.__enter__()
        try:
            self._value = self._make(make)
        except BaseException:
            self.leave(None)
            raise
        self._sandbox.post("/snapshot")

    def _make(self, make: Make) -> Any:
        self._sandbox.post("/reset")
        stripe_client.cache_clear()
        with override_settings(STRIPE_API_BASE=self._sandbox.url):
            value = make(BoxOffice(Client(), self._sandbox))
        stripe_client.cache_clear()
        assert self._sandbox.problems() == []
        return value


def commits(item: pytest.Item) -> bool:
    """Whether a test is in no transaction that could be rolled back."""
    marker = item.get_closest_marker("django_db")
    return bool(marker and marker.kwargs.get("transaction"))


def make_of(item: pytest.Item) -> Make | None:
    """Return what makes the beginning of a test, if it shares one."""
    assert isinstance(item, pytest.Function)
    found = [
        make
        for definitions in item._fixtureinfo.name2fixturedefs.values()
        if (make := getattr(definitions[-1].func, MAKES, None))
    ]
    assert len(found) <= 1, "A test has one beginning."
    return found[0] if found else None
