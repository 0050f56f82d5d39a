"""Which API versions there are, and how a reply says which it has."""

import inspect
import re

import pytest
import stripe
from stripe.params import WebhookEndpointCreateParams

from sandbox.versions.api_versions import API_VERSIONS
from tests.sandbox.support.process import CURRENT, Sandbox

BASIL, CLOVER, DAHLIA = "2025-03-31.basil", "2025-09-30.clover", "2026-03-25.dahlia"


def versions_of_the_library() -> set[str]:
    """Return every version that an endpoint can be given, as the package's types name them."""
    return set(re.findall(r'"(\d{4}-\d\d-\d\d[.\w]*)"', inspect.getsource(WebhookEndpointCreateParams)))


def test_the_package_and_the_tests_speak_of_one_version() -> None:
    assert stripe.api_version == CURRENT


def test_every_version_of_the_library_is_accepted(sandbox: Sandbox) -> None:
    known = versions_of_the_library()
    assert known == set(API_VERSIONS)
    for version in known:
        answer = sandbox.api("GET", "/v1/charges", **{"Stripe-Version": version})
        assert (answer.status_code, answer.headers["Stripe-Version"]) == (200, version)


@pytest.mark.parametrize("version", ["banana", "2026-10-28", "2026-10-29.endive", "2019-2-19", "2025-03-31"])
def test_any_other_version_is_refused(sandbox: Sandbox, version: str) -> None:
    answer = sandbox.api("POST", "/v1/customers", **{"Stripe-Version": version, "Idempotency-Key": "k"})

    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert answer.json()["error"]["message"] == f"Invalid Stripe API version: {version}"
    assert sandbox.api("POST", "/v1/customers", **{"Idempotency-Key": "k"}).status_code == 200


@pytest.mark.parametrize(
    ("version", "shape"),
    [
        (CURRENT, None),
        ("2026-09-30.endive", CURRENT),
        (DAHLIA, CURRENT),
        (CLOVER, f"{CURRENT}; without {DAHLIA}"),
        (BASIL, f"{CURRENT}; without {DAHLIA}; without {CLOVER}"),
        ("2024-06-20", f"{CURRENT}; without {DAHLIA}; without {CLOVER}; without {BASIL}"),
    ],
)
def test_a_reply_says_where_its_shape_is_not_the_version_asked_for(
    sandbox: Sandbox, version: str, shape: str | None
) -> None:
    answer = sandbox.api("GET", "/v1/charges", **{"Stripe-Version": version})

    assert answer.headers.get("Sandbox-Shape") == shape
    assert "Sandbox-Shape" not in sandbox.api("GET", "/v1/charges").headers


def test_an_endpoint_may_have_any_of_the_versions_and_no_other(sandbox: Sandbox) -> None:
    body = "url=http://a.test&enabled_events[]=*&api_version="
    made = sandbox.api("POST", "/v1/webhook_endpoints", body + "2016-07-06")
    refused = sandbox.api("POST", "/v1/webhook_endpoints", body + "banana")

    assert made.json()["api_version"] == "2016-07-06"
    assert refused.status_code == 400
    assert refused.json()["error"]["param"] == "api_version"
