"""Whatever differs between two targets is found, and has a name."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.contract.__main__ import running
from tests.contract.proxy import Change, Proxy, Reply
from tests.contract.recordings import Accepted, Fact, Recordings
from tests.contract.run import Outcome, Runner
from tests.contract.table import recipes
from tests.contract.targets import Sandbox, Stripe, check_key, encode
from tests.sandbox.support.process import KEY
from tests.support.paths import ROOT

NO_RECORDINGS = Path("/nonexistent")
Compare = Callable[..., Outcome]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running(None) as target:
        yield target


@pytest.fixture(scope="module")
def proxy(sandbox: Sandbox) -> Iterator[Proxy]:
    made = Proxy(str(sandbox.http.base_url))
    yield made
    made.close()


@pytest.fixture(scope="module")
def compare(sandbox: Sandbox, proxy: Proxy) -> Iterator[Compare]:
    """Play a recipe at the sandbox, as if that were Stripe, and at the proxy."""
    changed = Sandbox(proxy.url, KEY)
    changed.host = sandbox.host  # where its pages are

    def play(name: str, change: Change, *accepted: Accepted) -> Outcome:
        proxy.change = change
        recordings = Recordings(NO_RECORDINGS)
        return Runner(changed, sandbox, recordings=recordings, accepted=accepted).run(recipes()[name])

    yield play
    changed.close()


def of_object(kind: str, change: Callable[[dict[str, object]], object]) -> Change:
    """Change all objects of a kind, except within events."""

    def alter(reply: Reply) -> None:
        if "/events" in reply.path or "/_sandbox" in reply.path:
            return
        for found in reply.objects:
            if found.get("object") == kind:
                change(found)

    return alter


def without(kind: str, member: str) -> Change:
    return of_object(kind, lambda it: it.pop(member, None))


def with_value(kind: str, **members: object) -> Change:
    return of_object(kind, lambda it: it.update(members))


def of_errors(change: Callable[[dict[str, object]], object]) -> Change:
    def alter(reply: Reply) -> None:
        if isinstance(reply.body, dict) and isinstance(reply.body.get("error"), dict):
            change(reply.body["error"])

    return alter


def of_headers(change: Callable[[dict[str, str]], object]) -> Change:
    def alter(reply: Reply) -> None:
        change(reply.headers)

    return alter


def of_status(status: int) -> Change:
    def alter(reply: Reply) -> None:
        if reply.status >= 400:
            reply.status = status

    return alter


def of_events(change: Callable[[list[dict[str, object]]], object]) -> Change:
    """Change the list of all events, oldest first."""

    def alter(reply: Reply) -> None:
        if "kind=event" in reply.path:
            change(reply.body["objects"])

    return alter


def test_the_same_is_no_difference(compare: Compare) -> None:
    for name in ("shop.session", "headers.replay", "cards.accepted", "subscriptions.renewal"):
        outcome = compare(name, lambda reply: None)
        assert (outcome.differences, outcome.unplayable, outcome.compared) == ([], "", "now")


@pytest.mark.parametrize(
    ("recipe", "change", "name", "theirs", "ours"),
    [
        # A member that is absent, null, there at all, of another type, or has another value.
        (
            "shop.bare_session",
            without("checkout.session", "wallet_options"),
            "open/body.wallet_options",
            "null",
            "absent",
        ),
        (
            "shop.bare_session",
            with_value("checkout.session", mode=None),
            "open/body.mode",
            "'payment'",
            "null",
        ),
        (
            "shop.bare_session",
            with_value("checkout.session", extra=1),
            "open/body.extra",
            "absent",
            "1",
        ),
        (
            "shop.bare_session",
            with_value("checkout.session", amount_total="2100"),
            "open/body.amount_total",
            "2100",
            "'2100'",
        ),
        (
            "shop.bare_session",
            with_value("checkout.session", livemode=0),
            "open/body.livemode",
            "False",
            "0",
        ),
        (
            "shop.bare_session",
            with_value("checkout.session", payment_status="paid"),
            "open/body.payment_status",
            "'unpaid'",
            "'paid'",
        ),
        (
            "shop.bare_session",
            with_value("checkout.session", custom_fields=["one"]),
            "open/body.custom_fields",
            "[]",
            "a list of 1",
        ),
        (
            "customers.bare_customer",
            with_value("customer", created="2026-01-01"),
            "make/body.created",
            "'<time>'",
            "'2026-01-01'",
        ),
        ("customers.bare_customer", with_value("customer", id="me"), "make/body.id", "'<cus>'", "'me'"),
        # Errors.
        (
            "bounds.reference",
            of_errors(lambda error: error.update(param="reference")),
            "refused/body.error.param",
            "'client_reference_id'",
            "'reference'",
        ),
        (
            "subscriptions.missing_price",
            of_errors(lambda error: error.pop("code")),
            "start/body.error.code",
            "'resource_missing'",
            "absent",
        ),
        (
            "customers.declined_card",
            of_errors(lambda error: error.update(decline_code="lost_card")),
            "attach/body.error.decline_code",
            "'generic_decline'",
            "'lost_card'",
        ),
        ("errors.wrong_method", of_status(405), "refused/status", "404", "405"),
        # Headers.
        (
            "headers.get",
            of_headers(lambda headers: headers.pop("request-id", None)),
            "plain/headers.Request-Id",
            "'<req>'",
            "absent",
        ),
        (
            "headers.no_key",
            of_headers(lambda headers: headers.update({"content-type": "text/plain"})),
            "taken/headers.Content-Type",
            "'application/json'",
            "'text/plain'",
        ),
        (
            "headers.long_key",
            of_headers(lambda headers: headers.update({"stripe-version": "2020-08-27"})),
            "refused/headers.Stripe-Version",
            "'2026-10-28.endive'",
            "'2020-08-27'",
        ),
        (
            "headers.replay",
            of_headers(lambda headers: headers.pop("idempotent-replayed", None)),
            "again/headers.Idempotent-Replayed",
            "'true'",
            "absent",
        ),
        (
            "headers.replay",
            of_headers(lambda headers: headers.update({"original-request": "req_1234567890"})),
            "again/headers.Original-Request",
            "'an earlier request'",
            "'unknown'",
        ),
        (
            "errors.no_key",
            of_headers(lambda headers: headers.update({"www-authenticate": "Basic"})),
            "refused/headers.WWW-Authenticate",
            "'Bearer realm=\"Stripe\"'",
            "'Basic'",
        ),
        # What no single reply shows.
        (
            "shop.bare_session",
            with_value("checkout.session", expires_at=4_000_000_000),
            "notes.hours until it expires",
            "24",
            None,
        ),
        (
            "cards.accepted",
            of_events(lambda events: events.pop()),
            "events.charge.updated",
            "1 times",
            "0 times",
        ),
        (
            "cards.accepted",
            of_events(lambda events: events.append(dict(events[-1]))),
            "events.charge.updated",
            "1 times",
            "2 times",
        ),
        (
            "cards.accepted",
            of_events(lambda events: events[-1].update(type="charge.pending")),
            "events.charge.pending",
            "0 times",
            "1 times",
        ),
    ],
)
def test_a_difference_is_found_and_named(
    compare: Compare, recipe: str, change: Change, name: str, theirs: str, ours: str | None
) -> None:
    outcome = compare(recipe, change)
    found = {it.name: it for it in outcome.differences}

    assert f"{recipe}/{name}" in found
    difference = found[f"{recipe}/{name}"]
    assert difference.theirs == theirs
    assert ours is None or difference.ours == ours


def test_only_what_was_changed_is_different(compare: Compare) -> None:
    outcome = compare("cards.accepted", without("charge", "receipt_url"))

    assert {it.name for it in outcome.differences} == {
        "cards.accepted/the session/body.payment_intent.latest_charge.receipt_url",
        "cards.accepted/its charges/body.data[0].receipt_url",
    }


def test_a_difference_can_be_accepted_by_name(compare: Compare) -> None:
    change = without("checkout.session", "wallet_options")
    entry = Accepted("shop.*/open/body.wallet_options", "No wallets here.")

    outcome = compare("shop.bare_session", change, entry, Accepted("shop.*/open/body.url", "Unused."))
    assert (outcome.differences, outcome.used) == ([], {entry.name})
    other = compare("shop.bare_session", change, Accepted("shop.*/open/body.url", "Another member."))
    assert len(other.differences) == 1


def test_a_recipe_that_cannot_go_on_says_where(compare: Compare) -> None:
    outcome = compare("customers.customer", without("customer", "id"))

    assert outcome.unplayable.startswith("customers.customer at the sandbox: a reply lacks what")
    assert "'make'" in outcome.unplayable


def test_at_stripe_the_events_are_those_since_the_recipe_began(sandbox: Sandbox) -> None:
    sandbox.begin()
    for number in range(120):
        sandbox.ask("POST", "/v1/products", {"name": f"Earlier {number}"})
    stripe = Stripe(KEY, url=str(sandbox.http.base_url).rstrip("/"))
    stripe.quiet = 0.01
    stripe.begin()
    for number in range(110):
        sandbox.ask("POST", "/v1/customers", {"name": f"Later {number}"})
    found = stripe.events()
    stripe.close()

    assert {event["type"] for event in found} == {"customer.created"}
    assert len({event["id"] for event in found}) == len(found) == 110


def test_a_fact_is_held_against_the_sandbox_and_against_stripe(sandbox: Sandbox) -> None:
    fact = Fact(
        "customers.bare_customer",
        "make",
        "a letter",
        {"body.balance": 5, "body.name": "(null)", "body.email": "(absent)"},
        {"body.invoice_settings": ["footer", "header"]},
        [],
    )
    sent = Fact("customers.bare_customer", "", "a letter", {}, {}, ["customer.born", "customer.created"])
    runner = Runner(sandbox, sandbox, recordings=Recordings(NO_RECORDINGS), facts=[fact, sent])
    outcome = runner.run(recipes()["customers.bare_customer"])
    ours = {it.name: it for it in outcome.differences if "documented.toml" not in it.name}
    stripes = [it for it in outcome.differences if "documented.toml" in it.name]

    make = "customers.bare_customer/make/body"
    assert set(ours) == {
        f"{make}.balance",
        f"{make}.email",
        f"{make}.invoice_settings.header",
        f"{make}.invoice_settings.custom_fields",
        f"{make}.invoice_settings.default_payment_method",
        f"{make}.invoice_settings.rendering_options",
        "customers.bare_customer/events.customer.born",
    }
    assert (ours[f"{make}.balance"].theirs, ours[f"{make}.balance"].ours) == ("5 (a letter)", "0")
    assert len(stripes) == len(ours)


def test_the_sandbox_is_held_against_its_recording(sandbox: Sandbox, proxy: Proxy, tmp_path: Path) -> None:
    recipe = recipes()["customers.bare_customer"]
    missing = Runner(sandbox, recordings=Recordings(tmp_path)).run(recipe)
    assert [it.theirs for it in missing.differences] == ["there is no recording (RECORD=1 makes one)"]

    recordings = Recordings(tmp_path)
    assert Runner(sandbox, recordings=recordings, record=True).run(recipe).changed
    recordings.save({recipe.name})
    again = Runner(sandbox, recordings=Recordings(tmp_path), record=True).run(recipe)
    assert (again.changed, again.differences, again.compared) == (False, [], "")

    changed = Sandbox(proxy.url, KEY)
    proxy.change = with_value("customer", balance=7)
    outcome = Runner(changed, recordings=Recordings(tmp_path)).run(recipe)
    changed.close()
    assert [str(it) for it in outcome.differences] == [
        "customers.bare_customer/make/body.balance: 0; the sandbox: 7"
    ]


def test_the_sandbox_never_overwrites_what_stripe_said(
    sandbox: Sandbox, proxy: Proxy, tmp_path: Path
) -> None:
    recipe = recipes()["customers.bare_customer"]
    stripe = Sandbox(proxy.url, KEY)
    proxy.change = with_value("customer", balance=7)
    recordings = Recordings(tmp_path)
    Runner(sandbox, stripe, recordings=recordings, record=True).run(recipe)
    stripe.close()
    recordings.save({recipe.name})

    kept = Recordings(tmp_path).get(recipe.name)
    assert kept is not None
    assert kept.is_stripes
    outcome = Runner(sandbox, recordings=Recordings(tmp_path), record=True).run(recipe)
    assert not outcome.changed
    assert outcome.compared == kept.source["on"]
    assert [it.theirs for it in outcome.differences] == ["7"]


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("sk_live_1234567890", "is a live key, so nothing was sent"),
        ("rk_live_1234567890", "is a live key, so nothing was sent"),
        ("pk_test_1234567890", "is no test key"),
        ("banana", "is no test key"),
    ],
)
def test_only_test_keys_are_used(key: str, words: str) -> None:
    environment = {"PATH": "/usr/bin:/bin", "STRIPE_CONTRACT_KEY": key}
    command = [sys.executable, "-m", "tests.contract", "--quick"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)

    assert done.returncode == 1
    assert words in done.stderr
    assert key not in done.stdout + done.stderr


def test_test_keys_are_taken() -> None:
    check_key("sk_test_51Abc")
    check_key("rk_test_51Abc")


def test_forms_are_those_of_stripes_libraries() -> None:
    given = {"a": {"b": [{"c": 1}, {"c": None}]}, "d": [], "e": True, "f": ""}

    assert list(encode(given)) == [("a[b][0][c]", "1"), ("e", "true"), ("f", "")]
