"""Where recipes are played: at Stripe, or in the sandbox."""

import re
import time
from collections.abc import Iterator
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

import httpx

from tests.contract.shapes import Obj

STRIPE = "https://api.stripe.com"
VERSION = "2026-10-28.endive"
TEST_KEY = re.compile(r"(sk|rk)_test_\w+")
LIVE_KEY = re.compile(r"(sk|rk)_live_")
NO_KEY = "none"  # the Authorization of a request without any
QUIET = 6  # s without a new event, after which Stripe has said everything
PATIENCE = 120  # s
PAUSE = 2  # s
COUNTRY = "DE"  # where the recipes' customers live


class Unplayable(Exception):
    """A recipe couldn't be played to its end."""


class Pays(Protocol):
    """How a hosted page is paid."""

    def __call__(self, session: Obj, card: str, *, name: str, email: str) -> None: ...


class Target:
    """A place that speaks Stripe's API."""

    name = ""

    def __init__(self, url: str, key: str, pays: Pays | None = None) -> None:
        self.pays = pays
        self.host = urlsplit(url).netloc
        self._key = key
        self.http = httpx.Client(base_url=url, timeout=80, trust_env=url.startswith("https://"))

    def close(self) -> None:
        self.http.close()

    def request(self, method: str, path: str, params: Obj, headers: dict[str, str]) -> httpx.Response:
        """Send a request in the form that Stripe's libraries use; ``headers`` may replace the usual ones."""
        given = {"Authorization": f"Bearer {self._key}", "Stripe-Version": VERSION, **headers}
        given = {name: value for name, value in given.items() if value != NO_KEY}
        form = urlencode(list(encode(params)))
        if method == "POST":
            given["Content-Type"] = "application/x-www-form-urlencoded"
            return self.http.request(method, path, content=form, headers=given)
        return self.http.request(method, f"{path}?{form}" if form else path, headers=given)

    def ask(self, method: str, path: str, params: Obj | None = None) -> Obj:
        """Return the body of a reply, which must not be an error."""
        reply = self.request(method, path, params or {}, {})
        if reply.status_code >= 400:
            raise Unplayable(f"{method} {path} is refused with {reply.status_code}.")
        body: Obj = reply.json()
        return body

    def pay(self, session: Obj, card: str, *, name: str = "Ada Lovelace", email: str = "") -> None:
        if self.pays is None:
            raise Unplayable("Paying a hosted page needs a browser.")
        self.pays(session, card, name=name, email=email)

    def begin(self) -> None:
        """Prepare for a recipe, and remember where its events begin."""
        raise NotImplementedError

    def events(self) -> list[Obj]:
        """Return the events since then, in any order."""
        raise NotImplementedError

    def let_pass(self, seconds: int) -> None:
        """Let time pass."""
        raise NotImplementedError

    def start_clock(self) -> str | None:
        """Return the id of a test clock; None if the target is a clock itself."""
        raise NotImplementedError

    def advance(self, clock: str | None, seconds: int) -> None:
        raise NotImplementedError


class Stripe(Target):
    """Stripe's test mode."""

    name = "Stripe"

    def __init__(self, key: str, pays: Pays | None = None, *, url: str = STRIPE) -> None:
        super().__init__(url, key, pays)
        self.quiet: float = QUIET
        self._latest: str | None = None
        self._times: dict[str, int] = {}  # of test clocks

    def begin(self) -> None:
        page = self.ask("GET", "/v1/events", {"limit": 1})["data"]
        self._latest = page[0]["id"] if page else None

    def events(self) -> list[Obj]:
        """Wait until nothing more happens: events arrive some seconds after the reply."""
        found, last = self._events(), time.monotonic()
        while time.monotonic() - last < self.quiet:
            time.sleep(min(PAUSE, self.quiet))
            if len(now := self._events()) != len(found):
                found, last = now, time.monotonic()
        return found

    def _events(self) -> list[Obj]:
        found: list[Obj] = []
        page: Obj = {"has_more": True}
        newest = self._latest
        while page["has_more"]:
            before = {"ending_before": newest} if newest else {}
            page = self.ask("GET", "/v1/events", {"limit": 100, **before})
            found += page["data"]
            newest = page["data"][0]["id"] if page["data"] else newest
        return found

    def let_pass(self, seconds: int) -> None:
        time.sleep(seconds)

    def start_clock(self) -> str | None:
        now = int(time.time())
        clock = self.ask("POST", "/v1/test_helpers/test_clocks", {"frozen_time": now, "name": "contract"})
        self._times[clock["id"]] = now
        return str(clock["id"])

    def advance(self, clock: str | None, seconds: int) -> None:
        assert clock is not None
        self._times[clock] += seconds
        path = f"/v1/test_helpers/test_clocks/{clock}"
        self.ask("POST", f"{path}/advance", {"frozen_time": self._times[clock]})
        deadline = time.monotonic() + PATIENCE
        while self.ask("GET", path)["status"] != "ready":
            if time.monotonic() > deadline:
                raise Unplayable("A test clock doesn't arrive.")
            time.sleep(PAUSE)


class Sandbox(Target):
    """The sandbox; also through a proxy at another ``url``."""

    name = "the sandbox"

    def __init__(self, url: str, key: str, pays: Pays | None = None) -> None:
        super().__init__(url, key, pays)
        self.pays = pays or self.pay_at_once

    def control(self, path: str, given: Obj | None = None) -> Any:
        reply = self.http.post(f"/_sandbox/{path}", json=given or {})
        if reply.status_code >= 400 and "outcome" not in reply.json():
            raise Unplayable(f"/_sandbox/{path}: {reply.json()['error']}")
        return reply.json()

    def pay_at_once(self, session: Obj, card: str, *, name: str, email: str) -> None:
        """Pay through the control surface, which does what the page does."""
        # Where nothing is to pay, the page asks for nothing but the address.
        given: Obj = {"card": card, "name": name, "country": COUNTRY} if card else {"name": None}
        if email:
            given["email"] = email
        paid = self.control(f"sessions/{session['id']}/pay", given)
        if paid["outcome"] == "requires_action":
            self.control(f"sessions/{session['id']}/complete_3ds", {"ok": True})

    def begin(self) -> None:
        self.control("reset")

    def events(self) -> list[Obj]:
        found: list[Obj] = self.http.get("/_sandbox/objects?kind=event").json()["objects"]
        return found

    def let_pass(self, seconds: int) -> None:
        self.control("clock", {"seconds": seconds})

    def start_clock(self) -> str | None:
        return None

    def advance(self, clock: str | None, seconds: int) -> None:
        self.let_pass(seconds)


def encode(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield the pairs of a form: ``a[b][0]=1``. None is left out."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from encode(item, f"{name}[{key}]" if name else key)
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from encode(item, f"{name}[{position}]")
    elif value is not None:
        yield name, str(value).lower() if isinstance(value, bool) else str(value)


def check_key(key: str) -> None:
    """Raise ``SystemExit`` with a sentence unless ``key`` is one of test mode. It is never printed."""
    if LIVE_KEY.match(key):
        raise SystemExit(
            "STRIPE_CONTRACT_KEY is a live key, so nothing was sent. The recipes pay, refund and cancel: use "
            "a key of Stripe's test mode, sk_test_…"
        )
    if not TEST_KEY.fullmatch(key):
        raise SystemExit(
            "STRIPE_CONTRACT_KEY is no test key of Stripe's: those begin with sk_test_ or rk_test_."
        )
