"""Proxies that aren't listed, or don't say whose a request is: nothing opens by mistake."""

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest
from django.test import Client

from config.middleware.proxies import unlisted
from payments.doctor.checks import _proxies
from payments.models import UnlistedProxy


@pytest.fixture(autouse=True)
def _none_met() -> Iterator[None]:
    yield
    unlisted.forget()


def warned(client: Client) -> set[str]:
    return {warning["code"] for warning in client.get("/readyz").json()["warnings"]}


def test_a_proxy_that_is_not_listed_opens_nothing_and_is_warned_of(
    client: Client, db: None, caplog: pytest.LogCaptureFixture, settings: Any
) -> None:
    through: Any = {"REMOTE_ADDR": "172.18.0.3", "headers": {"X-Forwarded-For": "203.0.113.7"}}
    for _again in range(3):
        assert client.get("/metrics", **through).status_code == 403
        assert "warnings" not in client.get("/readyz", **through).json()

    assert "proxy_unlisted" in warned(client)
    assert [r.getMessage() for r in caplog.records if "172.18.0.3" in r.getMessage()] == [
        "172.18.0.3 forwards requests but isn't in TRUSTED_PROXIES: its headers are ignored"
    ]
    told = [f"{finding.severity} {finding.words}" for finding in _proxies()]
    assert told == [
        "warning Requests come through 172.18.0.3, not in TRUSTED_PROXIES: all customers look like one."
    ]

    settings.TRUSTED_PROXIES = [ip_network("172.18.0.0/16")]

    assert "proxy_unlisted" not in warned(client)
    assert client.get("/metrics", **through).status_code == 403
    assert client.get("/metrics", REMOTE_ADDR="172.18.0.9").status_code == 200


@pytest.mark.parametrize("headers", [{"Via": "1.1 x"}, {"Forwarded": "for=x"}, {"X-Real-IP": "203.0.113.7"}])
def test_any_sign_of_a_proxy_that_is_not_listed_closes_the_metrics(
    client: Client, db: None, headers: dict[str, str]
) -> None:
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.3", headers=headers).status_code == 403
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.3").status_code == 200


def test_the_internet_makes_nobody_warn_of_proxies(client: Client, db: None) -> None:
    client.get("/readyz", REMOTE_ADDR="8.8.8.8", headers={"X-Forwarded-For": "10.0.0.1"})
    assert "8.8.8.8" not in UnlistedProxy.objects.values_list("address", flat=True)


def test_a_client_that_a_trusted_proxy_does_not_name_is_not_this_machine(client: Client, db: None) -> None:
    for said in ("unknown", "_hidden", "203.0.113.7, unknown"):
        assert client.get("/metrics", headers={"X-Forwarded-For": said}).status_code == 403
