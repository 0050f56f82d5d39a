"""The admin, walked with ids, filters and searches that nobody means: none is an error of the server."""

import re
from collections.abc import Iterable, Iterator
from itertools import product

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from payments.models import Action, Payment, StripeEvent
from tests.support.shop import Buy, Deliver, Purchase
from tests.support.staff import action_of, log_in, replay_of

# A number no column holds, one of another script, a NUL, bytes that are no text, what the admin unquotes.
ODD = ["9" * 30, "٣", "1%00", "%FF", "_5F"]


@pytest.fixture
def boss(db: None) -> Client:
    return log_in(User.objects.create_superuser("boss"))


def failures(boss: Client, addresses: Iterable[str]) -> list[str]:
    boss.raise_request_exception = False
    return [address for address in addresses if boss.get(address).status_code >= 500]


def paths(resolver: URLResolver, prefix: str = "/admin/") -> Iterator[str]:
    """Yield the path of each page of the admin."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from paths(entry, prefix + str(entry.pattern))
        elif isinstance(entry, URLPattern):
            yield prefix + str(entry.pattern)


def admin_paths() -> list[str]:
    (found,) = [entry for entry in get_resolver().url_patterns if str(entry.pattern) == "admin/"]
    assert isinstance(found, URLResolver)
    return list(paths(found))


def test_no_id_is_an_error(boss: Client, paid: Purchase) -> None:
    about = [path for path in admin_paths() if "<" in path and "(?" not in path]
    assert len(about) > 50

    assert failures(boss, (re.sub("<[^>]*>", odd, path) for path, odd in product(about, ODD))) == []


def queries() -> Iterator[str]:
    """Yield odd questions to each list: a search, each of its filters, and parameters of the admin's own."""
    for model, page in admin.site._registry.items():
        names = [str(name[0] if isinstance(name, tuple) else name) for name in page.list_filter]
        filters = [name for name in names if not name.startswith("<")]
        asked = [f"{name}__exact={odd}" for name, odd in product(filters, ("1%00", "x", "9" * 30))]
        others = ["q=%00", "q=%ED%A0%80", "trouble=%00", "p=x", "o=9.x", "e=1", "%00=1", "id__in=x,%00"]
        for query in (*asked, *others):
            yield f"/admin/{model._meta.app_label}/{model._meta.model_name}/?{query}"


@pytest.mark.django_db(transaction=True)  # An error of the database would hide those that follow.
def test_no_filter_and_no_search_is_an_error(boss: Client) -> None:
    assert failures(boss, queries()) == []


def test_no_row_that_was_selected_is_an_error(boss: Client, paid: Purchase) -> None:
    boss.raise_request_exception = False
    for odd in ("x", "1\0", "9" * 30, ""):
        form = {"action": Action.ASK, "_selected_action": [odd], "index": "0"}

        assert boss.post("/admin/payments/payment/", form).status_code < 500


def test_no_action_is_an_error_whatever_the_payment(
    boss: Client, buy: Buy, paid: Purchase, deliver: Deliver
) -> None:
    unpaid, bought, event = buy("B-1").payment, paid.payment, StripeEvent.objects.latest("pk")
    pages = [action_of(payment, action) for payment in (unpaid, bought) for action in Action]

    assert failures(boss, [*pages, replay_of(event), f"{replay_of(event)}?%00"]) == []
    for page in pages:
        assert boss.post(page, {"form_id": "x", "reason": "\0", "tickets": "x"}).status_code < 500


def test_a_refund_of_what_was_never_paid_is_refused_in_words(boss: Client, buy: Buy) -> None:
    payment: Payment = buy("B-1").payment

    page = boss.get(action_of(payment, Action.REFUND), follow=True)

    assert "not possible for this payment" in page.content.decode()


def test_a_filter_that_no_column_knows_leads_to_the_whole_list(boss: Client, paid: Purchase) -> None:
    answer = boss.get("/admin/payments/payment/?status__exact=%00")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/payments/payment/")
