"""What is written into logs, and what Stripe shows beside a payment, opens nothing."""

import logging
import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from django.core import mail
from django.db.models import F
from django.test import Client
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve

from bookings.models import Event
from config.logs import JsonFormatter, LineFormatter
from config.views import unknown_api
from payments.models import Payment, PaymentStatus
from tests.support.sandbox import Sandbox
from tests.support.shop import Buy, Deliver, Purchase
from tests.support.turns import refund, tell
from tests.support.worker import work

NAME, EMAIL = "Grace Brewster", "grace.brewster@example.com"
TOKEN = re.compile(r"[\w.:-]{16,}")
HEAVY = ("/api/schema", "/metrics", "/readyz", "/styleguide/")  # Of these, none reads what is asked.
# Stripe's by their prefix; each of ours is a kind of its own.
IDENTIFIER = re.compile(r"([a-z]{2,4}_|[A-Z2-7]{26})\w*")
QUERIES = ("session_id", "payment", "cancelled", "booking", "code", "ticket")


def live(buy: Buy, stripe: Sandbox, deliver: Deliver, client: Client) -> list[Purchase]:
    """Buy, pay, cancel a seat in vain and the rest with an error; let a debit fail, and a session go."""
    paid = buy("A-1", "B-9", name=NAME, email=EMAIL)
    failed, left = (buy(seat, name=NAME, email=EMAIL) for seat in ("A-2", "A-3"))
    stripe.pay(paid.session_id)
    deliver("completed", paid)
    stripe.pay(failed.session_id, method="us_bank_account", outcome="processing")
    deliver("completed", failed)
    stripe.post(f"/sessions/{failed.session_id}/settle", {"ok": False})
    deliver("async_payment_failed", failed)
    client.get(stripe.session(left.session_id)["cancel_url"])
    address = f"/api/bookings/{paid.booking.reference}/cancel"
    assert client.post(address, {"seats": ["B-9"]}, content_type="application/json").status_code == 200
    work()
    stripe.settle_refund(str(paid.payment.refunds.get().refund_id), "failed")
    tell(stripe, deliver)
    refund(paid)
    work()
    code = paid.booking.tickets.earliest("pk").code
    for lost in (address, f"/bookings/{paid.booking.reference}/x/", f"/tickets/{code}/x/", "/payments/x/"):
        client.get(lost, {"session_id": paid.session_id})
    return [paid, failed, left]


def patterns(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, list[str]]]:
    """Yield a format for the path of each address outside the admin, with the names of what it takes."""
    for entry in resolver.url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver) and not path.startswith("admin/"):
            yield from patterns(entry, path)
        elif isinstance(entry, URLPattern):
            plain = re.sub(r"\(\?P<(\w+)>[^)]*\)|<(?:\w+:)?(\w+)>", r"{\1\2}", path).replace("^", "")
            yield "/" + plain.removesuffix("$").replace("/?", ""), re.findall(r"{(\w+)}", plain)


def asked_by_path(tokens: set[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each address that a token can be put into."""
    for (path, names), token in product(patterns(get_resolver()), sorted(tokens)):
        address = path.format(**dict.fromkeys(names, token))
        if names and "slug" not in names and is_routed(address):
            yield address, {}


def is_routed(address: str) -> bool:
    try:
        return resolve(address).func is not unknown_api
    except Resolver404:
        return False


def asked_by_query(tokens: set[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each other address with a token of each kind, by the names that any view reads."""
    kinds = {IDENTIFIER.sub(r"\1", token): token for token in tokens if IDENTIFIER.fullmatch(token)}
    for (path, names), token in product(patterns(get_resolver()), kinds.values()):
        if not names and path not in HEAVY:
            if path.startswith(("/payments/", "/api/payment-status")):
                yield path, {"session_id": token}
            yield path, dict.fromkeys(QUERIES, token)


def test_no_token_in_a_log_or_beside_a_payment_at_stripe_opens_anything(
    buy: Buy,
    stripe: Sandbox,
    deliver: Deliver,
    client: Client,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: Any,
) -> None:
    Event.objects.update(cancellable_until=F("starts_at"))
    caplog.set_level(logging.INFO)
    with django_capture_on_commit_callbacks(execute=True):
        purchases = live(buy, stripe, deliver, client)
    written = [form().format(record) for record in caplog.records for form in (LineFormatter, JsonFormatter)]
    # Sessions are left out: who may read them at Stripe is as good as the box office, see docs/security.md.
    shown = [stripe.objects(kind) for kind in ("payment_intent", "charge", "refund")]
    envelopes = [f"{letter.subject} {letter.extra_headers}" for letter in mail.outbox]
    tokens = {token for text in (*written, *map(str, shown), *envelopes) for token in TOKEN.findall(text)}
    tokens |= {token.rpartition("=")[2] for token in tokens} | {token.upper() for token in tokens}
    assert {purchase.payment.reference for purchase in purchases} <= tokens
    secrets = {NAME, EMAIL, *(purchase.session_id for purchase in purchases)}
    for purchase in purchases:
        secrets |= {purchase.booking.reference, *purchase.booking.tickets.values_list("code", flat=True)}
    assert not {secret for secret in secrets if any(secret in text for text in written)}
    before = statuses()

    stranger, opened = Client(), []
    for address, query in [*asked_by_path(tokens), *asked_by_query(tokens)]:
        for method in (stranger.get, stranger.post):
            answer = method(address, query)
            told = answer.content.decode(errors="replace") + str(answer.headers)
            opened += [(address, secret) for secret in secrets if secret in told]
            if not query and answer.status_code < 300:
                opened.append((address, "an answer"))

    assert opened == []
    assert statuses() == before


def statuses() -> set[tuple[str, ...]]:
    return set(Payment.objects.values_list("reference", "status", "booking__status"))


def test_an_address_from_before_signatures_leads_to_the_event_and_lets_nothing_go(
    purchase: Purchase, stripe: Sandbox, client: Client
) -> None:
    for page in ("success", "cancelled"):
        answer = client.get(f"/payments/{page}/?payment={purchase.payment.reference}")

        assert (answer.status_code, answer.headers["Location"]) == (302, "/events/demo-night/")
    assert stripe.session(purchase.session_id)["status"] == "open"
    assert purchase.payment.status == PaymentStatus.PENDING


@pytest.mark.parametrize("key", ["{0}.", "{0}.x", "{0}:x", "A.{0}", "{0}.{0}"])
def test_a_forged_signature_is_404(purchase: Purchase, client: Client, key: str) -> None:
    reference = purchase.payment.reference

    assert client.get(f"/payments/cancelled/?payment={key.format(reference)}").status_code == 404
    assert purchase.payment.status == PaymentStatus.PENDING


def test_a_rotated_key_still_opens_what_the_old_one_signed(
    purchase: Purchase, stripe: Sandbox, client: Client, settings: Any
) -> None:
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "x" * 50

    answer = client.get(stripe.session(purchase.session_id)["cancel_url"])

    assert answer.context["outcome"] == "released"
