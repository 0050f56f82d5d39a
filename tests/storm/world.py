"""The world of one run: the shop, Stripe, their common clock, and what has happened so far."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine
from django.apps import apps
from django.core import mail
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.test import Client
from django.utils import timezone
from procrastinate.exceptions import ConnectorException

from bookings.models import Area, AreaKind, Event, SaleCode, Seat, TicketType
from bookings.seats.layout import add_rows
from payments.gateway.errors import StripeRefused, StripeUnavailable
from tests.storm.actors import strikes
from tests.storm.actors.strikes import Strike
from tests.storm.log import LOG
from tests.support.sandbox import Sandbox, encode, sign
from tests.support.shop import SECRET

Json = dict[str, Any]
COUPONS = {"TENTH": "10", "ALL": "100"}
APPS = ("payments", "bookings", "customers", "procrastinate")


class Found(AssertionError):
    """The shop did something wrong."""


class Stripe(Sandbox):
    """The sandbox, with methods for actions that may be refused."""

    def attempt(self, path: str, **body: Any) -> Any:
        """Call the control API; return its answer, or None if the action isn't possible now."""
        response = self._post(f"/_sandbox{path}", body)
        assert response.status_code < 500, response.text
        return response.json() if response.is_success else None

    def session(self, session_id: str) -> Any:
        """Return a session by the control API, which faults don't affect."""
        return next(session for session in self.objects("checkout.session") if session["id"] == session_id)

    def refund_by_hand(self, payment_intent_id: str, amount: int | None) -> bool:
        """Refund as in Stripe's dashboard; return whether Stripe accepted it."""
        form = {"payment_intent": payment_intent_id, **({"amount": str(amount)} if amount else {})}
        return self._http.post("/v1/refunds", data=form).is_success

    def faults(self) -> list[Json]:
        return self._get("/_sandbox/faults")["faults"]


class World:
    """
    The shop and Stripe, both empty at first, with the same clock.

    ``purchases`` has the sessions that customers know, ``free`` the references of bookings that cost nothing,
    and ``sold`` those of what was sold at the counter. Events are delivered only by actions: ``delivered``
    has those that arrived, ``lost`` the ids of those that never will.
    """

    def __init__(self, stripe: Stripe) -> None:
        self.stripe = stripe
        self.client = Client(raise_request_exception=False)
        self.purchases: list[str] = []
        self.free: list[str] = []
        self.sold: list[str] = []
        self.wishes: list[tuple[Json, str]] = []
        self.answered: dict[str, str] = {}
        self.delivered: list[Json] = []
        self.lost: set[str] = set()
        self.challenged: list[str] = []
        self.held_answers: list[Callable[[], object]] = []
        self.strike: Strike | None = None
        self.faults: list[Json] = []
        stripe.post("/reset")
        for name, percent in COUPONS.items():
            stripe.coupon(id=name, percent_off=percent)
        forget_everything()
        self.travel = time_machine.travel(datetime.now(UTC), tick=True)
        self.clock = self.travel.start()
        self.event = make_event()

    def end(self) -> None:
        self.travel.stop()

    def wait(self, seconds: float) -> None:
        """Let time pass, here and at Stripe."""
        self.clock.shift(seconds)
        self.stripe.post("/clock", {"seconds": seconds})

    def post(self, path: str, body: Json, **headers: str) -> Any:
        return self.ask("post", path, body, content_type="application/json", headers=headers)

    def get(self, path: str, **query: str) -> Any:
        return self.ask("get", path, query)

    def ask(self, method: str, path: str, *given: Any, **more: Any) -> Any:
        """Send a request to the shop. Raise ``Found`` on a 500, unless something was made to fail."""
        with self.trying() as excused:
            response = getattr(self.client, method)(path, *given, **more)
            if response.status_code == 500 and not excused():
                raise Found(f"{path}: {response.content!r}") from getattr(response, "exc_info", [None] * 2)[1]
        return response

    def deliver(self, event: Json) -> int:
        """Deliver an event as Stripe does, and return the status of the answer."""
        body = encode(event)
        headers = {"Stripe-Signature": sign(body, SECRET)}
        answer = self.ask(
            "post", "/api/webhook/stripe", body, content_type="application/json", headers=headers
        )
        if answer.status_code == 200:
            self.delivered.append(event)
        return int(answer.status_code)

    def undelivered(self) -> list[Json]:
        known = {event["id"] for event in self.delivered} | self.lost
        return [event for event in self.stripe.objects("event") if event["id"] not in known]

    def deliver_all(self) -> None:
        """Deliver all events that weren't lost, oldest first."""
        for event in self.undelivered():
            if (status := self.deliver(event)) != 200:
                raise Found(f"{event['type']} is answered with {status}.")

    def attempt(self, action: Callable[[], object], *refusals: type[Exception]) -> bool:
        """
        Run ``action``, and return whether it succeeded.

        Raise ``Found`` if it fails with an error of the database or of Stripe that wasn't caused on purpose.
        ``refusals`` are exceptions that it may raise.
        """
        with self.trying() as excused:
            try:
                action()
            except refusals:
                return False
            except (DatabaseError, ConnectorException, StripeUnavailable, StripeRefused) as error:
                if not excused():
                    raise Found(f"{error!r}") from error
                return False
        return True

    @contextmanager
    def trying(self) -> Iterator[Callable[[], bool]]:
        """Arm a waiting strike; yield a function that returns whether anything was made to fail."""
        strike, self.strike = self.strike, None
        struck: list[bool] = []
        if strike:
            strikes.arm(strike)

        def excused() -> bool:
            if not struck:
                struck.append(bool(strike and disarm(strike)) | self.take_faults())
            return struck[0]

        try:
            yield excused
        finally:
            excused()

    def take_faults(self) -> bool:
        """Count the sandbox's faults since the last call, and return whether there were any."""
        if not self.faults:
            return False
        left = {(fault["match"], fault["do"]): fault["times"] for fault in self.stripe.faults()}
        hit = False
        for fault in self.faults:
            times = fault["times"] - left.get((fault["match"], fault["do"]), 0)
            if times:
                LOG.faults[f"Stripe: {fault['do']} at {fault['match']}"] += times
                hit = True
        self.faults = [dict(fault) for fault in self.stripe.faults()]
        return hit

    def add_fault(self, match: str, do: str, times: int) -> None:
        if (match, do) not in [(fault["match"], fault["do"]) for fault in self.faults]:
            self.stripe.fault(match, do, times=times)
            self.faults.append({"match": match, "do": do, "times": times})


