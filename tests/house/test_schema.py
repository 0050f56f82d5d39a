"""
``/api/schema`` and the code say the same: every operation is called, in every outcome that is documented.

What a test calls for is beside it, and ``api`` fails it if anything said or answered isn't in the schema.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from django.contrib.admindocs.views import extract_views_from_urlpatterns, simplify_regex
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from bookings.door.devices.pairing import invite
from bookings.models import Device, Event, Scan
from bookings.money import MAXIMUM
from bookings.orders.visitors import digest
from bookings.tickets import tokens
from config.views import unknown_api
from customers.models import RequestCount
from payments.models import Payment, PaymentStatus, Subscription
from payments.models.payment import UNDECIDED
from tests.bookings.buying.house import add_floor
from tests.bookings.places.club import add_code, add_type, make_club
from tests.house.openapi import Api, operations, outcomes
from tests.legal.house import publish_terms
from tests.support.at_the_door.phones import DoorClient, MakeDevice, open_doors
from tests.support.members import Member, make_member, make_plan
from tests.support.sandbox import Sandbox, encode, sign
from tests.support.shop import SECRET, Deliver, Purchase

CANCEL = "POST /api/bookings/{reference}/cancel"
SYNC = "GET /api/bookings/sync"
CHECKOUT = "POST /api/checkout"
EVENTS = "GET /api/events"
EVENT = "GET /api/events/{slug}"
SEATS = "GET /api/events/{slug}/seats"
BEST = "GET /api/events/{slug}/seats/best"
STATUS = "GET /api/payment-status"
VERIFY = "POST /api/payment-status/verify"
MEMBERSHIP = "GET /api/subscription-status"
VERIFY_MEMBERSHIP = "POST /api/subscription-status/verify"
WEBHOOK = "POST /api/webhook/stripe"
PAIR = "POST /api/door/pair"
SCANS = "POST /api/door/scans"
UNDO = "POST /api/door/scans/{nonce}/undo"
LIST = "GET /api/door/events/{event_id}/list"
SEARCH = "GET /api/door/events/{event_id}/search"
CONFLICTS = "GET /api/door/events/{event_id}/conflicts"
SETTLE = "POST /api/door/conflicts/{conflict_id}/settle"
OF_DEVICES = [SCANS, UNDO, LIST, SEARCH, CONFLICTS, SETTLE]

NONCE = "5f2b8a64-9a0e-4d43-8f5e-0f8f5c0b7a11"
WISH = {"event": "demo-night", "seats": ["A-1", "A-2"], "name": "Ada", "email": "ada@example.com"}
FOREIGN = {
    "id": "evt_1foreign",
    "object": "event",
    "type": "checkout.session.completed",
    "data": {"object": {"id": "cs_foreign", "object": "checkout.session", "metadata": {"order": "7"}}},
}
# A call of each operation that is good as far as it goes.
EXAMPLES: dict[str, dict[str, Any]] = {
    CANCEL: {"reference": "A" * 26, "body": {}},
    SYNC: {},
    CHECKOUT: {"body": WISH},
    EVENTS: {},
    EVENT: {"slug": "demo-night"},
    SEATS: {"slug": "demo-night"},
    BEST: {"slug": "demo-night", "query": {"quantity": 2}},
    STATUS: {"query": {"session_id": "cs_1"}},
    VERIFY: {"body": {"session_id": "cs_1"}},
    MEMBERSHIP: {},
    VERIFY_MEMBERSHIP: {},
    WEBHOOK: {"body": FOREIGN},
    PAIR: {"body": {"code": "12345678"}},
    SCANS: {"body": {"scans": [{"nonce": NONCE, "token": "x", "scanned_at": "2026-12-01T19:00:00Z"}]}},
    UNDO: {"nonce": NONCE, "body": {}},
    LIST: {"event_id": 1},
    SEARCH: {"event_id": 1, "query": {"q": "ada"}},
    CONFLICTS: {"event_id": 1},
    SETTLE: {"conflict_id": 1, "body": {"how": "seen"}},
}
READ_JSON = [CANCEL, CHECKOUT, VERIFY, PAIR, SCANS, UNDO, SETTLE]
NEED_SOMETHING = [CANCEL, CHECKOUT, VERIFY, PAIR, SCANS, SETTLE]  # in their body
UNTRIED = {
    "408 too_slow": "Answered before Django is asked: see tests/config/server/test_request_body.py.",
    "413 too_large": "Before Django, too.",
    "414 address_too_long": "Before Django, too: see tests/config/server/test_request_head.py.",
    "431 headers_too_large": "Before Django, too.",
}
UNDOCUMENTED = {
    "/api/schema": "It is the document itself.",
    "/api": "What is nowhere else under /api/ is answered by unknown_api, with 404.",
}

Test = TypeVar("Test", bound=Callable[..., None])
tried: dict[str, set[str]] = {}  # by the name of the test


def tries(*said: str) -> Callable[[Test], Test]:
    """Name the outcomes that a test calls for: an operation, a status, and an error's code."""

    def note(test: Test) -> Test:
        tried[test.__name__] = set(said)
        return test

    return note


