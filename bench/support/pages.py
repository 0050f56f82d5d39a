"""Many customers' pages, each with a payment of its own: copies of one that was really bought."""

import asyncio

from bench.support.client import Connection, in_parallel
from bench.support.shop import Page, Shop, Web, disconnect

CLIENTS = 16


async def open_pages(shop: Shop, web: Web, number: int) -> list[Page]:
    """Buy once, copy the booking, its seats' prices and its payment ``number`` times; return the pages."""
    (bought,) = await shop.buy(web, 1)
    session_ids = await asyncio.to_thread(_copy, bought.session_id, number)

    async def open_page(connection: Connection, session_id: str) -> Page:
        page = Page(session_id, "")
        return Page(session_id, (await connection.ask("GET", page.url)).etag)

    actions = [lambda connection, id_=id_: open_page(connection, id_) for id_ in session_ids]
    return await in_parallel(web.port, CLIENTS, actions)


def _copy(session_id: str, number: int) -> list[str]:
    from bookings.models import BookedSeat, Booking  # After the shop has set Django up.
    from payments.models import Payment

    payment = Payment.objects.select_related("booking").get(session_id=session_id)
    booking = payment.booking
    copied = {"event_id": booking.event_id, "held_until": booking.held_until}
    bookings = Booking.objects.bulk_create(
        Booking(name=booking.name, email=booking.email, **copied) for _ in range(number)
    )
    BookedSeat.objects.bulk_create(
        BookedSeat(booking=copy, seat_id=booked.seat_id, price=booked.price)
        for copy in bookings
        for booked in booking.booked_seats.all()
    )
    session = {"expires_at": payment.expires_at, "next_check_at": payment.next_check_at}
    payments = Payment.objects.bulk_create(
        Payment(
            booking=copy,
            amount=payment.amount,
            currency=payment.currency,
            livemode=payment.livemode,
            session_id=f"{session_id}{place}",
            **session,
        )
        for place, copy in enumerate(bookings)
    )
    disconnect()
    return [str(copy.session_id) for copy in payments]
