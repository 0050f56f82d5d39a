"""Requests that nobody means, from anybody: each is told what is wrong with it."""

import pytest
from django.test import Client


@pytest.mark.parametrize("path", ["/nothing/", "/bookings/0/cancel/", "/tickets/x/qr.png"])
def test_a_form_without_a_boundary_at_an_unknown_address_is_404(db: None, path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies["csrftoken"] = "a" * 32

    answer = client.generic("POST", path, b"a=b", "multipart/form-data; boundary=")

    assert answer.status_code == 404
    assert "We can’t find this page" in answer.content.decode()


@pytest.mark.parametrize(
    "odd", ["a b", "{'id'", "x:y", "home", "/a\nb", "\0", "//eve.example", "/\\eve.example"]
)
def test_who_signs_in_goes_on_to_paths_of_this_host_only(client: Client, db: None, odd: str) -> None:
    page = client.get("/account/login/", {"next": odd})

    assert (page.status_code, page.context["next"]) == (200, "/bookings/")
