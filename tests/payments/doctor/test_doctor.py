"""The check of the set-up: each fault is named by its own check, and nothing else is."""

import re
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from bookings.models import Event, Seat
from payments.gateway.client import API_VERSION, stripe_client
from payments.models import Payment, Plan, StripeEvent, shop_id
from payments.webhook import memberships
from payments.webhook.payments import APPLIED, USEFUL
from tests.config.test_settings import NEEDED, manage
from tests.payments.doctor.servers import serving
from tests.support.members import make_plan, make_price
from tests.support.paths import ROOT
from tests.support.ports import free_port
from tests.support.sandbox import Sandbox
from tests.support.shop import Buy, Deliver, Purchase, make_event

PATH = "/api/webhook/stripe"


def doctor(*options: str) -> tuple[int, list[str]]:
    """Run the command; return its exit status and its lines."""
    out, status = StringIO(), 0
    try:
        call_command("stripe_doctor", *options, stdout=out)
    except SystemExit as end:
        status = int(end.code or 0)
    for secret in ("sk_test_admit", "sk_test_wrong", "sk_live_", "whsec_new", "whsec_old"):
        assert secret not in out.getvalue()
    return status, out.getvalue().splitlines()


def wrong(lines: list[str]) -> list[str]:
    """Return what isn't well, each with the name of its check."""
    return [re.sub(r"\s+", " ", line) for line in lines if line.startswith(("fault", "warning"))]


@pytest.fixture
def endpoint(stripe: Sandbox, settings: Any, site: str, event: Event) -> str:
    """The id of a right endpoint, at a shop that is set up."""
    settings.SITE_URL = site
    return stripe.add_endpoint(site + PATH, *sorted(APPLIED | USEFUL), api_version=API_VERSION)


def test_a_shop_that_is_set_up_is_healthy(endpoint: str, site: str) -> None:
    status, lines = doctor()

    assert (status, wrong(lines)) == (0, [])
    assert [line.split()[1] for line in lines[:-1]] == [
        *("mode", "secret", "tickets", "key", "clock", "endpoint", "version", "events"),
        *("webhook", "webhook", "unsigned", "door", "shop", "deliveries", "prices"),
    ]
    assert lines[-1] == "15 checks, 0 faults, 0 warnings."


def test_without_the_probe_the_webhook_is_left_alone(endpoint: str, settings: Any) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_unknown"]
    status, lines = doctor("--no-probe")

    assert (status, lines[-1]) == (0, "11 checks, 0 faults, 0 warnings.")


def test_an_endpoint_for_all_events_has_those_that_are_needed(
    stripe: Sandbox, endpoint: str, site: str
) -> None:
    stripe.change_endpoint(endpoint, **{"enabled_events[0]": "*"})

    assert doctor()[0] == 0


@pytest.mark.parametrize("missing", sorted(APPLIED))
def test_each_type_that_is_not_sent_is_named(stripe: Sandbox, endpoint: str, missing: str) -> None:
    rest = enumerate(sorted((APPLIED | USEFUL) - {missing}))
    stripe.change_endpoint(endpoint, **{f"enabled_events[{n}]": kind for n, kind in rest})
    status, lines = doctor("--no-probe")

    assert (status, wrong(lines)) == (1, [f"fault events The endpoint doesn't send: {missing}."])


def test_a_type_that_only_helps_staff_is_a_warning(stripe: Sandbox, endpoint: str) -> None:
    stripe.change_endpoint(endpoint, **{f"enabled_events[{n}]": kind for n, kind in enumerate(APPLIED)})
    status, lines = doctor("--no-probe")

    words = "The endpoint doesn't send charge.succeeded, so staff can't search by card digits."
    assert (status, wrong(lines)) == (0, [f"warning events {words}"])


def test_an_endpoint_of_another_version_is_a_warning(
    stripe: Sandbox, settings: Any, site: str, event: Event
) -> None:
    settings.SITE_URL = site
    stripe.add_endpoint(site + PATH, "*", api_version="2024-06-20")
    status, lines = doctor("--no-probe")

    words = f"Events use version 2024-06-20, but this installation needs {API_VERSION}."
    assert (status, wrong(lines)) == (0, [f"warning version {words}"])


def test_an_endpoint_without_a_version_is_a_warning(
    stripe: Sandbox, settings: Any, site: str, event: Event
) -> None:
    settings.SITE_URL = site
    stripe.add_endpoint(site + PATH, "*")
    status, lines = doctor("--no-probe")

    words = f"Events use the account's version, which may not be {API_VERSION}."
    assert (status, wrong(lines)) == (0, [f"warning version {words}"])