@pytest.fixture
def api(db: None, client: Client, request: pytest.FixtureRequest) -> Iterator[Api]:
    api = Api(client)
    yield api
    missing = tried[request.function.__name__] - api.seen
    assert missing == set()


@pytest.fixture
def signed_in(client: Client, db: None) -> User:
    user = User.objects.create_user("ada", "ada@example.com")
    client.force_login(user, backend="customers.backends.MailedCodeBackend")
    return user


@pytest.fixture
def phone(api: Api, event: Event, make_device: MakeDevice) -> DoorClient:
    """A supervisor's device that ``api`` calls with."""
    return hold(api, make_device(open_doors(event), role="supervisor"))


def hold(api: Api, phone: DoorClient) -> DoorClient:
    """Call with this device from now on."""
    api.client.cookies["door"] = phone.cookies["door"].value
    return phone


@pytest.fixture
def ada(stripe: Sandbox, api: Api, db: None) -> Member:
    """A customer who is signed in in the browser that ``api`` calls with."""
    member = make_member(stripe)
    api.client = member.client
    return member


def signed(event: dict[str, Any]) -> dict[str, str]:
    return {"Stripe-Signature": sign(encode(event), SECRET)}


def call(api: Api, name: str, **changes: Any) -> Any:
    """Call an operation as in ``EXAMPLES``."""
    example = {**EXAMPLES[name], **changes}
    if name == WEBHOOK:
        example["headers"] = {**signed(FOREIGN), **example.get("headers", {})}
    return api(name, **example)


def exhaust(scope: str, count: int) -> None:
    """Let so many requests have come from the test's address just now."""
    key = f"{scope}:{digest('network', '127.0.0.1')}"
    RequestCount.objects.update_or_create(key=key, defaults={"began_at": timezone.now(), "number": count})


@contextmanager
def silence(stripe: Sandbox) -> Iterator[None]:
    """Let Stripe fail for a while."""
    stripe.fault("* /v1/*", "500_before", times=None)
    yield
    stripe.clear_faults()


# The document


def test_the_document_is_valid_openapi(tmp_path: Any) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yaml"))


def test_every_route_is_in_it(db: None) -> None:
    found = {}
    for view, regex, *_names in extract_views_from_urlpatterns(get_resolver().url_patterns):
        path = simplify_regex(str(regex)).rstrip("/").replace("<", "{").replace(">", "}")
        if path == "/api" or path.startswith("/api/"):
            found[path] = view
    documented = {name.split()[1] for name in operations()}
    methods = {
        f"{method.upper()} {path}"
        for path, view in found.items()
        for method in ("get", "post", "put", "patch", "delete")
        if path not in UNDOCUMENTED and hasattr(getattr(view, "view_class", view), method)
    }

    assert set(found) - documented == set(UNDOCUMENTED)
    assert found["/api"] is unknown_api
    assert methods == set(operations())


def test_every_outcome_in_it_is_tried(db: None) -> None:
    excused = {name for name in outcomes() if any(name.endswith(untried) for untried in UNTRIED)}

    assert set().union(*tried.values()) == outcomes() - excused


