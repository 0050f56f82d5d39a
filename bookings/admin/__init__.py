"""Staff's pages of events, seats, bookings and tickets."""

from bookings.admin import events, productions, records, seats

__all__ = ["events", "productions", "records", "seats"]