def test_a_disabled_endpoint_is_a_fault(stripe: Sandbox, endpoint: str, site: str) -> None:
    stripe.change_endpoint(endpoint, disabled="true")
    status, lines = doctor("--no-probe")

    assert (status, wrong(lines)) == (1, [f"fault endpoint The endpoint {site}{PATH} is disabled."])


def test_two_endpoints_of_one_address_are_a_warning(stripe: Sandbox, endpoint: str, site: str) -> None:
    stripe.add_endpoint(site + PATH, "*", api_version=API_VERSION)
    status, lines = doctor("--no-probe")

    words = "2 endpoints have this URL, so each event arrives that many times."
    assert (status, wrong(lines)) == (0, [f"warning endpoint {words}"])


@pytest.mark.parametrize(
    ("url", "difference"),
    [
        ("http://shop.example/api/webhook/stripe/", "has a trailing slash"),
        ("http://www.shop.example/api/webhook/stripe", "is on another host"),
        ("https://shop.example/api/webhook/stripe", "has another scheme"),
        ("http://shop.example/webhook", "has another path"),
    ],
)
def test_an_endpoint_that_is_nearly_right_is_named(
    stripe: Sandbox, settings: Any, event: Event, url: str, difference: str
) -> None:
    settings.SITE_URL = "http://shop.example"
    stripe.add_endpoint(url, "*", api_version=API_VERSION)
    status, lines = doctor("--no-probe")

    none = "Stripe has no endpoint http://shop.example/api/webhook/stripe."
    assert (status, wrong(lines)) == (1, [f"fault endpoint {none} {url} {difference}."])


def test_without_an_endpoint_stripe_tells_nothing(stripe: Sandbox, settings: Any, event: Event) -> None:
    settings.SITE_URL = "http://127.0.0.1:8000"
    stripe.add_endpoint("https://another.example/hook", "*")
    none = "Stripe has no endpoint http://127.0.0.1:8000/api/webhook/stripe."

    status, lines = doctor("--no-probe")
    assert (status, wrong(lines)) == (1, [f"fault endpoint {none}"])

    settings.DEBUG = True  # Then `stripe listen` may bring the events.
    status, lines = doctor("--no-probe")
    words = "Stripe can't reach http://127.0.0.1:8000 and has no endpoint for it."
    assert (status, wrong(lines)) == (0, [f"warning endpoint {words}"])


def test_a_secret_that_the_shop_does_not_know_is_named_by_its_place(endpoint: str, settings: Any) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new", "whsec_unknown"]
    status, lines = doctor()

    words = "The running shop doesn't accept secret 2 of 2 of STRIPE_WEBHOOK_SECRET."
    assert (status, wrong(lines)) == (1, [f"fault webhook {words}"])
    assert "whsec_unknown" not in "\n".join(lines)


def test_something_else_than_a_signing_secret_is_a_fault(endpoint: str, settings: Any) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new", "we_1Nowhere"]
    status, lines = doctor("--no-probe")

    words = "Secret 2 of 2 in STRIPE_WEBHOOK_SECRET doesn't begin with whsec_."
    assert (status, wrong(lines)) == (1, [f"fault secret {words}"])
    assert "we_1Nowhere" not in "\n".join(lines)


def test_a_clock_that_is_late_is_a_fault(stripe: Sandbox, endpoint: str) -> None:
    stripe.post("/clock", {"seconds": 50})
    assert doctor("--no-probe")[0] == 0

    stripe.post("/clock", {"seconds": 50})
    status, lines = doctor("--no-probe")
    (found,) = wrong(lines)
    assert (status, re.sub(r"\d+", "N", found)) == (
        1,
        "fault clock This machine's clock is N s behind Stripe's.",
    )


@pytest.fixture
def key(settings: Any) -> Any:
    """Change the key; the client keeps the one that it was made with."""

    def change(key: str) -> None:
        settings.STRIPE_SECRET_KEY = key
        stripe_client.cache_clear()

    return change


def test_a_key_that_stripe_does_not_know_is_a_fault(endpoint: str, key: Any) -> None:
    key("sk_test_wrong")
    status, lines = doctor("--no-probe")

    assert (status, wrong(lines)) == (1, ["fault key Stripe rejects the key (401)."])


@pytest.mark.parametrize("what", ["GET /v1/refunds", "GET /v1/charges"])
def test_a_key_that_may_not_read_everything_is_a_fault(stripe: Sandbox, endpoint: str, what: str) -> None:
    stripe.fault(what, "403", times=None)
    status, lines = doctor("--no-probe")

    (found,) = wrong(lines)
    assert (status, found.partition(":")[0]) == (
        1,
        "fault key The key lacks a permission",
    )