def test_it_names_the_parameters_of_the_contract(db: None) -> None:
    named = {
        name: {it["name"] for it in said.get("parameters", []) if it["in"] != "path"}
        for name, said in operations().items()
    }

    assert named == {
        CANCEL: {"refund"},
        SYNC: {"If-None-Match", "Prefer"},
        CHECKOUT: {"Idempotency-Key"},
        EVENTS: {"If-None-Match"},
        EVENT: {"If-None-Match", "Prefer"},
        SEATS: {"If-None-Match", "Prefer"},
        BEST: {"most", "quantity"},
        STATUS: {"session_id", "If-None-Match", "Prefer"},
        VERIFY: set(),
        MEMBERSHIP: {"If-None-Match", "Prefer"},
        VERIFY_MEMBERSHIP: set(),
        WEBHOOK: {"Stripe-Signature"},
        PAIR: set(),
        SCANS: set(),
        UNDO: set(),
        LIST: {"since", "digest", "If-None-Match", "Prefer"},
        SEARCH: {"q"},
        CONFLICTS: {"If-None-Match", "Prefer"},
        SETTLE: set(),
    }


# What any operation may answer


@tries(*[f"{name} 503 unavailable" for name in EXAMPLES])
def test_any_is_503_while_the_database_is_away(api: Api, signed_in: User, phone: DoorClient) -> None:
    def away(*_statement: Any) -> None:
        raise OperationalError("away")

    with connection.execute_wrapper(away):
        for name in EXAMPLES:
            call(api, name)


@tries(*[f"{name} 500 server_error" for name in EXAMPLES])
def test_any_is_500_after_a_mistake_of_ours(api: Api, signed_in: User, phone: DoorClient) -> None:
    def mistake(*_statement: Any) -> None:
        raise RuntimeError("a mistake")

    api.client.raise_request_exception = False
    with connection.execute_wrapper(mistake):
        for name in EXAMPLES:
            call(api, name)


@tries(*[f"{name} 400 bad_request" for name in EXAMPLES])
def test_any_is_400_for_another_host(api: Api) -> None:
    for name in EXAMPLES:
        call(api, name, headers={"Host": "stranger.example"})


@tries(*[f"{name} 406 not_acceptable" for name in EXAMPLES])
def test_any_is_406_for_who_reads_no_json(api: Api) -> None:
    for name in EXAMPLES:
        call(api, name, headers={"Accept": "text/html"})


@tries(*[f"{name} 400 parse_error" for name in READ_JSON])
def test_half_a_body_is_400(api: Api, phone: DoorClient) -> None:
    for name in READ_JSON:
        call(api, name, body=b"{")


@tries(*[f"{name} 415 unsupported_media_type" for name in READ_JSON])
def test_a_body_that_is_no_json_is_415(api: Api, phone: DoorClient) -> None:
    for name in READ_JSON:
        call(api, name, body=b"hello", content_type="text/plain")


@tries(*[f"{name} 400 invalid" for name in NEED_SOMETHING])
@pytest.mark.parametrize("body", [["a list"], {"seats": []}, {"seats": "A-1", "session_id": {}}])
def test_a_body_of_another_shape_is_400(api: Api, body: Any, phone: DoorClient) -> None:
    for name in NEED_SOMETHING:
        call(api, name, body=body)


@tries(*[f"{name} 401 not_signed_in" for name in (SYNC, MEMBERSHIP, VERIFY_MEMBERSHIP, CHECKOUT)])
def test_what_is_a_customers_own_is_401_for_strangers(api: Api) -> None:
    for name in (SYNC, MEMBERSHIP, VERIFY_MEMBERSHIP):
        call(api, name)
    api(CHECKOUT, {"plan": "friend"})


# POST /api/checkout


@tries(f"{CHECKOUT} 201")
@pytest.mark.parametrize("what", [{"seats": ["A-1"]}, {"quantity": 3}])
def test_seats_are_bought(api: Api, event: Event, stripe: Sandbox, what: Any) -> None:
    wish = {key: value for key, value in WISH.items() if key != "seats"} | what
    first, second = (api(CHECKOUT, wish, headers={"Idempotency-Key": "k1"}) for _time in range(2))

    assert first.json() == second.json()