def disarm(strike: Strike) -> bool:
    if not strikes.disarm(strike):
        return False
    LOG.faults[f"PostgreSQL refuses a write to {strike.table}"] += 1
    return True


def forget_everything() -> None:
    """Empty the shop's tables. Runs commit, so that only the shop itself rolls anything back."""
    models = [
        model for app in APPS for model in apps.get_app_config(app).get_models(include_auto_created=True)
    ]
    tables = [
        model._meta.db_table for model in models if model._meta.managed or "job" in model._meta.db_table
    ]
    with connection.cursor() as cursor:
        cursor.execute("; ".join(f"DELETE FROM {table}" for table in [*tables, "auth_user"]))
    cache.clear()
    mail.outbox = []


def make_event() -> Event:
    """Create an event with few seats, so that customers compete for them."""
    now = timezone.now()
    event = Event.objects.create(
        title="Storm Night",
        visibility="published",
        slug="storm",
        venue="The Lighthouse",
        starts_at=now + timedelta(days=6),
        ends_at=now + timedelta(days=6, hours=2),
        sales_from=now - timedelta(days=1),
        sales_until=now + timedelta(days=5),
        cancellable_until=now + timedelta(days=5),
        cancellation_fee_percent=10,
        organiser_name="The Lighthouse",
        organiser_email="box-office@example.com",
    )
    add_rows(event, rows="A", numbers=range(1, 4), price=4200)
    add_rows(event, rows="B", numbers=range(1, 3), price=3200)
    floor = Area.objects.create(event=event, slug="floor", name="Floor", kind=AreaKind.STANDING)
    Seat.objects.bulk_create(
        Seat(event=event, area=floor, number=number, label=f"Floor {number}", price=2500)
        for number in range(1, 5)
    )
    TicketType.objects.create(event=event, slug="child", name="Child", percent_off=50, quota=2)
    TicketType.objects.create(event=event, slug="carer", name="Carer", price=0, at_most=1)
    SaleCode.objects.create(event=event, code="TEN", percent_off=10, limit=2)
    SaleCode.objects.create(event=event, code="GIFT", percent_off=100, limit=1, places_at_most=2)
    return event