def test_a_database_that_is_away_is_a_fault_and_the_rest_is_looked_at(
    endpoint: str, stripe: Sandbox, site: str
) -> None:
    away = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "SITE_URL": site, "ALLOWED_HOSTS": "*"}
    ours = {"STRIPE_API_BASE": stripe.url, "STRIPE_SECRET_KEY": "sk_test_admit", "DEBUG": "0"}
    done = manage({**NEEDED, **away, **ours}, "stripe_doctor", "--no-probe")

    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert wrong(done.stdout.splitlines()) == ["fault database Can't read the database."]


@pytest.mark.parametrize("what", ["POST /v1/checkout/sessions/*/expire", "POST /v1/refunds"])
def test_a_key_that_may_only_read_is_a_fault(stripe: Sandbox, endpoint: str, what: str) -> None:
    stripe.fault(what, "403", times=None)
    status, lines = doctor("--no-probe")

    assert (status, [line.partition(":")[0] for line in wrong(lines)]) == (
        1,
        ["fault key The key lacks a permission"],
    )


@pytest.fixture
def plan(stripe: Sandbox, endpoint: str) -> Plan:
    """A plan of 12.00 EUR a month, at a shop that is set up for it."""
    stripe.change_endpoint(endpoint, **{"enabled_events[0]": "*"})
    return make_plan(stripe)


def test_a_shop_with_memberships_is_healthy(plan: Plan) -> None:
    status, lines = doctor("--no-probe")

    assert (status, wrong(lines)) == (0, [])
    assert [line.split(maxsplit=1)[1] for line in lines[-3:-1]] == [
        "portal      Members can cancel and change their card in the customer portal.",
        "plans       All offered plans match their prices at Stripe.",
    ]


def test_what_is_tried_with_the_key_does_nothing(plan: Plan, stripe: Sandbox) -> None:
    before = stripe.events()
    doctor("--no-probe")

    tried = [
        entry for entry in stripe.requests("POST /v1/") if "doctor_0" in f"{entry['url']}{entry['body']}"
    ]
    assert [entry["status"] for entry in tried] == [404, 400, 400, 404, 400]
    assert stripe.events() == before


@pytest.mark.parametrize(
    "what",
    [
        "GET /v1/subscriptions",
        "GET /v1/invoices",
        "GET /v1/invoice_payments",
        "GET /v1/products",
        "GET /v1/prices*",
        "GET /v1/billing_portal/configurations",
        "POST /v1/billing_portal/sessions",
        "POST /v1/customers/*",
        "POST /v1/invoices/create_preview",
    ],
)
def test_a_key_that_may_not_do_what_memberships_need_is_a_fault(
    plan: Plan, stripe: Sandbox, what: str
) -> None:
    stripe.fault(what, "403", times=None)
    status, lines = doctor("--no-probe")

    assert (status, [line.partition(":")[0] for line in wrong(lines)]) == (
        1,
        ["fault members The key lacks a permission"],
    )


def test_a_portal_that_was_never_saved_is_a_fault(plan: Plan, stripe: Sandbox) -> None:
    stripe.post("/billing", {"portal_is_saved": False})
    status, lines = doctor("--no-probe")

    words = "Stripe's customer portal isn't set up, so members can't manage their membership."
    assert (status, wrong(lines)) == (1, [f"fault portal {words}"])


def test_a_portal_that_lets_members_do_nothing_is_a_warning(plan: Plan, stripe: Sandbox) -> None:
    portal = stripe._get("/v1/billing_portal/configurations?is_default=true")["data"][0]["id"]
    form = {"features[subscription_cancel][enabled]": "false"}
    form["features[payment_method_update][enabled]"] = "false"
    stripe._http.post(f"/v1/billing_portal/configurations/{portal}", data=form).raise_for_status()
    status, lines = doctor("--no-probe")

    assert (status, wrong(lines)) == (
        0,
        [
            "warning portal Members can't cancel in the customer portal.",
            "warning portal Members can't change their card in the customer portal.",
        ],
    )


def archive(stripe: Sandbox, plan: Plan) -> None:
    stripe._http.post(f"/v1/prices/{plan.price_id}", data={"active": "false"}).raise_for_status()


def archive_product(stripe: Sandbox, plan: Plan) -> None:
    product = stripe._get(f"/v1/prices/{plan.price_id}")["product"]
    stripe._http.post(f"/v1/products/{product}", data={"active": "false"}).raise_for_status()


