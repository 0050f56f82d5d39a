"""One recipe that is being played at one target."""

import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx

from tests.contract.compare import Step, Trace
from tests.contract.shapes import Obj, headers_of, ids_in, shape_of
from tests.contract.targets import Target, Unplayable

NOT_OURS = ("acct_", "req_")  # ids that recipes share


class Play:
    """What a recipe does everything with. A request with a ``step``'s name is compared, others prepare it."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.trace = Trace()
        self.requests: list[str] = []  # their ids
        self.known: set[str] = set()  # ids of the objects that the recipe has to do with
        self.unique = f"contract{uuid.uuid4().hex[:8]}"  # for what must not have been there before
        self.clean_ups: list[tuple[str, str]] = []

    def post(self, path: str, params: Obj | None = None, *, step: str = "", **headers: str) -> Obj:
        """Send a POST, with an idempotency key unless one is given (``Idempotency_Key=""`` sends none)."""
        headers.setdefault("Idempotency_Key", str(uuid.uuid4()))
        return self.send("POST", path, params, step=step, headers=headers)

    def get(self, path: str, params: Obj | None = None, *, step: str = "", **headers: str) -> Obj:
        return self.send("GET", path, params, step=step, headers=headers)

    def delete(self, path: str, params: Obj | None = None, *, step: str = "", **headers: str) -> Obj:
        return self.send("DELETE", path, params, step=step, headers=headers)

    def send(self, method: str, path: str, params: Obj | None, *, step: str, headers: dict[str, str]) -> Obj:
        given = {name.replace("_", "-"): value for name, value in headers.items() if value}
        reply = self.target.request(method, path, params or {}, given)
        body = body_of(reply)
        if step:
            self.record(step, method, path, given, reply, body)
        elif reply.status_code >= 400:
            message = body.get("error", {}).get("message") if isinstance(body, dict) else body
            raise Unplayable(f"{method} {path} is refused with {reply.status_code}: {message}")
        self.requests.append(reply.headers.get("Request-Id", ""))
        if body.get("object") != "list" and reply.status_code < 400:
            self.known |= {found for found in ids_in(body) if not found.startswith(NOT_OURS)}
        return body

    def record(
        self, step: str, method: str, path: str, headers: dict[str, str], reply: httpx.Response, body: Any
    ) -> None:
        assert step not in self.trace.steps, f"Two steps are called {step!r}."
        host = self.target.host
        shown = shape_of(path, host=host)
        self.trace.steps[step] = Step(
            request=f"{method} {shown}",
            status=reply.status_code,
            headers=headers_of(
                dict(reply.headers), key=headers.get("Idempotency-Key"), requests=self.requests
            ),
            body=shape_of(body, host=host),
        )

    def note(self, name: str, value: Any) -> None:
        """Compare a fact that no single reply shows."""
        self.trace.notes[name] = value

    def pay(self, session: Obj, card: str, **more: str) -> None:
        """Pay a session on its page; what happened shows in the objects."""
        self.target.pay(session, card, **more)

    def settle(self) -> None:
        """Let a few seconds pass, so that everything that follows a payment has happened."""
        self.target.let_pass(5)

    def wait(self, path: str, is_over: Callable[[Obj], bool]) -> Obj:
        """Return an object once it is as wanted, such as a refund that isn't pending any more."""
        for _ in range(20):
            if is_over(found := self.get(path)):
                return found
            self.target.let_pass(10)
        raise Unplayable(f"{path} doesn't come to what the recipe waits for.")

    def clock(self) -> "Clock":
        """Return a clock: a test clock at Stripe, the sandbox's own there."""
        return Clock(self)

    def later(self, method: str, path: str) -> None:
        """Clean up after the recipe, also after a failed one."""
        self.clean_ups.append((method, path))

    def clean_up(self) -> None:
        for method, path in reversed(self.clean_ups):
            with suppress(httpx.HTTPError):
                self.target.request(method, path, {}, {})


class Clock:
    """Time for subscriptions. Create the customer with ``params``."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.id = play.target.start_clock()
        if self.id is not None:
            play.later("DELETE", f"/v1/test_helpers/test_clocks/{self.id}")

    @property
    def params(self) -> Obj:
        return {} if self.id is None else {"test_clock": self.id}

    def advance(self, *, days: float = 0, hours: float = 0) -> None:
        self.play.target.advance(self.id, round(days * 86_400 + hours * 3_600))


def body_of(reply: httpx.Response) -> Obj:
    try:
        body = reply.json()
    except ValueError:
        return {"text": reply.text}
    return body if isinstance(body, dict) else {"value": body}
