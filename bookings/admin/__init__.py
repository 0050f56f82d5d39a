"""Staff's pages of events, seats, bookings and tickets."""

from bookings.admin import events, records, seats

__all__ = ["events", "records", "seats"]