@tries(f"{CHECKOUT} 200")
def test_a_purchase_that_has_ended_is_told_to_whoever_repeats_it(
    api: Api, event: Event, stripe: Sandbox
) -> None:
    first = api(CHECKOUT, WISH, headers={"Idempotency-Key": "k1"}).json()
    Payment.objects.update(stripe_state="missing")

    assert api(CHECKOUT, WISH, headers={"Idempotency-Key": "k1"}).json()["session_id"] == first["session_id"]


@tries(f"{CHECKOUT} 400 terms_not_accepted")
def test_a_purchase_needs_the_terms_that_the_house_has(api: Api, event: Event, stripe: Sandbox) -> None:
    publish_terms()

    assert api(CHECKOUT, WISH).json()["error"]["terms"] == 1
    assert api(CHECKOUT, {**WISH, "terms": 1}).status_code == 201


@tries(f"{CHECKOUT} 400 idempotency_key_reused", f"{CHECKOUT} 400 invalid")
def test_a_purchase_can_be_wrong(api: Api, event: Event, stripe: Sandbox) -> None:
    api(CHECKOUT, WISH, headers={"Idempotency-Key": "k1"})
    api(CHECKOUT, {**WISH, "seats": ["A-3"]}, headers={"Idempotency-Key": "k1"})
    unknown = api(CHECKOUT, {**WISH, "seats": ["Z-1"]})

    assert unknown.json()["error"]["seats"] == ["Z-1"]


@tries(f"{CHECKOUT} 400 amount_too_large")
def test_a_purchase_can_be_more_than_one_payment(api: Api, event: Event, stripe: Sandbox) -> None:
    event.seats.update(price=MAXIMUM)

    assert api(CHECKOUT, WISH).json()["error"]["most"] == MAXIMUM


@tries(
    f"{CHECKOUT} 404 unknown_event",
    f"{CHECKOUT} 409 seats_taken",
    f"{CHECKOUT} 409 sold_out",
    f"{CHECKOUT} 409 not_on_sale",
)
def test_seats_cannot_always_be_had(api: Api, event: Event, stripe: Sandbox) -> None:
    some = {key: value for key, value in WISH.items() if key != "seats"}
    api(CHECKOUT, {**WISH, "event": "another-night"})
    api(CHECKOUT, WISH)
    taken = api(CHECKOUT, WISH)
    sold_out = api(CHECKOUT, {**some, "quantity": 19})
    Event.objects.update(sales_until=timezone.now())
    api(CHECKOUT, {**some, "quantity": 1})

    assert taken.json()["error"]["seats"] == ["A-1", "A-2"]
    assert sold_out.json()["error"]["free"] == 18


def ask(api: Api, quantity: int, kind: str = "guest", area: str = "floor", **changes: Any) -> None:
    """Ask for places of the club night."""
    places = [{"area": area, "type": kind, "quantity": quantity}]
    some = {key: value for key, value in WISH.items() if key != "seats"}
    api(CHECKOUT, {**some, "event": "club-night", "places": places, **changes})


@tries(
    f"{CHECKOUT} 400 unknown_area",
    f"{CHECKOUT} 400 unknown_type",
    f"{CHECKOUT} 400 unknown_code",
    f"{CHECKOUT} 400 type_count",
    f"{CHECKOUT} 409 price_changed",
)
def test_places_are_asked_for_by_area_type_and_code(api: Api, stripe: Sandbox) -> None:
    add_type(make_club(), "family", at_least=3)

    ask(api, 1, kind="", area="tables")
    ask(api, 1, kind="queen")
    ask(api, 1, kind="", code="NONE")
    ask(api, 2, kind="family")
    ask(api, 1, kind="", total=100)


