"""Idempotency, versions and the other headers."""

import uuid

from tests.contract.play import Play
from tests.contract.recipes.orders import order
from tests.contract.table import recipe
from tests.contract.targets import NO_KEY

CUSTOMERS = "/v1/customers"


@recipe()
def replay(play: Play) -> None:
    """A POST repeated with its key, and with other parameters"""
    key = str(uuid.uuid4())
    first = play.post(CUSTOMERS, {"name": "Ada"}, step="first", Idempotency_Key=key)
    play.later("DELETE", f"{CUSTOMERS}/{first['id']}")
    again = play.post(CUSTOMERS, {"name": "Ada"}, step="again", Idempotency_Key=key)
    play.note("the same customer", first["id"] == again["id"])
    play.post(CUSTOMERS, {"name": "Bob"}, step="other parameters", Idempotency_Key=key)
    play.post("/v1/products", {"name": "Ada"}, step="another path", Idempotency_Key=key)


@recipe()
def no_key(play: Play) -> None:
    """A POST without an idempotency key"""
    made = play.post(CUSTOMERS, {"name": "Ada"}, step="taken", Idempotency_Key=NO_KEY)
    play.later("DELETE", f"{CUSTOMERS}/{made['id']}")


@recipe()
def refused_then_repaired(play: Play) -> None:
    """A key that was refused for its parameters may be used again with better ones"""
    key = str(uuid.uuid4())
    path = "/v1/checkout/sessions"
    play.post(path, order(mode="pay"), step="refused", Idempotency_Key=key)
    play.post(path, order(mode="pay"), step="refused again", Idempotency_Key=key)
    play.post(path, order(), step="repaired", Idempotency_Key=key)


@recipe()
def stored_refusal(play: Play) -> None:
    """An error about an object's state, repeated with its key"""
    session = play.post("/v1/checkout/sessions", order())
    path = f"/v1/checkout/sessions/{session['id']}/expire"
    play.post(path)
    key = str(uuid.uuid4())
    play.post(path, step="refused", Idempotency_Key=key)
    play.post(path, step="again", Idempotency_Key=key)


@recipe()
def long_key(play: Play) -> None:
    """An idempotency key of 256 characters"""
    play.post(CUSTOMERS, {"name": "Ada"}, step="refused", Idempotency_Key="k" * 256)


@recipe()
def get(play: Play) -> None:
    """A GET, also with an idempotency key"""
    play.get("/v1/charges", {"customer": "cus_nobody", "limit": 1}, step="plain")
    play.get("/v1/charges", {"customer": "cus_nobody", "limit": 1}, step="keyed", Idempotency_Key="k1")
