"""How much, how long and how many: just within what Stripe takes, and just outside."""

from tests.contract.play import Play
from tests.contract.recipes.orders import in_minutes, offer, order, plan, seat
from tests.contract.table import recipe

SESSIONS = "/v1/checkout/sessions"


@recipe()
def too_short(play: Play) -> None:
    """A session of 29 minutes"""
    play.post(SESSIONS, order(expires_at=in_minutes(29)), step="refused")


@recipe()
def too_long(play: Play) -> None:
    """A session of 25 hours"""
    play.post(SESSIONS, order(expires_at=in_minutes(25 * 60)), step="refused")


@recipe()
def longest(play: Play) -> None:
    """A session of 23 hours and 59 minutes"""
    play.post(SESSIONS, order(expires_at=in_minutes(24 * 60 - 1)), step="taken")


@recipe()
def smallest_amount(play: Play) -> None:
    """Totals of 0.49 and 0.50 euros"""
    play.post(SESSIONS, order(line_items=[seat("Seat", 49)]), step="refused")
    play.post(SESSIONS, order(line_items=[seat("Seat", 50)]), step="taken")


@recipe()
def largest_amount(play: Play) -> None:
    """Totals of 999,999.99 euros, and of one cent more"""
    play.post(SESSIONS, order(line_items=[seat("Hall", 99_999_999)]), step="taken")
    play.post(SESSIONS, order(line_items=[seat("Hall", 100_000_000)]), step="refused")


@recipe()
def free(play: Play) -> None:
    """A total of 0"""
    play.post(SESSIONS, order(line_items=[seat("Seat", 0)]), step="open")


@recipe()
def negative_amount(play: Play) -> None:
    """A negative amount"""
    play.post(SESSIONS, order(line_items=[seat("Seat", -100)]), step="refused")


@recipe()
def lines(play: Play) -> None:
    """A hundred lines, and one more"""
    most = [seat(f"Seat {number}", 100) for number in range(100)]
    play.post(SESSIONS, order(line_items=[*most, seat("Seat 101", 100)]), step="refused")
    found = play.post(SESSIONS, order(line_items=most))
    play.note("total of a hundred lines", found["amount_total"])


@recipe()
def currencies(play: Play) -> None:
    """Yen have no decimals; euros and dollars don't mix"""
    play.post(SESSIONS, order(line_items=[seat("Seat", 500, "jpy")]), step="yen")
    mixed = [seat("Seat", 500, "eur"), seat("Seat", 500, "usd")]
    play.post(SESSIONS, order(line_items=mixed), step="mixed")
    play.post(SESSIONS, order(line_items=[seat("Seat", 500, "xyz")]), step="unknown")


@recipe()
def metadata(play: Play) -> None:
    """Metadata with 51 keys, a key of 41 characters and a value of 501"""
    play.post(SESSIONS, order(metadata={f"k{n}": "v" for n in range(51)}), step="too many")
    play.post(SESSIONS, order(metadata={"k" * 41: "v"}), step="a long key")
    play.post(SESSIONS, order(metadata={"k": "v" * 501}), step="a long value")


@recipe()
def reference(play: Play) -> None:
    """A client reference of 201 characters"""
    play.post(SESSIONS, order(client_reference_id="r" * 201), step="refused")


@recipe()
def list_limit(play: Play) -> None:
    """Pages of 0, 101 and "many" objects"""
    for limit in (0, 101, "many"):
        play.get("/v1/charges", {"limit": limit}, step=f"limit {limit}")


@recipe()
def trial(play: Play) -> None:
    """A trial of 0 days, and one of 731"""
    price = plan(play)
    for days in (0, 731):
        params = offer(price, subscription_data={"trial_period_days": days})
        play.post(SESSIONS, params, step=f"{days} days")