@tries(
    f"{CHECKOUT} 201",
    f"{CHECKOUT} 409 area_sold_out",
    f"{CHECKOUT} 409 type_sold_out",
    f"{CHECKOUT} 409 code_used_up",
    f"{CHECKOUT} 429 too_many_free",
)
def test_places_areas_types_and_codes_have_an_end(api: Api, stripe: Sandbox, settings: Any) -> None:
    club = make_club(floor=9)
    add_type(club, "guest", price=0, quota=5)
    add_code(club, "ONCE", percent_off=100, limit=1)

    ask(api, 6)
    ask(api, 10, kind="")
    ask(api, 1, code="ONCE")
    ask(api, 1, code="ONCE")
    settings.HOLD_PLACES_PER_CUSTOMER = 1
    ask(api, 1)


@tries(f"{CHECKOUT} 201", f"{CHECKOUT} 409 order_limit", f"{CHECKOUT} 409 customer_limit")
def test_a_customer_can_have_so_many_places(api: Api, event: Event, stripe: Sandbox) -> None:
    Event.objects.update(most_per_order=1, most_per_customer=1)
    some = {key: value for key, value in WISH.items() if key != "seats"}
    api(CHECKOUT, {**some, "quantity": 2})
    api(CHECKOUT, {**some, "quantity": 1})
    told = api(CHECKOUT, {**some, "quantity": 1})

    assert (told.json()["error"]["limit"], told.json()["error"]["left"]) == (1, 0)


@tries(f"{CHECKOUT} 201", f"{CHECKOUT} 429 too_many_holds", f"{CHECKOUT} 409 email_unconfirmed")
def test_seats_cannot_be_hoarded(api: Api, event: Event, stripe: Sandbox, settings: Any) -> None:
    settings.HOLDS_PER_CUSTOMER = 1
    api(CHECKOUT, WISH)
    too_many = api(CHECKOUT, {**WISH, "seats": ["A-3"]})
    api.client.cookies.clear()
    api(CHECKOUT, {**WISH, "seats": ["A-3"]})

    assert too_many.json()["error"]["open"] == too_many.json()["error"]["limit"] == 1


@tries(f"{CHECKOUT} 503 stripe_unavailable", f"{CHECKOUT} 429 throttled")
def test_seats_cannot_be_bought_now(api: Api, event: Event) -> None:
    api(CHECKOUT, WISH)
    exhaust("checkout", 600)
    api(CHECKOUT, WISH)


@tries(f"{CHECKOUT} 201", f"{CHECKOUT} 404 unknown_plan", f"{CHECKOUT} 409 already_subscribed")
def test_a_membership_is_bought(api: Api, ada: Member, stripe: Sandbox) -> None:
    make_plan(stripe)
    api(CHECKOUT, {"plan": "another"})
    opened = api(CHECKOUT, {"plan": "friend"}).json()
    stripe.pay(opened["session_id"])
    ada.hear()

    api(CHECKOUT, {"plan": "friend"})

    assert opened["subscription"] == ada.row.reference


@tries(f"{CHECKOUT} 409 member_limit")
def test_in_the_presale_seats_are_limited(api: Api, ada: Member, event: Event, stripe: Sandbox) -> None:
    ada.join(make_plan(stripe, seats_per_event=1))
    now = timezone.now()
    Event.objects.update(
        member_sales_from=now - timedelta(hours=1), sales_from=now + timedelta(days=1), currency="eur"
    )

    refused = api(CHECKOUT, WISH)

    assert (refused.json()["error"]["limit"], refused.json()["error"]["left"]) == (1, 1)


# GET /api/payment-status and GET /api/bookings/sync


@tries(f"{STATUS} 200", f"{STATUS} 304", f"{SYNC} 200", f"{SYNC} 304")
@pytest.mark.parametrize("status", PaymentStatus)
def test_how_a_payment_stands(
    api: Api, signed_in: User, purchase: Purchase, stripe: Sandbox, deliver: Deliver, status: PaymentStatus
) -> None:
    if status not in UNDECIDED:
        stripe.pay(purchase.session_id)
        deliver("completed", purchase)
    purchase.put(status)
    query = {"session_id": purchase.session_id}
    told, listed = api(STATUS, query=query), api(SYNC)

    api(STATUS, query=query, headers={"If-None-Match": told.headers["ETag"], "Prefer": "wait=1"})
    api(SYNC, headers={"If-None-Match": listed.headers["ETag"], "Prefer": "wait=1"})

    assert [entry["status"] for entry in listed.json()["bookings"]] == [told.json()["status"]] == [status]


