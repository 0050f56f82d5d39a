"""What exists at a moment, at Stripe and here, so that only possible actions are chosen."""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from payments.webhook.payments import APPLIED, USEFUL
from tests.storm.world import Json, World

# A booking at the counter or one that costs nothing has no payment, so customers and staff can't act on it.
HERE = """
    SELECT (SELECT count(*) FROM payments_payment
             WHERE status NOT IN ('pending', 'processing', 'failed', 'expired')) AS money,
           (SELECT count(*) FROM bookings_ticket AS ticket WHERE status <> 'void' AND EXISTS (
                SELECT 1 FROM payments_payment WHERE booking_id = ticket.booking_id)) AS tickets,
           (SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo') AS jobs,
           (SELECT count(*) FROM procrastinate_jobs
             WHERE status = 'todo' AND task_name = 'payments.tasks.send_refund') AS sending,
           (SELECT count(*) FROM payments_refund
             WHERE status IN ('refused', 'failed', 'canceled')) AS broken,
           (SELECT count(*) FROM payments_payment JOIN bookings_booking AS booking ON booking.id = booking_id
             WHERE booking.status = 'released') AS released
"""


@dataclass(frozen=True)
class Scene:
    """Sessions by what can be done with them, undelivered events, refunds, disputes, and counts of rows."""

    open: list[str]
    expired: list[str]
    debits: list[str]
    paid: list[str]
    undelivered: list[Json]
    refunds: list[str]
    disputes: list[str]
    moving: list[tuple[str, str, str]]  # each refund and dispute: its kind, its id, and the session
    money: int = 0
    tickets: int = 0
    jobs: int = 0
    sending: int = 0
    broken: int = 0
    released: int = 0


def look(world: World) -> Scene:
    known = [s for s in world.stripe.objects("checkout.session") if s["id"] in world.purchases]
    events = world.stripe.objects("event")
    over = {event["id"] for event in world.delivered} | world.lost
    return Scene(
        open=[s["id"] for s in known if s["status"] == "open"],
        expired=[s["id"] for s in known if s["status"] == "expired"],
        debits=[s["id"] for s in known if (s["status"], s["payment_status"]) == ("complete", "unpaid")],
        paid=[s["id"] for s in known if s["payment_status"] == "paid"],
        undelivered=[e for e in events if e["id"] not in over and e["type"] in APPLIED | USEFUL],
        refunds=subjects(events, "refund.created"),
        disputes=subjects(events, "charge.dispute.created"),
        moving=moving(events, {s["payment_intent"]: s["id"] for s in known}),
        **counts(),
    )


def subjects(events: list[Json], type_: str) -> list[str]:
    return [event["data"]["object"]["id"] for event in events if event["type"] == type_]


def moving(events: list[Json], sessions: dict[str, str]) -> list[tuple[str, str, str]]:
    subjects = [
        event["data"]["object"]
        for event in events
        if event["type"] in ("refund.created", "charge.dispute.created")
    ]
    return [(s["object"], s["id"], sessions[s["payment_intent"]]) for s in subjects]


def counts() -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(HERE)
        return dict(zip([column.name for column in cursor.description], cursor.fetchone(), strict=True))
