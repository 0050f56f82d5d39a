"""Staff's pages of events, seats, bookings and tickets."""

from bookings.admin import events, records, seats
from bookings.announcements import admin as announcements

__all__ = ["announcements", "events", "records", "seats"]