@tries(f"{STATUS} 404 unknown_session", f"{VERIFY} 404 unknown_session")
def test_a_session_that_nobody_knows(api: Api) -> None:
    call(api, STATUS)
    call(api, VERIFY)


@tries(f"{VERIFY} 429 throttled", f"{VERIFY_MEMBERSHIP} 429 throttled")
def test_stripe_cannot_be_asked_without_end(api: Api, ada: Member) -> None:
    exhaust("verify", 300)
    call(api, VERIFY)
    call(api, VERIFY_MEMBERSHIP)


@tries(f"{VERIFY} 200", f"{VERIFY} 503 stripe_unavailable")
def test_stripe_is_asked_about_a_payment(api: Api, purchase: Purchase, stripe: Sandbox) -> None:
    with silence(stripe):
        api(VERIFY, {"session_id": purchase.session_id})
    Payment.objects.update(asked_at=None)
    stripe.pay(purchase.session_id)

    told = api(VERIFY, {"session_id": purchase.session_id}).json()

    assert (told["status"], told["checked_at"] is None) == ("succeeded", False)


# POST /api/bookings/{reference}/cancel


@tries(f"{CANCEL} 200", f"{CANCEL} 409 not_cancellable")
def test_a_booking_that_is_not_paid_is_cancelled(api: Api, purchase: Purchase, signed_in: User) -> None:
    cancel = api(SYNC).json()["bookings"]
    reference = purchase.booking.reference
    api(CANCEL, {"seats": ["A-1"]}, reference=reference)

    answer = api(CANCEL, reference=reference, query={"refund": 0})

    assert cancel == []  # It was bought before its customer signed in.
    assert answer.json()["booking_status"] == "cancelled"


@tries(f"{CANCEL} 200", f"{SYNC} 200")
def test_a_seat_of_a_paid_booking_is_cancelled(
    api: Api, signed_in: User, event: Event, stripe: Sandbox, deliver: Deliver
) -> None:
    Event.objects.update(cancellable_until=event.starts_at, cancellation_fee_percent=10)
    opened = api(CHECKOUT, WISH).json()
    unpaid = api(SYNC).json()["bookings"][0]["actions"]["cancel"]
    stripe.pay(opened["session_id"])
    deliver(stripe.event("completed", opened["session_id"]))
    offered = api(SYNC).json()["bookings"][0]["actions"]["cancel"]

    api(CANCEL, {"seats": ["A-1"], "refund": 3780}, reference=opened["booking"])

    assert (unpaid["seats"], unpaid["refund"], offered["refund"]) == ([], 0, 7560)


@tries(f"{CANCEL} 404 unknown_booking", f"{CANCEL} 503 stripe_unavailable", f"{CANCEL} 429 throttled")
def test_a_booking_cannot_be_cancelled_now(api: Api, purchase: Purchase, stripe: Sandbox) -> None:
    call(api, CANCEL)
    with silence(stripe):
        api(CANCEL, {}, reference=purchase.booking.reference)
    exhaust("actions", 120)
    api(CANCEL, {}, reference=purchase.booking.reference)


# GET /api/events/{slug}/seats


@tries(f"{EVENTS} 200", f"{EVENTS} 304", f"{EVENT} 200", f"{EVENT} 304", f"{EVENT} 404 unknown_event")
def test_the_programme_and_one_event_of_it(api: Api, event: Event) -> None:
    add_floor(event)
    event.types.create(slug="child", name="Child", percent_off=50, quota=10, proof=True)
    for name in (EVENTS, EVENT):
        whole = call(api, name)
        call(api, name, headers={"If-None-Match": whole.headers["ETag"]})
    call(api, EVENT, slug="another-night")


