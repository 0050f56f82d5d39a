"""Control of customers."""

from sandbox.control.surface import Refused, as_form, control
from sandbox.core.box import Box
from sandbox.core.errors import StripeError
from sandbox.core.store import Obj
from sandbox.payments import customers


@control("POST", "customers/{customer_id}")
def change(box: Box, given: Obj, customer_id: str) -> Obj:
    """Change a customer as staff do in the Dashboard: any parameter of ``POST /v1/customers/{id}``."""
    try:
        params = customers.UPDATE.parse(as_form(given), "")
        with box.store.transaction():
            return customers.update(box, params, customer=customer_id)
    except StripeError as error:
        raise Refused(str(error), error.status) from None
