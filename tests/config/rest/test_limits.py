"""What is sent to the JSON interface is small before it is parsed, and before its items are looked at."""

import json
from typing import Any

import pytest
from django.test import Client
from rest_framework import serializers

from bookings.models import Event
from config.rest.fields import ShortListField

JSON = "application/json"


class Item(serializers.CharField):
    """An item that counts how often one is validated."""

    validated = 0

    def run_validation(self, data: Any = serializers.empty) -> Any:
        type(self).validated += 1
        return super().run_validation(data)


class Order(serializers.Serializer):
    seats = ShortListField(child=Item(), min_length=1, max_length=20)


@pytest.mark.parametrize(("number", "validated"), [(0, 0), (20, 20), (21, 0), (20_000, 0)])
def test_no_item_of_a_list_that_is_too_long_is_looked_at(number: int, validated: int) -> None:
    Item.validated = 0

    assert Order(data={"seats": [[]] * number}).is_valid() is False
    assert Item.validated == validated


@pytest.mark.parametrize("path", ["/api/checkout", "/api/payment-status/verify"])
def test_a_body_is_parsed_only_if_it_is_small(client: Client, path: str, db: None) -> None:
    def post(size: int) -> Any:
        body = json.dumps({"seats": [[]]})
        answer = client.post(path, body + " " * (size - len(body)), content_type=JSON)
        return answer.status_code, answer.json()["error"]["code"]

    assert post(65_536) == (400, "invalid")
    assert post(65_537) == post(2_400_000) == (413, "too_large")


@pytest.mark.parametrize(
    "costly",
    [
        pytest.param('{"seats":[' + "[]," * 21_000 + "[]]}", id="items"),
        pytest.param("[" * 65_000, id="nesting"),
        pytest.param('{"quantity":' + "9" * 65_000 + "}", id="number"),
        pytest.param('{"name":"' + "a" * 65_000 + '"}', id="text"),
        pytest.param('{"email":"' + "a@" * 32_000 + '"}', id="address"),
        pytest.param("{" + ",".join(f'"{n}":0' for n in range(7_000)) + "}", id="members"),
    ],
)
def test_the_costliest_bodies_are_refused_without_a_statement(
    client: Client, db: None, costly: str, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):  # the request is counted
        answer = client.post("/api/checkout", costly, content_type=JSON)

    assert answer.status_code == 400
    assert len(answer.content) < 1_000


def test_a_form_has_no_more_fields_than_pages_have(client: Client, event: Event) -> None:
    def is_read(number: int) -> bool:
        fields = {"seats": [f"A-{n}" for n in range(number)]}
        answer = client.post(f"/events/{event.slug}/checkout/", fields)
        assert answer.status_code == 400
        return b"You can buy 20 seats at a time" in answer.content or b'id="seats"' in answer.content

    assert [is_read(500), is_read(501)] == [True, False]
