"""Invoices over the API."""

from typing import Any

import pytest
import stripe

from tests.sandbox.support.process import Sandbox


def test_a_list_of_invoices_is_refused_for_what_does_not_exist(sandbox: Sandbox) -> None:
    wanted: list[Any] = [{"subscription": "sub_gone"}, {"customer": "cus_gone"}]

    for params in wanted:
        with pytest.raises(stripe.InvalidRequestError) as caught:
            sandbox.stripe.invoices.list(params)
        assert (caught.value.http_status, caught.value.code) == (400, "resource_missing")
