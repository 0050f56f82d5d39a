"""Staff's pages of events, seats, bookings and tickets."""

from bookings.admin import areas, codes, events, productions, records, seats, ticket_types
from bookings.announcements import admin as announcements

__all__ = ["announcements", "areas", "codes", "events", "productions", "records", "seats", "ticket_types"]