@tries(f"{SEATS} 200", f"{SEATS} 304", f"{SEATS} 404 unknown_event")
def test_the_seats_of_an_event(api: Api, event: Event, stripe: Sandbox) -> None:
    call(api, SEATS, slug="another-night")
    whole = call(api, SEATS)
    tag = {"If-None-Match": whole.headers["ETag"], "Prefer": "wait=1"}
    call(api, SEATS, headers=tag)
    api(CHECKOUT, WISH)

    changed = call(api, SEATS, headers=tag)

    assert (whole.json()["is_whole"], changed.json()["held"]) == (True, ["A-1", "A-2"])


@tries(f"{BEST} 200", f"{BEST} 400 invalid", f"{BEST} 404 unknown_event", f"{BEST} 409 sold_out")
def test_the_best_seats_of_an_event(api: Api, event: Event, stripe: Sandbox) -> None:
    call(api, BEST, slug="another-night")
    call(api, BEST, query={"quantity": 0})
    api(CHECKOUT, WISH)
    sold_out = call(api, BEST, query={"quantity": 19})

    assert len(call(api, BEST).json()["seats"]) == 2
    assert sold_out.json()["error"]["free"] == 18


@tries(f"{BEST} 409 not_on_sale")
def test_the_best_seats_of_an_event_that_has_none(api: Api, event: Event) -> None:
    event.seats.all().delete()

    assert call(api, BEST).json()["error"]["message"] == "There are no tickets for this event yet."


# Memberships


@tries(f"{MEMBERSHIP} 200", f"{MEMBERSHIP} 304", f"{VERIFY_MEMBERSHIP} 200")
def test_how_a_membership_stands(api: Api, ada: Member, stripe: Sandbox) -> None:
    none = api(MEMBERSHIP)
    api(VERIFY_MEMBERSHIP)
    ada.join(make_plan(stripe))
    active = api(MEMBERSHIP)
    api(MEMBERSHIP, headers={"If-None-Match": active.headers["ETag"], "Prefer": "wait=1"})

    assert (none.json()["status"], active.json()["status"]) == ("none", "active")
    assert api(VERIFY_MEMBERSHIP).json()["plan"] == "friend"


@tries(f"{VERIFY_MEMBERSHIP} 503 stripe_unavailable")
def test_stripe_cannot_be_asked_about_a_membership(api: Api, ada: Member, stripe: Sandbox) -> None:
    ada.join(make_plan(stripe))
    Subscription.objects.update(asked_at=None)

    with silence(stripe):
        api(VERIFY_MEMBERSHIP)


# POST /api/webhook/stripe


@tries(f"{WEBHOOK} 200")
def test_an_event_is_received(api: Api, purchase: Purchase, stripe: Sandbox) -> None:
    stripe.pay(purchase.session_id)
    ours = stripe.event("completed", purchase.session_id)

    told = [api(WEBHOOK, event, headers=signed(event)).json() for event in (FOREIGN, ours, ours)]

    assert [answer["outcome"] for answer in told] == ["ignored", "applied", "duplicate"]


@tries(f"{WEBHOOK} 400 invalid_signature", f"{WEBHOOK} 400 invalid_payload", f"{WEBHOOK} 500 not_applied")
def test_an_event_is_not_received(api: Api, purchase: Purchase, stripe: Sandbox) -> None:
    stripe.pay(purchase.session_id)
    ours = stripe.event("completed", purchase.session_id)
    Payment.objects.update(session_id="cs_another")
    api(WEBHOOK, FOREIGN, headers={"Stripe-Signature": "nonsense"})
    api(WEBHOOK, b"[]", headers={"Stripe-Signature": sign(b"[]", SECRET)})

    api(WEBHOOK, ours, headers=signed(ours))


# The door


@tries(f"{PAIR} 200", f"{PAIR} 403 invalid_code", f"{PAIR} 429 throttled")
def test_a_device_is_paired(api: Api, event: Event) -> None:
    _device, code = invite([event])
    api(PAIR, {"code": code, "name": "North"})
    for _try in range(6):
        api(PAIR, {"code": code})


@tries(*[f"{name} 401 unpaired" for name in OF_DEVICES])
def test_the_door_is_for_devices(api: Api) -> None:
    for name in OF_DEVICES:
        call(api, name)


