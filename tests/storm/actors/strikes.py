"""
Make PostgreSQL refuse a write in the middle of an action.

A trigger on every table counts the rows written to the table of the strike, and raises an error at the chosen
one. The counter is a sequence, because sequences aren't rolled back.
"""

from typing import NamedTuple

from django.db import connection

TABLES = [
    "bookings_booking",
    "bookings_bookedseat",
    "bookings_seat",
    "bookings_ticket",
    "payments_check",
    "payments_dispute",
    "payments_notice",
    "payments_payment",
    "payments_refund",
    "payments_stripeevent",
    "payments_transition",
    "procrastinate_jobs",
]
INSTALL = """
    CREATE SEQUENCE storm_writes;
    CREATE FUNCTION storm_strike() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF current_setting('storm.table', true) IN ('any', TG_TABLE_NAME) THEN
            IF nextval('storm_writes') = current_setting('storm.write')::int THEN
                RAISE EXCEPTION 'The storm strikes %.', TG_TABLE_NAME;
            END IF;
        END IF;
        RETURN NEW;
    END $$;
"""
TRIGGER = """
    CREATE TRIGGER storm BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION storm_strike();
"""
REMOVE = "DROP FUNCTION storm_strike() CASCADE; DROP SEQUENCE storm_writes;"


class Strike(NamedTuple):
    """Fail at the ``write``-th row (from 1) written to ``table``, or to any table with "any"."""

    table: str
    write: int


def install() -> None:
    _execute(INSTALL + "".join(TRIGGER.format(table=table) for table in TABLES))


def remove() -> None:
    _execute(REMOVE)


def arm(strike: Strike) -> None:
    _execute(
        "SELECT setval('storm_writes', 1, false), set_config('storm.table', %s, false), "
        "set_config('storm.write', %s, false)",
        [strike.table, str(strike.write)],
    )


def disarm(strike: Strike) -> bool:
    """Allow all writes again, and return whether one has failed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('storm.table', '', false)")
        cursor.execute("SELECT last_value, is_called FROM storm_writes")
        writes, has_counted = cursor.fetchone()
    return bool(has_counted and writes >= strike.write)


def _execute(statement: str, parameters: list[str] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