def lose(stripe: Sandbox, plan: Plan) -> None:
    Plan.objects.update(price_id="price_gone")


def cost_more(stripe: Sandbox, plan: Plan) -> None:
    Plan.objects.update(price_id=make_price(stripe, amount=1500))


def last_longer(stripe: Sandbox, plan: Plan) -> None:
    Plan.objects.update(interval="year")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (archive, "It is archived at Stripe."),
        (archive_product, "Its product is archived at Stripe."),
        (lose, "Its price doesn't exist at Stripe."),
        (cost_more, "The plan says €12.00 a month, but Stripe charges €15.00 a month."),
        (last_longer, "The plan says €12.00 a year, but Stripe charges €12.00 a month."),
    ],
)
def test_a_plan_that_cannot_be_subscribed_to_as_it_says_is_a_fault(
    plan: Plan, stripe: Sandbox, change: Any, words: str
) -> None:
    change(stripe, plan)
    plan.refresh_from_db()
    status, lines = doctor("--no-probe")

    assert (status, wrong(lines)) == (1, [f"fault plans Friend ({plan.price_id}): {words}"])


def test_a_plan_that_was_withdrawn_may_cost_what_it_likes(plan: Plan, stripe: Sandbox) -> None:
    cost_more(stripe, plan)
    Plan.objects.update(is_offered=False)

    assert doctor("--no-probe")[0] == 0


def test_a_stripe_that_does_not_answer_is_a_fault(endpoint: str, settings: Any) -> None:
    settings.STRIPE_API_BASE = "http://127.0.0.1:1"
    stripe_client.cache_clear()
    status, lines = doctor("--no-probe")

    words = "http://127.0.0.1:1 doesn't answer properly."
    assert (status, wrong(lines)) == (1, [f"fault key {words}"])


LIVE = "sk_live_x"


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"STRIPE_SECRET_KEY": LIVE}, "ok mode Live: customers pay with real money."),
        (
            {"STRIPE_SECRET_KEY": LIVE, "DEBUG": True},
            "fault mode The key is live, but DEBUG is on.",
        ),
        (
            {"STRIPE_SECRET_KEY": LIVE, "SITE_URL": "http://shop.example"},
            "fault mode The key is live, but http://shop.example is not encrypted.",
        ),
        (
            {"STRIPE_SECRET_KEY": LIVE, "STRIPE_API_BASE": "http://127.0.0.1:1"},
            "fault mode The key is live, but STRIPE_API_BASE points to http://127.0.0.1:1.",
        ),
        (
            {},
            "warning mode A test key in production: anyone can get tickets with a test card, without paying.",
        ),
        ({"DEBUG": True}, "ok mode Test, for development. No real money moves."),
        (
            {"STRIPE_API_BASE": "http://127.0.0.1:1"},
            "ok mode Test, with Stripe's stand-in at http://127.0.0.1:1. No real money moves.",
        ),
    ],
)
def test_the_mode_of_the_key_is_said_plainly(settings: Any, changes: dict[str, Any], verdict: str) -> None:
    from payments.doctor.checks import _mode

    production = {"SITE_URL": "https://shop.example", "STRIPE_API_BASE": "", "DEBUG": False}
    for name, value in {**production, **changes}.items():
        setattr(settings, name, value)
    (found,) = _mode()

    assert f"{found.severity} {found.check} {found.words}" == verdict


class Stranger(BaseHTTPRequestHandler):
    """Something else than the shop, which answers every POST with ``status``."""

    status = 200

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.status)
        self.send_header("Location", "https://shop.example/")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *args: Any) -> None:
        """Leave the tests' output alone."""


@pytest.fixture
def stranger(stripe: Sandbox, settings: Any, event: Event) -> Iterator[Any]:
    with serving(Stranger) as settings.SITE_URL:
        settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new"]
        stripe.add_endpoint(settings.SITE_URL + PATH, "*", api_version=API_VERSION)
        yield Stranger


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (301, ["webhook {} redirects to https://shop.example/, which Stripe counts as a failure."]),
        (404, ["webhook {} answered 404 to a signed event."]),
        (502, ["webhook {} answered 502 to a signed event."]),
        (
            200,
            [
                "webhook {} answered 200, but not as this shop does.",
                "unsigned {} accepts unsigned events.",
            ],
        ),
    ],
)
def test_whatever_else_answers_at_the_address_is_a_fault(
    stranger: Any, settings: Any, status: int, words: list[str]
) -> None:
    stranger.status = status
    url = settings.SITE_URL + PATH

    assert doctor()[0] == 1
    assert wrong(doctor()[1]) == [f"fault {line.format(url)}" for line in words]


