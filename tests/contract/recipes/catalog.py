"""Products, prices, coupons and promotion codes."""

from tests.contract.play import Play
from tests.contract.recipes.orders import plan
from tests.contract.table import recipe


@recipe()
def product(play: Play) -> None:
    """A product, made, changed and put away"""
    made = play.post("/v1/products", {"name": "Friend", "metadata": {"plan": "friend"}}, step="make")
    path = f"/v1/products/{made['id']}"
    play.post(path, {"description": "Comes often", "metadata": {"plan": ""}}, step="change")
    play.post(path, {"active": False}, step="put away")


@recipe()
def price(play: Play) -> None:
    """A one-time price, asked for with its product"""
    params = {"currency": "eur", "unit_amount": 2100, "product_data": {"name": "Seat"}}
    made = play.post("/v1/prices", params, step="make")
    play.get(f"/v1/prices/{made['id']}", {"expand": ["product"]}, step="ask")


@recipe()
def recurring_price(play: Play) -> None:
    """A yearly price with a lookup key, found by it"""
    key = f"friend-{play.unique}"
    params = {
        "currency": "eur",
        "unit_amount": 12_000,
        "recurring": {"interval": "year"},
        "product_data": {"name": "Friend"},
        "tax_behavior": "inclusive",
        "nickname": "Yearly",
    }
    made = play.post("/v1/prices", params, step="make")
    play.post(f"/v1/prices/{made['id']}", {"lookup_key": key})
    found = play.get("/v1/prices", {"lookup_keys": [key], "limit": 1})
    play.note("found by its key", [it["id"] == made["id"] for it in found["data"]])


@recipe()
def coupons(play: Play) -> None:
    """Coupons by percent and by amount, asked for, changed and deleted"""
    half = {
        "id": play.unique,
        "percent_off": "50",
        "duration": "repeating",
        "duration_in_months": 3,
        "name": "Half",
    }
    made = play.post("/v1/coupons", half, step="percent")
    path = f"/v1/coupons/{made['id']}"
    play.post(path, {"metadata": {"for": "friends"}}, step="change")
    play.delete(path, step="delete")
    play.get(path, step="ask for the deleted")
    off = {
        "id": f"{play.unique}-2",
        "amount_off": 500,
        "currency": "eur",
        "duration": "forever",
        "max_redemptions": 3,
    }
    made = play.post("/v1/coupons", off, step="amount")
    play.later("DELETE", f"/v1/coupons/{made['id']}")


@recipe()
def coupon_refusals(play: Play) -> None:
    """Coupons that can't be"""
    path = "/v1/coupons"
    play.post(path, {"duration": "once"}, step="no discount")
    play.post(path, {"amount_off": 500, "duration": "once"}, step="no currency")
    play.post(path, {"percent_off": "101", "duration": "once"}, step="more than all")
    play.post(path, {"percent_off": "10", "duration": "repeating"}, step="no months")


@recipe()
def promotion_code(play: Play) -> None:
    """A promotion code, made, found, used up by another of its name, and switched off"""
    coupon = play.post("/v1/coupons", {"id": play.unique, "percent_off": "25", "duration": "once"})
    play.later("DELETE", f"/v1/coupons/{coupon['id']}")
    code = play.unique.upper()
    params = {"promotion": {"type": "coupon", "coupon": coupon["id"]}, "code": code}
    made = play.post("/v1/promotion_codes", params)
    play.note("members", sorted(made))
    again = play.post("/v1/promotion_codes", params, step="again")
    play.note("refused by name", code in again.get("error", {}).get("message", ""))
    found = play.get("/v1/promotion_codes", {"code": code})
    play.note("found", [it["id"] == made["id"] for it in found["data"]])
    off = play.post(f"/v1/promotion_codes/{made['id']}", {"active": False})
    play.note("still active", off["active"])


@recipe()
def sold_out_price(play: Play) -> None:
    """A price that is put away can't be bought"""
    made = plan(play, recurring=None)
    play.post(f"/v1/prices/{made['id']}", {"active": False}, step="put away")
    line = [{"price": made["id"], "quantity": 1}]
    params = {"mode": "payment", "line_items": line, "success_url": "http://shop.test/paid"}
    play.post("/v1/checkout/sessions", params, step="refused")
