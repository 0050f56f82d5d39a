"""Rules: what was sold and given back at the counter, and what is in its tills, to the cent."""

from collections.abc import Iterator

from django.db import connection

from payments.models import CounterSale, Till

from .batches import Batch
from .violations import Violation, rule_in_batches_of

# Closed tills whose rows say another sum than was expected in them.
TILLS = """
    SELECT till.id, till.expected, till.float + coalesce(taken.amount, 0) - coalesce(back.amount, 0)
      FROM payments_till AS till
     CROSS JOIN LATERAL (SELECT sum(amount)::bigint AS amount FROM payments_countersale
                          WHERE till_id = till.id AND kind = 'cash') AS taken
     CROSS JOIN LATERAL (SELECT sum(amount)::bigint AS amount FROM payments_counterreturn
                          WHERE till_id = till.id AND kind = 'cash') AS back
     WHERE till.id BETWEEN %s AND %s AND till.closed_at IS NOT NULL
       AND till.expected <> till.float + coalesce(taken.amount, 0) - coalesce(back.amount, 0)
     ORDER BY till.id
"""


@rule_in_batches_of(Till)
def till_that_does_not_add_up(batch: Batch) -> Iterator[Violation]:
    """What was expected in a closed till is what was in it at first, was taken and wasn't given back."""
    with connection.cursor() as cursor:
        cursor.execute(TILLS, batch.bounds)
        for pk, expected, amount in cursor.fetchall():
            words = f"was closed with {expected} expected, but its sales add up to {amount}"
            yield Violation("till_that_does_not_add_up", f"till {pk}", words)


# What sales took, what their places were worth as they were sold, and what was given back.
SOLD = """
    SELECT sale.id, sale.amount, coalesce(sold.worth, 0), coalesce(back.amount, 0)
      FROM payments_countersale AS sale
     CROSS JOIN LATERAL (SELECT sum(coalesce(paid, price))::bigint AS worth FROM bookings_bookedseat
                          WHERE booking_id = sale.booking_id AND replaced_at IS NULL) AS sold
     CROSS JOIN LATERAL (SELECT sum(amount)::bigint AS amount FROM payments_counterreturn
                          WHERE sale_id = sale.id) AS back
     WHERE sale.id BETWEEN %s AND %s
       AND (sale.amount <> coalesce(sold.worth, 0) OR back.amount > sale.amount)
     ORDER BY sale.id
"""


@rule_in_batches_of(CounterSale)
def sale_that_does_not_add_up(batch: Batch) -> Iterator[Violation]:
    """A counter sale took what its places were worth as they were sold, and no more was given back."""
    with connection.cursor() as cursor:
        cursor.execute(SOLD, batch.bounds)
        for pk, amount, worth, back in cursor.fetchall():
            words = f"took {amount} for places sold for {worth}, and refunded {back}"
            yield Violation("sale_that_does_not_add_up", f"sale {CounterSale(pk=pk)}", words)