def test_a_shop_that_cannot_be_reached_is_a_fault(stripe: Sandbox, settings: Any, event: Event) -> None:
    settings.SITE_URL = f"http://127.0.0.1:{free_port()}"
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new"]
    stripe.add_endpoint(settings.SITE_URL + PATH, "*", api_version=API_VERSION)
    status, lines = doctor()

    (found,) = wrong(lines)
    assert status == 1
    assert found.startswith(f"fault webhook {settings.SITE_URL}{PATH} can't be reached: ")


def test_seats_that_stripe_would_not_charge_are_a_fault(endpoint: str) -> None:
    Seat.objects.filter(label="A-1").update(price=49)
    status, lines = doctor("--no-probe")

    words = "demo-night has seats for €0.49. Stripe charges €0.50 at least."
    assert (status, wrong(lines)) == (1, [f"fault prices {words}"])

    Event.objects.update(sales_until=timezone.now())
    assert doctor("--no-probe")[0] == 0


def test_money_of_which_stripe_never_told_is_a_fault(
    endpoint: str, purchase: Purchase, stripe: Sandbox, deliver: Deliver, buy: Buy
) -> None:
    stripe.pay(purchase.session_id)
    call_command("reconcile", stdout=StringIO())
    assert doctor("--no-probe")[0] == 0  # The event may be on its way.

    purchase.payment.transitions.update(at=timezone.now() - timedelta(minutes=11))
    status, lines = doctor("--no-probe")
    words = "1 recent payments were paid without an event from Stripe."
    assert (status, wrong(lines)) == (1, [f"fault deliveries {words}"])

    deliver("completed", purchase)
    assert doctor("--no-probe")[0] == 0


@pytest.mark.django_db(transaction=True)
def test_a_probe_changes_nothing(stripe: Sandbox, settings: Any, live_server: LiveServer) -> None:
    settings.SITE_URL = live_server.url
    make_event()
    stripe.add_endpoint(live_server.url + PATH, "*", api_version=API_VERSION)

    assert doctor()[0] == 0
    assert not StripeEvent.objects.exists()
    assert not Payment.objects.exists()


def test_a_shop_with_memberships_needs_their_events(endpoint: str, stripe: Sandbox) -> None:
    make_plan(stripe)

    status, lines = doctor()

    (fault,) = wrong(lines)
    assert status == 1
    assert set(re.findall(r"(?:customer|invoice)[a-z_.]+[a-z]", fault)) == memberships.APPLIED - APPLIED


def test_the_readme_names_the_events_that_are_needed() -> None:
    listed = (ROOT / "README.md").read_text().partition("and these events:")[2].partition("Copy its")[0]

    assert set(re.findall(r"`([a-z_.]+)`", listed)) == APPLIED | USEFUL | memberships.APPLIED
    assert API_VERSION in (ROOT / "README.md").read_text()


def test_several_shops_may_share_the_account(endpoint: str, stripe: Sandbox) -> None:
    stripe.add_endpoint("https://staging.example.com/api/webhook/stripe", "*", api_version=API_VERSION)

    status, lines = doctor("--no-probe")

    assert (status, wrong(lines)) == (0, [])
    (shop,) = [line for line in lines if line.startswith("ok") and " shop " in line]
    assert f"shop={shop_id()}" in shop
    assert "so shops can share an account." in shop


def test_what_was_bought_in_test_mode_is_named_once_the_key_is_live(
    endpoint: str, paid: Purchase, settings: Any
) -> None:
    settings.STRIPE_SECRET_KEY = "sk_live_admit"

    _status, lines = doctor("--no-probe")

    words = "1 test purchases and memberships are still active: they hold seats or valid tickets."
    assert f"fault test mode {words}" in wrong(lines)


def test_a_destination_of_thin_events_is_an_endpoint_too(
    stripe: Sandbox, settings: Any, site: str, event: Event
) -> None:
    settings.SITE_URL = site
    destination = {
        "name": "Admit",
        "type": "webhook_endpoint",
        "event_payload": "thin",
        "enabled_events": [f"v1.{kind}" for kind in sorted(APPLIED | USEFUL)],
        "webhook_endpoint": {"url": site + PATH},
    }
    headers = {"Stripe-Version": API_VERSION}
    made = stripe._http.post("/v2/core/event_destinations", json=destination, headers=headers)
    made.raise_for_status()

    status, lines = doctor("--no-probe")

    assert (status, wrong(lines)) == (0, [])
    assert any("thin" in line for line in lines)
