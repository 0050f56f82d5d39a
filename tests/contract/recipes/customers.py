"""Customers, their cards, and the account itself."""

from tests.contract.play import Play
from tests.contract.recipes.orders import EMAIL, subscriber
from tests.contract.table import recipe

CUSTOMERS = "/v1/customers"


@recipe()
def customer(play: Play) -> None:
    """A customer, made, changed, asked for and deleted"""
    made = play.post(CUSTOMERS, {"email": EMAIL, "name": "Ada", "metadata": {"user": "u1"}}, step="make")
    path = f"{CUSTOMERS}/{made['id']}"
    play.post(path, {"email": "ada@example.org", "metadata": {"user": ""}}, step="change")
    play.get(path, step="ask")
    play.delete(path, step="delete")
    play.get(path, step="ask for the deleted")
    play.post(path, {"name": "Bob"}, step="change the deleted")


@recipe()
def bare_customer(play: Play) -> None:
    """A customer without anything"""
    made = play.post(CUSTOMERS, {}, step="make")
    play.later("DELETE", f"{CUSTOMERS}/{made['id']}")


@recipe()
def by_email(play: Play) -> None:
    """Customers found by their address, in pages of one"""
    address = f"twins-{play.unique}@example.com"
    for name in ("Ada", "Bob"):
        made = play.post(CUSTOMERS, {"email": address, "name": name})
        play.later("DELETE", f"{CUSTOMERS}/{made['id']}")
    first = play.get(CUSTOMERS, {"email": address, "limit": 1}, step="first page")
    after = {"email": address, "limit": 1, "starting_after": first["data"][0]["id"]}
    second = play.get(CUSTOMERS, after, step="second page")
    play.note("names", [it["name"] for page in (first, second) for it in page["data"]])


@recipe()
def bad_addresses(play: Play) -> None:
    """Addresses that aren't any"""
    play.post(CUSTOMERS, {"email": "ada"}, step="no host")
    play.post(CUSTOMERS, {"email": "ada@"}, step="an empty host")


@recipe()
def card(play: Play) -> None:
    """A test card, attached to a customer, listed and detached"""
    customer = play.post(CUSTOMERS, {"email": EMAIL})
    path = f"{CUSTOMERS}/{customer['id']}"
    play.later("DELETE", path)
    method = play.post("/v1/payment_methods/pm_card_visa/attach", {"customer": customer["id"]}, step="attach")
    play.get(f"{path}/payment_methods", step="list")
    settings = {"invoice_settings": {"default_payment_method": method["id"]}}
    play.post(path, settings, step="make it the default")
    play.post(f"/v1/payment_methods/{method['id']}/detach", step="detach")
    play.post(f"/v1/payment_methods/{method['id']}/detach", step="detach again")


@recipe()
def declined_card(play: Play) -> None:
    """A test card that is declined when it is attached"""
    customer = play.post(CUSTOMERS, {"email": EMAIL})
    play.later("DELETE", f"{CUSTOMERS}/{customer['id']}")
    path = "/v1/payment_methods/pm_card_chargeDeclined/attach"
    play.post(path, {"customer": customer["id"]}, step="attach")


@recipe()
def foreign_card(play: Play) -> None:
    """A card that belongs to another customer"""
    owner, other = subscriber(play), subscriber(play)
    method = owner["invoice_settings"]["default_payment_method"]
    path = f"/v1/payment_methods/{method}/attach"
    play.post(path, {"customer": other["id"]}, step="attach")


@recipe()
def account(play: Play) -> None:
    """The account of the key, and its balance"""
    found = play.get("/v1/account")
    play.note("members", sorted(found))
    play.note("may charge", found["charges_enabled"])
    balance = play.get("/v1/balance")
    play.note("members of the balance", sorted(set(balance) & {"available", "livemode", "object", "pending"}))


@recipe()
def empty_lists(play: Play) -> None:
    """Lists with nothing in them"""
    customer = play.post(CUSTOMERS, {"email": EMAIL})
    play.later("DELETE", f"{CUSTOMERS}/{customer['id']}")
    for kind in ("charges", "checkout/sessions", "invoices", "payment_intents", "subscriptions"):
        play.get(f"/v1/{kind}", {"customer": customer["id"]}, step=kind)
