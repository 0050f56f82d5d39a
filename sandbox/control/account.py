"""Control of the account's facts, which its owner sets in Stripe's Dashboard."""

from sandbox.control.surface import Refused, control
from sandbox.core.account import Account
from sandbox.core.box import Box
from sandbox.core.store import Obj


@control("GET", "account")
def show(box: Box, given: Obj) -> Obj:
    return Account(box.store).all()


@control("POST", "account")
def change(box: Box, given: Obj) -> Obj:
    """Change facts: ``{"terms_of_service_url": "https://shop.test/terms", "country": "DE"}``."""
    try:
        Account(box.store).change(given)
    except ValueError as error:
        raise Refused(str(error)) from None
    return Account(box.store).all()