@tries(*[f"{name} 403 wrong_origin" for name in (PAIR, *OF_DEVICES)])
def test_the_door_is_for_its_own_pages(api: Api, phone: DoorClient) -> None:
    for name in (PAIR, *OF_DEVICES):
        call(api, name, headers={"Origin": "https://evil.example"})


@tries(*[f"{name} 403 not_your_event" for name in (SCANS, LIST, SEARCH, CONFLICTS)])
def test_a_device_is_for_its_events(api: Api, phone: DoorClient) -> None:
    for name in (LIST, SEARCH, CONFLICTS):
        call(api, name, event_id=0)
    call(api, SCANS, body={**EXAMPLES[SCANS]["body"], "event": 0})


@tries(f"{LIST} 200", f"{LIST} 304", f"{SEARCH} 200")
def test_a_device_reads_the_list(api: Api, paid: Purchase, phone: DoorClient) -> None:
    event = paid.booking.event_id
    version = api(LIST, event_id=event).headers["ETag"]
    api(LIST, event_id=event, headers={"If-None-Match": version, "Prefer": "wait=1"})
    api(SEARCH, event_id=event, query={"q": "ada"})


@tries(
    *(f"{SCANS} 200", f"{SCANS} 400 no_reentry", f"{SCANS} 429 throttled"),
    *(f"{UNDO} 200", f"{UNDO} 400 invalid", f"{UNDO} 400 reason_needed"),
    *(f"{UNDO} 403 supervisor_only", f"{UNDO} 403 too_late", f"{UNDO} 404 unknown_scan"),
)
def test_a_device_scans_and_takes_back(
    api: Api, paid: Purchase, phone: DoorClient, make_device: MakeDevice
) -> None:
    token = tokens.sign(paid.booking.tickets.select_related("seat")[0])
    scan = {"nonce": NONCE, "token": token, "scanned_at": "2026-12-01T19:00:00Z"}
    steward = make_device(paid.booking.event)
    other = make_device(paid.booking.event)
    hold(api, steward)
    told = api(SCANS, {"scans": [scan, {}, {**scan, "token": "x"}]}).json()["scans"]
    api(SCANS, {"scans": [{**scan, "direction": "out"}]})
    hold(api, other)
    api(UNDO, {}, nonce=NONCE)
    hold(api, steward)
    Scan.objects.update(received_at=timezone.now() - timedelta(minutes=2))
    api(UNDO, {}, nonce=NONCE)
    hold(api, phone)
    api(UNDO, {}, nonce=NONCE)
    api(UNDO, ["a list"], nonce=NONCE)
    api(UNDO, {"reason": "Wrong queue."}, nonce=NONCE)
    api(UNDO, {}, nonce="5f2b8a64-9a0e-4d43-8f5e-0f8f5c0b7a12")
    Device.objects.update(allowance=0)
    api(SCANS, {"scans": [scan] * 100})

    assert [answer["recorded"] for answer in told] == [True, False, True]


@tries(
    *(f"{CONFLICTS} 200", f"{CONFLICTS} 304", f"{CONFLICTS} 403 supervisor_only"),
    *(f"{SETTLE} 200", f"{SETTLE} 403 supervisor_only", f"{SETTLE} 404 unknown_conflict"),
)
def test_conflicts_are_settled(api: Api, paid: Purchase, phone: DoorClient, make_device: MakeDevice) -> None:
    event, token = paid.booking.event, tokens.sign(paid.booking.tickets.select_related("seat")[0])
    for steward in (make_device(event), make_device(event)):
        steward.scan({"token": token, "offline": True, "shown": "admitted"})
        hold(api, steward)
    api(CONFLICTS, event_id=event.pk)
    api(SETTLE, {"how": "seen"}, conflict_id=1)
    hold(api, phone)
    found = api(CONFLICTS, event_id=event.pk)
    api(CONFLICTS, event_id=event.pk, headers={"If-None-Match": found.headers["ETag"]})
    api(SETTLE, {"how": "seen"}, conflict_id=0)
    (clash,) = found.json()["conflicts"]

    assert (
        api(SETTLE, {"how": "seen"}, conflict_id=clash["id"]).json()["settled_how"] == "Seen, nothing to do"
    )
